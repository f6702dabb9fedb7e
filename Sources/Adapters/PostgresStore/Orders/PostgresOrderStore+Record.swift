package import Desk
import Postgres
import Trading

extension PostgresOrderStore {
    package func record(_ outcomes: [AttemptOutcome]) async throws(StoreFailure) -> [Bool] {
        guard !outcomes.isEmpty else { return [] }
        let ids = outcomes.map(\.attempt.job.intent)
        let money = outcomes.filter(\.answer.releasesHold).map(\.attempt.job.intent)
        let policy = policy
        return try await pool.transact { transaction in
            let rows = try await transaction.begin(OrderBatch.reads(ids, money: money))
            var batch = RecordBatch(orders: try OrderBatch(rows), policy: policy)
            let kept = try outcomes.map { try batch.write($0) }
            try await transaction.commit(try batch.orders.writes())
            return kept
        }
    }
}

extension PlacementAnswer {
    /// Whether the order's money is free again.
    fileprivate var releasesHold: Bool {
        switch self {
        case .refused, .notSent, .withheld: true
        case .accepted, .unanswered, .claimed: false
        }
    }
}
