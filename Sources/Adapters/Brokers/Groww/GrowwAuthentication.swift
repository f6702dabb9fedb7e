import BrokerKit
package import Desk
import JSON

/// Authentication: is the token good, and whose is it (groww.md §1, §5).
///
/// An account's client id is the UCC that Groww gave it; Groww's own id of the user will do too.
extension GrowwBroker: ProfileSource {
    package func profile(_ session: BrokerSession) async throws(BrokerFailure) -> BrokerProfile {
        let value = try await read("/user/detail", session)
        guard let client = value.text("ucc") ?? value.text("vendor_user_id") else {
            throw .unreachable("no client in the answer")
        }
        return BrokerProfile(
            brokerClientID: client,
            segments: value["active_segments"]?.array?.compactMap(\.string) ?? [],
            hasMandate: value["ddpi_enabled"]?.bool
        )
    }

    package func check(_ session: BrokerSession) async throws(BrokerFailure) -> SessionCheck {
        let value = try await read("/user/detail", session)
        let names = [value.text("ucc"), value.text("vendor_user_id")]
        guard names.contains(session.brokerClientID) else {
            throw .sessionEnded("the token belongs to another client")
        }
        // No answer says until when; the declaration does.
        return SessionCheck(ends: nil)
    }
}
