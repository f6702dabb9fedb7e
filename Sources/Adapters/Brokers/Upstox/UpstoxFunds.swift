import BrokerKit
package import Desk
import JSON
import Trading

/// Funds (upstox.md §6): one pool for all segments, told as that of the shares.
extension UpstoxBroker {
    package func funds(_ session: BrokerSession) async throws(BrokerFailure) -> BrokerFunds {
        let value = try await read("/v2/user/get-funds-and-margin?segment=SEC", session)
        guard let equity = value["equity"], let available = equity.money("available_margin") else {
            throw .unreachable("no balance in the answer")
        }
        return BrokerFunds(available: available, utilised: equity.money("used_margin") ?? .zero)
    }
}
