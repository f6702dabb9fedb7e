import Desk
import HTTPServer
import JSON
import Trading

extension WebAPI {
    /// Broker accounts of a client: the token goes in and never comes out.
    var brokerAccounts: [HTTPRoute] {
        [
            route("PUT", "/api/v1/clients/{id}/broker-accounts") { try await connect($0) },
            route("DELETE", "/api/v1/clients/{id}/broker-accounts/{account}") {
                try await disconnect($0)
            },
        ]
    }

    private func connect(_ request: HTTPServerRequest) async throws -> HTTPServerResponse {
        let (caller, details) = try await visibleClient(request)
        var fields = try Fields(of: request)
        let broker = fields.word("broker", BrokerName.self)
        let brokerClientID = fields.text("broker_client_id", limit: 64)
        let token = fields.text("access_token", limit: 4_096)
        let ends = fields.moment("session_ends")
        let egress = fields.text("egress", limit: 200, required: false)
        if let egress, EgressPlace(egress) == nil {
            fields.refuse(
                "egress",
                "not_an_egress",
                "egress must be an IP address, or a proxy such as socks5://host:1080."
            )
        }
        if broker == .paper {
            fields.refuse("broker", "not_allowed", "Clients without a broker are on paper already.")
        }
        try fields.finish()
        guard let broker, let brokerClientID, let token else { throw Problem.notFound }
        let account = try await stores.accounts.connect(
            AccountDraft(
                client: details.client.id,
                broker: broker,
                brokerClientID: brokerClientID,
                token: Secret(token),
                sessionEnds: ends ?? lifeOfSession(at: broker),
                egress: egress
            ),
            by: Actor(user: caller.user, address: request.remoteAddress)
        )
        guard let account else {
            throw Problem(409, "account_taken", "Another client has this broker account.")
        }
        return .json { $0.brokerAccount(account) }
    }

    /// When a session that begins now ends at the latest, where nobody says so.
    func lifeOfSession(at broker: BrokerName) -> Timestamp? {
        let life = brokers.first { $0.name == broker }?.sessionLife
        return life.flatMap { market.end(of: $0, from: clock.now()) }
    }

    private func disconnect(_ request: HTTPServerRequest) async throws -> HTTPServerResponse {
        let (caller, details) = try await visibleClient(request)
        let account = try request.id("account", of: AccountID.self)
        let actor = Actor(user: caller.user, address: request.remoteAddress)
        guard try await stores.accounts.disconnect(account, of: details.client.id, by: actor) else {
            throw Problem.notFound
        }
        return .noContent
    }
}
