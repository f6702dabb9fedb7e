import Trading

/// Stores a bulk trade and hands its plan to the queue.
///
/// The answer does not wait for the queue: where it is down, the relay publishes later.
package struct SubmitTrade: Sendable {
    let store: any TradeStore
    let queue: any OrderQueue
    let outbox: any Outbox

    package init(store: any TradeStore, queue: any OrderQueue, outbox: any Outbox) {
        self.store = store
        self.queue = queue
        self.outbox = outbox
    }

    /// What decides trades of this store that wait for approval.
    package func decisions(in store: any ApprovalStore) -> DecideApproval {
        DecideApproval(store: store, queue: queue, outbox: outbox)
    }

    /// Does it, once per (trader, idempotency key).
    package func callAsFunction(_ order: Submission) async throws(StoreFailure) -> Submitted {
        Failpoint.submitBeforeCommit.pass()
        let submitted = try await store.submit(order)
        Failpoint.submitAfterCommit.pass()
        // A repeated submit publishes nothing: the first one's outbox row sees to that.
        // Nor does one that waits for approval.
        if case .created(let trade) = submitted, trade.state == .accepted,
            await queue.publish([.plan(trade.id)]) == [true]
        {
            Failpoint.submitAfterPublish.pass()
            try? await outbox.delete(planOf: trade.id)
        }
        Failpoint.submitBeforeAnswer.pass()
        return submitted
    }
}
