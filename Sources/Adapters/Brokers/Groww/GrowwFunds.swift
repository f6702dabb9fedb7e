import BrokerKit
package import Desk
import JSON
import Trading

/// Funds (groww.md §6).
extension GrowwBroker {
    package func funds(_ session: BrokerSession) async throws(BrokerFailure) -> BrokerFunds {
        let value = try await read("/margins/detail/user", session)
        // What buys shares for delivery, where it is told apart from the rest.
        let balance = value["equity_margin_details"]?.money("cnc_balance_available")
        guard let available = balance ?? value.money("clear_cash") else {
            throw .unreachable("no balance in the answer")
        }
        return BrokerFunds(available: available, utilised: value.money("net_margin_used") ?? .zero)
    }
}
