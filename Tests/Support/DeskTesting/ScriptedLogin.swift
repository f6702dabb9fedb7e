package import Desk
import Synchronization

/// A broker's login that answers what a test tells it to, and remembers what it was given.
package final class ScriptedLogin: BrokerLogin {
    package let way: LoginWay
    package let requests: (any LoginRequests)?
    private let answers: Mutex<[Result<NewSession, LoginFailure>]>
    private let proofs = Mutex<[LoginProof]>([])
    private let refusal: LoginFailure?
    private let takesOwnApps: Bool
    private let apps = Mutex<[String]>([])

    /// Answers in this order, then refuses; gives no link where `refusal` is set, but by own apps.
    package init(
        _ way: LoginWay,
        _ answers: [Result<NewSession, LoginFailure>] = [],
        refusing refusal: LoginFailure? = nil,
        requests: (any LoginRequests)? = nil,
        takesOwnApps: Bool = false
    ) {
        self.requests = requests
        self.takesOwnApps = takesOwnApps
        self.way = way
        self.answers = Mutex(answers)
        self.refusal = refusal
    }

    /// Everything that sessions were asked for with.
    package var asked: [LoginProof] { proofs.withLock { $0 } }

    /// The own apps by which links were made and sessions asked for, by key and secret.
    package var usedApps: [String] { apps.withLock { $0 } }

    /// Has this answer ready for the next login.
    package func add(_ answer: Result<NewSession, LoginFailure>) {
        answers.withLock { $0.append(answer) }
    }

    package func link(state: String, for brokerClientID: String) async throws(LoginFailure)
        -> String
    {
        if let refusal { throw refusal }
        guard way != .code else { throw .wrongWay }
        return "https://broker.example/login?who=" + brokerClientID + "&state=" + state
    }

    package func session(from proof: LoginProof) async throws(LoginFailure) -> NewSession {
        proofs.withLock { $0.append(proof) }
        let answer = answers.withLock { $0.isEmpty ? nil : $0.removeFirst() }
        guard let answer else { throw .refused(words: "no more") }
        return try answer.get()
    }
}

extension ScriptedLogin: OwnAppLogins {
    package var ownApps: (any OwnAppLogins)? { takesOwnApps ? self : nil }

    package func places() throws(LoginFailure) -> LoginPlaces {
        guard way != .code else { return LoginPlaces() }
        return LoginPlaces(
            redirect: "https://volley.example/callback",
            notifier: try requests?.notifier()
        )
    }

    package func login(by app: LoginOwnApp) -> any BrokerLogin { ByOwnApp(usual: self, app: app) }

    /// The same answers, by a client's own app.
    private struct ByOwnApp: BrokerLogin {
        let usual: ScriptedLogin
        let app: LoginOwnApp

        var way: LoginWay { usual.way }

        func link(state: String, for brokerClientID: String) async throws(LoginFailure) -> String {
            note()
            return "https://broker.example/login?app=\(app.key)&state=" + state
        }

        func session(from proof: LoginProof) async throws(LoginFailure) -> NewSession {
            note()
            return try await usual.session(from: proof)
        }

        private func note() {
            usual.apps.withLock { $0.append("\(app.key) \(app.secret.reveal())") }
        }
    }
}
