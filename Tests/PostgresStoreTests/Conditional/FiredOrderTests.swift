import Desk
import DeskTesting
import Postgres
import ServerTesting
import Testing
import Trading

@testable import PostgresStore

/// Orders that came of conditional orders: ours once, with their money, shares and fills.
@Suite(.needs(.postgres), .timeLimit(.minutes(10))) struct FiredOrderTests {
    private static func store(_ desk: OrdersDesk) -> PostgresConditionalStore {
        PostgresConditionalStore(pool: desk.pool, secrets: desk.secrets, clock: ManualClock())
    }

    /// A conditional order of a client's that has fired.
    private static func fired(
        _ desk: OrdersDesk,
        _ client: ClientID,
        _ side: Side = .buy,
        key: String = "k"
    ) async throws -> ConditionalRecord {
        let account = try await desk.number(
            "SELECT id FROM broker_account WHERE client_id = $1",
            [.int(client.raw)]
        )
        let store = store(desk)
        let level = Price(raw: 24_000_000)
        let submitted = try await store.submit(
            ConditionalSubmission(
                client: client,
                user: desk.user,
                address: nil,
                idempotencyKey: key,
                bodyHash: [1],
                account: AccountID(account),
                broker: .dhan,
                terms: ConditionalTerms(
                    instrument: desk.share,
                    side: side,
                    product: .delivery,
                    quantity: Quantity(10),
                    condition: .single(.falls, TriggeredLeg(trigger: level, price: level))
                )
            )
        )
        guard case .created(let record) = submitted else { throw Unexpected("\(submitted)") }
        return record
    }

    private static func report(
        _ id: String,
        _ side: Side = .buy,
        reference: String? = nil,
        filled: Int64 = 0
    ) -> OrderReport {
        OrderReport(
            brokerOrderID: id,
            reference: reference,
            status: filled == 10 ? .filled : .open,
            quantity: Quantity(10),
            filled: Quantity(filled),
            message: nil,
            reported: ReportedShape(type: .limit, price: Price(raw: 24_000_000), trigger: nil),
            particulars: OrderParticulars(side: side, code: "2885", at: nil)
        )
    }

    private static func trade(_ order: String, _ quantity: Int64) -> TradeReport {
        TradeReport(
            brokerOrderID: order,
            tradeID: "T-\(order)-\(quantity)",
            quantity: Quantity(quantity),
            price: Price(raw: 24_000_000),
            at: Timestamp(microseconds: 1_795_000_000_000_000)
        )
    }

    @Test("A purchase is a trade of whoever placed it, holds its cash, and fills into the holdings")
    func purchase() async throws {
        try await OrdersDesk.open { desk in
            let client = try await desk.clients(1)[0]
            let store = Self.store(desk)
            let record = try await Self.fired(desk, client)
            let adopted = try #require(try await store.adopt(Self.report("GTT-1"), of: record.id))
            let order = try #require(adopted.fired.first)
            #expect(order.brokerOrderID == "GTT-1" && order.side == .buy)
            // 10 × ₹ 2,400 of ₹ 100,000.
            #expect(try await desk.funds(client).held == .rupees("24000"))
            let live = try #require(try await desk.orders.liveOrders([order.intent]).first)
            #expect(live.brokerOrderID == "GTT-1" && live.terms.price == Price(raw: 24_000_000))
            let trade = try #require(try await desk.trades.trade(live.job.task))
            #expect(trade.trader == desk.trader)
            let user = try await desk.number(
                "SELECT user_id FROM bulk_task WHERE id = $1",
                [.int(trade.id.raw)]
            )
            #expect(user == desk.user.raw)
            #expect(trade.state == .complete)
            // It is looked at with the live ones from now on.
            #expect(try await desk.orders.due(.live, limit: 10).map(\.intent) == [order.intent])
            for _ in 0..<2 {
                try await desk.orders.apply([
                    BookedOrder(
                        intent: order.intent,
                        report: Self.report("GTT-1", filled: 10),
                        trades: [Self.trade("GTT-1", 10)]
                    )
                ])
            }
            #expect(try await desk.holding(client).quantity == Quantity(10))
            let funds = try await desk.funds(client)
            #expect(funds.held == .zero && funds.invested == .rupees("24000"))
            #expect(try await desk.order(live.job).state == .filled)
            try await desk.expectBalance()
        }
    }

    @Test("Seen at once by many, and again later, it is ours once")
    func once() async throws {
        try await OrdersDesk.open(connections: 8) { desk in
            let client = try await desk.clients(1)[0]
            let store = Self.store(desk)
            let record = try await Self.fired(desk, client)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<16 {
                    group.addTask {
                        _ = try await store.adopt(Self.report("GTT-1"), of: record.id)
                    }
                }
                try await group.waitForAll()
            }
            #expect(try await desk.number("SELECT count(*) FROM bulk_task") == 1)
            #expect(try await desk.number("SELECT count(*) FROM order_attempt") == 1)
            #expect(try await desk.funds(client).held == .rupees("24000"))
            // Nor is it another conditional order's.
            let other = try await Self.fired(desk, client, key: "2")
            let seen = try await store.adopt(Self.report("GTT-1"), of: other.id)
            #expect(seen?.fired.isEmpty == true)
            #expect(try await desk.number("SELECT count(*) FROM bulk_task") == 1)
            let account = try #require(record.account)
            #expect(try await store.firedOrders(of: account).brokerOrderIDs == ["GTT-1"])
            try await desk.expectBalance()
        }
    }

    @Test("What is not there cannot be held: the fill is a fact, and owed")
    func poor() async throws {
        try await OrdersDesk.open { desk in
            let client = try await desk.clients(1, cash: 1_000_000)[0]
            let store = Self.store(desk)
            let record = try await Self.fired(desk, client)
            let adopted = try await store.adopt(Self.report("GTT-1"), of: record.id)
            #expect(try await desk.funds(client).held == .rupees("10000"))
            let intent = try #require(adopted?.fired.first?.intent)
            try await desk.orders.apply([
                BookedOrder(
                    intent: intent,
                    report: Self.report("GTT-1", filled: 10),
                    trades: [Self.trade("GTT-1", 10)]
                )
            ])
            #expect(try await desk.funds(client).shortfall == .rupees("14000"))
            #expect(
                try await desk.number(
                    """
                    SELECT count(*) FROM audit_log WHERE action = 'ORDER_FIRED'
                    AND detail ? 'not_there' AND intent_id = $1
                    """,
                    [.int(intent.raw)]
                ) == 1
            )
            try await desk.expectBalance()
        }
    }

    @Test("A sale reserves the shares that are free, and gives them back where it ends unfilled")
    func sale() async throws {
        try await OrdersDesk.open { desk in
            let client = try await desk.clients(1)[0]
            try await desk.give(client, shares: 8, cost: 1_600_000)
            let store = Self.store(desk)
            let record = try await Self.fired(desk, client, .sell)
            let adopted = try await store.adopt(Self.report("GTT-1", .sell), of: record.id)
            #expect(try await desk.holding(client).reserved == Quantity(8))
            let intent = try #require(adopted?.fired.first?.intent)
            let cancelled = OrderReport(
                brokerOrderID: "GTT-1",
                reference: nil,
                status: .cancelled,
                quantity: Quantity(10),
                filled: .zero,
                message: nil
            )
            try await desk.orders.apply([
                BookedOrder(intent: intent, report: cancelled, trades: [])
            ])
            #expect(try await desk.holding(client).reserved == .zero)
            try await desk.expectBalance()
        }
    }

    @Test("Comparing the books calls it ours, under the reference that the broker shows")
    func compared() async throws {
        try await OrdersDesk.open { desk in
            let client = try await desk.clients(1)[0]
            let store = Self.store(desk)
            let record = try await Self.fired(desk, client)
            let report = Self.report("GTT-1", reference: "CTST00000000000101")
            _ = try await store.adopt(report, of: record.id)
            let account = try #require(
                try await desk.orders.accountsToCompare(since: Timestamp(microseconds: 0)).first
            )
            let ours = try await desk.orders.ourBook(
                of: account,
                since: Timestamp(microseconds: 0)
            )
            #expect(ours.attempts.map(\.reference) == ["CTST00000000000101"])
            let books = BookComparison(
                ours: ours.attempts,
                theirs: [report],
                mark: ours.mark,
                lag: .seconds(30)
            )
            #expect(books.externals == 0 && books.drifts.isEmpty)
        }
    }

    /// One that waits at the broker under this id.
    private static func waiting(
        _ desk: OrdersDesk,
        _ client: ClientID,
        _ brokerID: String,
        key: String
    ) async throws -> ConditionalRecord {
        let record = try await fired(desk, client, key: key)
        let now = Timestamp(microseconds: 1_795_000_000_000_000)
        let changed = try await store(desk).change(record.id, fence: nil, by: Actor(user: nil)) {
            $0.claim(reference: "CTST0000000000\(key)", lease: .seconds(1), at: now)
            $0.record(.accepted(brokerOrderID: brokerID), at: now)
        }
        return try #require(changed)
    }

    @Test("A hint brings forward what it is about, and nothing within two seconds of the last look")
    func hastened() async throws {
        try await OrdersDesk.open { desk in
            let clients = try await desk.clients(2)
            let store = Self.store(desk)
            let first = try await Self.waiting(desk, clients[0], "GTT-1", key: "one1")
            let second = try await Self.waiting(desk, clients[1], "GTT-2", key: "two2")
            let ours = try await desk.pool.ask(
                PostgresStatement(
                    """
                    SELECT a.broker_client_id, b.code FROM broker_account a
                    JOIN broker_instrument b ON b.broker = a.broker AND b.instrument_id = $2
                    WHERE a.id = $1
                    """
                ),
                [.int(try #require(first.account).raw), .int(desk.share.id.raw)]
            )
            let (number, code) = (ours[0].text(0), ours[0].text(1))
            /// Seconds from now until the next look, after this hint; an hour before.
            func next(_ hint: ConditionalHint, seen: String = "NULL") async throws -> [Int64] {
                try await desk.run(
                    "UPDATE conditional_order SET due_at = now() + interval '1 hour',"
                        + " seen_at = \(seen)",
                    []
                )
                try await store.hasten([hint])
                var due: [Int64] = []
                for id in [first.id, second.id] {
                    due.append(
                        try await desk.number(
                            "SELECT round(extract(epoch FROM due_at - now()))::bigint"
                                + " FROM conditional_order WHERE id = $1",
                            [.int(id.raw)]
                        )
                    )
                }
                return due.map { $0 > 600 ? 3_600 : $0 > 60 ? 100 : 0 }
            }
            for hint in [
                ConditionalHint.named(.dhan, "GTT-1"), .referred("CTST0000000000one1"),
                .foreignOrder(.dhan, client: number, code: code),
                .unheard(try #require(first.account)),
            ] {
                #expect(try await next(hint) == [0, 3_600], "\(hint)")
            }
            for hint in [
                ConditionalHint.named(.upstox, "GTT-1"), .named(.dhan, "GTT-\0"),
                .referred("CTST0000000000none"),
                .foreignOrder(.dhan, client: number, code: "other"),
                .foreignOrder(.zerodha, client: number, code: code), .unheard(AccountID(999)),
            ] {
                #expect(try await next(hint) == [3_600, 3_600], "\(hint)")
            }
            // Not before two seconds after the last look; here that is 100 seconds from now.
            let late = "now() + interval '98 seconds'"
            #expect(try await next(.named(.dhan, "GTT-1"), seen: late) == [100, 3_600])
            // What does not wait is not hastened.
            try await desk.run("UPDATE conditional_order SET state = 'TRIGGERED'", [])
            #expect(try await next(.named(.dhan, "GTT-1")) == [3_600, 3_600])
        }
    }

    @Test("Accounts whose conditional orders wait are followed after those whose orders rest")
    func followed() async throws {
        try await OrdersDesk.open { desk in
            let clients = try await desk.clients(2)
            let waiting = try await Self.waiting(desk, clients[0], "GTT-1", key: "one1")
            let live = try await desk.accepted(client: clients[1])
            func accounts(_ limit: Int) async throws -> [AccountID?] {
                try await desk.orders.liveAccounts(at: [.dhan], resting: .zero, limit: limit)
                    .map(\.account)
            }
            #expect(try await accounts(10) == [live.job.account, waiting.account])
            #expect(try await accounts(1) == [live.job.account])
            try await desk.run("UPDATE conditional_order SET state = 'CANCELLED'", [])
            #expect(try await accounts(10) == [live.job.account])
        }
    }

    @Test("An adopted order of an earlier day is looked at as one, and what fired it is kept")
    func earlierDay() async throws {
        try await OrdersDesk.open { desk in
            let client = try await desk.clients(1)[0]
            let store = Self.store(desk)
            let waiting = try await Self.waiting(desk, client, "GTT-1", key: "one1")
            let yesterday = try await desk.number(
                "SELECT (extract(epoch FROM now() - interval '1 day') * 1000000)::bigint",
                []
            )
            let moment = Timestamp(microseconds: yesterday)
            let changed = try #require(
                try await store.change(waiting.id, fence: nil, by: Actor(user: nil)) {
                    $0.see(
                        ConditionalReport(
                            brokerID: "GTT-1",
                            reference: nil,
                            status: .triggered,
                            content: $0.terms.content(code: "2885"),
                            createdAt: nil,
                            orders: [],
                            message: nil,
                            firedAt: moment,
                            hasFilled: true
                        ),
                        at: moment
                    )
                }
            )
            #expect(changed.firedAt == moment && changed.hasFilled)
            #expect(try await store.conditional(waiting.id, of: nil) == changed)
            for (id, at) in [("OLD", moment), ("NEW", nil)] as [(String, Timestamp?)] {
                let report = OrderReport(
                    brokerOrderID: id,
                    reference: nil,
                    status: .filled,
                    quantity: Quantity(10),
                    filled: Quantity(10),
                    message: nil,
                    particulars: OrderParticulars(side: .buy, code: "2885", at: at)
                )
                let adopted = try await store.adopt(report, of: waiting.id)
                let intent = try #require(
                    adopted?.fired.first { $0.brokerOrderID == id }?.intent
                )
                let order = try #require(try await desk.orders.liveOrders([intent]).first)
                #expect(order.pastDay == at.map { CalendarDay(containing: $0) })
            }
        }
    }

    @Test("A decision is written with who decided and why, and an id serves once")
    func decided() async throws {
        try await OrdersDesk.open { desk in
            let client = try await desk.clients(1)[0]
            let store = Self.store(desk)
            let ids = [
                try await Self.fired(desk, client, key: "1").id,
                try await Self.fired(desk, client, key: "2").id,
            ]
            for id in ids {
                _ = try await store.change(id, fence: nil, by: Actor(user: nil)) { record in
                    let now = Timestamp(microseconds: 1_795_000_000_000_000)
                    record.claim(reference: "R\(id)", lease: .seconds(1), at: now)
                    record.takeOver(at: now)
                }
            }
            let actor = Actor(user: desk.user, address: "192.0.2.9")
            func decide(_ id: ConditionalID, _ verdict: ConditionalDecision.Verdict)
                async throws -> ConditionalDecided
            {
                try await store.decide(
                    ConditionalDecision(conditional: id, verdict: verdict, reason: "asked"),
                    by: actor
                )
            }
            guard case .decided(let placed) = try await decide(ids[0], .placed(brokerID: "X"))
            else {
                throw Unexpected("it was not decided")
            }
            #expect(placed.state == .waiting && placed.brokerID == "X")
            #expect(try await store.conditional(ids[0], of: nil) == placed)
            #expect(try await decide(ids[1], .placed(brokerID: "X")) == .taken)
            guard case .decided(let absent) = try await decide(ids[1], .notPlaced) else {
                throw Unexpected("it was not decided")
            }
            #expect(absent.state == .rejected && absent.reason == .decidedNotPlaced)
            #expect(try await decide(ids[1], .notPlaced) == .notOpen(.rejected))
            #expect(try await decide(ConditionalID(999), .notPlaced) == .notFound)
            #expect(
                try await desk.number(
                    """
                    SELECT count(*) FROM audit_log
                    WHERE action = 'CONDITIONAL_ORDER_DECIDED' AND user_id = $1
                      AND host(address::inet) = '192.0.2.9' AND detail ->> 'reason' = 'asked'
                    """,
                    [.int(desk.user.raw)]
                ) == 2
            )
        }
    }
}
