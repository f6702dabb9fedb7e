package import BrokerKit
package import Desk
import HTTPClient
import JSON
import Trading

/// The consent of an API key's holder, and its token id exchanged for a session (dhan.md §1).
///
/// The page takes no state and gives none back: the session itself says whose it is.
package struct DhanLogin: BrokerLogin {
    package let way = LoginWay.page(returnsState: false)
    private let calls: BrokerCalls
    private let app: LoginApp

    /// `calls` go to the login host, such as `https://auth.dhan.co`.
    package init(calls: BrokerCalls, app: LoginApp) {
        self.calls = calls
        self.app = app
    }

    /// Asks for a consent, of which Dhan gives 25 a day; where the page leads to is told with the key.
    package func link(state: String, for brokerClientID: String) async throws(LoginFailure)
        -> String
    {
        _ = try app.needReturnURL()
        let query = FormBody([("client_id", brokerClientID)])
        let value = try await send("POST", "/app/generate-consent?" + query.text, body: [])
        guard let consent = value.text("consentAppId") else {
            throw .unanswered("an answer without a consent")
        }
        let page = FormBody([("consentAppId", consent)])
        return calls.base + "/login/consentApp-login?" + page.text
    }

    package func session(from proof: LoginProof) async throws(LoginFailure) -> NewSession {
        guard let id = proof.brought("tokenId") else { throw .notGranted }
        // As the official SDK asks; the documents show POST in one place.
        let value = try await send(
            "GET",
            "/app/consumeApp-consent?" + FormBody([("tokenId", id)]).text,
            hiding: id
        )
        guard let token = value.text("accessToken"), let owner = value.text("dhanClientId") else {
            throw .unanswered("an answer without a token and a client")
        }
        return NewSession(
            token: Secret(token),
            owners: [owner],
            ends: value.text("expiryTime").flatMap(IndianTimeText.parse)
        )
    }

    private func send(
        _ method: String,
        _ path: String,
        body: [UInt8]? = nil,
        hiding id: String = ""
    ) async throws(LoginFailure) -> JSONValue {
        let key = try app.needKey()
        let secret = try app.needSecret()
        let login = LoginCalls(calls, secrets: [key, secret, id])
        let reply = try await login.send(
            method,
            path,
            headers: [("app_id", key), ("app_secret", secret), ("Accept", "application/json")],
            body: body
        )
        do throws(BrokerFailure) {
            return try DhanErrors.value(of: reply)
        } catch {
            throw login.failure(error)
        }
    }
}
