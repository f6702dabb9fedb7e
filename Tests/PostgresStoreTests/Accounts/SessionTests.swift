import Desk
import Postgres
import ServerTesting
import Testing
import Trading

@testable import PostgresStore

@Suite(.needs(.postgres)) struct SessionTests {
    private func due(_ world: AccountsWorld, since: Timestamp) async throws -> [SessionToCheck] {
        try await world.accounts.sessionsToCheck(at: [.dhan], since: since, limit: 100)
    }

    private func readiness(
        _ world: AccountsWorld,
        trader: TraderID? = nil,
        broker: BrokerName? = nil,
        state: SessionState? = nil,
        close: Timestamp? = nil,
        after: AccountID? = nil,
        limit: Int = 100
    ) async throws -> Readiness {
        try await world.accounts.readiness(
            ReadinessQuery(
                trader: trader,
                broker: broker,
                state: state,
                now: try await world.now(),
                close: close,
                after: after,
                limit: limit
            )
        )
    }

    private func note(
        _ world: AccountsWorld,
        _ session: SessionToCheck,
        _ result: SessionCheckResult,
        words: String? = nil,
        ends: Timestamp? = nil
    ) async throws {
        let account = try #require(session.session.account)
        try await world.accounts.noteChecks([
            CheckedSession(
                account: account,
                stamp: session.stamp,
                result: result,
                words: words,
                ends: ends
            )
        ])
    }

    @Test("An account is due until it was asked about, and again after a new token")
    func dueOnce() async throws {
        try await withAccountsWorld { world in
            let client = try await world.client("C1")
            _ = try await world.connect(client.id, token: "first")
            let yesterday = try await world.now().advanced(by: .seconds(-86_400))
            let first = try #require(try await due(world, since: yesterday).first)
            #expect(first.session.token.reveal() == "first" && first.broker == .dhan)
            try await note(world, first, .refused, words: "Invalid IP")
            #expect(try await due(world, since: yesterday).isEmpty)
            let row = try #require(try await readiness(world).rows.first)
            #expect(row.state == .refused && row.words == "Invalid IP" && row.checkedAt != nil)
            // The next morning.
            let tomorrow = try await world.now().advanced(by: .seconds(60))
            #expect(try await due(world, since: tomorrow).count == 1)
            _ = try await world.connect(client.id, token: "second")
            #expect(try await due(world, since: yesterday).count == 1)
            #expect(try await readiness(world).rows.first?.state == .unchecked)
            // What was said of the first token comes late.
            try await note(world, first, .good)
            #expect(try await readiness(world).rows.first?.state == .unchecked)
        }
    }

    @Test("A session that was to end is asked about once it should have, and gets its new end")
    func pastItsEnd() async throws {
        try await withAccountsWorld { world in
            let client = try await world.client("C1")
            _ = try await world.connect(client.id)
            let yesterday = try await world.now().advanced(by: .seconds(-86_400))
            let session = try #require(try await due(world, since: yesterday).first)
            let soon = try await world.now().advanced(by: .milliseconds(300))
            try await note(world, session, .good, ends: soon)
            while try await due(world, since: yesterday).isEmpty {
                try await Task.sleep(for: .milliseconds(50))
            }
            #expect(try await readiness(world).rows.first?.state == .mustLogIn)
            let end = try await world.now().advanced(by: .seconds(7_200))
            try await note(world, session, .good, ends: end)
            #expect(try await due(world, since: yesterday).isEmpty)
            #expect(try await readiness(world).rows.isEmpty)
            let late = try await world.now().advanced(by: .seconds(10_000))
            #expect(try await readiness(world, close: late).rows.first?.state == .endsEarly)
        }
    }

    @Test("Readiness counts all, and shows who is not ready, page by page")
    func pages() async throws {
        try await withAccountsWorld { world in
            for number in 1...6 {
                let client = try await world.client("C\(number)")
                _ = try await world.connect(
                    client.id,
                    number % 2 == 0 ? .dhan : .zerodha,
                    number: "N\(number)"
                )
            }
            let yesterday = try await world.now().advanced(by: .seconds(-86_400))
            let sessions = try await due(world, since: yesterday)
            try #require(sessions.count == 3)
            try await note(world, sessions[0], .good)
            try await note(world, sessions[1], .ended, words: "over")
            let all = try await readiness(world)
            #expect(
                all.counts == [
                    .init(broker: .dhan, state: .mustLogIn, accounts: 1),
                    .init(broker: .dhan, state: .ready, accounts: 1),
                    .init(broker: .dhan, state: .unchecked, accounts: 1),
                    .init(broker: .zerodha, state: .unchecked, accounts: 3),
                ]
            )
            #expect(all.rows.count == 5 && all.rows.allSatisfy { $0.state != .ready })
            let first = try await readiness(world, limit: 2)
            let rest = try await readiness(world, after: first.rows.last?.account)
            #expect(first.rows + rest.rows == all.rows)
            let over = try await readiness(world, broker: .dhan, state: .mustLogIn)
            #expect(over.rows.map(\.words) == ["over"] && over.counts.count == 3)
            let stranger = try await readiness(world, trader: TraderID(999_999))
            #expect(stranger.rows.isEmpty && stranger.counts.isEmpty)
        }
    }
}

extension AccountsWorld {
    /// The database's own time.
    func now() async throws -> Timestamp {
        let rows = try await pool.query(PostgresStatement("SELECT now()"))
        return Timestamp(microseconds: rows[0].timestamp(0))
    }
}
