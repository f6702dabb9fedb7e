package import Desk
import Synchronization
package import Trading

/// The board in memory: remembers who was rung for, and rings those who watch.
package final class MemoryBoard: ProgressBoard {
    private struct State {
        var rung: [TaskID] = []
        var watchers: [TaskID: [AsyncStream<Void>.Continuation]] = [:]
        var copies: [TaskID: (bytes: [UInt8], at: Timestamp)] = [:]
    }
    private let state = Mutex(State())
    private let clock: any WallClock

    package init(clock: any WallClock) { self.clock = clock }

    /// Every task that was rung for, in order.
    package var rung: [TaskID] { state.withLock { $0.rung } }

    package func ring(_ tasks: [TaskID]) async {
        let watchers = state.withLock { state in
            state.rung += tasks
            return tasks.flatMap { state.watchers[$0] ?? [] }
        }
        for watcher in watchers { watcher.yield() }
    }

    package func bells(_ task: TaskID) -> AsyncStream<Void> {
        AsyncStream(bufferingPolicy: .bufferingNewest(1)) { continuation in
            state.withLock { $0.watchers[task, default: []].append(continuation) }
        }
    }

    package func progress(_ task: TaskID, maximumAge: Duration) async -> [UInt8]? {
        state.withLock { state in
            state.copies[task].flatMap { copy in
                copy.at.duration(to: clock.now()) <= maximumAge ? copy.bytes : nil
            }
        }
    }

    package func keep(_ progress: [UInt8], of task: TaskID) async {
        state.withLock { $0.copies[task] = (progress, clock.now()) }
    }
}
