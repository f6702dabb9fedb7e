package import Trading

/// How often somebody has guessed a password wrongly, and how long the next guess must wait.
///
/// After so many failures each further one doubles the pause: 30 s, 1 min, 2 min, up to an hour. A
/// day without any is forgiven.
package struct LoginTries: Sendable, Equatable {
    package private(set) var failures: Int
    package private(set) var lastAt: Timestamp
    package private(set) var blockedUntil: Timestamp?

    private static let shortest: Duration = .seconds(30)
    private static let longest: Duration = .seconds(3_600)
    private static let forgiveness: Duration = .seconds(86_400)

    package init(failures: Int = 0, lastAt: Timestamp, blockedUntil: Timestamp? = nil) {
        self.failures = failures
        self.lastAt = lastAt
        self.blockedUntil = blockedUntil
    }

    /// How long to wait before the next try; nil: no longer.
    package func wait(at now: Timestamp) -> Duration? {
        guard let blockedUntil, blockedUntil > now else { return nil }
        return now.duration(to: blockedUntil)
    }

    /// Counts a try as failed before it is known to be, so that many at once are counted too; whoever
    /// was right gives it back.
    package mutating func take(at now: Timestamp, freeTries: Int) {
        if lastAt.duration(to: now) >= Self.forgiveness { failures = 0 }
        failures += 1
        lastAt = now
        let doublings = failures - freeTries
        guard doublings >= 0 else {
            blockedUntil = nil
            return
        }
        let pause = doublings >= 7 ? Self.longest : Self.shortest * (1 << doublings)
        blockedUntil = now.advanced(by: min(pause, Self.longest))
    }

    /// One who was right had taken a try that was no failure.
    package mutating func giveBack() {
        failures = max(0, failures - 1)
        blockedUntil = nil
    }
}

/// Somebody whose tries are counted: an e-mail address that is tried, or an address that tries.
package struct LoginSubject: Sendable, Hashable {
    /// SHA-256 of what it is.
    package let hash: [UInt8]
    /// Failures before the first pause.
    package let freeTries: Int

    package init(hash: [UInt8], freeTries: Int) {
        self.hash = hash
        self.freeTries = freeTries
    }
}
