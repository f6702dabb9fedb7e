import Desk
import Postgres
import ServerTesting
import Testing
import Trading

@testable import PostgresStore

/// Texts of brokers that the database refuses must not cost what is stored beside them.
@Suite(.needs(.postgres)) struct ForeignTextTests {
    @Test
    func `a line of an instrument list that holds a zero byte is left out, the others come in`()
        async throws
    {
        try await withAccountsWorld { world async throws in
            let listings = [
                world.listing("GOOD"), world.listing("BAD\u{0}"),
                world.listing("NAMED", name: "a\u{0}b"), world.listing("FINE"),
            ]
            let load = try await world.instruments.load(listings, of: .dhan, by: world.actor)
            #expect(load == 2)
            let found = try await world.instruments.search("", limit: 9)
            #expect(found.map(\.instrument.symbol) == ["FINE", "GOOD"])
        }
    }

    @Test
    func `what a broker says of one session is noted without its zero bytes, as are all others`()
        async throws
    {
        try await withAccountsWorld { world async throws in
            for number in 1...2 {
                let client = try await world.client("C\(number)")
                _ = try await world.connect(client.id, number: "N\(number)")
            }
            let due = try await world.accounts.sessionsToCheck(
                at: [.dhan],
                since: Timestamp(microseconds: 0),
                limit: 10
            )
            try await world.accounts.noteChecks(
                due.enumerated().map { place, session in
                    CheckedSession(
                        account: try #require(session.session.account),
                        stamp: session.stamp,
                        result: .refused,
                        words: place == 0 ? "Invalid\u{0} IP" : "Invalid IP",
                        ends: nil
                    )
                }
            )
            let rows = try await world.pool.query(
                PostgresStatement("SELECT check_words FROM broker_account ORDER BY id")
            )
            #expect(rows.map { $0.text(0) } == ["Invalid IP", "Invalid IP"])
        }
    }
}
