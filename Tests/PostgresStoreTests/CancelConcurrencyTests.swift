import Desk
import Postgres
import ServerTesting
import Testing
import Trading

@testable import PostgresStore

@Suite("Cancels among workers", .needs(.postgres), .timeLimit(.minutes(5)))
struct CancelConcurrencyTests {
    @Test("Cancels, claims, answers and books at once: nothing is sent after its cancel")
    func raced() async throws {
        try await OrdersDesk.open(connections: 12) { desk in
            let clients = try await desk.clients(40)
            var work: [(trade: BulkTrade, jobs: [OrderJob])] = []
            for _ in 0..<4 {
                work.append(
                    try await desk.planned(.quantity(Quantity(1)), clients: .named(clients))
                )
            }
            try await withThrowingTaskGroup { group in
                for _ in 0..<4 {
                    for (trade, jobs) in work {
                        group.addTask { try await Self.execute(jobs, of: trade, desk) }
                    }
                }
                for (number, (trade, _)) in work.enumerated() {
                    let scopes: [CancelScope] = [
                        .task(trade.id), .client(clients[number]), .instrument(desk.share.id),
                        .everything,
                    ]
                    for scope in scopes {
                        group.addTask { _ = try await desk.cancel(scope) }
                    }
                }
                try await group.waitForAll()
            }
            try await Self.settle(desk)
            #expect(
                try await desk.number(
                    """
                    SELECT count(*) FROM order_attempt a JOIN cancelled_order x USING (intent_id)
                    WHERE a.sent_at > x.met_at
                    """
                ) == 0
            )
            // All were met by some cancel, so each ends, and nobody is to be asked any more.
            #expect(
                try await desk.number(
                    "SELECT count(*) FROM order_intent WHERE awaits OR cancel_wish IS NULL"
                ) == 0
            )
            #expect(
                try await desk.number(
                    """
                    SELECT count(*) FROM order_intent i JOIN order_cancel o ON o.intent_id = i.id
                    WHERE o.due_at IS NOT NULL
                    """
                ) == 0
            )
            try await desk.expectBalance()
        }
    }

    @Test("What is claimed or answered while a cancel waits for its lock is met all the same")
    func metWhileWaiting() async throws {
        try await OrdersDesk.open(connections: 12) { desk in
            let clients = try await desk.clients(60)
            for round in 0..<12 {
                let (trade, jobs) = try await desk.planned(
                    .quantity(Quantity(1)),
                    clients: .named(clients)
                )
                let scopes: [CancelScope] = [
                    .everything, .instrument(desk.share.id), .task(trade.id),
                ]
                try await withThrowingTaskGroup { group in
                    for start in stride(from: 0, to: jobs.count, by: 15) {
                        let part = Array(jobs[start..<start + 15])
                        group.addTask { try await Self.execute(part, of: trade, desk) }
                    }
                    group.addTask { _ = try await desk.cancel(scopes[round % 3]) }
                    try await group.waitForAll()
                }
                #expect(
                    try await desk.number(
                        """
                        SELECT count(*) FROM order_intent
                        WHERE cancel_wish IS NULL AND state NOT IN ('REJECTED', 'SKIPPED')
                        """
                    ) == 0,
                    "\(scopes[round % 3])"
                )
            }
        }
    }

    /// Claims all in batches, in an order of its own, and records answers of every kind.
    private static func execute(_ jobs: [OrderJob], of trade: BulkTrade, _ desk: OrdersDesk)
        async throws
    {
        var rest = jobs.shuffled()[...]
        while !rest.isEmpty {
            let batch = Array(rest.prefix(7))
            rest = rest.dropFirst(7)
            let claims = try await desk.orders.claim(
                desk.requests(batch, of: trade),
                lease: OrdersDesk.lease
            )
            let outcomes = claims.compactMap { claim -> AttemptOutcome? in
                guard case .send(let attempt) = claim else { return nil }
                let answers: [PlacementAnswer] = [
                    .accepted(brokerOrderID: "B\(attempt.job.intent)"), .notSent("no route"),
                    .refused(.brokerRefused, words: "no"),
                    .unanswered(cause: "timeout", words: nil),
                ]
                return AttemptOutcome(
                    attempt: attempt,
                    answer: answers[Int(attempt.job.intent.raw % 4)]
                )
            }
            let kept = try await desk.orders.record(outcomes)
            #expect(kept == outcomes.map { _ in true })
        }
    }

    /// Finds what is in doubt, and lets the books show everything cancelled.
    private static func settle(_ desk: OrdersDesk) async throws {
        _ = try await desk.cancel(.everything)
        let rows = try await desk.pool.query(
            PostgresStatement("SELECT id FROM order_intent ORDER BY id")
        )
        let all = rows.map { IntentID($0.int(0)) }
        let doubts = try await desk.orders.doubts(all)
        try await desk.orders.resolve(
            doubts.map { doubt in
                DoubtFinding(
                    doubt: doubt,
                    result: .found(
                        report("B\(doubt.job.intent)", doubt.reference, .open)
                    )
                )
            }
        )
        let live = try await desk.orders.liveOrders(all)
        #expect(live.map(\.isCancelAsked) == live.map { _ in true })
        try await desk.orders.apply(
            live.map { order in
                BookedOrder(
                    intent: order.job.intent,
                    report: report(order.brokerOrderID, order.reference, .cancelled),
                    trades: []
                )
            }
        )
    }

    private static func report(
        _ brokerOrderID: String,
        _ reference: String,
        _ status: OrderReport.Status
    ) -> OrderReport {
        OrderReport(
            brokerOrderID: brokerOrderID,
            reference: reference,
            status: status,
            quantity: Quantity(1),
            filled: .zero,
            message: nil
        )
    }

    @Test("Ten thousand waiting orders are withdrawn in one transaction, and told of")
    func many() async throws {
        try await OrdersDesk.open { desk in
            _ = try await desk.clients(10_000)
            let (trade, jobs) = try await desk.planned()
            #expect(jobs.count == 10_000)
            let begun = ContinuousClock.now
            let (head, orders) = try await desk.cancel(.task(trade.id))
            print("10,000 orders withdrawn in \(begun.duration(to: .now))")
            let read = ContinuousClock.now
            let status = try #require(try await desk.orders.cancellation(head.id))
            print("and counted in \(read.duration(to: .now))")
            #expect(orders.isEmpty && status.counts == [.withdrawn: 10_000])
            var (seen, after): (Int, IntentID?) = (0, nil)
            repeat {
                let page = try await desk.orders.cancelledOrders(
                    head.id,
                    CancelPage(after: after, limit: 3_000, results: [.withdrawn])
                )
                seen += page.count
                after = page.last?.order.intent.id
            } while after != nil
            #expect(seen == 10_000)
        }
    }
}
