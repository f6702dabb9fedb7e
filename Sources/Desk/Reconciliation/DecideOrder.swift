/// Lets an operator settle an UNKNOWN order by hand, and lets the order go on from there.
///
/// The books go on to be compared: should they show an order that was decided not to be placed, the
/// difference is reported (`ReconcileAccounts`).
package struct DecideOrder: Sendable {
    let store: any DoubtStore
    let queue: any OrderQueue
    let complete: CompleteTrades

    package init(store: any DoubtStore, queue: any OrderQueue, complete: CompleteTrades) {
        self.store = store
        self.queue = queue
        self.complete = complete
    }

    /// Does it, where the order is still UNKNOWN.
    package func callAsFunction(_ decision: OrderDecision, by actor: Actor)
        async throws(StoreFailure) -> DecisionOutcome
    {
        let outcome = try await store.decide(decision, by: actor)
        guard case .decided(_, let job) = outcome else { return outcome }
        if case .placed = decision.verdict {
            // Sooner than the sweep would; should the queue not take it, the sweep does.
            _ = await queue.publish([.look(job.broker, [job])])
        }
        await complete([job.task])
        return outcome
    }
}
