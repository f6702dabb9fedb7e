import Desk
import DeskTesting
import FoundationEssentials
import Postgres
import ServerTesting
import Testing
import Trading

@testable import PostgresStore

@Suite("Shares by product in PostgreSQL", .needs(.postgres), .timeLimit(.minutes(5)))
struct ProductHoldingTests {
    /// A purchase or sale of one client that is filled.
    @discardableResult
    private func traded(
        _ desk: OrdersDesk,
        _ client: ClientID,
        _ terms: OrderTerms,
        _ quantity: Int64,
        at price: Int64
    ) async throws -> Attempt {
        let attempt = try await desk.accepted(
            .quantity(Quantity(quantity)),
            terms: terms,
            client: client
        )
        let fill = desk.traded(attempt, "T\(attempt.job.intent)", quantity, price)
        try await desk.apply(attempt, .filled, filled: quantity, [fill])
        return attempt
    }

    /// Ten shares on lent money at ₹2,450 and ten for cash at ₹2,500.
    private func mixed(_ desk: OrdersDesk) async throws -> ClientID {
        let client = try await desk.clients(1)[0]
        try await traded(desk, client, desk.lentTerms(.buy), 10, at: 24_500_000)
        try await traded(desk, client, desk.terms(.buy), 10, at: 25_000_000)
        return client
    }

