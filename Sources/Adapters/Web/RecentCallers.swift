import Desk
import Synchronization
import Trading

/// Who called within the last second, so that whoever polls is not looked up for every poll.
///
/// For reads alone: what was revoked elsewhere may go on reading for that second, and do nothing.
final class RecentCallers: Sendable {
    private struct Caller {
        let identity: Identity
        let until: ContinuousClock.Instant
    }

    static let age: Duration = .seconds(1)
    private static let limit = 10_000

    private let callers = Mutex<[String: Caller]>([:])

    /// The caller with these words for a credential, if they were good a moment ago.
    func identity(_ credential: String) -> Identity? {
        callers.withLock { callers in
            guard let caller = callers[credential], caller.until > .now else { return nil }
            return caller.identity
        }
    }

    /// Remembers a credential that was found good; `age` at the most.
    func remember(_ identity: Identity, _ credential: String, for age: Duration) {
        guard age > .zero else { return }
        callers.withLock { callers in
            if callers.count >= Self.limit { callers = [:] }
            callers[credential] = Caller(
                identity: identity,
                until: .now.advanced(by: min(age, Self.age))
            )
        }
    }

    /// Looks everybody up anew, since somebody's rights have changed here.
    func forget() { callers.withLock { $0 = [:] } }
}
