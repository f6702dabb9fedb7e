import Desk
import Secrets
import Trading

/// The tries of one request to prove a password or code, counted before any of it is looked at.
struct LoginGuesses: Sendable {
    private let logins: any LoginStore
    private let typed: String
    private let address: String
    private let email: LoginSubject
    private let subjects: [LoginSubject]
    /// The pauses that begin unless the try turns out to be right.
    private var locks: [LoginLock] = []

    private static let freePerEmail = 10
    /// Many people may stand behind one address: a proxy's, or an office's.
    private static let freePerAddress = 100

    init(_ logins: any LoginStore, address: String, email: String) {
        self.logins = logins
        self.address = address
        typed = email
        let subject = { (kind: LoginSubject.Kind, words: String, freeTries: Int) in
            LoginSubject(kind, hash: Tokens.sha256(Array(words.utf8)), freeTries: freeTries)
        }
        self.email = subject(.name, "email " + email.lowercased(), Self.freePerEmail)
        subjects = [self.email, subject(.address, "address " + address, Self.freePerAddress)]
    }

    /// Takes a try, or refuses it for as long as the pause lasts.
    mutating func take() async throws {
        let taken = try await logins.takeTry(subjects)
        guard let wait = taken.wait else {
            locks = taken.locks
            return
        }
        throw Problem(
            429,
            "too_many_logins",
            "Too many failed logins; wait before the next.",
            headers: [("Retry-After", "\(wait.components.seconds + 1)")]
        )
    }

    /// It was wrong: the audit log says so, with the name, the address, and never what was typed beside.
    ///
    /// `user`: whose name it is; `isLoggedIn`: who thereby is known to act.
    func fail(_ cause: FailedLogin.Cause, of user: UserID?, isLoggedIn: Bool = false) async throws {
        try await logins.note(
            FailedLogin(
                cause,
                name: FailedLogin.name(typed, isKnown: user != nil),
                user: user,
                actor: Actor(user: isLoggedIn ? user : nil, address: address),
                locks: locks
            )
        )
    }

    /// It was no guess: whoever asked is to ask again with more.
    func giveBack() async throws { try await logins.giveBackTry(subjects, forgiven: nil) }

    /// Everything was right: the failures of this e-mail address are forgotten.
    func forgive() async throws { try await logins.giveBackTry(subjects, forgiven: email) }
}
