import Desk
import DeskTesting
import Postgres
import ServerTesting
import Testing
import Trading

@testable import PostgresStore

/// Orders that came of conditional orders: ours once, with their money, shares and fills.
@Suite(.needs(.postgres), .timeLimit(.minutes(10))) struct FiredOrderTests {
    static func store(_ desk: OrdersDesk) -> PostgresConditionalStore {
        PostgresConditionalStore(pool: desk.pool, secrets: desk.secrets, clock: ManualClock())
    }

    /// A conditional order of a client's that has fired.
    static func fired(
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
