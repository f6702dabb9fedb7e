import Trading

/// Places the orders of a bulk trade that are proven not to have been placed, as a trade of their own.
package struct RepairTrade: Sendable {
    let store: any RepairStore
    let queue: any OrderQueue
    let outbox: any Outbox

    package init(store: any RepairStore, queue: any OrderQueue, outbox: any Outbox) {
        self.store = store
        self.queue = queue
        self.outbox = outbox
    }

    /// Does it, once per (trader, key), and each order once whoever asks; where the queue is down, the
    /// relay publishes later.
    package func callAsFunction(_ request: RepairRequest) async throws(StoreFailure) -> Repaired {
        Failpoint.repairSubmitBeforeCommit.pass()
        let repaired = try await store.repair(request)
        Failpoint.repairSubmitAfterCommit.pass()
        if case .created(let trade, _) = repaired, await queue.publish([.plan(trade.id)]) == [true]
        {
            Failpoint.repairSubmitAfterPublish.pass()
            try? await outbox.delete(planOf: trade.id)
        }
        return repaired
    }
}
