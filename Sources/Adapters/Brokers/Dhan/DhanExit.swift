import BrokerKit
package import Desk
import JSON

/// Portfolio: the exit from all positions (dhan.md §5), which cancels every open order too.
extension DhanBroker: NativeExit {
    package var reach: NativeExitReach { .positionsAndOrders }

    package func exitPositions(_ session: BrokerSession) async throws(BrokerFailure)
        -> NativeExitReceipt
    {
        let value = try await change("DELETE", "/positions", session)
        guard value.text("status")?.uppercased() == "SUCCESS" else {
            // Dhan may say no under a good status; a 2xx of another form is no proof of anything.
            throw .unreachable(value.text("message") ?? "it does not say that all is closed")
        }
        return NativeExitReceipt(orders: [], words: value.text("message"))
    }
}
