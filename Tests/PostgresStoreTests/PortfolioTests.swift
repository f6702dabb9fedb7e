import Desk
import DeskTesting
import Postgres
import ServerTesting
import Testing
import Trading

@testable import PostgresStore

/// Portfolios read from PostgreSQL, and the store in memory beside it, which must tell the same.
@Suite("Portfolios in PostgreSQL", .needs(.postgres), .timeLimit(.minutes(5)))
struct PortfolioTests {
    @Test("Any trades: both stores tell the same, and the ledger bears it out", arguments: 1...6)
    func parity(seed: Int) async throws {
        try await OrdersDesk.open { desk in
            let twins = try await PortfolioTwins(desk)
            var random = Chance(state: UInt64(seed))
            for _ in 0..<25 { try await twins.step(&random) }
            try await desk.expectBalance()
            let (real, fake) = try await (twins.view(isReal: true), twins.view(isReal: false))
            #expect(real.count > 30)
            for (one, other) in zip(real, fake) { #expect(one == other) }
            #expect(real.count == fake.count)
            #expect(real.allSatisfy { !$0.contains("isProven: false") })
        }
    }

    @Test("Reserved shares are not free, and a client without shares has a portfolio too")
    func reserved() async throws {
        try await OrdersDesk.open { desk in
            let clients = try await desk.clients(2)
            let store = PostgresPortfolioStore(pool: desk.pool)
            try await desk.give(clients[0], shares: 10, cost: 2_000_000)
            _ = try await desk.accepted(
                .quantity(Quantity(6)),
                terms: desk.terms(.sell),
                client: clients[0]
            )
            let books = try #require(try await store.books(of: clients[0], tradedSince: .zero))
            #expect(books.stand.shares.map(\.holding.free) == [Quantity(4)])
            #expect(books.stand.shares.map(\.symbol) == ["RELIANCE"])
            #expect(books.fills.isEmpty)
            let empty = try #require(try await store.books(of: clients[1], tradedSince: .zero))
            #expect(empty.stand.shares.isEmpty && empty.stand.funds.available > .zero)
            #expect(try await store.books(of: ClientID(999_999), tradedSince: .zero) == nil)
            let nobody = try await store.totals(of: TraderID(999_999))
            #expect(nobody == TraderTotals(clients: 0, funds: Funds(), shares: []))
        }
    }

    @Test("Trades of one second are told one by one, also over the borders of pages")
    func sameSecond() async throws {
        try await OrdersDesk.open { desk in
            let client = try await desk.clients(1)[0]
            let attempt = try await desk.accepted(client: client)
            let ids = ["T-9", "T-10", "t-1", "Ä"]
            let now = try await desk.now()
            let filling = Filling(trades: desk.trades, orders: desk.orders)
            try await filling.fill(
                attempt,
                ids.map { Filling.Part($0, 2, OrdersDesk.price, at: now) }
            )
            let store = PostgresPortfolioStore(pool: desk.pool)
            var found: [BookedFill] = []
            repeat {
                let page = try await store.transactions(
                    TransactionQuery(
                        client: client,
                        from: .zero,
                        to: Timestamp(microseconds: 4_000_000_000_000_000),
                        after: found.last?.place,
                        limit: 1
                    )
                )
                guard let row = page.first else { break }
                found.append(row)
            } while found.count < 9
            #expect(found.map(\.tradeID) == ["Ä", "t-1", "T-9", "T-10"])
            #expect(found.allSatisfy { $0.fill.intent == attempt.job.intent })
        }
    }

    @Test("Every query goes by indexes where whole tables must not be read")
    func indexes() async throws {
        try await OrdersDesk.open { desk in
            _ = try await desk.clients(3)
            let statements: [(PostgresStatement, String)] = [
                (PortfolioStatements.client, "1"), (PortfolioStatements.shares, "'{1,2}'"),
                (PortfolioStatements.history, "1, now()"),
                (PortfolioStatements.transactions, "1, now(), now(), now(), 5, 'x', 9"),
                (PortfolioStatements.totalFunds, "1"), (PortfolioStatements.totalShares, "1"),
                (PortfolioStatements.clients, "1, 0, 9"),
                (PortfolioStatements.filledClients, "1, 0, 9"),
                (PortfolioStatements.filledHistory, "1, '{1,2}'"),
            ]
            for (statement, values) in statements {
                let plan = try await desk.pool.withConnection { connection in
                    for name in ["seqscan", "hashjoin", "mergejoin"] {
                        try await connection.execute(script: "SET enable_\(name) = off")
                    }
                    // As a statement that is prepared once is planned.
                    try await connection.execute(script: "SET plan_cache_mode = force_generic_plan")
                    try await connection.execute(script: "PREPARE q AS \(statement.sql)")
                    let rows = try await connection.query(
                        PostgresStatement("EXPLAIN (COSTS OFF) EXECUTE q(\(values))")
                    )
                    try await connection.execute(script: "DEALLOCATE q")
                    return rows.map { $0.text(0) }.joined(separator: "\n")
                }
                #expect(!plan.contains("Seq Scan"), "\(statement.sql)\n\(plan)")
                for table in ["order_intent", "fill"] where statement.sql.contains(table) {
                    #expect(plan.contains("Index Cond"), "\(plan)")
                }
            }
        }
    }
}

extension Timestamp {
    fileprivate static let zero = Timestamp(microseconds: 0)
}
