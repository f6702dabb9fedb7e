import Desk
import Synchronization
package import Trading

/// A clock that stands still until a test moves it, and wakes whoever sleeps till then.
///
/// With `skipsSleeps` every sleep moves the clock itself and ends at once.
package final class ManualClock: WallClock {
    private typealias Waking = CheckedContinuation<Void, any Error>
    private struct State {
        var now: Timestamp
        var sleepers: [Int: (wakeAt: Timestamp, waking: Waking)] = [:]
        var cancelled: Set<Int> = []
        var slept: [Duration] = []
        var lastKey = 0
        var watchers: [(count: Int, continuation: CheckedContinuation<Void, Never>)] = []
    }

    private let state: Mutex<State>
    private let skipsSleeps: Bool

    /// A Monday on which the exchange trades, 10:00 in India.
    package static let morning = Timestamp(microseconds: 1_795_408_200_000_000)

    package init(_ now: Timestamp = ManualClock.morning, skipsSleeps: Bool = false) {
        state = Mutex(State(now: now))
        self.skipsSleeps = skipsSleeps
    }

    package func now() -> Timestamp { state.withLock { $0.now } }

    /// Every duration that was slept for, in the order in which the sleeps began.
    package var slept: [Duration] { state.withLock { $0.slept } }

    /// How many sleep now.
    package var sleeperCount: Int { state.withLock { $0.sleepers.count } }

    package func sleep(for duration: Duration) async throws {
        try Task.checkCancellation()
        let key = state.withLock { state in
            state.slept.append(duration)
            state.lastKey += 1
            return state.lastKey
        }
        guard !skipsSleeps, duration > .zero else {
            advance(by: max(duration, .zero))
            await Task.yield()
            return
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { waking in
                lieDown(key, for: duration, waking)
            }
        } onCancel: {
            wakeCancelled(key)
        }
    }

    /// Moves the time on, and wakes those whose time has come.
    package func advance(by duration: Duration) {
        let due = state.withLock { state in
            state.now = state.now.advanced(by: duration)
            let now = state.now
            let due = state.sleepers.filter { $0.value.wakeAt <= now }
            for key in due.keys { state.sleepers[key] = nil }
            return due.sorted { $0.value.wakeAt < $1.value.wakeAt }.map(\.value.waking)
        }
        for waking in due { waking.resume() }
    }

    /// Waits until at least so many sleep.
    package func waitForSleepers(_ count: Int) async {
        await withCheckedContinuation { continuation in
            let isThere = state.withLock { state in
                guard state.sleepers.count < count else { return true }
                state.watchers.append((count, continuation))
                return false
            }
            if isThere { continuation.resume() }
        }
    }

    private func lieDown(_ key: Int, for duration: Duration, _ waking: Waking) {
        let (isCancelled, told) = state.withLock { state in
            guard state.cancelled.remove(key) == nil else {
                return (true, [CheckedContinuation<Void, Never>]())
            }
            state.sleepers[key] = (state.now.advanced(by: duration), waking)
            let count = state.sleepers.count
            let told = state.watchers.filter { $0.count <= count }.map(\.continuation)
            state.watchers.removeAll { $0.count <= count }
            return (false, told)
        }
        if isCancelled { waking.resume(throwing: CancellationError()) }
        for watcher in told { watcher.resume() }
    }

    private func wakeCancelled(_ key: Int) {
        let waking = state.withLock { state -> Waking? in
            guard let sleeper = state.sleepers.removeValue(forKey: key) else {
                // Cancelled before it lay down, or awake already.
                state.cancelled.insert(key)
                return nil
            }
            return sleeper.waking
        }
        waking?.resume(throwing: CancellationError())
    }
}
