import BrokerKit
package import Desk
import JSON
import Trading

/// Authentication: is the token good, and until when (dhan.md §1).
extension DhanBroker: ProfileSource {
    package func check(_ session: BrokerSession) async throws(BrokerFailure) -> SessionCheck {
        let value = try await read("/profile", session)
        guard value.text("dhanClientId") == session.brokerClientID else {
            throw .sessionEnded("the token belongs to another client")
        }
        return SessionCheck(ends: value.text("tokenValidity").flatMap(Self.tokenEnd))
    }

    /// Names nobody: the client's name is told at the login only.
    package func profile(_ session: BrokerSession) async throws(BrokerFailure) -> BrokerProfile {
        let value = try await read("/profile", session)
        guard let client = value.text("dhanClientId") else {
            throw .unreachable("no client in the answer")
        }
        let segments = (value.text("activeSegment") ?? "").split(separator: ",")
        return BrokerProfile(
            brokerClientID: client,
            segments: segments.map { String($0.drop { $0 == " " }) },
            hasMandate: Self.isActive(value.text("ddpi")),
            hasMarginFunding: Self.isActive(value.text("mtf")),
            sessionEnds: value.text("tokenValidity").flatMap(Self.tokenEnd)
        )
    }

    /// `Active` or `Deactive`; nil for any other word.
    private static func isActive(_ word: String?) -> Bool? {
        switch word?.lowercased() {
        case "active": true
        case "deactive", "inactive": false
        default: nil
        }
    }

    /// `30/03/2025 15:37`, in Indian time.
    static func tokenEnd(_ text: String) -> Timestamp? {
        let parts = text.split { !$0.isNumber }.map(String.init)
        guard parts.count == 5 else { return nil }
        return IndianTimeText.parse(
            "\(parts[2])-\(parts[1])-\(parts[0]) \(parts[3]):\(parts[4]):00"
        )
    }
}
