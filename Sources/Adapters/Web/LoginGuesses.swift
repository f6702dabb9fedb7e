import Desk
import Secrets

/// The tries of one request to prove a password or code, counted before any of it is looked at.
struct LoginGuesses: Sendable {
    private let logins: any LoginStore
    private let email: LoginSubject
    private let subjects: [LoginSubject]

    private static let freePerEmail = 10
    /// Many people may stand behind one address: a proxy's, or an office's.
    private static let freePerAddress = 100

    init(_ logins: any LoginStore, address: String, email: String) {
        self.logins = logins
        let subject = { (words: String, freeTries: Int) in
            LoginSubject(hash: Tokens.sha256(Array(words.utf8)), freeTries: freeTries)
        }
        self.email = subject("email " + email.lowercased(), Self.freePerEmail)
        subjects = [self.email, subject("address " + address, Self.freePerAddress)]
    }

    /// Takes a try, or refuses it for as long as the pause lasts.
    func take() async throws {
        guard let wait = try await logins.takeTry(subjects) else { return }
        throw Problem(
            429,
            "too_many_logins",
            "Too many failed logins; wait before the next.",
            headers: [("Retry-After", "\(wait.components.seconds + 1)")]
        )
    }

    /// It was no guess: whoever asked is to ask again with more.
    func giveBack() async throws { try await logins.giveBackTry(subjects, forgiven: nil) }

    /// Everything was right: the failures of this e-mail address are forgotten.
    func forgive() async throws { try await logins.giveBackTry(subjects, forgiven: email) }
}
