import Desk
import Synchronization
import Trading

/// A clock that only a test moves, or that runs ten times as fast as the day.
final class HandClock: WallClock {
    private let time: Atomic<Int64>
    private let fastSince = Mutex<ContinuousClock.Instant?>(nil)

    /// Stands at 10:00 on Friday 2026-11-20 in India.
    init(microseconds: Int64 = 1_795_149_000_000_000) { time = Atomic(microseconds) }

    var microseconds: Int64 {
        let passed = fastSince.withLock { $0?.duration(to: .now) } ?? .zero
        return time.load(ordering: .relaxed) + Int64(passed / .microseconds(1)) * 10
    }

    func now() -> Timestamp { Timestamp(microseconds: microseconds) }

    func advance(seconds: Int64) { time.add(seconds * 1_000_000, ordering: .relaxed) }

    /// Runs from now on: whoever waits a second has waited ten here, however late a busy machine lets
    /// a test look.
    func runFast() { fastSince.withLock { $0 = .now } }

    /// Takes no time, but moves the clock.
    func sleep(for duration: Duration) async throws {
        try Task.checkCancellation()
        time.add(duration.components.seconds * 1_000_000, ordering: .relaxed)
    }
}
