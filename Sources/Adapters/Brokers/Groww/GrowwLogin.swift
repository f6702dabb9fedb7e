package import BrokerKit
package import Desk
import HTTPClient
import JSON
import Secrets
import Trading

/// A session for an API key, by a code of the client's authenticator or by the client's approval of
/// the day (groww.md §1).
///
/// A key is of one client, so it may come with the proof, or be kept as the client's own app.
package struct GrowwLogin: BrokerLogin {
    package let way = LoginWay.code
    private let calls: BrokerCalls
    private let app: LoginApp
    private let clock: any WallClock

    package init(calls: BrokerCalls, app: LoginApp, clock: any WallClock) {
        self.calls = calls
        self.app = app
        self.clock = clock
    }

    package func link(state: String, for brokerClientID: String) async throws(LoginFailure)
        -> String
    {
        throw .wrongWay
    }

    package func session(from proof: LoginProof) async throws(LoginFailure) -> NewSession {
        let (key, secrets, body) = try request(for: proof)
        let login = LoginCalls(calls, secrets: secrets)
        let reply = try await login.send(
            "POST",
            "/token/api/access",
            headers: [
                ("Authorization", "Bearer " + key), ("X-API-VERSION", "1.0"),
                ("Content-Type", "application/json"), ("Accept", "application/json"),
            ],
            body: body
        )
        let value = try Self.value(of: reply, login)
        guard let token = value.text("token") else {
            throw .unanswered("an answer without a token")
        }
        return NewSession(
            token: Secret(token),
            owners: try await owners(of: Secret(token), login),
            ends: value.text("expiry").flatMap(IndianTimeText.parse)
        )
    }

    private func request(for proof: LoginProof) throws(LoginFailure)
        -> (key: String, secrets: [String], body: [UInt8])
    {
        var body = JSONWriter()
        body.beginObject()
        switch proof {
        case .redirect, .pin: throw .wrongWay
        case .code(let code, let own):
            let key = try app.needKey(or: own)
            body.field("key_type", "totp")
            body.field("totp", code.reveal())
            body.endObject()
            return (key, [key, code.reveal()], body.bytes)
        case .approval(let own, let ownSecret):
            let key = try app.needKey(or: own)
            let secret = try app.needSecret(or: ownSecret)
            let seconds = clock.now().microseconds / 1_000_000
            let digest = Tokens.sha256(Array((secret + String(seconds)).utf8))
            body.field("key_type", "approval")
            body.field("checksum", Hexadecimal.text(digest))
            // A number, as the official SDK sends it; the documents show text.
            body.field("timestamp", seconds)
            body.endObject()
            return (key, [key, secret, Hexadecimal.text(digest)], body.bytes)
        }
    }

    /// The one answer without an envelope; its errors have words of their own.
    private static func value(of reply: HTTPResponse, _ login: LoginCalls) throws(LoginFailure)
        -> JSONValue
    {
        let value = try? JSONValue(parsing: reply.body)
        if (200...299).contains(reply.status), let value, value["error"]?.object == nil {
            return value
        }
        let error = value?["error"]
        let words = error?.text("displayMessage") ?? error?.text("message")
        guard (400...499).contains(reply.status) || words != nil, reply.status < 500 else {
            throw .unanswered("HTTP \(reply.status)")
        }
        throw .refused(words: login.hidden(words ?? "HTTP \(reply.status)"))
    }

    /// The token's answer does not say whose it is, so it is asked.
    private func owners(of token: Secret, _ login: LoginCalls) async throws(LoginFailure)
        -> Set<String>
    {
        let session = BrokerSession(
            account: nil,
            brokerClientID: "",
            token: token,
            egress: nil,
            instrument: nil
        )
        do throws(BrokerFailure) {
            let value = try await GrowwBroker(calls: calls).read("/user/detail", session)
            return Set([value.text("ucc"), value.text("vendor_user_id")].compactMap(\.self))
        } catch {
            throw login.failure(error)
        }
    }
}

extension GrowwLogin: OwnAppLogins {
    package var ownApps: (any OwnAppLogins)? { self }

    package func login(by own: LoginOwnApp) -> any BrokerLogin {
        GrowwLogin(calls: calls, app: app.replaced(by: own), clock: clock)
    }

    /// Groww sends nobody anywhere.
    package func places() -> LoginPlaces { LoginPlaces() }
}
