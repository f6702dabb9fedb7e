import Trading

/// Makes orders of a broker's list of past trades: what is left of them once their day's book is gone.
///
/// Only a broker whose list names the order of each trade has them, and only of orders that filled: so
/// what fired and never filled is in no such list, and nobody may conclude anything of its absence.
enum PastOrders {
    /// Pages at the most; an account with more trades than these is not searched to its end.
    private static let mostPages = 500
    /// Days at the most: what fired before them, a person must tell.
    static let mostDays: Int32 = 31

    /// The orders with trades in these days, oldest first.
    ///
    /// - Throws: where not all could be read: a part of the trades would show a part of an order.
    static func orders(
        of days: ClosedRange<CalendarDay>,
        in history: any TradeStatementSource,
        _ session: BrokerSession
    ) async throws(BrokerFailure) -> [OrderReport] {
        var trades: [String: [PastTrade]] = [:]
        var order: [String] = []
        for page in 0..<mostPages {
            let past = try await history.pastTrades(days, page: page, session)
            for trade in past.trades {
                guard let id = trade.brokerOrderID else { continue }
                if trades[id] == nil { order.append(id) }
                trades[id, default: []].append(trade)
            }
            guard past.hasMore else { return order.compactMap { report($0, trades[$0] ?? []) } }
        }
        throw .unreachable("there are more past trades than are read")
    }

    private static func report(_ id: String, _ trades: [PastTrade]) -> OrderReport? {
        guard let first = trades.first, let code = first.code else { return nil }
        let filled = trades.reduce(Quantity.zero) { $0 + $1.quantity }
        return OrderReport(
            brokerOrderID: id,
            reference: nil,
            status: .filled,
            quantity: filled,
            filled: filled,
            message: nil,
            particulars: OrderParticulars(
                side: first.side,
                code: code,
                at: trades.compactMap(\.orderedAt).min(),
                product: first.product
            )
        )
    }
}
