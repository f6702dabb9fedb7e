import Desk
import Postgres
import ServerTesting
import Testing
import Trading

@testable import PostgresStore

@Suite("Baskets in PostgreSQL", .needs(.postgres), .timeLimit(.minutes(5)))
struct BasketTests {
    /// Sells ten shares of one instrument and buys another.
    private func basket(
        _ desk: OrdersDesk,
        _ clients: [ClientID],
        key: String = "k",
        body: UInt8 = 1,
        sequence: BasketSequence = .sellsFirst,
        onRefusal: RefusalPolicy = .goOn
    ) async throws -> BasketSubmission {
        BasketSubmission(
            trader: desk.trader,
            user: desk.user,
            idempotencyKey: key,
            bodyHash: [body],
            legs: [
                .init(
                    terms: try await other(desk),
                    sizing: .quantity(Quantity(10))
                ), .init(terms: desk.terms(.sell), sizing: .quantity(Quantity(10))),
            ],
            clients: .named(clients),
            onDoubt: .ask,
            sequence: sequence,
            onRefusal: onRefusal
        )
    }

    /// Purchase terms of a second instrument.
    private func other(_ desk: OrdersDesk) async throws -> OrderTerms {
        let found = try await desk.pool.query(
            PostgresStatement("SELECT id FROM instrument WHERE symbol = 'TCS'")
        ).first?.int(0)
        let id: Int64
        if let found {
            id = found
        } else {
            id = try await desk.number(
                """
                INSERT INTO instrument (exchange, symbol, series, name, lot, tick)
                VALUES ('NSE', 'TCS', 'EQ', 'TCS', 1, 500) RETURNING id
                """
            )
            try await desk.run(
                """
                INSERT INTO broker_instrument (broker, instrument_id, segment, code)
                VALUES ('dhan', $1, 'NSE_EQ', '11536')
                """,
                [.int(id)]
            )
        }
        return OrderTerms(
            instrument: Instrument(
                id: ID(id),
                exchange: .nse,
                symbol: "TCS",
                name: "TCS",
                isin: nil,
                lot: Quantity(1),
                tick: Price(raw: 500),
                freezeQuantity: nil,
                lowerCircuit: nil,
                upperCircuit: nil
            ),
            side: .buy,
            type: .limit,
            product: .delivery,
            validity: .day,
            price: OrdersDesk.price,
            trigger: nil
        )
    }

    private func created(_ store: PostgresBasketStore, _ basket: BasketSubmission) async throws
        -> Basket
    {
        guard case .created(let made) = try await store.submit(basket) else {
            throw Unexpected("the basket was not created")
        }
        return made
    }

    /// What becomes of a submit, in a word.
    private func word(_ store: PostgresBasketStore, _ basket: BasketSubmission) async throws
        -> String
    {
        switch try await store.submit(basket) {
        case .created: "created"
        case .repeated(let made): "repeated \(made.id)"
        case .conflict(let id): "conflict \(id)"
        case .unknownClients(let ids): "unknown \(ids.map(\.description).joined())"
        }
    }

