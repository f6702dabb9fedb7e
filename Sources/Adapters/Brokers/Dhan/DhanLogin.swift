package import BrokerKit
package import Desk
import HTTPClient
import JSON
import Trading

/// The consent of an API key's holder, and its token id exchanged for a session; or PIN and a code of
/// the authenticator, which need no API key (dhan.md §1).
///
/// The page takes no state and gives none back: the session itself says whose it is. Apps of an
/// account's holder and those of a partner go the same way under other names.
package struct DhanLogin: BrokerLogin {
    package let way = LoginWay.page(returnsState: false, takesPIN: true)
    private let calls: BrokerCalls
    private let app: LoginApp
    private let names: Names

    /// What the two kinds of app call the steps.
    private struct Names {
        let generate: String
        let consent: String
        let page: String
        let consume: String
        let key: String
        let secret: String

        static let holder = Names(
            generate: "/app/generate-consent",
            consent: "consentAppId",
            page: "/login/consentApp-login",
            consume: "/app/consumeApp-consent",
            key: "app_id",
            secret: "app_secret"
        )
        static let partner = Names(
            generate: "/partner/generate-consent",
            consent: "consentId",
            page: "/consent-login",
            consume: "/partner/consume-consent",
            key: "partner_id",
            secret: "partner_secret"
        )
    }

    /// `calls` go to the login host, such as `https://auth.dhan.co`.
    package init(calls: BrokerCalls, app: LoginApp) {
        self.calls = calls
        self.app = app
        names = app.isPartner ? .partner : .holder
    }

    /// Asks for a consent, of which Dhan gives 25 a day; where the page leads to is told with the key.
    package func link(state: String, for brokerClientID: String) async throws(LoginFailure)
        -> String
    {
        _ = try app.needReturnURL()
        // A partner's consent is for whoever logs in; the session tells who that was.
        let query = app.isPartner ? "" : "?" + FormBody([("client_id", brokerClientID)]).text
        let value = try await send("POST", names.generate + query, body: [])
        guard let consent = value.text(names.consent) else {
            throw .unanswered("an answer without a consent")
        }
        return calls.base + names.page + "?" + FormBody([(names.consent, consent)]).text
    }

    package func session(from proof: LoginProof) async throws(LoginFailure) -> NewSession {
        if case .pin(let pin, let code, let client) = proof {
            return try await session(ofClient: client, pin: pin, code: code)
        }
        guard let id = proof.brought("tokenId") else { throw .notGranted }
        // As the official SDK asks; the documents show POST in one place.
        let value = try await send(
            "GET",
            names.consume + "?" + FormBody([("tokenId", id)]).text,
            hiding: id
        )
        return try NewSession(dhan: value)
    }

    /// All three stand in the query, which therefore stands nowhere else: no error or log has it.
    private func session(ofClient client: String, pin: Secret, code: Secret)
        async throws(LoginFailure) -> NewSession
    {
        let (pin, code) = (pin.reveal(), code.reveal())
        let query = FormBody([("dhanClientId", client), ("pin", pin), ("totp", code)]).text
        let value = try await send(
            LoginCalls(calls, secrets: [pin, code]),
            "POST",
            "/app/generateAccessToken?" + query,
            body: []
        )
        return try NewSession(dhan: value)
    }

    private func send(
        _ method: String,
        _ path: String,
        body: [UInt8]? = nil,
        hiding id: String = ""
    ) async throws(LoginFailure) -> JSONValue {
        let key = try app.needKey()
        let secret = try app.needSecret()
        return try await send(
            LoginCalls(calls, secrets: [key, secret, id]),
            method,
            path,
            headers: [(names.key, key), (names.secret, secret)],
            body: body
        )
    }

    private func send(
        _ login: LoginCalls,
        _ method: String,
        _ path: String,
        headers: [(name: String, value: String)] = [],
        body: [UInt8]?
    ) async throws(LoginFailure) -> JSONValue {
        let reply = try await login.send(
            method,
            path,
            headers: headers + [("Accept", "application/json")],
            body: body
        )
        do throws(BrokerFailure) {
            return try DhanErrors.tokenAnswer(reply)
        } catch {
            throw login.failure(error)
        }
    }
}

extension NewSession {
    /// The token object with which every way to a token ends.
    fileprivate init(dhan value: JSONValue) throws(LoginFailure) {
        guard let token = value.text("accessToken"), let owner = value.text("dhanClientId") else {
            throw .unanswered("an answer without a token and a client")
        }
        self.init(
            token: Secret(token),
            owners: [owner],
            ends: value.text("expiryTime").flatMap(IndianTimeText.parse)
        )
    }
}
