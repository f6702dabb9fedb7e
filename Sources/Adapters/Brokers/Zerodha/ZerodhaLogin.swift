package import BrokerKit
package import Desk
import JSON
import Secrets

/// The login page, and its request token exchanged for a session (kite.md §1).
package struct ZerodhaLogin: BrokerLogin {
    package let way = LoginWay.page(returnsState: true)
    private let calls: BrokerCalls
    private let pages: String
    private let app: LoginApp

    /// `pages`: where the login page is, such as `https://kite.zerodha.com`.
    package init(calls: BrokerCalls, pages: String, app: LoginApp) {
        self.calls = calls
        self.pages = pages
        self.app = app
    }

    /// The page gives `redirect_params` back as they are; where to is told in Kite's own console.
    package func link(state: String, for brokerClientID: String) async throws(LoginFailure)
        -> String
    {
        let query = FormBody([
            ("v", "3"), ("api_key", try app.needKey()),
            ("redirect_params", FormBody([("state", state)]).text),
        ])
        // Whoever logs in should be able to come back and get a session.
        _ = try app.needSecret()
        _ = try app.needReturnURL()
        return pages + "/connect/login?" + query.text
    }

    package func session(from proof: LoginProof) async throws(LoginFailure) -> NewSession {
        let key = try app.needKey()
        let secret = try app.needSecret()
        guard let token = proof.brought("request_token"), proof.brought("status") == "success"
        else { throw .notGranted }
        let login = LoginCalls(calls, secrets: [key, secret, token])
        let checksum = Hexadecimal.text(Tokens.sha256(Array((key + token + secret).utf8)))
        let reply = try await login.send(
            "POST",
            "/session/token",
            headers: [
                ("X-Kite-Version", "3"), ("Content-Type", "application/x-www-form-urlencoded"),
                ("Accept", "application/json"),
            ],
            body: FormBody([("api_key", key), ("request_token", token), ("checksum", checksum)])
                .bytes
        )
        let data: JSONValue
        do throws(BrokerFailure) {
            data = try ZerodhaErrors.data(of: reply)
        } catch {
            throw login.failure(error)
        }
        guard let access = data.text("access_token"), let owner = data.text("user_id") else {
            throw .unanswered("an answer without a token and a user")
        }
        // When it ends is not said: at six in the morning, as is declared.
        return NewSession(token: Secret(key + ":" + access), owners: [owner], ends: nil)
    }
}

extension ZerodhaLogin: OwnAppLogins {
    package var ownApps: (any OwnAppLogins)? { self }

    package func login(by own: LoginOwnApp) -> any BrokerLogin {
        ZerodhaLogin(calls: calls, pages: pages, app: app.replaced(by: own))
    }

    package func places() throws(LoginFailure) -> LoginPlaces {
        LoginPlaces(redirect: try app.needReturnURL())
    }
}
