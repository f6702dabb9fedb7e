/// Takes messages from one queue and works on each, as many at once as the queue hands out.
///
/// Back pressure is the queue's prefetch: it hands out no more than that before it is acknowledged.
/// Stopped, it takes nothing more, finishes what it has taken, and leaves the rest in the queue.
package struct WorkQueue: Sendable {
    /// What the queue is told of a message whose work ended.
    package enum Verdict: Sendable, Equatable {
        case done
        /// Put these in the queue for later, then forget the message.
        case replace([QueueMessage])
    }

    let reader: any QueueReader
    let queue: any OrderQueue
    let clock: any WallClock
    let atMost: Int
    let work: @Sendable (QueueMessage) async throws -> Verdict
    let report: @Sendable (QueueMessage, any Error) -> Void

    package init(
        reader: any QueueReader,
        queue: any OrderQueue,
        clock: any WallClock,
        atMost: Int,
        work: @escaping @Sendable (QueueMessage) async throws -> Verdict,
        report: @escaping @Sendable (QueueMessage, any Error) -> Void
    ) {
        self.reader = reader
        self.queue = queue
        self.clock = clock
        self.atMost = atMost
        self.work = work
        self.report = report
    }

    /// Works until the reader is stopped, then until what it has taken is finished.
    package func run() async throws {
        try await withThrowingDiscardingTaskGroup { group in
            while true {
                let deliveries = try await reader.next(atMost: atMost)
                guard !deliveries.isEmpty else { return }
                for delivery in deliveries { group.addTask { await handle(delivery) } }
            }
        }
    }

    private func handle(_ delivery: Delivery) async {
        do {
            switch try await work(delivery.message) {
            case .done:
                Failpoint.beforeAcknowledging(delivery.message).pass()
                reader.acknowledge([delivery])
            case .replace(let messages):
                if await queue.publish(messages).allSatisfy(\.self) {
                    reader.acknowledge([delivery])
                } else {
                    await giveBack(delivery)
                }
            }
        } catch {
            report(delivery.message, error)
            await giveBack(delivery)
        }
    }

    /// Not at once: what failed now would most likely fail again.
    private func giveBack(_ delivery: Delivery) async {
        try? await clock.sleep(for: .seconds(1))
        reader.giveBack([delivery])
    }
}
