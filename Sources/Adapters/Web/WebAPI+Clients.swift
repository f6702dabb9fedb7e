import Desk
import HTTPServer
import JSON
import Trading

extension WebAPI {
    /// Clients: create, read, change, archive, import.
    var clients: [HTTPRoute] {
        [
            route("POST", "/api/v1/clients") { try await createClient($0) },
            route("GET", "/api/v1/clients") { try await listClients($0) },
            route("GET", "/api/v1/clients/{id}") { request in
                let (_, details) = try await visibleClient(request)
                return .json { $0.client(details) }
            },
            route("PATCH", "/api/v1/clients/{id}") { try await changeClient($0) },
            route("DELETE", "/api/v1/clients/{id}") { try await archiveClient($0) },
            route(
                "POST",
                "/api/v1/clients/import",
                maximumBodyBytes: ClientCSV.maximumBytes
            ) { try await importClients($0) },
        ]
    }

    /// The client, if the caller may see it.
    func visibleClient(_ request: HTTPServerRequest, _ name: String = "id") async throws
        -> (Identity, ClientDetails)
    {
        let caller = try await authentication.caller(request)
        let id = try request.id(name, of: ClientID.self)
        guard let details = try await stores.accounts.client(id) else { throw Problem.notFound }
        let isVisible =
            switch caller.role {
            case .admin: true
            case .trader: details.client.trader == caller.trader
            case .client: caller.client == id
            }
        guard isVisible else { throw Problem.notFound }
        return (caller, details)
    }

    private func createClient(_ request: HTTPServerRequest) async throws -> HTTPServerResponse {
        let caller = try await authentication.caller(request, .admin, .trader)
        let trader = try await trader(of: caller, request)
        var fields = try Fields(of: request)
        let code = fields.text("code", limit: 64)
        let name = fields.text("name", limit: 200)
        let email = fields.text("email", limit: 200, required: false)
        let status = fields.word("status", Client.Status.self, default: .active)
        let capital = fields.money("capital", required: true)
        let part = fields.percent("usual_percent")
        let groups = fields.texts("groups", limit: 20)
        try fields.finish()
        guard let code, let name, let status, let capital else { throw Problem.notFound }
        let created = try await stores.accounts.createClient(
            ClientDraft(
                trader: trader,
                code: code,
                name: name,
                email: email,
                status: status,
                capital: capital,
                part: part,
                groups: groups ?? []
            ),
            by: Actor(user: caller.user, address: request.remoteAddress)
        )
        guard let created, let details = try await stores.accounts.client(created.id) else {
            throw Problem(409, "code_taken", "Another client has this code.")
        }
        return .json(201, headers: [("Location", "/api/v1/clients/\(created.id)")]) {
            $0.client(details)
        }
    }

    private func listClients(_ request: HTTPServerRequest) async throws -> HTTPServerResponse {
        let caller = try await authentication.caller(request, .admin, .trader)
        let limit = try request.limit(default: 100, most: 1_000)
        var status: Client.Status?
        if let word = request.query("status") {
            guard let known = Client.Status(rawValue: word.lowercased()) else {
                let words = Client.Status.allCases.map(\.rawValue).joined(separator: ", ")
                throw Problem.invalid("status", "unknown_word", "status must be one of \(words).")
            }
            status = known
        }
        let found = try await stores.accounts.clients(
            ClientQuery(
                trader: caller.trader,
                status: status,
                group: request.query("group"),
                text: request.query("search"),
                after: try request.cursor().map { ClientID($0) },
                limit: limit
            )
        )
        return .json { body in
            body.beginObject()
            body.key("clients")
            body.beginArray()
            for details in found { body.client(details) }
            body.endArray()
            body.fieldOrNull("next", found.count == limit ? found.last?.client.id.raw : nil)
            body.endObject()
        }
    }

    private func changeClient(_ request: HTTPServerRequest) async throws -> HTTPServerResponse {
        let (caller, details) = try await visibleClient(request)
        var fields = try Fields(of: request)
        var change = ClientChange()
        change.name = fields.text("name", limit: 200, required: false)
        change.email = fields.text("email", limit: 200, required: false)
        if fields.has("status") { change.status = fields.word("status", Client.Status.self) }
        change.capital = fields.money("capital")
        change.part = fields.percent("usual_percent")
        change.groups = fields.texts("groups", limit: 20)
        if let mayTrade = fields.value("may_trade") {
            change.mayTrade = mayTrade.bool
            if mayTrade.bool == nil {
                fields.refuse("may_trade", "wrong_type", "may_trade must be true or false.")
            }
        }
        try fields.finish()
        return try await apply(change, to: details.client.id, by: caller, request)
    }

    private func archiveClient(_ request: HTTPServerRequest) async throws -> HTTPServerResponse {
        let (caller, details) = try await visibleClient(request)
        var change = ClientChange()
        change.status = .archived
        _ = try await apply(change, to: details.client.id, by: caller, request)
        return .noContent
    }

    private func apply(
        _ change: ClientChange,
        to client: ClientID,
        by caller: Identity,
        _ request: HTTPServerRequest
    ) async throws -> HTTPServerResponse {
        let actor = Actor(user: caller.user, address: request.remoteAddress)
        switch try await stores.accounts.updateClient(client, change, by: actor) {
        case .changed(let details): return .json { $0.client(details) }
        case .notFound: throw Problem.notFound
        case .notEnoughFreeCash:
            throw Problem.invalid(
                "capital",
                "not_enough_free_cash",
                "So much of the capital is held or invested that it cannot be lowered so far."
            )
        }
    }
}

extension JSONWriter {
    /// A client, as an object.
    mutating func client(_ details: ClientDetails) {
        let client = details.client
        beginObject()
        field("id", client.id.raw)
        field("trader_id", client.trader.raw)
        field("code", client.code)
        field("name", client.name)
        fieldOrNull("email", client.email)
        field("status", client.status.rawValue)
        field("capital", client.capital.rupees)
        fieldOrNull("usual_percent", client.part?.percent)
        field("may_trade", details.mayTrade)
        key("groups")
        beginArray()
        for group in details.groups { string(group) }
        endArray()
        key("funds")
        beginObject()
        for account in Funds.Account.allCases {
            field(account.rawValue, details.funds[account].rupees)
        }
        endObject()
        key("broker_accounts")
        beginArray()
        for account in details.accounts { brokerAccount(account) }
        endArray()
        key("holdings")
        beginArray()
        for held in details.holdings {
            beginObject()
            field("symbol", held.symbol)
            field("product", held.key.product.rawValue)
            field("quantity", held.holding.quantity.raw)
            field("reserved", held.holding.reserved.raw)
            field("cost", held.holding.cost.rupees)
            field("borrowed", held.holding.borrowed.rupees)
            endObject()
        }
        endArray()
        field("created_at", TimestampText.text(details.createdAt))
        field("updated_at", TimestampText.text(details.updatedAt))
        endObject()
    }

    /// A broker account, without its token.
    mutating func brokerAccount(_ account: BrokerAccount) {
        beginObject()
        field("id", account.id.raw)
        field("broker", account.broker.rawValue)
        field("broker_client_id", account.brokerClientID)
        field("status", account.status.rawValue)
        fieldOrNull("session_ends", account.sessionEnds.map(TimestampText.text))
        fieldOrNull("egress", account.egress)
        endObject()
    }
}
