import Desk
import DeskTesting
import Postgres
import ServerTesting
import Testing
import Trading

@testable import PostgresStore

@Suite("Watchlists and feeds", .needs(.postgres)) struct WatchlistTests {
    private func user(_ world: AccountsWorld, _ email: String) async throws -> UserID {
        let draft = UserDraft(
            email: email,
            name: email,
            role: .trader,
            passwordHash: "x",
            trader: nil,
            client: nil
        )
        let made = try await world.identities.createUser(draft, by: world.actor)
        return try #require(made).user
    }

    private func instruments(_ world: AccountsWorld, _ symbols: [String]) async throws
        -> [InstrumentID]
    {
        _ = try await world.instruments.load(
            symbols.map { world.listing($0, code: "\($0)1") },
            of: .dhan,
            by: world.actor
        )
        let found = try await world.instruments.instruments(
            symbols.map { InstrumentName(exchange: .nse, symbol: $0.lowercased()) }
        )
        return try found.map { try #require($0).id }
    }

    @Test("A watchlist keeps its order, and belongs to its user alone")
    func life() async throws {
        try await withAccountsWorld { world async throws in
            let store = PostgresWatchlistStore(pool: world.pool)
            let own = try await user(world, "own@example.in")
            let other = try await user(world, "other@example.in")
            let ids = try await instruments(world, ["AAA", "BBB", "CCC"])
            let made = try await store.createWatchlist(
                "Mine",
                [ids[2], ids[0], ids[2], ids[1]],
                by: world.actor,
                of: own
            )
            guard case .done(let id) = made else { throw Missing() }
            func symbols(_ user: UserID) async throws -> [String]? {
                try await store.watchlist(id, of: user)?.items.map(\.instrument.symbol)
            }
            #expect(try await symbols(own) == ["CCC", "AAA", "BBB"])
            #expect(try await symbols(other) == nil)
            let again = try await store.createWatchlist("Mine", [], by: world.actor, of: own)
            #expect(again == .nameTaken)
            let theirs = try await store.createWatchlist("Mine", [], by: world.actor, of: other)
            #expect(theirs != .nameTaken)
            let stolen = try await store.changeWatchlist(
                id,
                name: "X",
                [],
                by: world.actor,
                of: other
            )
            #expect(stolen == .notFound)
            let changed = try await store.changeWatchlist(
                id,
                name: "New",
                [ids[1]],
                by: world.actor,
                of: own
            )
            #expect(changed == .done(id))
            #expect(try await symbols(own) == ["BBB"])
            #expect(try await store.watchlists(of: own).map(\.name) == ["New"])
            #expect(try await store.watchlists(of: own).map(\.count) == [1])
            #expect(try await store.removeWatchlist(id, by: world.actor, of: other) == false)
            #expect(try await store.removeWatchlist(id, by: world.actor, of: own))
            #expect(try await symbols(own) == nil)
            #expect(try await world.count("audit_log WHERE action LIKE 'WATCHLIST%'") == 4)
        }
    }

    @Test("Two that make the last list at once do not make one too many")
    func atOnce() async throws {
        try await withAccountsWorld { world async throws in
            let store = PostgresWatchlistStore(pool: world.pool)
            let own = try await user(world, "own@example.in")
            for number in 1..<Watchlist.mostLists {
                _ = try await store.createWatchlist("L\(number)", [], by: world.actor, of: own)
            }
            let changes = try await withThrowingTaskGroup(of: WatchlistChange.self) { group in
                for number in 0..<4 {
                    group.addTask {
                        try await store.createWatchlist("X\(number)", [], by: world.actor, of: own)
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(changes.count { $0 == .tooMany } == 3)
            #expect(try await store.watchlists(of: own).count == Watchlist.mostLists)
        }
    }

    @Test("Feeds want what is watched or held, under the feed's own code, and use good sessions")
    func feeds() async throws {
        try await withAccountsWorld { world async throws in
            let ids = try await instruments(world, ["AAA", "BBB", "CCC"])
            let known = world.listing("AAA", code: "AAA2")
            let named = InstrumentListing(
                exchange: .nse,
                symbol: "BBB",
                name: "Name",
                isin: nil,
                series: "EQ",
                lot: Quantity(1),
                tick: Price(raw: 500),
                freezeQuantity: nil,
                lowerCircuit: nil,
                upperCircuit: nil,
                price: nil,
                segment: "NSE",
                code: "BBB",
                feedCode: "738561"
            )
            _ = try await world.instruments.load([known, named], of: .zerodha, by: world.actor)
            let own = try await user(world, "own@example.in")
            let store = PostgresWatchlistStore(pool: world.pool)
            _ = try await store.createWatchlist(
                "Mine",
                [ids[1], ids[0]],
                by: world.actor,
                of: own
            )
            let rows = (1...3).map {
                world.row("C\($0)", broker: .dhan, number: "\($0)", token: "t\($0)")
            }
            _ = try await world.accounts.importClients(rows, by: world.actor)
            let wanted = try await world.accounts.wantedInstruments(
                at: [.dhan, .zerodha],
                limit: 10
            )
            #expect(wanted[.dhan]?.map(\.code) == ["AAA1", "BBB1"])
            #expect(wanted[.zerodha]?.map(\.code) == ["AAA2", "738561"])
            // Quotes that are asked for are asked for as orders are.
            #expect(wanted[.zerodha]?.map(\.orderCode) == ["AAA2", "BBB"])
            let few = try await world.accounts.wantedInstruments(at: [.dhan], limit: 1)
            #expect(few[.dhan]?.count == 1 && few[.zerodha] == nil)
            let sessions = try await world.accounts.feedSessions(at: [.dhan, .upstox], limit: 2)
            #expect(sessions[.dhan]?.map { $0.token.reveal() } == ["t1", "t2"])
            #expect(sessions[.upstox] == nil)
            _ = try await world.pool.query(
                PostgresStatement("UPDATE broker_account SET session_ends = now()")
            )
            #expect(try await world.accounts.feedSessions(at: [.dhan], limit: 2).isEmpty)
        }
    }

    private struct Missing: Error {}
}
