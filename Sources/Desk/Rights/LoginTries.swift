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
    /// What is counted; the word appears in the audit log.
    package enum Kind: String, Sendable {
        case name
        case address
    }

    package let kind: Kind
    /// SHA-256 of what it is.
    package let hash: [UInt8]
    /// Failures before the first pause.
    package let freeTries: Int

    package init(_ kind: Kind = .name, hash: [UInt8], freeTries: Int) {
        self.kind = kind
        self.hash = hash
        self.freeTries = freeTries
    }
}

/// What became of asking for a try.
package struct TakenTry: Sendable, Equatable {
    /// How long to wait, and nothing was taken; nil: it was.
    package let wait: Duration?
    /// Who must pause from now on, should this try turn out to be wrong.
    package let locks: [LoginLock]

    package init(wait: Duration? = nil, locks: [LoginLock] = []) {
        self.wait = wait
        self.locks = locks
    }
}

/// A pause after too many failures.
package struct LoginLock: Sendable, Equatable {
    package let kind: LoginSubject.Kind
    package let failures: Int
    package let pause: Duration

    package init(_ kind: LoginSubject.Kind, failures: Int, pause: Duration) {
        self.kind = kind
        self.failures = failures
        self.pause = pause
    }

    /// What a try that was just taken leads to; nil where the next one needs not wait.
    package init?(_ subject: LoginSubject, _ tries: LoginTries, at now: Timestamp) {
        guard let pause = tries.wait(at: now) else { return nil }
        self.init(subject.kind, failures: tries.failures, pause: pause)
    }
}

/// A wrong password or code, for the audit log.
package struct FailedLogin: Sendable, Equatable {
    /// What was wrong; the word is stable and appears in the log.
    package enum Cause: String, Sendable {
        /// The login name or the password: which, nobody is told.
        case login = "wrong_login"
        /// The password of somebody who is logged in.
        case password = "wrong_password"
        case code = "wrong_code"
    }

    package let cause: Cause
    /// The login name, where what was typed is one: never what may be a password.
    package let name: String?
    /// Whose name it is, where it is somebody's.
    package let user: UserID?
    /// Nobody where nobody is logged in; with the address that it came from.
    package let actor: Actor
    /// The pauses that it has led to.
    package let locks: [LoginLock]

    package init(
        _ cause: Cause,
        name: String?,
        user: UserID?,
        actor: Actor,
        locks: [LoginLock] = []
    ) {
        self.cause = cause
        self.name = name
        self.user = user
        self.actor = actor
        self.locks = locks
    }

    /// What was typed as a name, if it can be one: in its place people type passwords, too.
    ///
    /// The audit log keeps its rows for years, so what nobody is known by must look like an address.
    package static func name(_ typed: String, isKnown: Bool) -> String? {
        guard !isKnown else { return typed }
        let parts = typed.split(separator: "@", omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[0].isEmpty, parts[1].contains("."),
            typed.unicodeScalars.allSatisfy({ isOfAddress($0) })
        else { return nil }
        let labels = parts[1].split(separator: ".", omittingEmptySubsequences: false)
        return labels.allSatisfy({ !$0.isEmpty }) ? typed : nil
    }

    private static func isOfAddress(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "a"..."z", "A"..."Z", "0"..."9", ".", "-", "_", "+", "@": true
        default: false
        }
    }
}
