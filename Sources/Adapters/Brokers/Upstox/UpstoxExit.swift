import BrokerKit
package import Desk
import HTTPClient
import JSON

/// Orders: the exit from all positions but shares under delivery (upstox.md §2).
extension UpstoxBroker: NativeExit {
    package var reach: NativeExitReach { .positionsWithoutDelivery }

    /// Fifty positions at the most: of an account with more, the rest is closed when it is asked for
    /// again.
    package func exitPositions(_ session: BrokerSession) async throws(BrokerFailure)
        -> NativeExitReceipt
    {
        let reply = try await hosts.reads.change(
            "POST",
            "/v2/order/positions/exit",
            headers: Self.headers(session),
            body: Array("{}".utf8),
            egress: session.egress
        )
        let data = try UpstoxErrors.data(of: reply)
        guard let ids = data["order_ids"]?.array else {
            throw .unreachable("no order ids in the answer")
        }
        let whole = try? JSONValue(parsing: reply.body)
        let refused = whole?["errors"]?.array ?? []
        return NativeExitReceipt(
            orders: ids.compactMap(\.string),
            words: refused.isEmpty
                ? nil
                : "\(refused.count) positions were not closed: "
                    + (refused.first?.text("message") ?? "no reason was given")
        )
    }
}
