import Synchronization

/// When to try next after failures in a row: twice as long each time, never twice the same.
final class Backoff: Sendable {
    private struct State {
        var failures = 0
        var next: ContinuousClock.Instant?
    }

    private static let shortest = Duration.milliseconds(50)
    private static let longest = Duration.seconds(2)
    private let state = Mutex(State())

    /// How long to wait before the next attempt.
    var delay: Duration {
        guard let next = state.withLock({ $0.next }) else { return .zero }
        return max(.zero, next - .now)
    }

    /// Notes an attempt that worked: who waits may go on at once.
    func succeeded() { state.withLock { $0 = State() } }

    /// Notes an attempt that failed.
    ///
    /// The delay is drawn between half and all of its bound, so that processes that lost the
    /// server at one moment do not come back at one moment.
    func failed() {
        state.withLock { state in
            let bound = min(Self.longest, Self.shortest * (1 << min(state.failures, 10)))
            let percent = Int.random(in: 50...100)
            state.failures += 1
            state.next = .now + bound * percent / 100
        }
    }
}
