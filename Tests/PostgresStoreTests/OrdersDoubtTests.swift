import Desk
import Postgres
import ServerTesting
import Testing
import Trading

@testable import PostgresStore

@Suite(.needs(.postgres)) struct OrdersDoubtTests {
    private static let over = Lease(worker: "killed", duration: .zero)

    /// An order whose answer was lost, as a doubt.
    private func doubt(_ desk: OrdersDesk, _ client: ClientID, words: String? = nil)
        async throws -> (Attempt, Doubt)
    {
        let attempt = try await desk.sending(client: client)
        _ = try await desk.record(attempt, .unanswered(cause: "timeout", words: words))
        let doubts = try await desk.orders.doubts([attempt.job.intent])
        return (attempt, try #require(doubts.first))
    }

    @Test func anAttemptWhoseLeaseRanOutIsInDoubtAndItsWorkersAnswerIsDropped() async throws {
        try await OrdersDesk.open { desk in
            let client = try await desk.clients(1)[0]
            let attempt = try await desk.sending(client: client, lease: Self.over)
            let doubt = try #require(try await desk.orders.doubts([attempt.job.intent]).first)
            #expect(doubt.reference == attempt.reference && doubt.attempt == 1)
            #expect(doubt.looks == 0 && doubt.brokerWords == nil)
            #expect(doubt.quantity == Quantity(10) && doubt.terms == attempt.terms)
            #expect(doubt.session.token.reveal() == "token-\(client)")
            #expect(try await desk.order(attempt).state == .unknown)
            #expect(try await !desk.record(attempt, .refused(.brokerRefused, words: "")))
            #expect(try await desk.funds(client).held == .rupees("24745.00"))
            try await desk.expectBalance()
        }
    }

    @Test func whatTheBrokerClaimsToHaveIsADoubtThatSaysSo() async throws {
        try await OrdersDesk.open { desk in
            let clients = try await desk.clients(2)
            let client = clients[0]
            let attempt = try await desk.sending(client: client)
            #expect(try await desk.record(attempt, .claimed(words: "GA007: seen before")))
            let claimed = try #require(try await desk.orders.doubts([attempt.job.intent]).first)
            #expect(claimed.isClaimed && claimed.brokerWords == "GA007: seen before")
            #expect(try await desk.order(attempt).state == .unknown)
            #expect(try await desk.funds(client).held == .rupees("24745.00"))
            // What is written later does not take it back.
            try await desk.orders.resolve([
                DoubtFinding(doubt: claimed, result: .stillUnknown(lookAgainIn: .seconds(2)))
            ])
            let again = try #require(try await desk.orders.doubts([attempt.job.intent]).first)
            #expect(again.isClaimed)
            let (_, silent) = try await doubt(desk, clients[1])
            #expect(!silent.isClaimed)
            try await desk.expectBalance()
        }
    }

    @Test func anAttemptThatNobodyRecordedIsDueOnceItsLeaseIsOver() async throws {
        try await OrdersDesk.open { desk in
            let clients = try await desk.clients(2)
            let abandoned = try await desk.sending(client: clients[0])
            _ = try await desk.sending(client: clients[1])
            try await desk.run(
                "UPDATE order_attempt SET lease_until = now() - interval '6 s' WHERE intent_id = $1",
                [.int(abandoned.job.intent.raw)]
            )
            #expect(try await desk.orders.due(.doubt, limit: 10) == [abandoned.job])
            #expect(try await desk.orders.due(.doubt, limit: 10).isEmpty)
        }
    }

    @Test func anAttemptWithALivingLeaseIsNotInDoubt() async throws {
        try await OrdersDesk.open { desk in
            let client = try await desk.clients(1)[0]
            let attempt = try await desk.sending(client: client)
            #expect(try await desk.orders.doubts([attempt.job.intent]).isEmpty)
            #expect(try await desk.order(attempt).state == .sending)
            #expect(try await desk.record(attempt, .accepted(brokerOrderID: "B1")))
            #expect(try await desk.orders.doubts([attempt.job.intent]).isEmpty)
        }
    }

    @Test func anOrderThatIsFoundIsAdoptedAndLookedAtAtOnce() async throws {
        try await OrdersDesk.open { desk in
            let client = try await desk.clients(1)[0]
            let (attempt, doubt) = try await doubt(desk, client)
            let found = desk.report(attempt, .open, filled: 0, brokerOrderID: "F7")
            let finding = DoubtFinding(doubt: doubt, result: .found(found))
            try await desk.orders.resolve([finding])
            // The same finding again finds no doubt any more.
            try await desk.orders.resolve([finding])
            let order = try await desk.order(attempt)
            #expect(order.state == .accepted && order.brokerOrderID == "F7")
            #expect(order.reason == nil && order.held == .rupees("24745.00"))
            #expect(try await desk.orders.due(.live, limit: 10) == [attempt.job])
            #expect(try await desk.orders.due(.live, limit: 10).isEmpty)
            try await desk.expectBalance()
        }
    }

    @Test(
        arguments: [
            (nil, Reason.provenNotPlaced), ("margin", .brokerRefused), (nil, .resendTooLate),
        ] as [(String?, Reason)]
    )
    func provenAbsenceRejectsAndReleases(words: String?, reason: Reason) async throws {
        try await OrdersDesk.open { desk in
            let client = try await desk.clients(1)[0]
            let (attempt, doubt) = try await doubt(desk, client, words: words)
            #expect(doubt.brokerWords == words)
            let absent = DoubtFinding.Result.absentProven(.end(reason))
            try await desk.orders.resolve([DoubtFinding(doubt: doubt, result: absent)])
            let order = try await desk.order(attempt)
            #expect(order.state == .rejected && order.reason == reason && order.note == words)
            #expect(try await desk.funds(client).available == .rupees("100000.00"))
            try await desk.expectBalance()
        }
    }

    @Test func provenAbsenceMayAllowAnotherAttempt() async throws {
        try await OrdersDesk.open { desk in
            let client = try await desk.clients(1)[0]
            let (attempt, doubt) = try await doubt(desk, client)
            let absent = DoubtFinding.Result.absentProven(.resend)
            try await desk.orders.resolve([DoubtFinding(doubt: doubt, result: absent)])
            #expect(try await desk.order(attempt).state == .ready)
            #expect(try await desk.funds(client).held == .zero)
            let trade = try #require(try await desk.trades.trade(attempt.job.task))
            let second = try #require(try await desk.attempts([attempt.job], of: trade).first)
            #expect(second.number == 2)
            try await desk.expectBalance()
        }
    }

    @Test func whatStaysUnknownIsCountedAndLookedAtLater() async throws {
        try await OrdersDesk.open { desk in
            let client = try await desk.clients(1)[0]
            let (attempt, doubt) = try await doubt(desk, client)
            let later = DoubtFinding.Result.stillUnknown(lookAgainIn: .seconds(8))
            try await desk.orders.resolve([DoubtFinding(doubt: doubt, result: later)])
            #expect(try await desk.order(attempt).state == .unknown)
            #expect(try await desk.looksIn(attempt) == 8)
            let again = try #require(try await desk.orders.doubts([attempt.job.intent]).first)
            #expect(again.looks == 1)
            #expect(try await desk.funds(client).held == .rupees("24745.00"))
        }
    }

    @Test func aFillThatIsReportedForAnUnknownOrderAdoptsIt() async throws {
        try await OrdersDesk.open { desk in
            let client = try await desk.clients(1)[0]
            let (attempt, _) = try await doubt(desk, client)
            let fill = desk.traded(attempt, "T1", 10, 24_500_000)
            try await desk.apply(attempt, .filled, filled: 10, [fill])
            let order = try await desk.order(attempt)
            #expect(order.state == .filled && order.brokerOrderID == "B\(attempt.job.intent)")
            #expect(order.reason == nil)
            try await desk.expectBalance()
        }
    }

    @Test func whatIsDueIsGivenToOneSweepOnly() async throws {
        try await OrdersDesk.open { desk in
            let clients = try await desk.clients(3)
            let expired = try await desk.sending(client: clients[0], lease: Self.over)
            let unknown = try await desk.sending(client: clients[1])
            _ = try await desk.record(unknown, .unanswered(cause: "timeout", words: nil))
            let live = try await desk.accepted(client: clients[2])
            try await desk.run("UPDATE order_intent SET look_at = now() + interval '1 h'")
            #expect(try await desk.orders.due(.doubt, limit: 10).isEmpty)
            #expect(try await desk.orders.due(.live, limit: 10).isEmpty)
            try await desk.run("UPDATE order_intent SET look_at = now()")
            #expect(try await desk.orders.due(.doubt, limit: 10) == [expired.job, unknown.job])
            #expect(try await desk.orders.due(.doubt, limit: 10).isEmpty)
            #expect(try await desk.orders.due(.live, limit: 10) == [live.job])
            #expect(try await desk.orders.jobs(withReferences: [live.reference]) == [live.job])
            #expect(try await desk.orders.jobs(withReferences: ["", "\0", "x"]).isEmpty)
            let number = try await desk.pool.ask(
                PostgresStatement("SELECT broker_order_id FROM order_intent WHERE id = $1"),
                [.int(live.job.intent.raw)]
            )[0].text(0)
            func found(_ broker: BrokerName, _ id: String) async throws -> [OrderJob] {
                try await desk.orders.jobs(
                    withNumbers: [
                        BrokerOrderNumber(broker: broker, id: id),
                        BrokerOrderNumber(broker: broker, id: id + "\0"),
                    ]
                )
            }
            #expect(try await found(live.job.broker, number) == [live.job])
            #expect(try await found(.paper, number).isEmpty)
            #expect(try await found(live.job.broker, number + "0").isEmpty)
        }
    }

    /// Groww's messages name an order by Groww's number alone, and come every moment.
    @Test func hintsByNumberReadNoOtherOrders() async throws {
        try await OrdersDesk.open { desk in
            let statement = try #require(BookStatements.numbered[.groww])
            let plan = try await desk.pool.withConnection { connection in
                try await connection.execute(script: "SET enable_seqscan = off")
                return try await connection.query(
                    PostgresStatement("EXPLAIN " + statement.sql),
                    [.texts(["GMK1"])]
                )
            }
            let lines = plan.map { $0.text(0) }.joined(separator: "\n")
            #expect(lines.contains("order_intent_numbered"), "\(lines)")
        }
    }

    @Test func aReadyOrderWithoutAMessageIsForgottenOnlyOnceItsPlanWasPublished() async throws {
        try await OrdersDesk.open { desk in
            let clients = try await desk.clients(2)
            let (trade, jobs) = try await desk.planned(clients: .named(clients))
            #expect(try await desk.orders.due(.forgotten, limit: 10).isEmpty)
            try await desk.trades.markPublished(trade.id)
            #expect(try await desk.orders.due(.forgotten, limit: 10).isEmpty)
            try await desk.run("UPDATE bulk_task SET published_at = now() - interval '31 s'")
            #expect(try await desk.orders.due(.forgotten, limit: 10) == jobs)
            #expect(try await desk.orders.due(.forgotten, limit: 10).isEmpty)

            let attempts = try await desk.attempts(jobs, of: trade)
            #expect(try await desk.record(attempts[0], .notSent("no route")))
            #expect(try await desk.looksIn(attempts[0]) == 5)
            try await desk.run("UPDATE order_intent SET look_at = now() WHERE state = 'READY'")
            #expect(try await desk.orders.due(.forgotten, limit: 10) == [jobs[0]])
        }
    }
}
