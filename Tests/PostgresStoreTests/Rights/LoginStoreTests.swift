import Desk
import Postgres
import Secrets
import ServerTesting
import Testing
import Trading

@testable import PostgresStore

@Suite("Logins in PostgreSQL", .needs(.postgres), .timeLimit(.minutes(5)))
struct LoginStoreTests {
    private func withStore(
        _ body: (PostgresLoginStore, AccountsWorld, UserID, Actor) async throws -> Void
    ) async throws {
        try await withAccountsWorld { world in
            let store = PostgresLoginStore(pool: world.pool, secrets: SecretBox(key: Array(0..<32)))
            let user = try #require(world.actor.user)
            try await body(store, world, user, world.actor)
        }
    }

    private func draft(_ user: UserID, _ mark: UInt8, lasts: Duration = .seconds(60))
        -> SessionDraft
    {
        SessionDraft(user: user, refreshHash: [mark], lasts: lasts, agent: "test")
    }

    @Test("Tries are counted for all processes, and of many at once no more pass than are free")
    func tries() async throws {
        try await withStore { store, world, _, _ in
            let subject = LoginSubject(hash: [1, 2, 3], freeTries: 5)
            let passed = try await withThrowingTaskGroup(of: Bool.self) { group in
                for _ in 0..<30 {
                    group.addTask {
                        // Another process has a store of its own, and the same database.
                        let other = PostgresLoginStore(
                            pool: world.pool,
                            secrets: SecretBox(key: Array(0..<32))
                        )
                        return try await other.takeTry([subject]).wait == nil
                    }
                }
                return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
            }
            #expect(passed == 5)
            let wait = try #require(try await store.takeTry([subject]).wait)
            #expect(wait > .zero && wait <= .seconds(30))
            let another = LoginSubject(hash: [9], freeTries: 5)
            #expect(try await store.takeTry([another]).wait == nil)
            // Whoever is right is forgiven; the address gets one try back, and keeps the others.
            try await store.giveBackTry([subject, another], forgiven: subject)
            #expect(try await store.takeTry([subject]).wait == nil)
            let failures = try await world.pool.query(
                PostgresStatement("SELECT failures FROM login_failure WHERE subject = '\\x09'")
            )
            #expect(failures.first?.int(0) == 0)
        }
    }

    @Test("A session is one user's until it is ended or over, and every step is in the log")
    func sessions() async throws {
        try await withStore { store, world, user, actor in
            let first = try await store.openSession(draft(user, 1), by: actor)
            let second = try await store.openSession(draft(user, 2), by: actor)
            let over = try await store.openSession(draft(user, 3, lasts: .zero), by: actor)
            #expect(try await store.identity(session: first.id)?.user == user)
            #expect(try await store.identity(session: first.id)?.session == first.id)
            #expect(try await store.identity(session: over.id) == nil)
            #expect(try await store.loginSessions(of: user).map(\.id) == [second.id, first.id])
            #expect(try await !store.endSession(first.id, of: UserID(999), by: actor))
            #expect(try await store.endSession(first.id, of: user, by: actor))
            #expect(try await !store.endSession(first.id, of: user, by: actor))
            #expect(try await store.identity(session: first.id) == nil)
            #expect(try await store.endSessions(of: user, except: second.id, by: actor) == 0)
            try await store.setPassword("hash", of: user, keeping: nil, by: actor)
            #expect(try await store.identity(session: second.id) == nil)
            #expect(try await store.passwordHash(of: user) == "hash")
            #expect(try await world.count("audit_log WHERE action = 'USER_LOGGED_IN'") == 3)
            #expect(try await world.count("audit_log WHERE action = 'SESSIONS_ENDED'") == 1)
            #expect(try await world.count("audit_log WHERE action = 'PASSWORD_CHANGED'") == 1)
        }
    }

    @Test("Of two who refresh with one token at once, one gets on")
    func refreshing() async throws {
        try await withStore { store, _, user, actor in
            let session = try await store.openSession(draft(user, 1), by: actor)
            let done = try await withThrowingTaskGroup(of: Bool.self) { group in
                for mark in 10..<14 as Range<UInt8> {
                    group.addTask {
                        if case .done = try await store.refresh([1], to: [mark], by: actor) {
                            true
                        } else {
                            false
                        }
                    }
                }
                return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
            }
            #expect(done == 1)
            // The others showed a token that was used: somebody has a copy.
            #expect(try await store.identity(session: session.id) == nil)
            guard case .unknown = try await store.refresh([77], to: [78], by: actor) else {
                throw Unexpected("a token that nobody was given")
            }
        }
    }

