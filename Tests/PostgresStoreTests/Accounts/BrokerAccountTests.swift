import Desk
import Postgres
import Secrets
import ServerTesting
import Testing
import Trading

@testable import PostgresStore

@Suite(.needs(.postgres)) struct BrokerAccountTests {
    private let ends = Timestamp(microseconds: 1_900_000_000_000_000)

    @Test("A connected account opens a session with its token, address and number")
    func connect() async throws {
        try await withAccountsWorld { world in
            let client = try await world.client("C1")
            let account = try #require(
                try await world.accounts.connect(
                    AccountDraft(
                        client: client.id,
                        broker: .dhan,
                        brokerClientID: "1000000001",
                        token: Secret("secret-token-1"),
                        sessionEnds: ends,
                        egress: "192.0.2.7"
                    ),
                    by: world.actor
                )
            )
            #expect(account.client == client.id && account.broker == .dhan)
            #expect(account.status == .connected && account.sessionEnds == ends)
            #expect(account.egress == "192.0.2.7")
            let session = try #require(try await world.accounts.session(account.id))
            #expect(session.token.reveal() == "secret-token-1")
            #expect(session.brokerClientID == "1000000001")
            #expect(session.egress == "192.0.2.7")
            #expect(try await world.accounts.client(client.id)?.accounts == [account])
        }
    }

    @Test("Connecting again replaces the token and revives the account")
    func renew() async throws {
        try await withAccountsWorld { world in
            let client = try await world.client("C1")
            let first = try #require(try await world.connect(client.id, token: "old"))
            let old = try #require(try await world.accounts.session(first.id))
            try await world.accounts.markExpired([old])
            #expect(try await world.accounts.session(first.id) == nil)
            let second = try #require(try await world.connect(client.id, token: "new"))
            #expect(second.id == first.id && second.status == .connected)
            #expect(try await world.accounts.session(first.id)?.token.reveal() == "new")
            #expect(try await world.count("broker_account") == 1)
            // A look that was made with the old token comes back late: the new one stays good.
            try await world.accounts.markExpired([old])
            #expect(try await world.accounts.session(first.id)?.token.reveal() == "new")
            let trail = try await world.audit(of: client.id).map(\.action)
            #expect(trail.count { $0 == "SESSION_EXPIRED" } == 1)
        }
    }

    @Test("An account is one client's; nobody else can connect it, not even once it is forgotten")
    func exclusive() async throws {
        try await withAccountsWorld { world in
            let first = try await world.client("C1")
            let second = try await world.client("C2")
            let account = try #require(try await world.connect(first.id))
            #expect(try await world.connect(second.id) == nil)
            let forgotten = try await world.accounts.disconnect(
                account.id,
                of: first.id,
                by: world.actor
            )
            #expect(forgotten)
            #expect(try await world.connect(second.id) == nil)
            #expect(try await world.accounts.client(second.id)?.accounts == [])
        }
    }

    @Test("Of two clients that connect one account at the same moment one gets it")
    func race() async throws {
        try await withAccountsWorld { world in
            let clients = try await world.accounts.importClients(
                (0..<6).map { world.row("C\($0)") },
                by: world.actor
            ).compactMap(\.self)
            let won = try await withThrowingTaskGroup(of: BrokerAccount?.self) { group in
                for client in clients { group.addTask { try await world.connect(client) } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(won.compactMap(\.self).count == 1)
        }
    }

    @Test("A client's orders go to the account connected last; the one before keeps its token")
    func replaced() async throws {
        try await withAccountsWorld { world in
            let client = try await world.client("C1")
            let old = try #require(try await world.connect(client.id, number: "1", token: "one"))
            let new = try #require(
                try await world.connect(client.id, .zerodha, number: "2", token: "two")
            )
            let accounts = try #require(try await world.accounts.client(client.id)).accounts
            #expect(accounts.map(\.id) == [old.id, new.id])
            #expect(accounts.map(\.status) == [.disconnected, .connected])
            #expect(try await world.accounts.session(old.id) == nil)
            #expect(try await world.count("broker_account WHERE token IS NOT NULL") == 2)
            #expect(
                try await world.audit(of: client.id).map(\.action).suffix(2)
                    == ["ACCOUNT_DISCONNECTED", "ACCOUNT_CONNECTED"]
            )
            // And back again.
            _ = try await world.connect(client.id, number: "1", token: "three")
            let again = try #require(try await world.accounts.client(client.id)).accounts
            #expect(again.map(\.status) == [.connected, .disconnected])
        }
    }

    @Test("A disconnected account has no session and no token, and only its client disconnects it")
    func disconnect() async throws {
        try await withAccountsWorld { world in
            let client = try await world.client("C1")
            let other = try await world.client("C2")
            let account = try #require(try await world.connect(client.id))
            func disconnect(_ client: ClientID) async throws -> Bool {
                try await world.accounts.disconnect(account.id, of: client, by: world.actor)
            }
            #expect(try await !disconnect(other.id))
            #expect(try await world.accounts.session(account.id) != nil)
            #expect(try await disconnect(client.id))
            #expect(try await world.accounts.session(account.id) == nil)
            #expect(try await world.count("broker_account WHERE token IS NULL") == 1)
            #expect(try await disconnect(client.id))
            // The second time nothing changed.
            let actions = try await world.audit(of: client.id).map(\.action)
            #expect(actions.filter { $0 == "ACCOUNT_DISCONNECTED" }.count == 1)
        }
    }

    @Test("Sessions expire by their broker's word, once, or by the clock")
    func expiry() async throws {
        try await withAccountsWorld { world in
            let clients = try await world.accounts.importClients(
                (0..<3).map {
                    world.row("C\($0)", broker: .dhan, number: "\($0)", token: "t\($0)")
                },
                by: world.actor
            ).compactMap(\.self)
            let accounts = try await world.page().flatMap(\.accounts).map(\.id)
            var sessions: [BrokerSession] = []
            for account in accounts.prefix(2) {
                sessions.append(try #require(try await world.accounts.session(account)))
            }
            let stranger = BrokerSession(
                account: AccountID(999),
                brokerClientID: "999",
                token: Secret("t0"),
                egress: nil,
                instrument: nil
            )
            try await world.accounts.markExpired(sessions)
            try await world.accounts.markExpired(sessions + [stranger])
            try await world.accounts.markExpired([])
            #expect(
                try await world.page().flatMap(\.accounts).map(\.status)
                    == [.expired, .expired, .connected]
            )
            #expect(
                try await world.audit(of: clients[0]).map(\.action)
                    == ["CLIENT_CREATED", "ACCOUNT_CONNECTED", "SESSION_EXPIRED"]
            )
            #expect(try await world.audit(of: clients[0]).last?.user == nil)
            _ = try await world.pool.query(
                PostgresStatement("UPDATE broker_account SET session_ends = now()")
            )
            #expect(try await world.accounts.session(accounts[2]) == nil)
        }
    }

    @Test("No table holds a token in clear, and no key but ours opens it")
    func sealed() async throws {
        try await withAccountsWorld { world in
            let client = try await world.client("C1")
            let token = "eyJhbGciOiJIUzI1NiJ9.needle-in-the-haystack.sig"
            let account = try #require(try await world.connect(client.id, token: token))
            _ = try await world.accounts.importClients(
                [world.row("C2", broker: .dhan, number: "2", token: token)],
                by: world.actor
            )
            #expect(try await world.accounts.session(account.id)?.token.reveal() == token)
            for needle in ["needle-in-the-haystack", "eyJhbGciOiJIUzI1NiJ9"] {
                #expect(try await world.tablesContaining(needle) == [])
            }
            // The scan does find what is there in clear.
            #expect(try await world.tablesContaining("1000000001").contains("broker_account"))

            let stranger = PostgresAccountStore(
                pool: world.pool,
                secrets: SecretBox(key: [UInt8](repeating: 9, count: 32))
            )
            let error = await #expect(throws: StoreFailure.self) {
                try await stranger.session(account.id)
            }
            #expect(!"\(String(describing: error))".contains("needle"))
        }
    }

    @Test("A token that is copied to another account's row does not open there")
    func bound() async throws {
        try await withAccountsWorld { world in
            let drafts = (1...2).map {
                world.row("C\($0)", broker: .dhan, number: "\($0)", token: "token-\($0)")
            }
            _ = try await world.accounts.importClients(drafts, by: world.actor)
            let accounts = try await world.page().flatMap(\.accounts).map(\.id)
            _ = try await world.pool.query(
                PostgresStatement(
                    """
                    UPDATE broker_account AS a SET token = b.token FROM broker_account b
                    WHERE a.id = $1::bigint AND b.id = $2::bigint
                    """
                ),
                [.int(accounts[0].raw), .int(accounts[1].raw)]
            )
            await #expect(throws: StoreFailure.self) {
                try await world.accounts.session(accounts[0])
            }
            #expect(try await world.accounts.session(accounts[1])?.token.reveal() == "token-2")
        }
    }

    @Test("Nothing is connected for the paper broker or for a client that does not exist")
    func refused() async throws {
        try await withAccountsWorld { world in
            let client = try await world.client("C1")
            await #expect(throws: StoreFailure.self) {
                try await world.connect(client.id, .paper)
            }
            await #expect(throws: StoreFailure.self) { try await world.connect(ClientID(999)) }
            #expect(try await world.count("broker_account") == 0)
        }
    }
}
