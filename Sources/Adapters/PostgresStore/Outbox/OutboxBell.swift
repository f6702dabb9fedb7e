import Postgres

/// Rings for every notice of a new outbox row, whenever one may have been missed, and now and then:
/// a row that the queue did not take rings no second time by itself.
actor OutboxBell {
    private static let heartbeat = Duration.seconds(5)
    private let pool: PostgresPool
    private var notices: AsyncThrowingStream<String, any Error>.Iterator?

    init(pool: PostgresPool) { self.pool = pool }

    /// Returns at the next ring; nil once the listener is cancelled.
    func next() async -> Void? {
        guard var iterator = notices else {
            // The first ring, and the first after a pause: look at what is there already.
            notices = pool.listen("outbox", heartbeat: Self.heartbeat).makeAsyncIterator()
            return Task.isCancelled ? nil : ()
        }
        do {
            let notice = try await iterator.next(isolation: self)
            notices = notice == nil ? nil : iterator
        } catch {
            notices = nil
            try? await Task.sleep(for: .seconds(1))
        }
        return Task.isCancelled ? nil : ()
    }
}
