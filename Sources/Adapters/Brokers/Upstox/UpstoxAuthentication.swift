import BrokerKit
package import Desk
import JSON

/// Authentication: is the token good, and its end (upstox.md §1).
extension UpstoxBroker: ProfileSource {
    package func profile(_ session: BrokerSession) async throws(BrokerFailure) -> BrokerProfile {
        let value = try await read("/v2/user/profile", session)
        guard let client = value.text("user_id") else {
            throw .unreachable("no client in the answer")
        }
        let products = value["products"]?.array?.compactMap(\.string) ?? []
        let mandates = [value["ddpi"]?.bool, value["poa"]?.bool].compactMap(\.self)
        return BrokerProfile(
            brokerClientID: client,
            name: value.text("user_name"),
            segments: value["exchanges"]?.array?.compactMap(\.string) ?? [],
            hasMandate: mandates.isEmpty ? nil : mandates.contains(true),
            hasMarginFunding: products.isEmpty ? nil : products.contains("MTF")
        )
    }

    package func check(_ session: BrokerSession) async throws(BrokerFailure) -> SessionCheck {
        let value = try await read("/v2/user/profile", session)
        guard value.text("user_id") == session.brokerClientID else {
            throw .sessionEnded("the token belongs to another client")
        }
        return SessionCheck(ends: nil)
    }
}

extension UpstoxBroker: SessionEnd {
    package func end(_ session: BrokerSession) async throws(BrokerFailure) {
        _ = try await change("DELETE", "/v2/logout", Array("{}".utf8), session)
    }
}
