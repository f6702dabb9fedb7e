package import BrokerKit
package import Desk
import JSON

/// The login page, and its code exchanged for a session (upstox.md §1).
package struct UpstoxLogin: BrokerLogin {
    package let way = LoginWay.page(returnsState: true)
    let calls: BrokerCalls
    private let pages: String
    let app: LoginApp

    /// `pages`: where the login page is, such as `https://api.upstox.com`.
    package init(calls: BrokerCalls, pages: String, app: LoginApp) {
        self.calls = calls
        self.pages = pages
        self.app = app
    }

    package func link(state: String, for brokerClientID: String) async throws(LoginFailure)
        -> String
    {
        let query = FormBody([
            ("response_type", "code"), ("client_id", try app.needKey()),
            ("redirect_uri", try app.needReturnURL()), ("state", state),
        ])
        // Whoever logs in should be able to come back and get a session.
        _ = try app.needSecret()
        return pages + "/v2/login/authorization/dialog?" + query.text
    }

    package func session(from proof: LoginProof) async throws(LoginFailure) -> NewSession {
        let key = try app.needKey()
        let secret = try app.needSecret()
        let target = try app.needReturnURL()
        guard let code = proof.brought("code") else { throw .notGranted }
        let login = LoginCalls(calls, secrets: [key, secret, code])
        let reply = try await login.send(
            "POST",
            "/v2/login/authorization/token",
            headers: [
                ("Content-Type", "application/x-www-form-urlencoded"),
                ("Accept", "application/json"),
            ],
            body: FormBody([
                ("code", code), ("client_id", key), ("client_secret", secret),
                ("redirect_uri", target), ("grant_type", "authorization_code"),
            ]).bytes
        )
        let value: JSONValue
        do throws(BrokerFailure) {
            value = try UpstoxErrors.token(of: reply)
        } catch {
            throw login.failure(error)
        }
        guard let token = value.text("access_token"), let owner = value.text("user_id") else {
            throw .unanswered("an answer without a token and a user")
        }
        // When it ends is not said: at half past three in the night, as is declared.
        return NewSession(token: Secret(token), owners: [owner], ends: nil)
    }
}

extension UpstoxLogin: OwnAppLogins {
    package var ownApps: (any OwnAppLogins)? { self }

    package func login(by own: LoginOwnApp) -> any BrokerLogin {
        UpstoxLogin(calls: calls, pages: pages, app: app.replaced(by: own))
    }

    package func places() throws(LoginFailure) -> LoginPlaces {
        LoginPlaces(redirect: try app.needReturnURL(), notifier: try app.needNoticeURL())
    }
}
