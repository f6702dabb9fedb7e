/// The broker's own call that closes an account's positions at the market, all in one.
///
/// What it trades carries no reference of ours and is no order of ours: it shows as external in the
/// drift, and neither cash nor shares of our books move by it. So no exit of Volley's uses it. It is
/// there for whoever must get out when orders one by one do not: on their own word, audited.
package protocol NativeExit: Sendable {
    var reach: NativeExitReach { get }

    /// Asks for it once.
    ///
    /// Asking again does no harm: what is closed stays closed.
    func exitPositions(_ session: BrokerSession) async throws(BrokerFailure) -> NativeExitReceipt
}

/// What a broker closes by that call.
package enum NativeExitReach: String, Sendable, CaseIterable {
    /// Every position, and every open order is cancelled.
    case positionsAndOrders = "positions_and_orders"
    /// Every position but shares under delivery; orders stay.
    case positionsWithoutDelivery = "positions_without_delivery"
}

/// What the broker said of it.
package struct NativeExitReceipt: Sendable, Equatable {
    /// The broker's ids of the orders that close positions; empty where it names none.
    package let orders: [String]
    package let words: String?

    package init(orders: [String], words: String?) {
        self.orders = orders
        self.words = words
    }
}
