import Trading

/// Stores a basket and hands the plans of its legs to the queue; where that is down, the relay publishes
/// later.
package struct SubmitBasket: Sendable {
    let store: any BasketStore
    let queue: any OrderQueue
    let outbox: any Outbox

    package init(store: any BasketStore, queue: any OrderQueue, outbox: any Outbox) {
        self.store = store
        self.queue = queue
        self.outbox = outbox
    }

    /// Does it, once per (trader, idempotency key).
    package func callAsFunction(_ basket: BasketSubmission) async throws(StoreFailure)
        -> BasketSubmitted
    {
        Failpoint.basketSubmitBeforeCommit.pass()
        let submitted = try await store.submit(basket)
        Failpoint.basketSubmitAfterCommit.pass()
        guard case .created(let made) = submitted, !made.awaitsApproval else { return submitted }
        let held = await queue.publish(made.tasks.map(QueueMessage.plan))
        Failpoint.basketSubmitAfterPublish.pass()
        for (task, isHeld) in zip(made.tasks, held) where isHeld {
            try? await outbox.delete(planOf: task)
        }
        return submitted
    }
}
