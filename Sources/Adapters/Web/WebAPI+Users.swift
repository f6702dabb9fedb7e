import Desk
import HTTPServer
import JSON
import Secrets
import Trading

extension WebAPI {
    /// Users, for admins; and the trader's own settings.
    var users: [HTTPRoute] {
        [
            route("POST", "/api/v1/users") { try await createUser($0) },
            route("GET", "/api/v1/users") { try await listUsers($0) },
        ]
    }

    var settings: [HTTPRoute] {
        [
            route("GET", "/api/v1/settings") { request in
                let caller = try await authentication.caller(request, .admin, .trader)
                return try await settings(of: trader(of: caller, request))
            },
            route("PATCH", "/api/v1/settings") { try await changeSettings($0) },
        ]
    }

    private func createUser(_ request: HTTPServerRequest) async throws -> HTTPServerResponse {
        let caller = try await authentication.caller(request, .admin)
        var fields = try Fields(of: request)
        let email = fields.text("email", limit: 200)
        let name = fields.text("name", limit: 200)
        let role = fields.word("role", Role.self)
        let password = fields.text("password", limit: Passwords.longest)
        let trader = fields.integer("trader_id", in: 1...Int64.max, required: false)
        let client = fields.integer("client_id", in: 1...Int64.max, required: false)
        if let email, !email.contains("@") {
            fields.refuse("email", "not_an_address", "email must be an e-mail address.")
        }
        if let password,
            let weakness = PasswordRule.weakness(of: password, email: email ?? "")
        {
            fields.refuse("password", weakness.rawValue, weakness.sentence)
        }
        if role == .client, client == nil {
            fields.refuse("client_id", "required", "A client's user names the client.")
        }
        if role == .admin, trader != nil {
            fields.refuse("trader_id", "not_allowed", "An admin belongs to no trader.")
        }
        if role != .client, client != nil {
            fields.refuse("client_id", "not_allowed", "Only a client's user names a client.")
        }
        try fields.finish()
        guard let email, let name, let role, let password else { throw Problem.notAllowed }
        var owner = trader.map { TraderID($0) }
        if let client {
            guard let known = try await stores.accounts.client(ClientID(client)) else {
                throw Problem.invalid("client_id", "unknown_client", "There is no such client.")
            }
            owner = known.client.trader
        } else if let named = owner, try await stores.identities.usualPart(named) == nil {
            throw Problem.invalid("trader_id", "unknown_trader", "There is no such trader.")
        }
        let created = try await stores.identities.createUser(
            UserDraft(
                email: email,
                name: name,
                role: role,
                passwordHash: try await Passwords.hash(password, cost: passwordCost),
                trader: owner,
                client: client.map { ClientID($0) }
            ),
            by: Actor(user: caller.user, address: request.remoteAddress)
        )
        guard let created else {
            throw Problem(409, "email_taken", "Another user has this e-mail address.")
        }
        return .json(201) { $0.identity(created) }
    }

    private func listUsers(_ request: HTTPServerRequest) async throws -> HTTPServerResponse {
        _ = try await authentication.caller(request, .admin)
        let limit = try request.limit(default: 100, most: 1_000)
        let found = try await stores.identities.users(
            after: try request.cursor().map { UserID($0) },
            limit: limit
        )
        return .json { body in
            body.beginObject()
            body.key("users")
            body.beginArray()
            for user in found { body.identity(user) }
            body.endArray()
            body.fieldOrNull("next", found.count == limit ? found.last?.user.raw : nil)
            body.endObject()
        }
    }

    private func settings(of trader: TraderID) async throws -> HTTPServerResponse {
        guard let part = try await stores.identities.usualPart(trader),
            let limit = try await stores.trades.approvalLimit(of: trader)
        else { throw Problem.notFound }
        return .json { body in
            body.beginObject()
            body.field("trader_id", trader.raw)
            body.field("usual_percent", part.percent)
            body.field("approval_amount", limit.amount?.rupees ?? "none")
            if let clients = limit.clients {
                body.field("approval_clients", clients)
            } else {
                body.field("approval_clients", "none")
            }
            body.endObject()
        }
    }

    /// The limit as it is to be, nil where nothing of it is said; only admins may say it.
    private func approvalLimit(
        _ fields: inout Fields,
        of trader: TraderID,
        _ caller: Identity
    ) async throws -> ApprovalLimit? {
        let names = ["approval_amount", "approval_clients"]
        guard let first = names.first(where: { fields.has($0) }) else { return nil }
        guard caller.role == .admin else {
            fields.refuse(first, "not_allowed", "An admin sets what needs an approval.")
            return nil
        }
        guard let old = try await stores.trades.approvalLimit(of: trader) else {
            throw Problem.notFound
        }
        var (amount, clients) = (old.amount, old.clients)
        if fields.has(names[0]) {
            let isNone = fields.value(names[0])?.string == "none"
            amount = isNone ? nil : fields.money(names[0])
        }
        if fields.has(names[1]) {
            let isNone = fields.value(names[1])?.string == "none"
            clients = isNone ? nil : fields.integer(names[1], in: 0...1_000_000)
        }
        return ApprovalLimit(amount: amount, clients: clients)
    }

    private func changeSettings(_ request: HTTPServerRequest) async throws -> HTTPServerResponse {
        let caller = try await authentication.caller(request, .admin, .trader)
        let trader = try await trader(of: caller, request)
        var fields = try Fields(of: request)
        let part = fields.percent("usual_percent")
        let limit = try await approvalLimit(&fields, of: trader, caller)
        try fields.finish()
        if let limit {
            try await stores.trades.setApprovalLimit(
                limit,
                of: trader,
                by: Actor(user: caller.user, address: request.remoteAddress)
            )
        }
        if let part {
            guard try await stores.identities.usualPart(trader) != nil else {
                throw Problem.notFound
            }
            try await stores.identities.setUsualPart(
                part,
                of: trader,
                by: Actor(user: caller.user, address: request.remoteAddress)
            )
        }
        return try await settings(of: trader)
    }
}
