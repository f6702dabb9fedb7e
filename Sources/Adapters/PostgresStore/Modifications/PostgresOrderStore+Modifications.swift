package import Desk
import JSON
import Postgres
package import Trading

/// Changes of orders: the wish with what it holds, the claim, and all that becomes of it.
extension PostgresOrderStore: ModificationStore {
    package func modification(_ id: ModificationID) async throws(StoreFailure) -> Modification? {
        guard
            let row = try await pool.ask(ModificationStatements.one, [.int(id.raw)]).first
        else { return nil }
        var columns = Columns(row)
        return try Modification(reading: &columns)
    }

    package func modifications(of order: IntentID) async throws(StoreFailure) -> [Modification] {
        var found: [Modification] = []
        for row in try await pool.ask(ModificationStatements.ofOrder, [.int(order.raw)]) {
            var columns = Columns(row)
            found.append(try Modification(reading: &columns))
        }
        return found
    }

    package func openModifications(_ orders: [IntentID]) async throws(StoreFailure)
        -> [OpenModification]
    {
        guard !orders.isEmpty else { return [] }
        var found: [OpenModification] = []
        for row in try await pool.ask(ModificationStatements.open, [.ints(orders.map(\.raw))]) {
            found.append(try OpenModification(reading: row))
        }
        return found
    }

    package func claim(_ changes: [OpenModification], obstacle: Reason?, lease: Lease)
        async throws(StoreFailure) -> [Int?]
    {
        guard !changes.isEmpty else { return [] }
        let orders = changes.map(\.job.intent)
        return try await pool.transact { transaction in
            let reads = OrderBatch.reads(orders, money: orders)
            let fitness = FitnessBatch.reads(orders)
            let lock = Self.lock(changes.map(\.id))
            let rows = try await transaction.begin(reads + [lock] + fitness)
            let locked = try OrderBatch(rows)
            let fit = try FitnessBatch(
                rows[(reads.count + 1)...],
                intents: locked.intents,
                requiresEgress: policy.requiresEgress
            )
            var batch = try ModificationBatch(
                orders: locked,
                rows: rows[reads.count],
                lease: lease
            )
            let tries = try changes.map { change in
                try batch.claim(change, obstacle: fit.obstacle(to: change.job.intent) ?? obstacle)
            }
            try await transaction.commit(try batch.writes())
            return tries
        }
    }

    package func note(_ news: [ModificationNews]) async throws(StoreFailure) {
        guard !news.isEmpty else { return }
        let orders = Array(Set(news.map(\.job.intent)))
        try await pool.transact { transaction in
            let reads = OrderBatch.reads(orders, money: orders)
            let rows = try await transaction.begin(reads + [Self.lock(news.map(\.id))])
            var batch = try ModificationBatch(
                orders: try OrderBatch(rows),
                rows: rows[reads.count]
            )
            for piece in news { try batch.note(piece) }
            try await transaction.commit(try batch.writes())
        }
    }

    private static func lock(_ ids: [ModificationID]) -> Call {
        (ModificationStatements.lock, [.ints(Set(ids).map(\.raw).sorted())])
    }
}

/// Whether anything may be sent for orders' clients now: halts, clients, accounts, sessions.
struct FitnessBatch {
    private let contexts: [IntentID: ClaimContext]
    private let halts: Halts
    private let intents: [IntentID: IntentRow]
    private let requiresEgress: Bool

    /// The calls whose rows `init` takes.
    static func reads(_ orders: [IntentID]) -> [Call] {
        [
            (ModificationStatements.contexts, [.ints(orders.map(\.raw))]),
            (ClaimStatements.halts, []),
        ]
    }

    init(
        _ rows: ArraySlice<PostgresRows>,
        intents: [IntentID: IntentRow],
        requiresEgress: Bool
    ) throws(StoreFailure) {
        self.requiresEgress = requiresEgress
        var contexts: [IntentID: ClaimContext] = [:]
        for row in rows[rows.startIndex] {
            let context = try ClaimContext(reading: row)
            contexts[context.intent] = context
        }
        self.contexts = contexts
        halts = try Halts(reading: rows[rows.startIndex + 1])
        self.intents = intents
    }

    /// Why nothing may be sent; the same rules in the same order as for a new order.
    func obstacle(to id: IntentID) -> Reason? {
        guard let intent = intents[id], let context = contexts[id] else { return nil }
        return context.clientObstacle
            ?? halts.reason(for: intent.haltSubject)
            ?? context.accountObstacle(requiresEgress: requiresEgress)
    }
}
