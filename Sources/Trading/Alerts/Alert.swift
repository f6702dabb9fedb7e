/// Something that somebody should know of.
package enum AlertKind: String, Sendable, CaseIterable {
    /// Many purchases are held on lent money.
    case manyMTFTrades = "mtf_many_trades"
    /// Shares on lent money have lost so much that a margin call is near.
    case portfolioBelowCapital = "mtf_portfolio_below_capital"
    /// Orders whose fills nobody has seen, or soon can see.
    case ordersUnseen = "orders_unseen"
}

/// A condition as a look found it, with its figures in one sentence.
package struct Alert: Sendable, Equatable {
    package let kind: AlertKind
    package let trader: TraderID
    package let client: ClientID
    package let text: String

    package init(kind: AlertKind, trader: TraderID, client: ClientID, text: String) {
        self.kind = kind
        self.trader = trader
        self.client = client
        self.text = text
    }
}
