import Desk
import Postgres
import ServerTesting
import Testing
import Trading

@testable import PostgresStore

@Suite(.needs(.postgres)) struct UnseenOrderTests {
    /// The database's time, so many seconds on.
    private func now(_ desk: OrdersDesk, _ seconds: Int64 = 0) async throws -> Timestamp {
        let micros = try await desk.number("SELECT (extract(epoch FROM now()) * 1000000)::bigint")
        return Timestamp(microseconds: micros + seconds * 1_000_000)
    }

    /// What a look finds of which no book tells.
    private func leaveUntold(_ desk: OrdersDesk, _ attempt: Attempt) async throws {
        let report = desk.report(attempt, .expired, filled: 0, message: "no book was read")
        let booked = BookedOrder(
            intent: attempt.job.intent,
            report: report,
            trades: [],
            isUntold: true
        )
        try await desk.orders.apply([booked])
    }

    private func decide(_ desk: OrdersDesk, _ attempt: Attempt, _ verdict: OrderDecision.Verdict)
        async throws -> DecisionOutcome
    {
        let decision = OrderDecision(intent: attempt.job.intent, verdict: verdict, reason: "asked")
        return try await desk.orders.decide(decision, by: Actor(user: desk.user))
    }

    @Test("A look that told everything is remembered, and one that owes trades is not")
    func seen() async throws {
        try await OrdersDesk.open { desk in
            let (_, attempt) = try await desk.resting()
            let ids = [attempt.job.intent]
            #expect(try await desk.orders.liveOrders(ids).first?.seenAt == nil)
            try await desk.apply(attempt, .partlyFilled, filled: 3)
            #expect(try await desk.orders.liveOrders(ids).first?.seenAt == nil)
            let before = try await now(desk)
            let trades = [desk.traded(attempt, "T1", 3, 245_000)]
            try await desk.apply(attempt, .partlyFilled, filled: 3, trades)
            let seen = try #require(try await desk.orders.liveOrders(ids).first?.seenAt)
            #expect(seen >= before)
            // What only somebody wishes is no look.
            _ = try await desk.modified(attempt, WishedShape(quantity: Quantity(12)))
            #expect(try await desk.orders.liveOrders(ids).first?.seenAt == seen)
        }
    }

    @Test(
        "An order of which no book tells keeps state and money, says so once, and is ended by hand"
    )
    func untold() async throws {
        try await OrdersDesk.open { desk in
            let (client, attempt) = try await desk.resting()
            #expect(try await decide(desk, attempt, .ended) == .notUnknown(.accepted))
            let held = try await desk.number("SELECT held FROM funds WHERE client_id = \(client)")
            for _ in 0..<2 { try await leaveUntold(desk, attempt) }
            let order = try await desk.order(attempt)
            #expect(order.state == .accepted && order.reason == .fillsUntold)
            #expect(order.note == "no book was read")
            #expect(try await desk.looksIn(attempt) == 3_600)
            let after = try await desk.number("SELECT held FROM funds WHERE client_id = \(client)")
            #expect(after == held && held > 0)
            let lines = try await desk.audit(attempt)
            #expect(lines.filter { $0.contains("ORDER_FILLS_UNTOLD") }.count == 1)
            #expect(try await decide(desk, attempt, .notPlaced) == .notUnknown(.accepted))
            #expect(try await decide(desk, attempt, .ended) == .decided(.expired, attempt.job))
            let ended = try await desk.order(attempt)
            #expect(ended.state == .expired && ended.reason == .dayEnded && ended.note == "asked")
            #expect(
                try await desk.number("SELECT held FROM funds WHERE client_id = \(client)") == 0
            )
            #expect(try await desk.audit(attempt).last?.contains("ORDER_DECIDED") == true)
            #expect(try await decide(desk, attempt, .ended) == .notUnknown(.expired))
            try await desk.expectBalance()
        }
    }

    @Test("A book that shows it after all takes the reason away")
    func shown() async throws {
        try await OrdersDesk.open { desk in
            let (_, attempt) = try await desk.resting()
            try await leaveUntold(desk, attempt)
            try await desk.apply(attempt, .open, filled: 0)
            let order = try await desk.order(attempt)
            #expect(order.state == .open && order.reason == nil && order.note == nil)
            // One that has ended is not brought back.
            try await desk.apply(attempt, .cancelled, filled: 0)
            try await leaveUntold(desk, attempt)
            #expect(try await desk.order(attempt).state == .cancelled)
        }
    }

    @Test(
        "Clients with such orders, with unseen ones and with open alerts are listed, and no others"
    )
    func listed() async throws {
        try await OrdersDesk.open { desk in
            let clients = try await desk.clients(4)
            let untold = try await desk.accepted(client: clients[0])
            let unseen = try await desk.accepted(client: clients[1])
            let seen = try await desk.accepted(client: clients[2])
            try await leaveUntold(desk, untold)
            let alert = Alert(
                kind: .ordersUnseen,
                trader: desk.trader,
                client: clients[3],
                text: "t"
            )
            _ = try await PostgresAlertStore(pool: desk.pool).keep([alert], judged: [])
            let settled = try await now(desk)
            try await desk.run("UPDATE order_attempt SET answered_at = now() - interval '1 h'")
            try await desk.apply(seen, .open, filled: 0)
            let broker = unseen.job.broker
            let found = try await desk.orders.unseenOrders(at: [broker], since: settled)
            let figures = found.map { ($0.client, $0.untold, $0.unseen, $0.brokers) }
            let name = broker.rawValue
            let wanted = [
                (clients[0], 1, 0, name), (clients[1], 0, 1, name), (clients[3], 0, 0, ""),
            ]
            #expect(figures.elementsEqual(wanted, by: ==))
            #expect(found.allSatisfy { $0.trader == desk.trader })
            let young = try await desk.orders.unseenOrders(at: [broker], since: nil)
            #expect(young.map(\.client) == [clients[0], clients[3]])
            let other = try await desk.orders.unseenOrders(at: [.paper], since: settled)
            #expect(other.map(\.client) == [clients[3]])
        }
    }

    @Test("Our book says of which orders shares may tell")
    func ourBook() async throws {
        try await OrdersDesk.open { desk in
            let (client, attempt) = try await desk.resting()
            let longAgo = Timestamp(microseconds: 0)
            let account = try #require(
                try await desk.orders.accountsToCompare(since: longAgo).first
            )
            #expect(account.client == client)
            func untold() async throws -> OurAttempt.Untold? {
                try await desk.orders.ourBook(of: account, since: longAgo).attempts.first?.untold
            }
            #expect(try await untold() == nil)
            try await leaveUntold(desk, attempt)
            #expect(try await untold() == OurAttempt.Untold(side: .buy, symbol: "RELIANCE"))
            try await desk.run("UPDATE bulk_task SET product = 'INTRADAY'")
            #expect(try await untold() == OurAttempt.Untold(side: .buy, symbol: nil))
        }
    }
}
