package import Trading

/// Messages that were decided in a transaction and are still to be put in the queue.
package protocol Outbox: Sendable {
    /// Rows older than `age`, oldest first; several relays never see the same row at once.
    func pending(olderThan age: Duration, limit: Int) async throws(StoreFailure) -> [OutboxRow]
    /// The queue did not take these: they are due again at once.
    func giveBack(_ rows: [Int64]) async throws(StoreFailure)
    /// The queue holds these.
    func delete(_ rows: [Int64]) async throws(StoreFailure)
    /// The queue holds this bulk trade's plan.
    func delete(planOf task: TaskID) async throws(StoreFailure)
    /// An element whenever a row may have been added; also after a pause, so that none is missed.
    func bells() -> AsyncStream<Void>
}

/// One message that waits.
package struct OutboxRow: Sendable {
    package let id: Int64
    package let message: QueueMessage

    package init(id: Int64, message: QueueMessage) {
        self.id = id
        self.message = message
    }
}
