import Desk
import Postgres
import Secrets
import ServerTesting
import Testing
import Trading

@testable import PostgresStore

@Suite(.needs(.postgres)) struct IdentityTests {
    private func draft(
        _ email: String,
        _ role: Role,
        trader: TraderID? = nil,
        client: ClientID? = nil
    ) -> UserDraft {
        UserDraft(
            email: email,
            name: "Name of \(email)",
            role: role,
            passwordHash: "$argon2id$\(email)",
            trader: trader,
            client: client
        )
    }

    @Test("A trader's user comes with a new trader, or works for one that is there")
    func traders() async throws {
        try await withAccountsWorld { world in
            let store = world.identities
            let first = try #require(
                try await store.createUser(draft("a@example.in", .trader), by: world.actor)
            )
            let trader = try #require(first.trader)
            #expect(try await store.usualPart(trader) == BasisPoints(2500))
            let clerk = try #require(
                try await store.createUser(
                    draft("b@example.in", .trader, trader: trader),
                    by: world.actor
                )
            )
            #expect(clerk.trader == trader && clerk.user != first.user)
            #expect(try await store.identity(clerk.user) == clerk)
            #expect(try await store.identity(UserID(999)) == nil)
            // The world's own trader, and this one.
            #expect(try await world.count("trader") == 2)
            #expect(try await world.count("audit_log WHERE action = 'USER_CREATED'") == 4)
        }
    }

    @Test("An address is one user's in whatever case, and who comes second leaves no trader behind")
    func addresses() async throws {
        try await withAccountsWorld { world in
            let store = world.identities
            let first = try await store.createUser(
                draft("Asha@Example.in", .trader),
                by: world.actor
            )
            #expect(first?.email == "Asha@Example.in")
            let second = try await store.createUser(
                draft("aSHA@example.IN", .trader),
                by: world.actor
            )
            #expect(second == nil)
            #expect(try await world.count("trader") == 2)
            for spelling in ["asha@example.in", "ASHA@EXAMPLE.IN", "Asha@Example.in"] {
                let login = try #require(try await store.login(email: spelling))
                #expect(login.0 == first)
                #expect(login.passwordHash == "$argon2id$Asha@Example.in")
            }
            #expect(try await store.login(email: "asha@example.i") == nil)
            #expect(try await store.login(email: "asha@example.in%") == nil)
        }
    }

    @Test("Of several that take one address at the same moment one gets it")
    func race() async throws {
        try await withAccountsWorld { world in
            let made = try await withThrowingTaskGroup(of: Identity?.self) { group in
                for _ in 0..<6 {
                    group.addTask {
                        try await world.identities.createUser(
                            draft("x@example.in", .trader),
                            by: world.actor
                        )
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(made.compactMap(\.self).count == 1)
            #expect(try await world.count("trader") == 2)
        }
    }

    @Test("A client's user belongs to the client's trader, never to another")
    func clients() async throws {
        try await withAccountsWorld { world in
            let client = try await world.client("C1")
            let other = try await world.newTrader("other@example.in")
            let store = world.identities
            let user = try #require(
                try await store.createUser(
                    draft("c@example.in", .client, client: client.id),
                    by: world.actor
                )
            )
            #expect(user.trader == world.trader && user.client == client.id)
            for (trader, client) in [(other, client.id), (world.trader, ClientID(999))] {
                await #expect(throws: StoreFailure.self) {
                    try await store.createUser(
                        draft("d@example.in", .client, trader: trader, client: client),
                        by: world.actor
                    )
                }
            }
        }
    }

    @Test("Users are listed in the order of their ids; the disabled ones are nowhere")
    func listing() async throws {
        try await withAccountsWorld { world in
            let store = world.identities
            for number in 1...5 {
                _ = try await store.createUser(
                    draft("u\(number)@example.in", .admin),
                    by: world.actor
                )
            }
            let all = try await store.users(after: nil, limit: 100)
            #expect(all.map(\.user) == all.map(\.user).sorted())
            let rest = try await store.users(after: all[1].user, limit: 2)
            #expect(rest == Array(all[2...3]))

            let victim = try #require(all.last)
            let key = try await store.createAPIKey(
                victim.user,
                name: "key",
                prefix: "vk_1",
                hash: Tokens.sha256(Array("k".utf8)),
                limits: KeyLimits(),
                by: world.actor
            )
            _ = try await world.pool.query(
                PostgresStatement(
                    "UPDATE app_user SET disabled_at = now() WHERE id = $1::bigint"
                ),
                [.int(victim.user.raw)]
            )
            #expect(key.id > 0)
            #expect(try await store.identity(victim.user) == nil)
            #expect(try await store.login(email: victim.email) == nil)
            #expect(try await store.identity(apiKeyHash: Tokens.sha256(Array("k".utf8))) == nil)
            #expect(try await store.users(after: nil, limit: 100).count == all.count - 1)
        }
    }

    @Test("A key opens until its own user revokes it, and the log names it without its hash")
    func keys() async throws {
        try await withAccountsWorld { world in
            let store = world.identities
            let owner = try #require(world.actor.user)
            let other = try #require(
                try await store.createUser(draft("o@example.in", .admin), by: world.actor)
            )
            let hash = Tokens.sha256(Array("vk_live_secret".utf8))
            let key = try await store.createAPIKey(
                owner,
                name: "robot",
                prefix: "vk_live",
                hash: hash,
                limits: KeyLimits(),
                by: world.actor
            )
            #expect(try await store.identity(apiKeyHash: hash)?.user == owner)
            #expect(try await store.identity(apiKeyHash: Array(hash.dropLast())) == nil)
            #expect(try await store.apiKeys(owner) == [key])
            #expect(try await store.apiKeys(other.user) == [])

            #expect(
                try await !store.revokeAPIKey(key.id, of: other.user, by: world.actor)
            )
            #expect(try await store.identity(apiKeyHash: hash) != nil)
            #expect(try await store.revokeAPIKey(key.id, of: owner, by: world.actor))
            #expect(try await store.identity(apiKeyHash: hash) == nil)
            #expect(try await store.apiKeys(owner) == [])
            #expect(try await !store.revokeAPIKey(key.id, of: owner, by: world.actor))
            #expect(try await world.count("audit_log WHERE action = 'API_KEY_CREATED'") == 1)
            #expect(try await world.count("audit_log WHERE action = 'API_KEY_REVOKED'") == 1)
            let hex = hash.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
            #expect(try await world.tablesContaining(hex) == ["api_key"])
        }
    }

    @Test("A trader's usual part changes with an audit line, and only where it is different")
    func usualPart() async throws {
        try await withAccountsWorld { world in
            let store = world.identities
            for _ in 0..<2 {
                try await store.setUsualPart(
                    BasisPoints(1250),
                    of: world.trader,
                    by: world.actor
                )
            }
            #expect(try await store.usualPart(world.trader) == BasisPoints(1250))
            #expect(try await store.usualPart(TraderID(999)) == nil)
            #expect(try await world.count("audit_log WHERE action = 'SETTINGS_CHANGED'") == 1)
            await #expect(throws: StoreFailure.self) {
                try await store.setUsualPart(.whole, of: TraderID(999), by: world.actor)
            }
        }
    }
}
