package import Desk
package import Trading

/// The execution of changes of orders over stores in memory, with its batchers running.
package enum ModificationLanes {
    /// Calls `body` with it.
    package static func running<Result>(
        _ store: MemoryStore,
        brokers: Brokers,
        pacer: MemoryPacer,
        clock: any WallClock,
        obstacle: Reason? = nil,
        market: MarketHours = .always,
        halts: HaltWatch? = nil,
        _ body: (ExecuteModification) async throws -> Result
    ) async throws -> Result {
        let limits = ExecutionLimits()
        let pace = Batcher<PaceRequest, PaceAnswer>(limit: 64, lanes: 1) { await pacer.take($0) }
        let read = Batcher<IntentID, OpenModification?>(limit: 64, lanes: 1) {
            try await store.changes(of: $0)
        }
        let claim = Batcher<OpenModification, Int?>(limit: 64, lanes: 1) { changes in
            try await store.claim(
                changes,
                obstacle: obstacle,
                lease: Lease(worker: "test", duration: limits.lease)
            )
        }
        let note = Batcher<ModificationNews, Void>(limit: 64, lanes: 1) { news in
            try await store.note(news)
            return news.map { _ in }
        }
        let lanes = Task {
            await withDiscardingTaskGroup { group in
                group.addTask { await pace.run() }
                group.addTask { await read.run() }
                group.addTask { await claim.run() }
                group.addTask { await note.run() }
            }
        }
        defer { lanes.cancel() }
        return try await body(
            ExecuteModification(
                pace: pace,
                read: read,
                claim: claim,
                note: note,
                orders: store,
                accounts: store,
                pacer: pacer,
                brokers: brokers,
                halts: halts
                    ?? HaltWatch(clock: clock) { Halts(try await store.halts().map(\.scope)) },
                schedule: DoubtSchedule(),
                market: market,
                clock: clock,
                limits: limits
            )
        )
    }
}
