/// Brings orders to be looked at, since a broker's message hints that they changed.
package struct TakeHint: Sendable {
    let store: any OrderStore
    let queue: any OrderQueue

    package init(store: any OrderStore, queue: any OrderQueue) {
        self.store = store
        self.queue = queue
    }

    /// Looks these orders up by our references; a hint that is lost is made good by the sweep.
    package func callAsFunction(_ references: [String]) async throws {
        guard !references.isEmpty else { return }
        let jobs = try await store.jobs(withReferences: references)
        _ = await queue.publish(SweepOrders.lookMessages(jobs))
    }
}
