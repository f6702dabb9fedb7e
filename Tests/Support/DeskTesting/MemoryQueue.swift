package import Desk
import Synchronization

/// The queues in memory: at least once, unacknowledged messages come again; can refuse.
package final class MemoryQueue: OrderQueue {
    fileprivate struct State {
        var published: [QueueMessage] = []
        var waiting: [(message: QueueMessage, isRepeated: Bool)] = []
        var backlog: Int? = 0
        var refuses: (@Sendable (QueueMessage) -> Bool)?
        var readers: [CheckedContinuation<Void, Never>] = []
    }
    fileprivate let state = Mutex(State())

    package init() {}

    package func publish(_ messages: [QueueMessage]) async -> [Bool] {
        let (held, readers) = state.withLock { state in
            let held = messages.map { state.refuses?($0) != true }
            for (message, isHeld) in zip(messages, held) where isHeld {
                state.published.append(message)
                state.waiting.append((message, false))
            }
            defer { state.readers = [] }
            return (held, state.readers)
        }
        for reader in readers { reader.resume() }
        return held
    }

    /// Everything that the queue ever took, in order.
    package var published: [QueueMessage] { state.withLock { $0.published } }

    /// What waits to be delivered.
    package var waiting: [QueueMessage] { state.withLock { $0.waiting.map(\.message) } }

    /// Refuses what the closure says from now on; nil: nothing.
    package func refuse(_ refuses: (@Sendable (QueueMessage) -> Bool)?) {
        state.withLock { $0.refuses = refuses }
    }
}

/// Reads all messages of a queue in memory.
package final class MemoryReader: QueueReader {
    private struct State {
        var lastTag = 0
        var handedOut: [Int: QueueMessage] = [:]
        var acknowledged: [QueueMessage] = []
        var givenBack: [QueueMessage] = []
        var isStopped = false
    }
    private let queue: MemoryQueue
    private let state = Mutex(State())

    package init(_ queue: MemoryQueue) { self.queue = queue }

    package func next(atMost: Int) async throws -> [Delivery] {
        while true {
            if state.withLock({ $0.isStopped }) { return [] }
            let taken = queue.take(atMost)
            // What came after the stop stays in the queue.
            if state.withLock({ $0.isStopped }) {
                queue.putBack(taken.map(\.0))
                return []
            }
            if !taken.isEmpty {
                return state.withLock { state in
                    taken.map { message, isRepeated in
                        state.lastTag += 1
                        state.handedOut[state.lastTag] = message
                        return Delivery(
                            message: message,
                            tag: state.lastTag,
                            isRepeated: isRepeated
                        )
                    }
                }
            }
            await queue.waitForMore { self.state.withLock { $0.isStopped } }
        }
    }

    package func acknowledge(_ deliveries: [Delivery]) {
        state.withLock { state in
            for delivery in deliveries {
                guard let message = state.handedOut.removeValue(forKey: delivery.tag) else {
                    preconditionFailure("a delivery was settled twice")
                }
                state.acknowledged.append(message)
            }
        }
    }

    package func giveBack(_ deliveries: [Delivery]) {
        let messages = state.withLock { state in
            deliveries.map { delivery -> QueueMessage in
                guard let message = state.handedOut.removeValue(forKey: delivery.tag) else {
                    preconditionFailure("a delivery was settled twice")
                }
                state.givenBack.append(message)
                return message
            }
        }
        queue.putBack(messages)
    }

    package func stop() async {
        state.withLock { $0.isStopped = true }
        queue.putBack([])
    }

    /// What was handed out and is neither acknowledged nor given back.
    package var unsettled: Int { state.withLock { $0.handedOut.count } }
    /// What was acknowledged, in order.
    package var acknowledged: [QueueMessage] { state.withLock { $0.acknowledged } }
    /// What was given back, in order.
    package var givenBack: [QueueMessage] { state.withLock { $0.givenBack } }
}

extension MemoryQueue {
    fileprivate func take(_ count: Int) -> [(QueueMessage, Bool)] {
        state.withLock { state in
            let taken = state.waiting.prefix(count).map { ($0.message, $0.isRepeated) }
            state.waiting.removeFirst(taken.count)
            return taken
        }
    }

    fileprivate func putBack(_ messages: [QueueMessage]) {
        let readers = state.withLock { state in
            state.waiting.insert(contentsOf: messages.map { ($0, true) }, at: 0)
            defer { state.readers = [] }
            return state.readers
        }
        for reader in readers { reader.resume() }
    }

    fileprivate func waitForMore(_ isStopped: () -> Bool) async {
        await withCheckedContinuation { continuation in
            let isOver = state.withLock { state in
                guard state.waiting.isEmpty, !isStopped() else { return true }
                state.readers.append(continuation)
                return false
            }
            if isOver { continuation.resume() }
        }
    }
}

extension MemoryQueue: QueueBacklog {
    /// Nothing, as of a queue whose readers have taken all; what they hold is not counted.
    package func waiting(_ work: QueuedWork) async -> Int? {
        state.withLock { $0.backlog }
    }

    /// What the queue says from now on of how much lies in it.
    package func pretendBacklog(_ count: Int?) {
        state.withLock { $0.backlog = count }
    }
}
