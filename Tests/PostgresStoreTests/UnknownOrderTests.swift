import Desk
import Postgres
import ServerTesting
import Testing
import Trading

@testable import PostgresStore

@Suite(.needs(.postgres)) struct UnknownOrderTests {
    private static let absent = DoubtFinding.Result.absentProven(.resend)

    /// An order whose answer was lost.
    private func lost(_ desk: OrdersDesk, _ client: ClientID, words: String? = nil)
        async throws -> Attempt
    {
        let attempt = try await desk.sending(client: client)
        _ = try await desk.record(attempt, .unanswered(cause: "timeout", words: words))
        return attempt
    }

    private func find(
        _ desk: OrdersDesk,
        _ attempt: Attempt,
        _ result: DoubtFinding.Result,
        wholeBook: Bool = true,
        answer: String = "in none of 3 orders"
    ) async throws {
        let doubt = try #require(try await desk.orders.doubts([attempt.job.intent]).first)
        let finding = DoubtFinding(
            doubt: doubt,
            result: result,
            sawWholeBook: wholeBook,
            answer: answer
        )
        try await desk.orders.resolve([finding])
    }

    private func unknown(_ desk: OrdersDesk, _ trader: TraderID? = nil) async throws
        -> [UnknownOrder]
    {
        try await desk.orders.unknownOrders(UnknownQuery(trader: trader, limit: 10))
    }

    @Test func looksThatSawTheWholeBookAreCountedApart() async throws {
        try await OrdersDesk.open { desk in
            let client = try await desk.clients(1)[0]
            let attempt = try await lost(desk, client, words: "DH-906: no")
            let later = DoubtFinding.Result.stillUnknown(lookAgainIn: .seconds(8))
            try await find(desk, attempt, later, wholeBook: false, answer: "no answer: 502\0")
            try await find(desk, attempt, later, wholeBook: true)
            let doubt = try #require(try await desk.orders.doubts([attempt.job.intent]).first)
            #expect(doubt.looks == 2 && doubt.absences == 1)
            let order = try #require(try await unknown(desk).first)
            #expect(order.doubt.reference == attempt.reference && order.doubt.attempt == 1)
            #expect(order.doubt.looks == 2 && order.doubt.absences == 1)
            #expect(order.doubt.outcome == "timeout" && order.doubt.brokerWords == "DH-906: no")
            #expect(order.doubt.lastAnswer == "in none of 3 orders")
            #expect(order.doubt.lookedAt != nil && order.symbol == "RELIANCE")
            #expect(order.brokerClientID == "B\(client)" && order.held == .rupees("24745.00"))
            let page = ResultPage(after: nil, limit: 9, states: [.unknown], client: nil)
            let row = try #require(try await desk.trades.results(attempt.job.task, page).first)
            #expect(row.doubt == order.doubt)
        }
    }

    @Test func whatIsNotUnknownHasNoDoubtInTheResults() async throws {
        try await OrdersDesk.open { desk in
            let client = try await desk.clients(1)[0]
            let attempt = try await desk.accepted(client: client)
            let page = ResultPage(after: nil, limit: 9, states: [], client: nil)
            let row = try #require(try await desk.trades.results(attempt.job.task, page).first)
            #expect(row.doubt == nil)
            #expect(try await unknown(desk).isEmpty)
            #expect(try await desk.orders.unknownCounts().isEmpty)
        }
    }

    @Test func anAbandonedAttemptIsInDoubtSinceTheEndOfItsLease() async throws {
        try await OrdersDesk.open { desk in
            let client = try await desk.clients(1)[0]
            let attempt = try await desk.sending(client: client)
            try await desk.run(
                """
                UPDATE order_attempt SET sent_at = now() - interval '90 s',
                                         lease_until = now() - interval '30 s'
                """
            )
            let doubt = try #require(try await desk.orders.doubts([attempt.job.intent]).first)
            let again = try #require(try await desk.orders.doubts([attempt.job.intent]).first)
            #expect(again.sentAt == doubt.sentAt)
            let lag = try await desk.number(
                """
                SELECT extract(epoch FROM unknown_since - lease_until)::bigint FROM order_attempt
                """
            )
            #expect(lag == 0)
            let since = try #require(try await unknown(desk).first).doubt.since
            #expect(since == doubt.sentAt)
        }
    }

    @Test func theTradesPolicyIsStoredAndComesBack() async throws {
        try await OrdersDesk.open { desk in
            for policy in [DoubtPolicy.ask, .resend(withinSeconds: 30)] {
                let asked = Submission(
                    trader: desk.trader,
                    user: desk.user,
                    idempotencyKey: policy.text,
                    bodyHash: [1],
                    terms: desk.terms(),
                    sizing: .quantity(Quantity(1)),
                    clients: .all,
                    onDoubt: policy
                )
                guard case .created(let trade) = try await desk.trades.submit(asked) else {
                    throw Unexpected("not created")
                }
                #expect(trade.onDoubt == policy)
                #expect(try await desk.trades.trade(trade.id)?.onDoubt == policy)
            }
        }
    }

    @Test func aResendThatComesTooLateIsDeclinedAtItsClaim() async throws {
        try await OrdersDesk.open { desk in
            let clients = try await desk.clients(2)
            for (client, isLate) in zip(clients, [false, true]) {
                let attempt = try await lost(desk, client)
                try await find(desk, attempt, Self.absent)
                #expect(try await desk.orders.due(.forgotten, limit: 9).isEmpty)
                let trade = try #require(try await desk.trades.trade(attempt.job.task))
                let request = ClaimRequest(
                    job: attempt.job,
                    trade: trade,
                    price: OrdersDesk.price,
                    obstacle: nil,
                    obstacleToResend: isLate ? .resendTooLate : nil
                )
                let claim = try await desk.orders.claim([request], lease: OrdersDesk.lease)[0]
                let order = try await desk.order(attempt)
                if isLate {
                    #expect(order.state == .skipped && order.reason == .resendTooLate)
                    #expect(try await desk.funds(client).held == .zero)
                } else {
                    guard case .send(let second) = claim else { throw Unexpected("\(claim)") }
                    #expect(second.number == 2 && second.reference != attempt.reference)
                }
            }
            try await desk.expectBalance()
        }
    }

    @Test func anOrderThatWasNeverProvenAbsentMayBeClaimedWhateverThePolicy() async throws {
        try await OrdersDesk.open { desk in
            let client = try await desk.clients(1)[0]
            let attempt = try await desk.sending(client: client)
            #expect(try await desk.record(attempt, .notSent("no route")))
            let trade = try #require(try await desk.trades.trade(attempt.job.task))
            let request = ClaimRequest(
                job: attempt.job,
                trade: trade,
                price: OrdersDesk.price,
                obstacle: nil,
                obstacleToResend: .provenNotPlaced
            )
            let claim = try await desk.orders.claim([request], lease: OrdersDesk.lease)[0]
            guard case .send = claim else { throw Unexpected("\(claim)") }
        }
    }

    @Test func peopleAreToldOnceOfEachOrder() async throws {
        try await OrdersDesk.open { desk in
            let clients = try await desk.clients(3)
            let looked = try await lost(desk, clients[0])
            _ = try await lost(desk, clients[1])
            _ = try await desk.accepted(client: clients[2])
            #expect(try await desk.orders.takeAlerts(age: .seconds(60), limit: 9).isEmpty)
            let later = DoubtFinding.Result.stillUnknown(lookAgainIn: .seconds(8))
            try await find(desk, looked, later)
            let first = try await desk.orders.takeAlerts(age: .seconds(60), limit: 9)
            #expect(first.map(\.job) == [looked.job])
            try await find(desk, looked, later)
            #expect(try await desk.orders.takeAlerts(age: .seconds(60), limit: 9).isEmpty)
            #expect(try await desk.orders.takeAlerts(age: .zero, limit: 9).count == 1)
            #expect(try await desk.orders.takeAlerts(age: .zero, limit: 9).isEmpty)
            let counts = try await desk.orders.unknownCounts()
            #expect(counts.map(\.broker) == [.dhan] && counts.map(\.count) == [2])
        }
    }

    @Test func allUnknownOrdersAreDueAtTheDaysEnd() async throws {
        try await OrdersDesk.open { desk in
            let clients = try await desk.clients(2)
            let unknown = try await lost(desk, clients[0])
            _ = try await desk.accepted(client: clients[1])
            try await desk.run("UPDATE order_intent SET look_at = now() + interval '1 h'")
            #expect(try await desk.orders.due(.doubt, limit: 9).isEmpty)
            #expect(try await desk.orders.lookNow() == 1)
            #expect(try await desk.orders.due(.doubt, limit: 9) == [unknown.job])
            #expect(try await desk.orders.due(.live, limit: 9).isEmpty)
        }
    }

    @Test func aDecisionPlacedGoesOnAsAnAcceptedOrder() async throws {
        try await OrdersDesk.open { desk in
            let client = try await desk.clients(1)[0]
            let attempt = try await lost(desk, client)
            let decision = OrderDecision(
                intent: attempt.job.intent,
                verdict: .placed(brokerOrderID: "B\(attempt.job.intent)"),
                reason: "seen in the broker's app"
            )
            let actor = Actor(user: desk.user, address: "127.0.0.1")
            let outcome = try await desk.orders.decide(decision, by: actor)
            #expect(outcome == .decided(.accepted, attempt.job))
            #expect(try await desk.orders.decide(decision, by: actor) == .notUnknown(.accepted))
            #expect(try await desk.orders.due(.live, limit: 9) == [attempt.job])
            try await desk.apply(
                attempt,
                .filled,
                filled: 10,
                [desk.traded(attempt, "T1", 10, 24_500_000)]
            )
            #expect(try await desk.order(attempt).state == .filled)
            try await desk.expectBalance()
        }
    }

    @Test func aDecisionNotPlacedEndsTheOrderAndIsAuditedWithWhatWasKnown() async throws {
        try await OrdersDesk.open { desk in
            let client = try await desk.clients(1)[0]
            let attempt = try await lost(desk, client, words: "busy")
            let doubt = try #require(try await desk.orders.doubts([attempt.job.intent]).first)
            let decision = OrderDecision(
                intent: attempt.job.intent,
                verdict: .notPlaced,
                reason: "the broker's desk says no"
            )
            let outcome = try await desk.orders.decide(decision, by: Actor(user: desk.user))
            #expect(outcome == .decided(.rejected, attempt.job))
            let order = try await desk.order(attempt)
            #expect(order.reason == .decidedNotPlaced && order.note == "the broker's desk says no")
            #expect(try await desk.funds(client).available == .rupees("100000.00"))
            // The books come too late.
            let found = desk.report(attempt, .open, filled: 0)
            try await desk.orders.resolve([DoubtFinding(doubt: doubt, result: .found(found))])
            #expect(try await desk.order(attempt).state == .rejected)
            let known = try await desk.number(
                """
                SELECT count(*) FROM order_decision d JOIN audit_log a ON a.intent_id = d.intent_id
                WHERE d.user_id = $1 AND d.verdict = 'not_placed' AND a.action = 'ORDER_DECIDED'
                  AND a.user_id = $1 AND d.known ->> 'reference' = $2
                  AND a.detail -> 'known' ->> 'broker_words' = 'busy'
                  AND a.detail ->> 'reason' = 'the broker''s desk says no'
                """,
                [.int(desk.user.raw), .text(attempt.reference)]
            )
            #expect(known == 1)
            await #expect(throws: PostgresError.self) {
                try await desk.run("DELETE FROM order_decision")
            }
            try await desk.expectBalance()
        }
    }

    @Test func ofManyDecisionsAtOnceOneWins() async throws {
        try await OrdersDesk.open { desk in
            let client = try await desk.clients(1)[0]
            let attempt = try await lost(desk, client)
            let outcomes = try await withThrowingTaskGroup(of: DecisionOutcome.self) { group in
                for number in 0..<8 {
                    let verdict: OrderDecision.Verdict =
                        number % 2 == 0 ? .notPlaced : .placed(brokerOrderID: "B\(number)")
                    let decision = OrderDecision(
                        intent: attempt.job.intent,
                        verdict: verdict,
                        reason: "r"
                    )
                    group.addTask {
                        try await desk.orders.decide(decision, by: Actor(user: desk.user))
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            let winners = outcomes.filter { if case .decided = $0 { true } else { false } }
            #expect(winners.count == 1)
            #expect(try await desk.number("SELECT count(*) FROM order_decision") == 1)
            try await desk.expectBalance()
        }
    }

    @Test func anOrderThatIsSendingOrUnheardOfCannotBeDecided() async throws {
        try await OrdersDesk.open { desk in
            let client = try await desk.clients(1)[0]
            let attempt = try await desk.sending(client: client)
            let actor = Actor(user: desk.user)
            let decide = { (id: IntentID) in
                try await desk.orders.decide(
                    OrderDecision(intent: id, verdict: .notPlaced, reason: "r"),
                    by: actor
                )
            }
            #expect(try await decide(attempt.job.intent) == .notUnknown(.sending))
            #expect(try await decide(IntentID(999_999)) == .notFound)
            #expect(try await desk.funds(client).held == .rupees("24745.00"))
        }
    }
}
