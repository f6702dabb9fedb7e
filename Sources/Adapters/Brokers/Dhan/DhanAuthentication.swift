import BrokerKit
package import Desk
import JSON
import Trading

/// Authentication: is the token good, and until when (dhan.md §1).
extension DhanBroker {
    package func check(_ session: BrokerSession) async throws(BrokerFailure) -> SessionCheck {
        let value = try await read("/profile", session)
        guard value.text("dhanClientId") == session.brokerClientID else {
            throw .sessionEnded("the token belongs to another client")
        }
        return SessionCheck(ends: value.text("tokenValidity").flatMap(Self.tokenEnd))
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
