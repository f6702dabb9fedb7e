/// Puts into the queue what a transaction decided and its process did not live to publish.
package struct RelayOutbox: Sendable {
    let outbox: any Outbox
    let queue: any OrderQueue
    let clock: any WallClock
    /// Younger rows are left to the process that wrote them.
    let age: Duration

    package init(outbox: any Outbox, queue: any OrderQueue, clock: any WallClock, age: Duration) {
        self.outbox = outbox
        self.queue = queue
        self.clock = clock
        self.age = age
    }

    /// Relays until cancelled; `report` hears of what goes wrong.
    package func run(report: @Sendable (any Error) -> Void) async {
        for await _ in outbox.bells() {
            do {
                // What rang is too young yet: its own process publishes it, usually.
                try await clock.sleep(for: age)
                while try await relay() > 0 {}
            } catch is CancellationError {
                return
            } catch {
                report(error)
            }
        }
    }

    /// Relays what is due now.
    ///
    /// - Returns: how many rows the queue took.
    package func relay() async throws -> Int {
        let rows = try await outbox.pending(olderThan: age, limit: 500)
        guard !rows.isEmpty else { return 0 }
        Failpoint.relayBeforePublish.pass()
        let held = await queue.publish(rows.map(\.message))
        Failpoint.relayAfterPublish.pass()
        let done = zip(rows, held).filter(\.1).map(\.0.id)
        // The others are due at the next bell, and not only when this relay's turn is over.
        try await outbox.giveBack(zip(rows, held).filter { !$0.1 }.map(\.0.id))
        try await outbox.delete(done)
        Failpoint.relayAfterDelete.pass()
        return done.count
    }
}