    @Test("A sale takes from its own product: for cash it repays nothing, on lent money it does")
    func apart() async throws {
        try await OrdersDesk.open { desk in
            let client = try await mixed(desk)
            let lent = Holding(
                quantity: Quantity(10),
                cost: .rupees("24500.00"),
                borrowed: .rupees("19600.00")
            )
            #expect(try await desk.holding(client, as: .marginFunding) == lent)
            #expect(
                try await desk.holding(client)
                    == Holding(quantity: Quantity(10), cost: .rupees("25000.00"))
            )
            try await traded(desk, client, desk.terms(.sell), 10, at: 26_000_000)
            #expect(try await desk.holding(client) == Holding())
            #expect(try await desk.holding(client, as: .marginFunding) == lent)
            let sold = try await desk.funds(client)
            #expect(sold.borrowed == .rupees("19600.00"))
            #expect(sold.realisedGain == .rupees("1000.00"))
            try await desk.expectBalance()

            // What is left is not for cash sales.
            let (trade, jobs) = try await desk.planned(terms: desk.terms(.sell))
            let claims = try await desk.orders.claim(
                desk.requests(jobs, of: trade),
                lease: OrdersDesk.lease
            )
            guard case .declined(.notHeld) = claims.first else { throw Unexpected("\(claims)") }

            try await traded(desk, client, desk.lentTerms(.sell), 4, at: 24_000_000)
            let left = try await desk.holding(client, as: .marginFunding)
            #expect(left.quantity == Quantity(6) && left.borrowed == .rupees("10000.00"))
            try await traded(desk, client, desk.lentTerms(.sell), 6, at: 24_000_000)
            #expect(try await desk.holding(client, as: .marginFunding) == Holding())
            #expect(try await desk.funds(client).borrowed == .zero)
            try await desk.expectBalance()
        }
    }

    @Test("A portfolio has a row for each product, with its own cost, profit and purchases")
    func portfolio() async throws {
        try await OrdersDesk.open { desk in
            let client = try await mixed(desk)
            let sale = try await traded(desk, client, desk.lentTerms(.sell), 4, at: 25_000_000)
            let portfolios = ReadPortfolio(
                store: PostgresPortfolioStore(pool: desk.pool),
                quotes: MemoryQuotes(),
                clock: ManualClock(try await desk.now())
            )
            let held = try #require(try await portfolios.client(client)).holdings
            #expect(held.map(\.shares.key.product) == [.delivery, .marginFunding])
            #expect(held.map(\.shares.holding.quantity) == [Quantity(10), Quantity(6)])
            #expect(held.map(\.realised) == [.zero, .rupees("200.00")])
            #expect(held.map { $0.lots.map(\.product) } == [[.delivery], [.marginFunding]])
            #expect(held.allSatisfy { $0.isProven })
            let total = try await portfolios.trader(desk.trader, after: nil, limit: 10).total
            #expect(
                total?.holdings.map(\.shares.holding.cost)
                    == [.rupees("25000.00"), .rupees("14700.00")]
            )
            // What the sale earned is told from MTF shares alone.
            let trade = try #require(try await desk.trades.trade(sale.job.task))
            let profit = ReadTradeProfit(
                store: PostgresPortfolioStore(pool: desk.pool),
                quotes: MemoryQuotes(),
                clock: ManualClock(try await desk.now())
            )
            let row = try await profit(of: trade, after: nil, limit: 10).clients.first
            #expect(row?.traded.realised == .rupees("200.00"))
            #expect(row?.isProven == true)
        }
    }

    @Test("An exit sells each product as what it is held, or one of them alone")
    func exits() async throws {
        try await OrdersDesk.open { desk in
            let client = try await mixed(desk)
            let asked: [(Product?, [Product])] = [
                (nil, [.delivery, .marginFunding]), (.marginFunding, [.marginFunding]),
                (.intraday, [.intraday]),
            ]
            for (product, sold) in asked {
                let exit = try await desk.orders.askToExit(
                    ExitRequest(
                        trader: desk.trader,
                        user: desk.user,
                        idempotencyKey: "\(sold)",
                        bodyHash: [1],
                        scope: .client(client),
                        product: product
                    )
                )
                guard case .created(let made) = exit else { throw Unexpected("\(exit)") }
                #expect(made.product == product)
                let lots = try await desk.orders.lots(of: made)
                #expect(lots.map(\.terms.product) == sold)
                #expect(lots.allSatisfy { $0.clients == [client] })
                // One round finds nothing to sell; what another submitted meanwhile is noted too.
                try await desk.orders.note([TaskID](), of: made.id)
                #expect(try await desk.orders.positionExit(made.id)?.state == .complete)
                for sales in [[TaskID(77)], [], [TaskID(78)]] {
                    try await desk.orders.note(sales, of: made.id)
                }
                let selling = try #require(try await desk.orders.positionExit(made.id))
                #expect(selling.state == .selling && selling.endedAt == nil)
                #expect(selling.sales == [TaskID(77), TaskID(78)])
            }
        }
    }

    @Test("Who holds shares of both products is one client, and has one position")
    func counts() async throws {
        try await OrdersDesk.open { desk in
            let client = try await mixed(desk)
            try await desk.run("UPDATE trader SET approval_clients = 1")
            guard
                case .created(let trade) = try await desk.trades.submit(
                    desk.submission(key: "one", terms: desk.terms(.sell))
                )
            else { throw Unexpected("not created") }
            #expect(trade.state == .accepted)

            // ₹49,500 of ₹100,000 are invested: ten more would be beyond 60 %, four more not.
            try await desk.run(
                """
                INSERT INTO risk_limit (scope, subject, version, position_part_bp, why)
                VALUES ('client', $1::bigint, 1, 6000, 'test')
                """,
                [.int(client.raw)]
            )
            for (quantity, isSent) in [(Int64(10), false), (4, true)] {
                let (trade, jobs) = try await desk.planned(
                    .quantity(Quantity(quantity)),
                    clients: .named([client])
                )
                let claims = try await desk.orders.claim(
                    desk.requests(jobs, of: trade),
                    lease: OrdersDesk.lease
                )
                guard case .send = claims.first else {
                    #expect(!isSent)
                    continue
                }
                #expect(isSent)
            }
        }
    }

    @Test("What was held before is split by its trades, and every sum stays what it was")
    func migration() async throws {
        try await OrdersDesk.open { desk in
            let both = try await mixed(desk)
            // Ten of its shares are promised to a cash sale.
            _ = try await desk.accepted(terms: desk.terms(.sell), client: both)
            let lentOnly = try await desk.clients(1)[0]
            try await traded(desk, lentOnly, desk.lentTerms(.buy), 7, at: 24_500_000)
            let ownOnly = try await desk.clients(1)[0]
            try await traded(desk, ownOnly, desk.terms(.buy), 3, at: 24_500_000)
            // Another sold its lent shares for cash, as once was possible, and is selling the rest.
            let promised = try await mixed(desk)
            _ = try await desk.accepted(terms: desk.terms(.sell), client: promised)
            try await unsplit(desk)
            try await desk.run(
                """
                WITH sold AS (
                    UPDATE holding SET quantity = 10, cost = 2475000 WHERE client_id = $1
                ), paid AS (
                    UPDATE funds SET invested = invested - 2475000, available = available + 2475000
                    WHERE client_id = $1
                )
                INSERT INTO transfer (client_id, kind, debit, credit, amount)
                VALUES ($1, 'fill', 'available', 'invested', 2475000)
                """,
                [.int(promised.raw)]
            )
            try await migrate(desk)
            try await desk.expectBalance()

            let mixedLent = Holding(
                quantity: Quantity(10),
                cost: .rupees("24750.00"),
                borrowed: .rupees("19600.00")
            )
            #expect(try await desk.holding(both, as: .marginFunding) == mixedLent)
            #expect(
                try await desk.holding(both)
                    == Holding(
                        quantity: Quantity(10),
                        reserved: Quantity(10),
                        cost: .rupees("24750.00")
                    )
            )
            #expect(
                try await desk.holding(lentOnly, as: .marginFunding)
                    == Holding(
                        quantity: Quantity(7),
                        cost: .rupees("17150.00"),
                        borrowed: .rupees("13720.00")
                    )
            )
            #expect(try await desk.holding(lentOnly) == Holding())
            #expect(
                try await desk.holding(ownOnly)
                    == Holding(quantity: Quantity(3), cost: .rupees("7350.00"))
            )
            #expect(try await desk.holding(promised, as: .marginFunding) == Holding())
            #expect(try await desk.holding(promised).reserved == Quantity(10))
            let funds = try await desk.funds(promised)
            #expect(funds.borrowed == .zero && funds.shortfall == .rupees("19600.00"))
        }
    }

    @Test("Slices and listed quantities stay, and of what was repaired nothing is repaired again")
    func slices() async throws {
        try await OrdersDesk.open { desk in
            try await desk.run("UPDATE instrument SET freeze_quantity = 4")
            let client = try await desk.clients(1)[0]
            let (trade, jobs) = try await desk.planned()
            let first = try #require(try await desk.attempts(jobs, of: trade).first)
            let later = try await desk.attempts(first.slices, of: trade)
            for attempt in [first] + later {
                #expect(try await desk.record(attempt, .refused(.brokerRefused, words: "no")))
            }
            let store = PostgresRepairStore(pool: desk.pool, brokers: [.dhan])
            let request = RepairRequest(
                task: trade.id,
                trader: desk.trader,
                user: desk.user,
                idempotencyKey: "r",
                bodyHash: [1],
                marketOpen: true
            )
            guard case .created(let repair, orders: 1) = try await store.repair(request) else {
                throw Unexpected("nothing was repaired")
            }
            let planned = try await desk.trades.plan(
                repair.id,
                referencePrice: OrdersDesk.price,
                marketOpen: true
            )
            #expect(planned.count == 1)
            try await unsplit(desk)
            try await migrate(desk)
            let own = { (task: TaskID) in
                try await desk.pool.query(
                    PostgresStatement(
                        """
                        SELECT own_quantity, is_slice FROM order_intent
                        WHERE task_id = $1 AND client_id = $2 ORDER BY leg
                        """
                    ),
                    [.int(task.raw), .int(client.raw)]
                ).map { ($0.optionalInt(0), $0.bool(1)) }
            }
            let slices = try await own(trade.id)
            #expect(slices.map(\.0) == [4, 4, 2] && slices.allSatisfy { $0.1 })
            let listed = try await own(repair.id)
            #expect(listed.map(\.0) == [10] && listed.allSatisfy { !$0.1 })
            let rows = try await store.repairRows(of: trade.id, marketOpen: true)
            #expect(rows.map(\.verdict) == [.repaired, .repaired, .repaired])
        }
    }

    /// The tables as they were before.
    private func unsplit(_ desk: OrdersDesk) async throws {
        try await desk.pool.withConnection {
            try await $0.execute(
                script: """
                    ALTER TABLE holding DROP CONSTRAINT holding_loan;
                    CREATE TEMPORARY TABLE whole AS
                        SELECT client_id, instrument_id, sum(quantity)::bigint AS quantity,
                               sum(reserved)::bigint AS reserved, sum(cost)::bigint AS cost,
                               sum(borrowed)::bigint AS borrowed
                        FROM holding GROUP BY 1, 2;
                    DELETE FROM holding;
                    ALTER TABLE holding DROP COLUMN product,
                        ADD CONSTRAINT holding_pkey PRIMARY KEY (client_id, instrument_id);
                    INSERT INTO holding (
                        client_id, instrument_id, quantity, reserved, cost, borrowed
                    )
                    SELECT * FROM whole;
                    DROP TABLE whole;
                    ALTER TABLE task_repair DISABLE TRIGGER USER;
                    DELETE FROM task_repair WHERE leg > 0;
                    ALTER TABLE task_repair ENABLE TRIGGER USER;
                    ALTER TABLE task_repair DROP COLUMN leg, ADD PRIMARY KEY (task_id, client_id);
                    ALTER TABLE order_intent RENAME own_quantity TO fixed_quantity;
                    ALTER TABLE order_intent ADD COLUMN slice bigint CHECK (slice > 0);
                    UPDATE order_intent SET slice = fixed_quantity, fixed_quantity = NULL
                    WHERE is_slice;
                    UPDATE order_intent i SET fixed_quantity = NULL FROM bulk_task t
                    WHERE t.id = i.task_id AND t.preflight_id IS NULL;
                    ALTER TABLE order_intent DROP COLUMN is_slice;
                    """
            )
        }
    }

    private func migrate(_ desk: OrdersDesk) async throws {
        let root = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        let script = try String(
            contentsOfFile: "/\(root)/migrations/0023_products_and_slices.sql",
            encoding: .utf8
        )
        try await desk.pool.withConnection { try await $0.execute(script: script) }
    }
}
