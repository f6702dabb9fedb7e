import Trading

/// Takes a wish to cancel: withdraws what was not sent, and lets the brokers be asked for the rest.
///
/// The answer does not wait for the brokers, nor for the queue: what it does not take, a sweep brings.
/// A halt stops no cancel.
package struct SubmitCancel: Sendable {
    let store: any CancelStore
    let queue: any OrderQueue
    let complete: CompleteTrades

    package init(store: any CancelStore, queue: any OrderQueue, complete: CompleteTrades) {
        self.store = store
        self.queue = queue
        self.complete = complete
    }

    /// Does it, once per (user, idempotency key).
    package func callAsFunction(_ request: CancelRequest) async throws(StoreFailure) -> CancelAsked
    {
        Failpoint.cancelSubmitBeforeCommit.pass()
        let asked = try await store.askToCancel(request)
        Failpoint.cancelSubmitAfterCommit.pass()
        guard case .created(_, let orders, let trades) = asked else { return asked }
        _ = await queue.publish(orders.map(QueueMessage.cancel))
        Failpoint.cancelSubmitAfterPublish.pass()
        // Those in which nothing waits any more.
        await complete(trades)
        return asked
    }
}