    @Test(
        "A basket above the limit waits as one, and goes or is declined as one, as it was submitted"
    )
    func approval() async throws {
        try await OrdersDesk.open { desk in
            let clients = try await desk.clients(2)
            let store = PostgresBasketStore(pool: desk.pool)
            let checker = try await desk.number(
                """
                INSERT INTO app_user (email, name, role, trader_id, password_hash)
                VALUES ('c@example.com', 'Checker', 'trader', $1, '') RETURNING id
                """,
                [.int(desk.trader.raw)]
            )
            // Each leg is worth ₹49,000: alone within the limit, together above it.
            try await desk.run("UPDATE instrument SET price = 24500000")
            let limit = ApprovalLimit(amount: .rupees("60000.00"))
            try await desk.trades.setApprovalLimit(limit, of: desk.trader, by: Actor(user: nil))
            for (key, isApproved) in [("a", true), ("b", false)] {
                let asked = try await basket(desk, clients, key: key)
                let made = try await created(store, asked)
                #expect(made.awaitsApproval)
                #expect(try await desk.number("SELECT count(*) FROM outbox") == 0)
                for task in made.tasks {
                    #expect(try await desk.trades.trade(task)?.state == .awaitingApproval)
                    #expect(try await plan(desk, task).1.isEmpty)
                }
                let waiting = try await desk.trades.waitingApprovals(
                    of: desk.trader,
                    before: nil,
                    limit: 9
                )
                #expect(waiting.map(\.trade.id) == [made.tasks[0]])
                #expect(waiting.first?.basket.map(\.id) == made.tasks)
                #expect(waiting.first?.basket.map(\.terms) == asked.legs.map(\.terms))
                #expect(waiting.first?.size.clients == 2)
                #expect(waiting.first?.size.amount == .rupees("98000.00"))
                // Any leg's number is the basket's; the maker's word is not enough.
                let decide = { (task: TaskID, user: UserID) in
                    try await desk.trades.decide(
                        ApprovalDecision(
                            task: task,
                            isApproved: isApproved,
                            reason: "r",
                            user: user,
                            address: nil,
                            trader: desk.trader
                        )
                    )
                }
                if isApproved {
                    guard case .ownTrade = try await decide(made.tasks[1], desk.user) else {
                        throw Unexpected("the maker approved")
                    }
                }
                for task in [made.tasks[1], made.tasks[0]] {
                    guard case .decided(let trade) = try await decide(task, ID(checker)) else {
                        throw Unexpected("not decided")
                    }
                    #expect(trade.id == task)
                }
                let state: BulkTrade.State = isApproved ? .accepted : .declined
                for task in made.tasks {
                    #expect(try await desk.trades.trade(task)?.state == state)
                }
                #expect(try await store.basket(made.id)?.awaitsApproval == false)
                #expect(
                    try await desk.number("SELECT count(*) FROM outbox") == (isApproved ? 2 : 0)
                )
                try await desk.run("DELETE FROM outbox")
                if isApproved {
                    // The purchases wait for their clients' sales, as they would have without.
                    let sales = try await plan(desk, made.tasks[1]).1.count
                    #expect(sales == 2)
                }
            }
            let lines = try await desk.number(
                """
                SELECT count(*) FROM audit_log
                WHERE action IN ('BULK_TRADE_APPROVED', 'BULK_TRADE_REJECTED')
                  AND detail ->> 'legs' = '2' AND detail ? 'basket_id'
                """
            )
            #expect(lines == 2)

            let late = try await created(store, try await basket(desk, clients, key: "c"))
            try await desk.run("UPDATE approval SET expires_at = now() WHERE verdict IS NULL")
            #expect(try await desk.trades.expireApprovals() == 1)
            for task in late.tasks {
                #expect(try await desk.trades.trade(task)?.state == .declined)
            }
        }
    }

    private func plan(_ desk: OrdersDesk, _ task: TaskID) async throws -> (BulkTrade, [OrderJob]) {
        let jobs = try await desk.trades.plan(
            task,
            referencePrice: OrdersDesk.price,
            marketOpen: true
        )
        return (try #require(try await desk.trades.trade(task)), jobs)
    }

    @Test("A basket is stored once per key, with a trade and a message for each leg")
    func submit() async throws {
        try await OrdersDesk.open { desk in
            let clients = try await desk.clients(2)
            let store = PostgresBasketStore(pool: desk.pool)
            let made = try await created(store, basket(desk, clients))
            #expect(made.tasks.count == 2)
            #expect(try await desk.number("SELECT count(*) FROM outbox") == 2)
            #expect(try await word(store, basket(desk, clients)) == "repeated \(made.id)")
            #expect(try await word(store, basket(desk, clients, body: 2)) == "conflict \(made.id)")
            let strange = try await basket(desk, [ClientID(999_999)], key: "other")
            #expect(try await word(store, strange) == "unknown 999999")
            let legs = try await desk.pool.query(
                PostgresStatement(
                    "SELECT leg, side, waits_for_sales FROM bulk_task ORDER BY leg"
                )
            )
            #expect(legs.map { $0.text(1) } == ["BUY", "SELL"])
            #expect(legs.map { $0.bool(2) } == [true, false])
            #expect(try await store.basket(made.id) == made)
            #expect(try await store.baskets(of: desk.trader, before: nil, limit: 9) == [made])
        }
    }

    @Test("A client's purchases wait until its sales have ended, and then have their money")
    func sellsFirst() async throws {
        try await OrdersDesk.open { desk in
            // Just enough for the shares that are sold, and nothing for what is bought.
            let clients = try await desk.clients(2, cash: 24_500_000)
            for client in clients { try await desk.give(client, shares: 100, cost: 24_500_000) }
            let store = PostgresBasketStore(pool: desk.pool)
            let made = try await created(store, basket(desk, clients))
            let (buy, early) = try await plan(desk, made.tasks[0])
            #expect(early.isEmpty)
            // The sales are not planned yet.
            #expect(try await store.releaseLegs(limit: 99).isEmpty)
            let (sale, sales) = try await plan(desk, made.tasks[1])
            let attempts = try await desk.attempts(sales, of: sale)
            #expect(try await store.releaseLegs(limit: 99).isEmpty)
            for attempt in attempts {
                #expect(
                    try await desk.record(
                        attempt,
                        .accepted(brokerOrderID: "B\(attempt.job.intent)")
                    )
                )
            }
            #expect(try await store.releaseLegs(limit: 99).isEmpty)
            // One client's sale is filled; the other's is still open.
            try await desk.apply(
                attempts[0],
                .filled,
                filled: 10,
                [desk.trade(attempts[0], "T", 10)]
            )
            let held = try await store.basketResults(made.id, after: nil, limit: 99, client: nil)
            #expect(held.count { $0.isHeldBack } == 2)
            // What is held back is no forgotten order, however long it waits.
            try await desk.trades.markPublished(buy.id)
            try await desk.run("UPDATE bulk_task SET published_at = now() - interval '1 day'")
            #expect(try await desk.orders.due(.forgotten, limit: 99).isEmpty)
            let freed = try await store.releaseLegs(limit: 99)
            #expect(freed.count == 1)
            // Should its message be lost, it is due as any other.
            #expect(try await desk.orders.due(.forgotten, limit: 99).isEmpty)
            try await desk.run("UPDATE order_intent SET look_at = now() WHERE look_at IS NOT NULL")
            #expect(try await desk.orders.due(.forgotten, limit: 99) == freed)
            #expect(try await store.releaseLegs(limit: 99).isEmpty)
            // A message that came out of turn claims nothing.
            let all = try await desk.pool.query(
                PostgresStatement(
                    "SELECT id, task_id, broker, account_id FROM order_intent WHERE task_id = $1"
                ),
                [.int(buy.id.raw)]
            )
            let jobs = try OrderJob.reading(all)
            let claims = try await desk.orders.claim(
                jobs.sorted { $0.intent < $1.intent }.map {
                    ClaimRequest(job: $0, trade: buy, price: OrdersDesk.price, obstacle: nil)
                },
                lease: OrdersDesk.lease
            )
            let sent = claims.compactMap { claim -> Attempt? in
                if case .send(let attempt) = claim { attempt } else { nil }
            }
            #expect(sent.map(\.job) == freed)
            #expect(sent.first?.quantity == Quantity(10))
            #expect(claims.count { if case .settled = $0 { true } else { false } } == 1)
            try await desk.expectBalance()
        }
    }

    @Test("Where a leg is refused the client's others are not sent, if the basket says so")
    func stop() async throws {
        for (policy, isStopped) in [(RefusalPolicy.stop, true), (.goOn, false)] {
            try await OrdersDesk.open { desk in
                let client = try await desk.clients(1, cash: 100_000_000)[0]
                try await desk.give(client, shares: 100, cost: 24_500_000)
                let store = PostgresBasketStore(pool: desk.pool)
                let made = try await created(
                    store,
                    basket(desk, [client], sequence: .together, onRefusal: policy)
                )
                let (buy, purchases) = try await plan(desk, made.tasks[0])
                let (sale, sales) = try await plan(desk, made.tasks[1])
                let attempt = try #require(try await desk.attempts(sales, of: sale).first)
                #expect(
                    try await desk.record(attempt, .refused(.brokerRefused, words: "no"))
                )
                let claims = try await desk.orders.claim(
                    desk.requests(purchases, of: buy),
                    lease: OrdersDesk.lease
                )
                switch (claims[0], isStopped) {
                case (.declined(.legStopped), true), (.send, false): break
                default: Issue.record("\(policy): \(claims[0])")
                }
            }
        }
    }
}
