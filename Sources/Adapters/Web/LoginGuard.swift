import Synchronization

/// Slows down whoever comes back from a broker's page with no login: so many failures per address, then
/// a pause.
///
/// Each process counts for itself: with N processes a guesser gets N times as many, still few.
final class LoginGuard: Sendable {
    private struct Failures {
        var count: Int
        var since: ContinuousClock.Instant
    }
    /// Many people may stand behind one address: a proxy's, or an office's.
    private static let most = 100
    private static let window: Duration = .seconds(300)
    private static let limit = 50_000

    private let failures = Mutex<[String: Failures]>([:])

    /// Whether this address must wait before the next try.
    func mustWait(_ address: String) -> Bool {
        let now = ContinuousClock.now
        return failures.withLock { failures in
            guard let known = failures[address], known.count >= Self.most else { return false }
            return known.since.duration(to: now) < Self.window
        }
    }

    /// Counts a failure.
    func noteFailure(_ address: String) {
        let now = ContinuousClock.now
        failures.withLock { failures in
            if failures.count >= Self.limit {
                failures = failures.filter { $0.value.since.duration(to: now) < Self.window }
            }
            if let known = failures[address], known.since.duration(to: now) < Self.window {
                failures[address]?.count += 1
            } else {
                failures[address] = Failures(count: 1, since: now)
            }
        }
    }
}
