import Desk
import DeskTesting
import JSON
import Testing
import Trading

@testable import Web

/// One client of the trader's with an account at a broker, whose session is over.
struct LoginWorld: Sendable {
    let web: WebWorld
    let client: ClientID
    let account: BrokerAccount
    let login: ScriptedLogin

    static func serving(
        _ broker: BrokerName = .zerodha,
        _ body: (LoginWorld) async throws -> Void
    ) async throws {
        try await WebWorld.serving { web in
            let client = web.store.addClient("A", of: web.traderID, broker: broker)
            let account = try #require(try await web.store.client(client)?.accounts.first)
            let session = try #require(try await web.store.session(account.id))
            try await web.store.markExpired([session])
            let login: ScriptedLogin =
                switch broker {
                case .zerodha, .paper: web.zerodha
                case .dhan: web.dhan
                case .groww: web.groww
                case .upstox: web.upstox
                }
            try await body(LoginWorld(web: web, client: client, account: account, login: login))
        }
    }

    var path: String { "/api/v1/clients/\(client)/broker-accounts/\(account.id)" }

    /// A link as its maker gets it.
    func link() async throws -> String {
        let made = try await web.ask("POST", path + "/login-link", as: web.trader)
        #expect(made.status == 200, "\(made.text)")
        return try #require(made.json["url"]?.string)
    }

    /// The state within a new link.
    func state() async throws -> String {
        try #require(try await link().split(separator: "state=").last.map(String.init))
    }

    /// The browser comes back from the broker.
    func comeBack(_ query: String, from broker: BrokerName? = nil, method: String = "GET")
        async throws -> WebAnswer
    {
        let broker = (broker ?? account.broker).rawValue
        return try await web.ask(method, "/broker-logins/\(broker)/callback?" + query)
    }

    /// A session that the broker has ready for the next login.
    func hasReady(_ token: String, of owner: String? = nil, ends: Timestamp? = nil) {
        let owner = owner ?? account.brokerClientID
        login.add(.success(NewSession(token: Secret(token), owners: [owner], ends: ends)))
    }

    /// The token that orders would be sent with now.
    func token() async throws -> String? {
        try await web.store.session(account.id)?.token.reveal()
    }
}
