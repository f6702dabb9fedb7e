package import Desk
import Synchronization
package import Trading

/// A broker's own app that asks whom a test tells it to; its messages are key, number and token.
package final class ScriptedRequests: LoginRequests {
    /// What was asked and told.
    package struct State: Sendable {
        package var asked: [LoginOwnApp] = []
        /// Thrown by the next request.
        package var refusal: LoginFailure?
        /// Whose a token is; others are no good.
        package var owners: [String: String] = [:]
        /// Thrown by every look at a token while it is set.
        package var failure: LoginFailure?
        package var looks = 0
    }

    package static let notifier = "https://volley.example/broker-logins/upstox/notify"
    private let state = Mutex(State())

    package init() {}

    package var now: State { state.withLock { $0 } }

    package func set(_ change: (inout State) -> Void) {
        var changed = now
        change(&changed)
        let new = changed
        state.withLock { $0 = new }
    }

    package func usualApp() throws(LoginFailure) -> LoginOwnApp {
        LoginOwnApp(key: "usual", secret: Secret("usual-secret"))
    }

    package func notifier() throws(LoginFailure) -> String { Self.notifier }

    package func ask(_ app: LoginOwnApp) async throws(LoginFailure) -> Timestamp? {
        let refusal = state.withLock { state in
            state.asked.append(app)
            defer { state.refusal = nil }
            return state.refusal
        }
        if let refusal { throw refusal }
        return nil
    }

    package func grant(in message: [UInt8]) -> LoginGrant? {
        let words = String(decoding: message, as: UTF8.self).split(separator: " ").map(String.init)
        guard words.count == 3 else { return nil }
        return LoginGrant(appKey: words[0], brokerClientID: words[1], token: Secret(words[2]))
    }

    package func session(of grant: LoginGrant) async throws(LoginFailure) -> NewSession {
        let (owner, failure) = state.withLock { state in
            state.looks += 1
            return (state.owners[grant.token.reveal()], state.failure)
        }
        if let failure { throw failure }
        guard let owner else { throw .refused(words: "Invalid token") }
        return NewSession(token: grant.token, owners: [owner], ends: nil)
    }
}
