/// What one client traded in one instrument with one product on one day.
///
/// Intraday and delivery are apart: each product is a position of its own.
package struct DayPosition: Sendable, Equatable {
    package let product: Product
    package private(set) var bought = Quantity.zero
    package private(set) var boughtValue = Money.zero
    package private(set) var sold = Quantity.zero
    package private(set) var soldValue = Money.zero
    /// What the day's sales earned by the weighted average of all shares held; negative for a loss.
    package private(set) var realised = Money.zero

    /// Nothing traded yet.
    package init(product: Product) { self.product = product }

    /// Counts one more trade; `sale` is what `ShareHistory` says that it earned.
    package mutating func add(_ fill: ShareFill, _ sale: Sale?) {
        precondition(fill.product == product, "each product is a position of its own")
        switch fill.side {
        case .buy:
            bought = bought + fill.quantity
            boughtValue += fill.value
        case .sell:
            sold = sold + fill.quantity
            soldValue += fill.value
            realised += sale?.realised ?? .zero
        }
    }

    /// Bought less sold; negative where shares of earlier days were sold.
    package var net: Int64 { bought.raw - sold.raw }
    /// What one bought share cost, rounded to the nearest; nil where none was bought.
    package var boughtAverage: Price? { Price(average: boughtValue, of: bought) }
    /// What one sold share brought, rounded to the nearest; nil where none was sold.
    package var soldAverage: Price? { Price(average: soldValue, of: sold) }

    /// What the day's trades have come to so far: `sold − bought + net × price`.
    ///
    /// Shares of earlier days that were sold count as bought back at this price, so this is what
    /// trading changed today, and not what their whole life earned: that is `realised`.
    /// - Parameter price: needed only where `net` is not zero.
    /// - Returns: nil where it is needed and nobody knows it.
    package func change(at price: Price?) -> Money? {
        let traded = soldValue - boughtValue
        guard net != 0 else { return traded }
        guard let open = price?.value(of: Quantity(abs(net))), open < .unpayable else { return nil }
        return net > 0 ? traded + open : traded - open
    }
}
