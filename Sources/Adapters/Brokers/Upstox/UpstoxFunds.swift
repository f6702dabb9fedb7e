import BrokerKit
package import Desk
import JSON
import Trading

/// Funds (upstox.md §6): one pool for all segments.
///
/// The cash alone: what pledged shares are good for is told apart, and buys none.
extension UpstoxBroker {
    package func funds(_ session: BrokerSession) async throws(BrokerFailure) -> BrokerFunds {
        let value = try await read("/v3/user/get-funds-and-margin", session)
        guard let cash = value["available_to_trade"]?["cash_available_to_trade"],
            let available = cash.money("total")
        else { throw .unreachable("no balance in the answer") }
        return BrokerFunds(
            available: available,
            utilised: cash["margin_used"]?.money("total") ?? .zero
        )
    }
}
