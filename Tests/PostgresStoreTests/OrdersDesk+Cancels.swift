import Desk
import PostgresStore
import Testing
import Trading

extension OrdersDesk {
    func cancelRequest(_ scope: CancelScope, key: String, trader: TraderID? = nil) -> CancelRequest
    {
        CancelRequest(
            trader: trader ?? self.trader,
            user: user,
            address: "127.0.0.1",
            idempotencyKey: key,
            bodyHash: Array("\(scope)".utf8),
            scope: scope
        )
    }

    /// Asks for a cancel under a key of its own.
    func cancel(_ scope: CancelScope) async throws -> (head: CancellationHead, orders: [OrderJob]) {
        let key = "cancel \(UInt64.random(in: 0 ... .max))"
        let asked = try await orders.askToCancel(cancelRequest(scope, key: key))
        guard case .created(let head, let orders, _) = asked else { throw Unexpected("\(asked)") }
        return (head, orders)
    }

    /// All orders of a cancellation.
    func results(of head: CancellationHead) async throws -> [CancelledOrder] {
        try await orders.cancelledOrders(head.id, CancelPage(after: nil, limit: 1_000))
    }

    /// A trade at the usual price.
    func trade(_ attempt: Attempt, _ id: String, _ shares: Int64) -> TradeReport {
        traded(attempt, id, shares, Self.price.raw)
    }
}
