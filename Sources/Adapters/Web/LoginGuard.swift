import Synchronization

/// Slows down whoever guesses passwords: so many failures per address and per e-mail, then a pause.
///
/// Each process counts for itself: with N processes a guesser gets N times as many, still few.
final class LoginGuard: Sendable {
    private struct Failures {
        var count: Int
        var since: ContinuousClock.Instant
    }
    private static let mostPerEmail = 10
    /// Many people may stand behind one address: a proxy's, or an office's.
    private static let mostPerAddress = 100
    private static let window: Duration = .seconds(300)
    private static let limit = 50_000

    private let failures = Mutex<[String: Failures]>([:])

    /// How long to wait before the next try; nil: none.
    func wait(_ subjects: [String]) -> Duration? {
        let now = ContinuousClock.now
        return failures.withLock { failures in
            subjects.compactMap { subject -> Duration? in
                guard let known = failures[subject], known.count >= Self.most(subject) else {
                    return nil
                }
                let left = Self.window - known.since.duration(to: now)
                return left > .zero ? left : nil
            }.max()
        }
    }

    private static func most(_ subject: String) -> Int {
        subject.hasPrefix("address ") ? mostPerAddress : mostPerEmail
    }

    /// Counts a failure.
    func noteFailure(_ subjects: [String]) {
        let now = ContinuousClock.now
        failures.withLock { failures in
            if failures.count >= Self.limit {
                failures = failures.filter { $0.value.since.duration(to: now) < Self.window }
            }
            for subject in subjects {
                if let known = failures[subject], known.since.duration(to: now) < Self.window {
                    failures[subject]?.count += 1
                } else {
                    failures[subject] = Failures(count: 1, since: now)
                }
            }
        }
    }

    /// Forgets the failures of somebody who has proved to be right.
    func forget(_ subject: String) { failures.withLock { $0[subject] = nil } }
}
