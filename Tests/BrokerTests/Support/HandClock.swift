import Desk
import Synchronization
import Trading

/// A clock that only a test moves.
final class HandClock: WallClock {
    private let time: Atomic<Int64>

    /// Stands at 10:00 on Friday 2026-11-20 in India.
    init(microseconds: Int64 = 1_795_149_000_000_000) { time = Atomic(microseconds) }

    var microseconds: Int64 { time.load(ordering: .relaxed) }

    func now() -> Timestamp { Timestamp(microseconds: microseconds) }

    func advance(seconds: Int64) { time.add(seconds * 1_000_000, ordering: .relaxed) }

    /// Takes no time, but moves the clock.
    func sleep(for duration: Duration) async throws {
        try Task.checkCancellation()
        time.add(duration.components.seconds * 1_000_000, ordering: .relaxed)
    }
}
