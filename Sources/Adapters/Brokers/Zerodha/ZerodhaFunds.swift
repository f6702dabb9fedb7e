import BrokerKit
package import Desk
import JSON
import Trading

/// Funds (kite.md §6).
extension ZerodhaBroker {
    /// `net` counts collateral too, which buys no shares: the live balance is what is there.
    package func funds(_ session: BrokerSession) async throws(BrokerFailure) -> BrokerFunds {
        let equity = try await read("/user/margins/equity", session)
        guard let available = equity["available"]?.money("live_balance") ?? equity.money("net")
        else { throw .unreachable("no balance in the answer") }
        return BrokerFunds(
            available: available,
            utilised: equity["utilised"]?.money("debits") ?? .zero
        )
    }
}
