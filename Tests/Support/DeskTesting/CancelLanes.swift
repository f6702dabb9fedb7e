package import Desk
package import Trading

/// The execution of cancels over stores in memory, with its batchers running.
package enum CancelLanes {
    /// Calls `body` with it.
    package static func running<Result>(
        _ store: MemoryStore,
        brokers: Brokers,
        pacer: MemoryPacer,
        clock: any WallClock,
        market: MarketHours = .always,
        _ body: (ExecuteCancel) async throws -> Result
    ) async throws -> Result {
        let complete = CompleteTrades(store: store, board: MemoryBoard(clock: clock))
        let record = RecordCancels(orders: store, cancels: store, complete: complete)
        let pace = Batcher<PaceRequest, PaceAnswer>(limit: 64, lanes: 1) { await pacer.take($0) }
        let read = Batcher<IntentID, LiveOrder?>(limit: 64, lanes: 1) {
            try await store.ordersToCancel($0)
        }
        let records = Batcher<CancelOutcome, Void>(limit: 64, lanes: 1) { outcomes in
            try await record(outcomes)
            return outcomes.map { _ in }
        }
        let lanes = Task {
            await withDiscardingTaskGroup { group in
                group.addTask { await pace.run() }
                group.addTask { await read.run() }
                group.addTask { await records.run() }
            }
        }
        defer { lanes.cancel() }
        return try await body(
            ExecuteCancel(
                pace: pace,
                read: read,
                record: records,
                pacer: pacer,
                accounts: store,
                brokers: brokers,
                market: market,
                clock: clock,
                limits: ExecutionLimits()
            )
        )
    }
}
