import Desk
import Postgres
import Secrets
import ServerTesting
import Testing
import Trading

@testable import PostgresStore

@Suite(.needs(.postgres)) struct LoginRequestTests {
    private func end(_ world: AccountsWorld, _ seconds: Int64 = 900) async throws -> Timestamp {
        let rows = try await world.pool.query(PostgresStatement("SELECT now()"))
        return Timestamp(microseconds: rows[0].timestamp(0) + seconds * 1_000_000)
    }

    private func request(_ world: AccountsWorld, _ account: AccountID, seconds: Int64 = 900)
        async throws -> LoginRequest
    {
        LoginRequest(
            mark: Tokens.random(bytes: 16),
            account: account,
            appKey: "app",
            ends: try await end(world, seconds)
        )
    }

    /// Whether the client could be asked.
    private func ask(_ world: AccountsWorld, _ account: AccountID, seconds: Int64 = 900)
        async throws -> Bool
    {
        try await world.accounts.noteRequest(
            try await request(world, account, seconds: seconds),
            by: world.actor
        )
    }

    private func grant(_ token: String, app: String = "app", of number: String = "1000000001")
        -> LoginGrant
    {
        LoginGrant(appKey: app, brokerClientID: number, token: Secret(token))
    }

    private func withAccount(_ body: (AccountsWorld, Client, AccountID) async throws -> Void)
        async throws
    {
        try await withAccountsWorld { world in
            let client = try await world.client("C1")
            let account = try #require(try await world.connect(client.id))
            try await body(world, client, account.id)
        }
    }

    /// As if all requests had been made so much earlier.
    private func age(_ world: AccountsWorld, _ interval: String) async throws {
        _ = try await world.pool.query(
            PostgresStatement(
                "UPDATE login_link SET created_at = created_at - interval '\(interval)'"
            )
        )
    }

    @Test("An app is kept encrypted for its account alone, and goes with the account's token")
    func apps() async throws {
        try await withAccount { world, client, account in
            let app = LoginOwnApp(key: "app-key", secret: Secret("app-secret"))
            #expect(try await world.accounts.ownApp(of: account) == nil)
            try await world.accounts.keepApp(app, of: account, by: world.actor)
            #expect(try await world.accounts.ownApp(of: account) == app)
            #expect(try await world.tablesContaining("app-secret").isEmpty)
            let newer = LoginOwnApp(key: "second", secret: Secret("second-secret"))
            try await world.accounts.keepApp(newer, of: account, by: world.actor)
            #expect(try await world.accounts.ownApp(of: account) == newer)
            let lines = try await world.audit(of: client.id).suffix(2)
            #expect(lines.map(\.action) == ["LOGIN_APP_KEPT", "LOGIN_APP_KEPT"])
            #expect(lines.allSatisfy { !$0.detail.contains("second") })
            #expect(
                try await world.accounts.disconnect(account, of: client.id, by: world.actor)
            )
            #expect(try await world.accounts.ownApp(of: account) == nil)
        }
    }

    @Test("A new app makes open links useless, and no request, which names its own app")
    func replaced() async throws {
        try await withAccount { world, _, account in
            let link = LoginLink(
                mark: Tokens.random(bytes: 16),
                account: account,
                ends: try await end(world)
            )
            try await world.accounts.noteLink(link, by: world.actor)
            #expect(try await ask(world, account))
            let app = LoginOwnApp(key: "newer", secret: Secret("s"))
            try await world.accounts.keepApp(app, of: account, by: world.actor)
            #expect(try await world.accounts.useLink(link.mark, of: account, at: .dhan) == nil)
            let request = grant("t")
            #expect(try await world.accounts.useRequest(by: request, at: .dhan)?.id == account)
        }
    }

    @Test("A request is used once, by its app and number only, and each token once")
    func once() async throws {
        try await withAccount { world, client, account in
            let store = world.accounts
            #expect(try await ask(world, account))
            // Twice in a minute nobody is asked.
            #expect(try await ask(world, account) == false)
            try await age(world, "2 minutes")
            #expect(try await ask(world, account))
            for (stranger, broker) in [
                (grant("t", app: "other"), BrokerName.dhan), (grant("t", of: "7"), .dhan),
                (grant("t"), .upstox),
            ] {
                #expect(try await store.askedAccount(by: stranger, at: broker) == nil)
                #expect(try await store.useRequest(by: stranger, at: broker) == nil)
            }
            let first = grant("granted-one")
            #expect(try await store.askedAccount(by: first, at: .dhan)?.id == account)
            #expect(try await store.useRequest(by: first, at: .dhan)?.id == account)
            // The same token once more: the second request is not its.
            #expect(try await store.useRequest(by: first, at: .dhan) == nil)
            #expect(try await store.useRequest(by: grant("t2"), at: .dhan)?.id == account)
            #expect(try await store.askedAccount(by: grant("t3"), at: .dhan) == nil)
            #expect(try await store.useRequest(by: grant("t3"), at: .dhan) == nil)
            #expect(try await world.tablesContaining("granted-one").isEmpty)
            let lines = try await world.audit(of: client.id)
            #expect(lines.filter { $0.action == "LOGIN_ASKED" }.count == 2)
        }
    }

    @Test("Of many who bring the same token at the same moment one is taken")
    func sameMoment() async throws {
        try await withAccount { world, _, account in
            for _ in 0..<3 {
                #expect(try await ask(world, account))
                try await age(world, "2 minutes")
            }
            let taken = try await withThrowingTaskGroup(of: Bool.self) { group in
                for _ in 0..<8 {
                    group.addTask {
                        try await world.accounts.useRequest(by: grant("same"), at: .dhan) != nil
                    }
                }
                return try await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
            }
            #expect(taken == 1)
            #expect(
                try await world.count("login_link WHERE granted_hash IS NOT NULL") == 1
            )
        }
    }

    @Test("A request is no link, and a link is no request")
    func apart() async throws {
        try await withAccount { world, _, account in
            let asked = try await request(world, account)
            #expect(try await world.accounts.noteRequest(asked, by: world.actor))
            #expect(try await world.accounts.hasOpenLinks(at: .dhan) == false)
            #expect(
                try await world.accounts.useLink(asked.mark, of: account, at: .dhan) == nil
            )
            #expect(
                try await world.accounts.useLinks(ofNumber: "1000000001", at: .dhan) == nil
            )
            try await world.accounts.withdrawRequest(asked, why: "no", by: world.actor)
            let link = LoginLink(
                mark: Tokens.random(bytes: 16),
                account: account,
                ends: try await end(world)
            )
            try await world.accounts.noteLink(link, by: world.actor)
            #expect(try await world.accounts.askedAccount(by: grant("t"), at: .dhan) == nil)
            #expect(try await world.accounts.useRequest(by: grant("t"), at: .dhan) == nil)
        }
    }

    @Test("A request that is over, withdrawn, or of an account that is gone is worth nothing")
    func over() async throws {
        try await withAccount { world, client, account in
            let store = world.accounts
            #expect(try await ask(world, account, seconds: -1))
            #expect(try await store.useRequest(by: grant("a"), at: .dhan) == nil)
            try await age(world, "2 minutes")
            let second = try await request(world, account)
            #expect(try await store.noteRequest(second, by: world.actor))
            try await store.withdrawRequest(second, why: "no such app", by: world.actor)
            #expect(try await store.useRequest(by: grant("b"), at: .dhan) == nil)
            // Withdrawn, so the client may be asked at once.
            #expect(try await ask(world, account))
            try await store.forgetToken(nil, of: account, by: world.actor)
            #expect(try await store.useRequest(by: grant("c"), at: .dhan) == nil)
            let lines = try await world.audit(of: client.id).map(\.action)
            #expect(
                lines.suffix(4)
                    == ["LOGIN_ASKED", "LOGIN_NOT_ASKED", "LOGIN_ASKED", "TOKEN_FORGOTTEN"]
            )
        }
    }

    @Test("A log-out forgets the token and no newer one; orders stay with the account")
    func logOut() async throws {
        try await withAccount { world, client, account in
            let store = world.accounts
            let session = try #require(try await store.session(account))
            try await store.forgetToken(Secret("another"), of: account, by: world.actor)
            #expect(try await store.session(account) != nil)
            try await store.forgetToken(session.token, of: account, by: world.actor)
            #expect(try await store.session(account) == nil)
            #expect(try await world.count("broker_account WHERE token IS NULL") == 1)
            let stored = try await store.client(client.id)?.accounts.first
            #expect(stored?.status == .expired)
            // Nothing is left to forget, and so nothing is written down.
            try await store.forgetToken(nil, of: account, by: world.actor)
            let lines = try await world.audit(of: client.id)
            #expect(lines.filter { $0.action == "TOKEN_FORGOTTEN" }.count == 1)
            // A new login is as good as ever.
            #expect(try await world.connect(client.id)?.id == account)
            #expect(try await store.session(account) != nil)
        }
    }

    @Test("Kept apps are sealed anew with the newest key, as tokens are")
    func rotation() async throws {
        let keys = (1...2).map { Array(repeating: UInt8($0), count: 32) }
        try await withAccount { world, _, account in
            let app = LoginOwnApp(key: "k", secret: Secret("the-secret"))
            let old = PostgresAccountStore(pool: world.pool, secrets: SecretBox(key: keys[0]))
            try await old.keepApp(app, of: account, by: world.actor)
            let both = SecretBox(key: keys[1], former: [keys[0]])
            _ = try await PostgresSecretRotation(pool: world.pool, secrets: both)(by: world.actor)
            let new = PostgresAccountStore(pool: world.pool, secrets: SecretBox(key: keys[1]))
            #expect(try await new.ownApp(of: account) == app)
            await #expect(throws: StoreFailure.self) { try await old.ownApp(of: account) }
        }
    }
}