    @Test(
        "A second factor is kept sealed, confirmed once, and its codes and recovery codes count once"
    )
    func factors() async throws {
        try await withStore { store, world, user, actor in
            #expect(try await store.secondFactor(of: user) == nil)
            let secret = "the-secret-of-the-factor"
            #expect(try await store.setUpSecondFactor(Secret(secret), of: user, by: actor))
            #expect(try await world.tablesContaining(secret).isEmpty)
            let set = try #require(try await store.secondFactor(of: user))
            #expect(set.secret.reveal() == secret && !set.isConfirmed)
            let confirm = {
                try await store.confirmSecondFactor(of: user, step: 7, recovery: [[5]], by: actor)
            }
            #expect(try await confirm())
            #expect(try await !confirm())
            #expect(try await !store.setUpSecondFactor(Secret("other"), of: user, by: actor))
            #expect(try await store.secondFactor(of: user)?.usedStep == 7)
            let used = try await withThrowingTaskGroup(of: Bool.self) { group in
                for _ in 0..<8 { group.addTask { try await store.useStep(8, of: user) } }
                return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
            }
            #expect(used == 1)
            #expect(try await !store.useStep(7, of: user))
            #expect(try await store.useRecoveryCode([5], of: user, by: actor))
            #expect(try await !store.useRecoveryCode([5], of: user, by: actor))
            #expect(try await !store.useRecoveryCode([6], of: user, by: actor))
            let session = try await store.openSession(draft(user, 1), by: actor)
            #expect(try await store.identity(session: session.id)?.hasSecondFactor == true)
            try await store.removeSecondFactor(of: user, by: actor)
            #expect(try await store.secondFactor(of: user) == nil)
            #expect(try await world.count("recovery_code") == 0)
        }
    }

    @Test("A failure is a line of the log, a pause another; for those who are logged in as well")
    func failures() async throws {
        try await withStore { store, world, user, _ in
            let subject = LoginSubject(.address, hash: [4], freeTries: 2)
            // As a request of a trader, whom the database shows nobody's tries.
            let viewer = Viewer(user: user, trader: TraderID(1))
            try await Viewer.$current.withValue(viewer) {
                for _ in 0..<2 {
                    let taken = try await store.takeTry([subject])
                    try await store.note(
                        FailedLogin(
                            .login,
                            name: "nobody@example.com",
                            user: nil,
                            actor: Actor(user: nil, address: "192.0.2.7"),
                            locks: taken.locks
                        )
                    )
                }
                #expect(try await store.takeTry([subject]).wait != nil)
                try await store.giveBackTry([subject], forgiven: nil)
            }
            let lines = try await world.pool.query(
                PostgresStatement(
                    """
                    SELECT action, address, detail ->> 'login', detail ->> 'locked',
                           user_id IS NULL
                    FROM audit_log WHERE action IN ('LOGIN_FAILED', 'LOGIN_LOCKED') ORDER BY id
                    """
                )
            )
            #expect(lines.map { $0.text(0) } == ["LOGIN_FAILED", "LOGIN_FAILED", "LOGIN_LOCKED"])
            #expect(lines.allSatisfy { $0.optionalText(1) == "192.0.2.7" && $0.bool(4) })
            #expect(lines.allSatisfy { $0.optionalText(2) == "nobody@example.com" })
            #expect(lines.map { $0.optionalText(3) } == [nil, nil, "address"])
        }
    }

    @Test(
        "A reset takes the second factor and its codes, and ends all logins, in one line of the log"
    )
    func reset() async throws {
        try await withStore { store, world, user, actor in
            #expect(try await store.resetSecondFactor(of: user, why: "lost", by: actor) == nil)
            #expect(try await store.setUpSecondFactor(Secret("s"), of: user, by: actor))
            #expect(
                try await store.confirmSecondFactor(of: user, step: 1, recovery: [[5]], by: actor)
            )
            let session = try await store.openSession(draft(user, 1), by: actor)
            _ = try await store.openSession(draft(user, 2), by: actor)
            #expect(try await store.resetSecondFactor(of: user, why: "lost", by: actor) == 2)
            #expect(try await store.secondFactor(of: user) == nil)
            #expect(try await store.identity(session: session.id) == nil)
            #expect(try await world.count("recovery_code") == 0)
            let lines = """
                audit_log WHERE action = 'SECOND_FACTOR_RESET' AND detail ->> 'reason' = 'lost'
                    AND detail ->> 'user' = '\(user)' AND user_id = \(user)
                """
            #expect(try await world.count(lines) == 1)
        }
    }
}
