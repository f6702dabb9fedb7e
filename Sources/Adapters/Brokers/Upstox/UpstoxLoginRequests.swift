import BrokerKit
package import Desk
import JSON
package import Trading

/// Sessions that the owner of an app grants in Upstox's own app (upstox.md §1, semi-automatic).
///
/// An app asks for its owner alone, so that each client needs one. What comes to the notifier is neither
/// signed nor authenticated: the profile that its token opens tells whose it is.
extension UpstoxLogin: LoginRequests {
    package var requests: (any LoginRequests)? { self }

    package func usualApp() throws(LoginFailure) -> LoginOwnApp {
        LoginOwnApp(key: try app.needKey(), secret: Secret(try app.needSecret()))
    }

    package func notifier() throws(LoginFailure) -> String { try app.needNoticeURL() }

    package func ask(_ app: LoginOwnApp) async throws(LoginFailure) -> Timestamp? {
        let notifier = try notifier()
        let secret = app.secret.reveal()
        let login = LoginCalls(calls, secrets: [app.key, secret])
        let body: JSONValue = ["client_secret": .string(secret)]
        let reply = try await login.send(
            "POST",
            "/v3/login/auth/token/request/" + FormBody.encoded(app.key),
            headers: [("Content-Type", "application/json"), ("Accept", "application/json")],
            body: body.serialized()
        )
        let data: JSONValue
        do throws(BrokerFailure) {
            data = try UpstoxErrors.data(of: reply)
        } catch {
            throw login.failure(error)
        }
        guard let place = data.text("notifier_url") else {
            throw .unanswered("an answer without a notifier")
        }
        guard place == notifier else {
            throw .sentElsewhere(to: login.hidden(place), not: notifier)
        }
        return data.text("authorization_expiry").flatMap { Int64($0) }.flatMap(Self.moment)
    }

    package func grant(in message: [UInt8]) -> LoginGrant? {
        guard let value = try? JSONValue(parsing: message),
            value["message_type"]?.string == "access_token",
            let key = Self.word(value["client_id"], 200),
            let client = Self.word(value["user_id"], 64),
            let token = Self.word(value["access_token"], 4_096)
        else { return nil }
        return LoginGrant(appKey: key, brokerClientID: client, token: Secret(token))
    }

    package func session(of grant: LoginGrant) async throws(LoginFailure) -> NewSession {
        let token = grant.token.reveal()
        let login = LoginCalls(calls, secrets: [token, grant.appKey])
        let reply = try await login.send(
            "GET",
            "/v2/user/profile",
            headers: [("Authorization", "Bearer " + token), ("Accept", "application/json")]
        )
        let data: JSONValue
        do throws(BrokerFailure) {
            data = try UpstoxErrors.data(of: reply)
        } catch {
            // Too many calls, an address that is not registered: nothing was said of the token.
            guard case .sessionEnded = error else {
                throw .unanswered(login.failure(error).words)
            }
            throw login.failure(error)
        }
        guard let owner = data.text("user_id") else {
            throw .unanswered("a profile without a user")
        }
        // When it ends is said by the message alone: at half past three in the night, as is declared.
        return NewSession(token: grant.token, owners: [owner], ends: nil)
    }

    /// Text that can stand in a header and in a row; whoever sends it may be anybody.
    private static func word(_ value: JSONValue?, _ most: Int) -> String? {
        guard let text = value?.string, (1...most).contains(text.utf8.count),
            text.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
        else { return nil }
        return text
    }

    private static func moment(_ milliseconds: Int64) -> Timestamp? {
        let (microseconds, isTooLarge) = milliseconds.multipliedReportingOverflow(by: 1_000)
        return isTooLarge || milliseconds < 0 ? nil : Timestamp(microseconds: microseconds)
    }
}
