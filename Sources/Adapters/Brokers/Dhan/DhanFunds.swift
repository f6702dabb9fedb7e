import BrokerKit
package import Desk
import JSON
import Trading

/// Funds (dhan.md §6).
extension DhanBroker {
    package func funds(_ session: BrokerSession) async throws(BrokerFailure) -> BrokerFunds {
        let value = try await read("/fundlimit", session)
        // The documents' spelling; should Dhan mend it one day, the right one is taken too.
        guard let available = value.money("availabelBalance") ?? value.money("availableBalance")
        else { throw .unreachable("no balance in the answer") }
        return BrokerFunds(available: available, utilised: value.money("utilizedAmount") ?? .zero)
    }
}
