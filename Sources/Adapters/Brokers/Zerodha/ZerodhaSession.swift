import BrokerKit
package import Desk
import JSON
import Trading

/// Session: is the token good, until when, and its end (kite.md §1).
extension ZerodhaBroker: ProfileSource {
    /// A mandate shows as the client's consent at the depository.
    package func profile(_ session: BrokerSession) async throws(BrokerFailure) -> BrokerProfile {
        let value = try await read("/user/profile", session)
        guard let client = value.text("user_id") else {
            throw .unreachable("no client in the answer")
        }
        let products = value["products"]?.array?.compactMap(\.string) ?? []
        return BrokerProfile(
            brokerClientID: client,
            name: value.text("user_name"),
            segments: value["exchanges"]?.array?.compactMap(\.string) ?? [],
            hasMandate: Self.hasMandate(value["meta"]?["demat_consent"]?.string),
            hasMarginFunding: products.isEmpty ? nil : products.contains("MTF"),
            sessionEnds: clock.map { Self.sessionEnd(after: $0.now()) }
        )
    }

    /// `physical` is a power of attorney on paper, `consent` a DDPI; nil for any other word.
    private static func hasMandate(_ word: String?) -> Bool? {
        switch word {
        case "physical", "consent": true
        case "empty", "": false
        default: nil
        }
    }

    package func check(_ session: BrokerSession) async throws(BrokerFailure) -> SessionCheck {
        let profile = try await read("/user/profile", session)
        guard profile.text("user_id") == session.brokerClientID else {
            throw .sessionEnded("the token belongs to another client")
        }
        return SessionCheck(ends: clock.map { Self.sessionEnd(after: $0.now()) })
    }

    /// Tokens die at 06:00 in India, whenever they were made.
    static func sessionEnd(after now: Timestamp) -> Timestamp {
        let day: Int64 = 86_400_000_000
        // 06:00 in India is 00:30 in UTC.
        let ending: Int64 = 1_800_000_000
        let sinceEnding = (now.microseconds - ending) % day
        return Timestamp(microseconds: now.microseconds - sinceEnding + day)
    }
}

extension ZerodhaBroker: SessionEnd {
    /// The call names both halves of the token once more.
    package func end(_ session: BrokerSession) async throws(BrokerFailure) {
        let halves = session.token.reveal().split(separator: ":", maxSplits: 1).map(String.init)
        guard halves.count == 2 else {
            throw .sessionEnded("the token is no pair of key and token")
        }
        let query = FormBody([("api_key", halves[0]), ("access_token", halves[1])]).text
        let reply = try await calls.change(
            "DELETE",
            "/session/token?" + query,
            headers: headers(session),
            body: nil,
            egress: session.egress
        )
        _ = try ZerodhaErrors.data(of: reply)
    }
}
