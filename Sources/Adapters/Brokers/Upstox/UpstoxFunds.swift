import BrokerKit
package import Desk
import JSON
import Trading

/// Funds (upstox.md §6): one pool for all segments.
///
/// The cash alone: what pledged shares are good for is told apart, and buys none.
extension UpstoxBroker {
    package func funds(_ session: BrokerSession) async throws(BrokerFailure) -> BrokerFunds {
        let cash = try await tradable(session)["cash_available_to_trade"]
        guard let available = cash?.money("total") else { throw Self.noBalance }
        return BrokerFunds(
            available: available,
            utilised: cash?["margin_used"]?.money("total") ?? .zero
        )
    }

    /// What orders may need altogether; for those that are no delivery pledged shares count too.
    func margin(forDelivery: Bool, _ session: BrokerSession) async throws(BrokerFailure) -> Money {
        guard !forDelivery else { return try await funds(session).available }
        guard let all = try await tradable(session).money("total") else { throw Self.noBalance }
        return all
    }

    private func tradable(_ session: BrokerSession) async throws(BrokerFailure) -> JSONValue {
        let value = try await read("/v3/user/get-funds-and-margin", session)
        guard let tradable = value["available_to_trade"] else { throw Self.noBalance }
        return tradable
    }

    private static let noBalance = BrokerFailure.unreachable("no balance in the answer")
}
