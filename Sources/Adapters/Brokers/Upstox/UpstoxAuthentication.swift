import BrokerKit
package import Desk
import JSON

/// Authentication: is the token good (upstox.md §1).
extension UpstoxBroker {
    package func check(_ session: BrokerSession) async throws(BrokerFailure) -> SessionCheck {
        let value = try await read("/v2/user/profile", session)
        guard value.text("user_id") == session.brokerClientID else {
            throw .sessionEnded("the token belongs to another client")
        }
        return SessionCheck(ends: nil)
    }
}
