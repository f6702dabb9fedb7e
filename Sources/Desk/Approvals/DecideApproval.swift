import Trading

/// Decides a trade that waits for approval, and hands an approved one's plan to the queue.
package struct DecideApproval: Sendable {
    let store: any ApprovalStore
    let queue: any OrderQueue
    let outbox: any Outbox

    package init(store: any ApprovalStore, queue: any OrderQueue, outbox: any Outbox) {
        self.store = store
        self.queue = queue
        self.outbox = outbox
    }

    /// Does it, once; what the queue does not take, the relay publishes.
    package func callAsFunction(_ decision: ApprovalDecision) async throws(StoreFailure)
        -> ApprovalOutcome
    {
        Failpoint.approveBeforeCommit.pass()
        let outcome = try await store.decide(decision)
        Failpoint.approveAfterCommit.pass()
        // A basket has several messages; the relay publishes them in their order.
        if case .decided(let trade) = outcome, trade.state == .accepted,
            trade.links.basket == nil,
            await queue.publish([.plan(trade.id)]) == [true]
        {
            Failpoint.approveAfterPublish.pass()
            try? await outbox.delete(planOf: trade.id)
        }
        return outcome
    }
}
