import Desk
import Glibc
import Postgres
import PostgresStore
import ServerTesting
import Testing
import Trading

/// How fast orders go through the store; prints, and asserts nothing of time.
///
/// Runs where `VOLLEY_TEST_THROUGHPUT` says how many orders.
@Suite(.needs(.postgres)) struct OrdersThroughputTests {
    private static let orders = getenv("VOLLEY_TEST_THROUGHPUT").flatMap {
        Int(String(cString: $0))
    }

    @Test(.enabled(if: orders != nil), arguments: [1, 2])
    func claimsAndRecordsInBatchesOf200(workers: Int) async throws {
        try await OrdersDesk.open(connections: workers + 1) { desk in
            let count = Self.orders ?? 0
            _ = try await desk.clients(count, cash: 100_000_000)
            let clock = ContinuousClock()
            var planned: (trade: BulkTrade, jobs: [OrderJob])?
            // A first small trade, so that plans and connections are warm.
            planned = try await desk.planned()
            for batch in batches(of: planned?.jobs ?? []).prefix(10) {
                try await work(batch, planned?.trade, desk)
            }
            let planning = try await clock.measure { planned = try await desk.planned() }
            let (trade, jobs) = try #require(planned)
            let lanes = batches(of: jobs)
            let before = Self.cpu()
            let placing = try await clock.measure {
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for worker in 0..<workers {
                        group.addTask {
                            for index in stride(from: worker, to: lanes.count, by: workers) {
                                try await work(lanes[index], trade, desk)
                            }
                        }
                    }
                    try await group.waitForAll()
                }
            }
            let own = (Self.cpu() - before) / count
            let attempts = try await desk.number("SELECT count(*) FROM order_attempt")
            #expect(attempts >= count)
            try await desk.expectBalance()
            print(
                """
                \(count) orders, \(workers) worker(s): plan \(planning), claim + record \(placing), \
                \(Int(Double(count) / (placing / .seconds(1)))) orders/s, \
                own CPU \(own) an order
                """
            )
        }
    }

    /// The processor time that this process has used.
    private static func cpu() -> Duration {
        var used = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used)
        return .seconds(used.tv_sec) + .nanoseconds(used.tv_nsec)
    }

    private func batches(of jobs: [OrderJob]) -> [[OrderJob]] {
        stride(from: 0, to: jobs.count, by: 200).map { Array(jobs[$0..<min($0 + 200, jobs.count)]) }
    }

    private func work(_ jobs: [OrderJob], _ trade: BulkTrade?, _ desk: OrdersDesk) async throws {
        let attempts = try await desk.attempts(jobs, of: try #require(trade))
        let outcomes = attempts.map { attempt in
            AttemptOutcome(
                attempt: attempt,
                answer: .accepted(brokerOrderID: "B\(attempt.job.intent)")
            )
        }
        let kept = try await desk.orders.record(outcomes)
        #expect(!kept.contains(false))
        _ = try await desk.trades.complete([try #require(trade).id])
    }
}
