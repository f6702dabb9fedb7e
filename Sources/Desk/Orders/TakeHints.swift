import Synchronization

/// Brings orders to be looked at, since a broker's message hints that they changed.
///
/// Hints are taken at once and worked on together every moment: a burst of fills costs a query and a
/// few messages, not one of each per order. A hint that is lost is made good by the sweep.
package final class TakeHints: Sendable {
    private let store: any OrderStore
    private let queue: any OrderQueue
    private let clock: any WallClock
    private let waiting = Mutex<Set<String>>([])

    /// Hints that wait at most; more are dropped.
    private static let room = 100_000
    private static let pause: Duration = .milliseconds(50)
    private static let batch = 1_000

    package init(store: any OrderStore, queue: any OrderQueue, clock: any WallClock) {
        self.store = store
        self.queue = queue
        self.clock = clock
    }

    /// Takes hints about the orders with these references of ours.
    package func callAsFunction(_ references: [String]) {
        waiting.withLock { waiting in
            guard waiting.count < Self.room else { return }
            waiting.formUnion(references)
        }
    }

    /// Works on what was taken until cancelled; `report` hears of what goes wrong.
    package func run(report: @Sendable (any Error) -> Void) async {
        while (try? await clock.sleep(for: Self.pause)) != nil {
            do {
                try await flush()
            } catch {
                report(error)
            }
        }
    }

    /// Works on what was taken so far.
    package func flush() async throws {
        let references = waiting.withLock { waiting in
            defer { waiting = [] }
            return waiting.sorted()
        }
        for start in stride(from: 0, to: references.count, by: Self.batch) {
            let end = min(start + Self.batch, references.count)
            let jobs = try await store.jobs(withReferences: Array(references[start..<end]))
            _ = await queue.publish(SweepOrders.lookMessages(jobs))
        }
    }
}
