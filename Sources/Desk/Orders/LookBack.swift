import Trading

/// Looks at an order whose trading day is over, and of which the brokers' books of today may know
/// nothing any more.
///
/// 1. Every order that we send is good for its day at the most (`Validity`). What a broker keeps for the
///    next day all the same, its whole book shows: such an order lives, and is told of as it stands.
/// 2. What the broker says by the order's id of how it ended counts, with the trades of past days where
///    its list names their orders.
/// 3. Absent from the whole book, the order has expired, with the fills that are known by then. A broker
///    that could not be asked proves nothing: the order stays, with its money held.
struct LookBack {
    let order: LiveOrder
    let broker: any Broker

    func callAsFunction() async throws(BrokerFailure) -> (OrderReport, [TradeReport]) {
        let told = try await byID()
        if let told, told.report.status.isFinal { return told }
        let book = try await broker.orders(order.session)
        if let listed = book.first(where: { $0.brokerOrderID == order.brokerOrderID }) {
            guard listed.filled > order.filled else { return (listed, []) }
            return (listed, told?.trades ?? [])
        }
        let trades = told?.trades ?? []
        let filled = trades.reduce(Quantity.zero) { $0 + $1.quantity }
        let report = OrderReport(
            brokerOrderID: order.brokerOrderID,
            reference: order.reference,
            status: .expired,
            quantity: order.quantity,
            filled: max(filled, order.filled),
            message: broker.traits.historyNamesOrders ? nil : Self.unseen
        )
        return (report, trades)
    }

    private static let unseen =
        "its day is over, and no list tells of fills that nobody saw: they would show in drift"

    /// What the broker says of the order by its id; nil where that is gone with the day's book.
    private func byID() async throws(BrokerFailure) -> (
        report: OrderReport, trades: [TradeReport]
    )? {
        do {
            return try await broker.look(order)
        } catch {
            switch error {
            case .sessionEnded, .limited: throw error
            case .refused: return nil
            case .unreachable:
                // Some say so where the order is not in the answer. Where past trades may tell of fills,
                // these must have been read before anything is concluded.
                guard !broker.traits.historyNamesOrders else { throw error }
                return nil
            }
        }
    }
}
