import Desk
import Postgres
import ServerTesting
import Testing
import Trading

@testable import PostgresStore

@Suite(.needs(.postgres)) struct OrdersRecordTests {
    @Test func aRefusalReleasesTheHoldAndKeepsTheBrokersWords() async throws {
        try await OrdersDesk.open { desk in
            let client = try await desk.clients(1)[0]
            let attempt = try await desk.sending(client: client)
            let words = "RMS: \"margin\"\u{0} exceeds '; DROP TABLE funds; --"
            #expect(try await desk.record(attempt, .refused(.brokerRefused, words: words)))
            let order = try await desk.order(attempt)
            #expect(order.state == .rejected && order.reason == .brokerRefused)
            #expect(order.note == "RMS: \"margin\" exceeds '; DROP TABLE funds; --")
            #expect(try await desk.funds(client).available == .rupees("100000.00"))
            #expect(try await desk.looksIn(attempt) == nil)
            try await desk.expectBalance()
        }
    }

    @Test func whatNeverLeftIsReadyAgainWithItsHoldReleased() async throws {
        try await OrdersDesk.open { desk in
            let client = try await desk.clients(1)[0]
            let (trade, jobs) = try await desk.planned(clients: .named([client]))
            let first = try #require(try await desk.attempts(jobs, of: trade).first)
            #expect(try await desk.record(first, .notSent("connect: refused")))
            #expect(try await desk.order(first).state == .ready)
            #expect(try await desk.looksIn(first) == 5)
            #expect(try await desk.funds(client).held == .zero)
            try await desk.expectBalance()

            let second = try #require(try await desk.attempts(jobs, of: trade).first)
            #expect(second.number == 2 && second.reference != first.reference)
            #expect(try await !desk.record(first, .accepted(brokerOrderID: "LATE")))
            #expect(try await desk.record(second, .accepted(brokerOrderID: "B2")))
            #expect(try await desk.order(second).brokerOrderID == "B2")
            try await desk.expectBalance()
        }
    }

    @Test func whatNeverLeavesIsGivenUpAfterTheLastAttempt() async throws {
        try await OrdersDesk.open { desk in
            var policy = PostgresOrderStore.Policy()
            policy.maximumAttempts = 2
            let store = PostgresOrderStore(
                pool: desk.pool,
                secrets: desk.secrets,
                policy: policy
            )
            let client = try await desk.clients(1)[0]
            let (trade, jobs) = try await desk.planned(clients: .named([client]))
            for _ in 1...2 {
                let attempt = try #require(try await desk.attempts(jobs, of: trade).first)
                let outcome = AttemptOutcome(attempt: attempt, answer: .notSent("no route"))
                #expect(try await store.record([outcome]) == [true])
            }
            let order = try await desk.order(jobs[0])
            #expect(order.state == .rejected && order.reason == .neverSent)
            #expect(order.note == "no route")
            #expect(try await desk.funds(client).held == .zero)
            try await desk.expectBalance()
        }
    }

    @Test func anUnknownOutcomeKeepsTheHold() async throws {
        try await OrdersDesk.open { desk in
            let client = try await desk.clients(1)[0]
            let attempt = try await desk.sending(client: client)
            let answer = PlacementAnswer.unanswered(cause: "timeout", words: nil)
            #expect(try await desk.record(attempt, answer))
            let order = try await desk.order(attempt)
            #expect(order.state == .unknown && order.reason == .outcomeUnknown)
            #expect(order.held == .rupees("24745.00"))
            #expect(try await desk.funds(client).held == .rupees("24745.00"))
            #expect(try await desk.looksIn(attempt) == 2)
            #expect(try await desk.trades.complete([attempt.job.task]).isEmpty)
            try await desk.expectBalance()
        }
    }

    @Test func aRecordWithAnOlderFenceIsDropped() async throws {
        try await OrdersDesk.open { desk in
            let client = try await desk.clients(1)[0]
            let attempt = try await desk.sending(client: client)
            try await desk.run("UPDATE order_attempt SET fence = fence + 1")
            #expect(try await !desk.record(attempt, .refused(.brokerRefused, words: "no")))
            #expect(try await desk.order(attempt).state == .sending)
            #expect(try await desk.funds(client).held == .rupees("24745.00"))
            try await desk.expectBalance()
        }
    }

    @Test func oneOutcomeInABatchTwiceIsWrittenOnce() async throws {
        try await OrdersDesk.open { desk in
            let clients = try await desk.clients(3)
            let (trade, jobs) = try await desk.planned(clients: .named(clients))
            let attempts = try await desk.attempts(jobs, of: trade)
            let kept = try await desk.orders.record([
                AttemptOutcome(attempt: attempts[0], answer: .accepted(brokerOrderID: "A")),
                AttemptOutcome(attempt: attempts[1], answer: .refused(.brokerRefused, words: "")),
                AttemptOutcome(attempt: attempts[0], answer: .refused(.brokerRefused, words: "")),
                AttemptOutcome(
                    attempt: attempts[2],
                    answer: .unanswered(cause: "reset", words: "busy")
                ),
            ])
            #expect(kept == [true, true, false, true])
            #expect(try await desk.order(attempts[0]).state == .accepted)
            #expect(try await desk.order(attempts[1]).state == .rejected)
            #expect(try await desk.order(attempts[2]).state == .unknown)
            try await desk.expectBalance()
        }
    }

    @Test func theDatabaseRefusesASecondLiveAttempt() async throws {
        try await OrdersDesk.open { desk in
            let client = try await desk.clients(1)[0]
            let attempt = try await desk.sending(client: client)
            await #expect(throws: PostgresError.self) {
                try await desk.run(
                    """
                    INSERT INTO order_attempt
                        (intent_id, number, reference, state, worker, lease_until)
                    VALUES ($1, 2, 'X', 'SENDING', 'thief', now())
                    """,
                    [.int(attempt.job.intent.raw)]
                )
            }
        }
    }

    @Test(arguments: [
        "UPDATE %@ SET id = id", "DELETE FROM %@", "TRUNCATE %@",
    ])
    func historyIsImmutable(statement: String) async throws {
        try await OrdersDesk.open { desk in
            let client = try await desk.clients(1)[0]
            _ = try await desk.sending(client: client)
            for table in ["audit_log", "transfer"] {
                #expect(try await desk.number("SELECT count(*) FROM \(table)") > 0)
                let parts = statement.split(separator: "%@", omittingEmptySubsequences: false)
                await #expect(throws: PostgresError.self) {
                    try await desk.run(parts.joined(separator: table))
                }
            }
        }
    }

    @Test func whatOrdersReferToIsNeverDeleted() async throws {
        try await OrdersDesk.open { desk in
            _ = try await desk.sending(client: try await desk.clients(1)[0])
            for table in [
                "client", "broker_account", "funds", "bulk_task", "order_intent", "order_attempt",
            ] {
                for statement in ["DELETE FROM \(table)", "TRUNCATE \(table) CASCADE"] {
                    await #expect(throws: PostgresError.self) { try await desk.run(statement) }
                }
            }
        }
    }

    @Test func noPartOfTheAuditLogCanBeEmptied() async throws {
        try await OrdersDesk.open { desk in
            let parts = try await desk.pool.query(
                PostgresStatement(
                    "SELECT inhrelid::regclass::text FROM pg_inherits "
                        + "WHERE inhparent = 'audit_log'::regclass"
                )
            )
            #expect(parts.count >= 5)
            for part in parts {
                await #expect(throws: PostgresError.self) {
                    try await desk.run("TRUNCATE \(part.text(0))")
                }
            }
        }
    }
}
