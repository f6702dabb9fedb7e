import Desk
import Postgres
import ServerTesting
import Testing
import Trading

@testable import PostgresStore

@Suite("Cancels in PostgreSQL", .needs(.postgres), .timeLimit(.minutes(5)))
struct CancelTests {
    @Test("READY orders are withdrawn in the transaction of the wish, and can never be claimed")
    func withdrawn() async throws {
        try await OrdersDesk.open { desk in
            _ = try await desk.clients(3)
            let (trade, jobs) = try await desk.planned()
            let (head, orders) = try await desk.cancel(.task(trade.id))
            #expect(orders.isEmpty && head.trader == desk.trader)
            for job in jobs {
                let order = try await desk.order(job)
                #expect(order.state == .skipped && order.reason == .taskCancelled)
            }
            let claims = try await desk.orders.claim(
                desk.requests(jobs, of: trade),
                lease: OrdersDesk.lease
            )
            #expect(claims.allSatisfy { if case .settled = $0 { true } else { false } })
            #expect(try await desk.trades.complete([trade.id]) == [trade.id])
            let status = try #require(try await desk.orders.cancellation(head.id))
            #expect(status.counts == [.withdrawn: 3] && status.isOver && status.released == .zero)
            #expect(
                try await desk.number(
                    """
                    SELECT count(*) FROM audit_log
                    WHERE action = 'ORDER_SKIPPED' AND state = 'SKIPPED' AND user_id = $1
                    """,
                    [.int(desk.user.raw)]
                ) == 3
            )
            #expect(
                try await desk.number(
                    "SELECT count(*) FROM audit_log WHERE action = 'CANCEL_ASKED'"
                )
                    == 1
            )
            try await desk.expectBalance()
        }
    }

    @Test("An order at the broker is asked for, due a second later, and ended by the books alone")
    func live() async throws {
        try await OrdersDesk.open { desk in
            let client = try await desk.clients(1)[0]
            let attempt = try await desk.accepted(client: client)
            let held = try await desk.funds(client).held
            let (head, orders) = try await desk.cancel(.order(attempt.job.intent))
            #expect(orders == [attempt.job])
            #expect(try await desk.order(attempt).state == .cancelRequested)
            let open = try await desk.orders.openCancels()
            #expect(open.map(\.count) == [1] && open.first?.oldest == head.askedAt)
            let read = try await desk.orders.ordersToCancel([attempt.job.intent, IntentID(0)])
            #expect(read.map { $0?.brokerOrderID } == ["B\(attempt.job.intent)", nil])
            #expect(try await desk.orders.due(.cancel, limit: 9).isEmpty)
            try await desk.run("UPDATE order_cancel SET due_at = now()")
            #expect(try await desk.orders.due(.cancel, limit: 9) == [attempt.job])
            #expect(try await desk.orders.due(.cancel, limit: 9).isEmpty)

            try await desk.apply(attempt, .cancelled, filled: 4, [desk.trade(attempt, "T", 4)])
            let order = try await desk.order(attempt)
            #expect(order.state == .cancelled && order.reason == nil && order.held == .zero)
            #expect(try await desk.orders.openCancels().isEmpty)
            let funds = try await desk.funds(client)
            #expect(funds.held == .zero && funds.invested == order.filledValue)
            let status = try #require(try await desk.orders.cancellation(head.id))
            #expect(status.counts == [.cancelled: 1])
            #expect(status.released == held - order.filledValue)
            let row = try #require(try await desk.results(of: head).first)
            #expect(row.released == status.released && row.releasedShares == .zero)
            try await desk.run("UPDATE order_cancel SET due_at = now() WHERE due_at IS NOT NULL")
            #expect(try await desk.orders.due(.cancel, limit: 9).isEmpty)
            #expect(
                try await desk.orders.ordersToCancel([attempt.job.intent]).allSatisfy { $0 == nil }
            )
            try await desk.expectBalance()
        }
    }

    @Test("A cancelled sale gives back the shares that it did not sell, once")
    func sale() async throws {
        try await OrdersDesk.open { desk in
            let client = try await desk.clients(1)[0]
            try await desk.give(client, shares: 10, cost: 1_000_000)
            let attempt = try await desk.accepted(terms: desk.terms(.sell), client: client)
            #expect(try await desk.holding(client).reserved == Quantity(10))
            let (head, _) = try await desk.cancel(.client(client))
            for _ in 0..<2 {
                try await desk.apply(attempt, .cancelled, filled: 3, [desk.trade(attempt, "T", 3)])
            }
            let holding = try await desk.holding(client)
            #expect(holding.quantity == Quantity(7) && holding.reserved == .zero)
            let row = try #require(try await desk.results(of: head).first)
            #expect(row.releasedShares == Quantity(7) && row.released == .zero)
            try await desk.expectBalance()
        }
    }

    @Test("A wish for an order that is being sent is followed by whatever the broker answers")
    func sending() async throws {
        try await OrdersDesk.open { desk in
            let clients = try await desk.clients(4)
            var attempts: [Attempt] = []
            for client in clients { attempts.append(try await desk.sending(client: client)) }
            let (head, orders) = try await desk.cancel(.everything)
            #expect(orders.isEmpty)
            for attempt in attempts { #expect(try await desk.order(attempt).state == .sending) }

            #expect(try await desk.record(attempts[0], .accepted(brokerOrderID: "B0")))
            #expect(try await desk.order(attempts[0]).state == .cancelRequested)
            #expect(try await desk.orders.due(.cancel, limit: 9) == [attempts[0].job])
            #expect(
                try await desk.audit(attempts[0]).last?.hasPrefix("ORDER_CANCEL_REQUESTED") == true
            )

            #expect(try await desk.record(attempts[1], .notSent("no route")))
            let withdrawn = try await desk.order(attempts[1])
            #expect(withdrawn.state == .skipped && withdrawn.reason == .orderCancelled)
            #expect(try await desk.funds(clients[1]).held == .zero)

            #expect(try await desk.record(attempts[2], .refused(.brokerRefused, words: "no")))
            #expect(try await desk.order(attempts[2]).state == .rejected)

            #expect(try await desk.record(attempts[3], .unanswered(cause: "timeout", words: nil)))
            #expect(try await desk.order(attempts[3]).state == .unknown)
            let status = try #require(try await desk.orders.cancellation(head.id))
            #expect(status.counts == [.asked: 1, .withdrawn: 1, .notPlaced: 1, .unknown: 1])
            #expect(!status.isOver)
            try await desk.expectBalance()
        }
    }

    @Test("A doubt that is found is cancelled; one that is proven absent is not sent again")
    func doubts() async throws {
        try await OrdersDesk.open { desk in
            let clients = try await desk.clients(2)
            var doubts: [Doubt] = []
            for client in clients {
                let attempt = try await desk.sending(client: client)
                #expect(try await desk.record(attempt, .unanswered(cause: "504", words: nil)))
                doubts += try await desk.orders.doubts([attempt.job.intent])
            }
            let (head, _) = try await desk.cancel(.instrument(desk.share.id))
            let report = OrderReport(
                brokerOrderID: "B9",
                reference: doubts[0].reference,
                status: .open,
                quantity: doubts[0].quantity,
                filled: .zero,
                message: nil
            )
            try await desk.orders.resolve([
                DoubtFinding(doubt: doubts[0], result: .found(report)),
                DoubtFinding(doubt: doubts[1], result: .absentProven(.resend)),
            ])
            #expect(try await desk.order(doubts[0].job).state == .cancelRequested)
            #expect(try await desk.orders.due(.cancel, limit: 9) == [doubts[0].job])
            let absent = try await desk.order(doubts[1].job)
            #expect(absent.state == .skipped && absent.reason == .orderCancelled)
            #expect(try await desk.funds(clients[1]).held == .zero)
            let counts = try await desk.orders.cancellation(head.id)?.counts
            #expect(counts == [.asked: 1, .withdrawn: 1])
            try await desk.expectBalance()
        }
    }

    @Test("A broker that refuses three times with the order alive means it; a new wish asks anew")
    func refused() async throws {
        try await OrdersDesk.open { desk in
            let client = try await desk.clients(1)[0]
            let attempt = try await desk.accepted(client: client)
            let (head, _) = try await desk.cancel(.task(attempt.job.task))
            let booked = BookedOrder(
                intent: attempt.job.intent,
                report: desk.report(attempt, .open, filled: 0),
                trades: []
            )
            try await desk.orders.note([
                CancelOutcome(job: attempt.job, answer: .unanswered("timeout"))
            ])
            for _ in 0..<3 {
                #expect(try await desk.order(attempt).state == .cancelRequested)
                #expect(try await desk.looksIn(attempt) != nil)
                try await desk.orders.note([
                    CancelOutcome(job: attempt.job, answer: .refused("not now"), booked: booked)
                ])
            }
            #expect(try await desk.order(attempt).state == .open)
            #expect(try await desk.looksIn(attempt) == 1)
            let row = try #require(try await desk.results(of: head).first)
            #expect(row.result == .refused && row.words == "not now" && row.tries == 4)
            try await desk.run("UPDATE order_cancel SET due_at = now() WHERE due_at IS NOT NULL")
            #expect(try await desk.orders.due(.cancel, limit: 9).isEmpty)
            let again = try await desk.cancel(.task(attempt.job.task))
            #expect(again.orders == [attempt.job])
            #expect(try await desk.results(of: head).first?.result == .asked)
            try await desk.expectBalance()
        }
    }

    @Test("A trade that is cancelled before its plan withdraws all; a later one is planned as ever")
    func beforePlan() async throws {
        try await OrdersDesk.open { desk in
            let clients = try await desk.clients(3)
            let scopes: [CancelScope] = [.client(clients[0]), .everything]
            for (number, scope) in scopes.enumerated() {
                guard
                    case .created(let trade) = try await desk.trades.submit(
                        desk.submission(key: "before \(number)")
                    )
                else { throw Unexpected("no trade") }
                let (head, _) = try await desk.cancel(scope)
                #expect(try await desk.orders.cancellation(head.id)?.isOver == false)
                for _ in 0..<2 {
                    let jobs = try await desk.trades.plan(
                        trade.id,
                        referencePrice: OrdersDesk.price,
                        marketOpen: true
                    )
                    #expect(jobs.count == (number == 0 ? 2 : 0))
                }
                let status = try #require(try await desk.orders.cancellation(head.id))
                // The second one also finds what the first trade still had READY.
                #expect(status.counts == [.withdrawn: number == 0 ? 1 : 2 + 3] && status.isOver)
            }
            #expect(try await desk.planned().jobs.count == 3)
        }
    }

    @Test("Once per key; another wish under it is a conflict; strangers' orders are not found")
    func keys() async throws {
        try await OrdersDesk.open { desk in
            let client = try await desk.clients(1)[0]
            let attempt = try await desk.accepted(client: client)
            let request = desk.cancelRequest(.order(attempt.job.intent), key: "k")
            let answers = try await withThrowingTaskGroup(of: CancelAsked.self) { group in
                for _ in 0..<6 { group.addTask { try await desk.orders.askToCancel(request) } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(answers.count { if case .created = $0 { true } else { false } } == 1)
            #expect(answers.count { if case .repeated = $0 { true } else { false } } == 5)
            #expect(try await desk.number("SELECT count(*) FROM cancellation") == 1)
            let other = desk.cancelRequest(.client(client), key: "k")
            guard case .conflict = try await desk.orders.askToCancel(other) else {
                throw Unexpected("no conflict")
            }
            let stranger = TraderID(
                try await desk.number("INSERT INTO trader (name) VALUES ('S') RETURNING id")
            )
            let scopes: [CancelScope] = [
                .task(attempt.job.task), .order(attempt.job.intent), .client(client),
                .task(TaskID(999)), .order(IntentID(999)), .client(ClientID(999)),
                .instrument(InstrumentID(999)),
            ]
            for scope in scopes {
                let request = desk.cancelRequest(scope, key: "\(scope)", trader: stranger)
                guard case .notFound = try await desk.orders.askToCancel(request) else {
                    throw Unexpected("\(scope) was found")
                }
            }
            // Everything of a stranger is nothing.
            let nothing = desk.cancelRequest(.everything, key: "all", trader: stranger)
            guard case .created(_, let orders, _) = try await desk.orders.askToCancel(nothing)
            else {
                throw Unexpected("not created")
            }
            #expect(orders.isEmpty)
        }
    }

    @Test("What had ended is told of where it was named, and left out elsewhere")
    func ended() async throws {
        try await OrdersDesk.open { desk in
            let client = try await desk.clients(1)[0]
            let attempt = try await desk.accepted(client: client)
            try await desk.apply(attempt, .filled, filled: 10, [desk.trade(attempt, "T", 10)])
            let named = try await desk.cancel(.order(attempt.job.intent))
            #expect(named.orders.isEmpty)
            let counts = try await desk.orders.cancellation(named.head.id)?.counts
            #expect(counts == [.alreadyFinal: 1])
            let all = try await desk.cancel(.everything)
            #expect(try await desk.orders.cancellation(all.head.id)?.counts.isEmpty == true)
            let heads = try await desk.orders.cancellations(
                of: desk.trader,
                before: nil,
                limit: 9
            )
            #expect(heads == [all.head, named.head])
            #expect(
                try await desk.orders.cancellations(of: desk.trader, before: all.head.id, limit: 9)
                    == [named.head]
            )
        }
    }
}
