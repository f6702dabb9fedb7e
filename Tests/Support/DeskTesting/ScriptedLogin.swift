package import Desk
import Synchronization

/// A broker's login that answers what a test tells it to, and remembers what it was given.
package final class ScriptedLogin: BrokerLogin {
    package let way: LoginWay
    package let requests: (any LoginRequests)?
    private let answers: Mutex<[Result<NewSession, LoginFailure>]>
    private let proofs = Mutex<[LoginProof]>([])
    private let refusal: LoginFailure?

    /// Answers in this order, then refuses; gives no link where `refusal` is set.
    package init(
        _ way: LoginWay,
        _ answers: [Result<NewSession, LoginFailure>] = [],
        refusing refusal: LoginFailure? = nil,
        requests: (any LoginRequests)? = nil
    ) {
        self.requests = requests
        self.way = way
        self.answers = Mutex(answers)
        self.refusal = refusal
    }

    /// Everything that sessions were asked for with.
    package var asked: [LoginProof] { proofs.withLock { $0 } }

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
