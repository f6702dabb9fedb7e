import Desk
import Postgres
import ServerTesting
import Testing
import Trading

@testable import PostgresStore

@Suite(.needs(.postgres)) struct OrdersConcurrencyTests {
    @Test func twoTransactionsAtOnceNeverOverspendAClient() async throws {
        try await OrdersDesk.open { desk in
            let clients = try await desk.clients(20, cash: 4_000_000)
            let trades = try await [
                desk.planned(clients: .named(clients)), desk.planned(clients: .named(clients)),
            ]
            let sent = try await withThrowingTaskGroup(of: Int.self) { group in
                for (trade, jobs) in trades {
                    group.addTask {
                        let requests = desk.requests(jobs, of: trade)
                        return try await desk.orders.claim(requests, lease: OrdersDesk.lease)
                            .reduce(0) { if case .send = $1 { $0 + 1 } else { $0 } }
                    }
                }
                return try await group.reduce(0, +)
            }
            #expect(sent == 20)
            #expect(try await desk.number("SELECT min(available) FROM funds") == 1_525_500)
            #expect(
                try await desk.number(
                    "SELECT count(*) FROM order_intent WHERE reason = 'insufficient_funds'"
                ) == 20
            )
            try await desk.expectBalance()
        }
    }

    @Test func eightClaimersOfTheSameOrdersClaimEachOnceWithoutDeadlock() async throws {
        try await OrdersDesk.open(connections: 10) { desk in
            let clients = try await desk.clients(100, cash: 100_000_000)
            var requests: [ClaimRequest] = []
            for _ in 0..<5 {
                let (trade, jobs) = try await desk.planned(clients: .named(clients))
                requests += desk.requests(jobs, of: trade)
            }
            #expect(requests.count == 500)
            let all = requests
            let sent = try await withThrowingTaskGroup(of: [IntentID].self) { group in
                for _ in 0..<8 { group.addTask { try await claimAndRecord(all, desk) } }
                return try await group.reduce(into: []) { $0 += $1 }
            }
            #expect(sent.count == 500 && Set(sent).count == 500)
            #expect(try await desk.number("SELECT count(*) FROM order_attempt") == 500)
            try await desk.expectBalance()
        }
    }

    /// Claims and records in an order and in batches of its own: locks must sort themselves.
    private func claimAndRecord(_ requests: [ClaimRequest], _ desk: OrdersDesk) async throws
        -> [IntentID]
    {
        var sent: [IntentID] = []
        var rest = requests.shuffled()[...]
        while !rest.isEmpty {
            let batch = Array(rest.prefix(Int.random(in: 20...60)))
            rest = rest.dropFirst(batch.count)
            let claims = try await desk.orders.claim(batch, lease: OrdersDesk.lease)
            let attempts = claims.compactMap { claim in
                if case .send(let attempt) = claim { attempt } else { nil }
            }
            sent += attempts.map(\.job.intent)
            let outcomes = attempts.map { attempt in
                AttemptOutcome(
                    attempt: attempt,
                    answer: attempt.job.intent.raw % 3 == 0
                        ? .refused(.brokerRefused, words: "no")
                        : .accepted(brokerOrderID: "B\(attempt.job.intent)")
                )
            }
            let kept = try await desk.orders.record(outcomes)
            guard kept.allSatisfy(\.self) else { throw Unexpected("not kept") }
        }
        return sent
    }

    @Test func claimsRecordsAndFillsOfTheSameClientsAtOnceStayBalanced() async throws {
        try await OrdersDesk.open(connections: 8) { desk in
            let clients = try await desk.clients(40, cash: 100_000_000)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for worker in 0..<6 {
                    group.addTask {
                        let (trade, jobs) = try await desk.planned(clients: .named(clients))
                        let attempts = try await desk.attempts(jobs.shuffled(), of: trade)
                        let outcomes = attempts.map { attempt in
                            AttemptOutcome(
                                attempt: attempt,
                                answer: .accepted(brokerOrderID: "B\(attempt.job.intent)")
                            )
                        }
                        _ = try await desk.orders.record(outcomes.shuffled())
                        for part in [4, 10] as [Int64] {
                            let reports = attempts.shuffled().map { attempt in
                                let id = "\(worker)-\(attempt.job.intent)"
                                let all = [
                                    desk.traded(attempt, id + "a", 4, 24_500_000),
                                    desk.traded(attempt, id + "b", 6, 24_600_000),
                                ]
                                return BookedOrder(
                                    intent: attempt.job.intent,
                                    report: desk.report(
                                        attempt,
                                        part == 10 ? .filled : .partlyFilled,
                                        filled: part
                                    ),
                                    trades: Array(all.prefix(part == 10 ? 2 : 1))
                                )
                            }
                            try await desk.orders.apply(reports)
                        }
                        _ = try await desk.trades.complete([trade.id])
                    }
                }
                try await group.waitForAll()
            }
            #expect(
                try await desk.number("SELECT count(*) FROM order_intent WHERE state = 'FILLED'")
                    == 240
            )
            #expect(
                try await desk.number("SELECT count(*) FROM bulk_task WHERE state = 'COMPLETE'")
                    == 6
            )
            #expect(try await desk.number("SELECT sum(held)::bigint FROM funds") == 0)
            try await desk.expectBalance()
        }
    }
}
