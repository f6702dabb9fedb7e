/// The best bids and asks of an instrument, as one broker told them.
///
/// Levels come best first, at most five on each side, and none is empty.
package struct MarketDepth: Sendable, Equatable {
    /// One price at which somebody would trade, and how much.
    package struct Level: Sendable, Equatable {
        package let price: Price
        package let quantity: Quantity
        /// Orders that it is made of; nil: not told.
        package let orders: Int64?

        package init(price: Price, quantity: Quantity, orders: Int64? = nil) {
            self.price = price
            self.quantity = quantity
            self.orders = orders
        }
    }

    /// Levels of one side at the most, as the brokers' quotes have them.
    package static let mostLevels = 5

    /// The largest volume of a day that may enter from outside.
    package static let mostVolume: Int64 = 1_000_000_000_000_000

    /// Who would buy.
    package let bids: [Level]
    /// Who would sell.
    package let asks: [Level]
    package let lastPrice: Price?
    /// Shares traded today; nil: not told.
    package let volume: Int64?
    /// Prices below and above which nobody may trade today; nil: not told.
    package let lowerCircuit: Price?
    package let upperCircuit: Price?
    /// When it last traded; nil: not told.
    package let lastTradeAt: Timestamp?

    /// Puts the levels in order, best first, and leaves out what is empty or beyond the fifth.
    package init(
        bids: [Level],
        asks: [Level],
        lastPrice: Price?,
        volume: Int64? = nil,
        lowerCircuit: Price? = nil,
        upperCircuit: Price? = nil,
        lastTradeAt: Timestamp? = nil
    ) {
        self.bids = Self.best(bids) { $0 > $1 }
        self.asks = Self.best(asks) { $0 < $1 }
        self.lastPrice = lastPrice
        self.volume = volume
        self.lowerCircuit = lowerCircuit
        self.upperCircuit = upperCircuit
        self.lastTradeAt = lastTradeAt
    }

    private static func best(_ levels: [Level], _ isBetter: (Price, Price) -> Bool) -> [Level] {
        let full = levels.filter { $0.quantity > .zero && $0.price.raw > 0 }
        return Array(full.sorted { isBetter($0.price, $1.price) }.prefix(mostLevels))
    }

    /// What an order of this side would meet: the asks if it buys, the bids if it sells.
    package func levels(facing side: Side) -> [Level] { side == .buy ? asks : bids }

    /// Shares that stand against an order of this side, at its limit or better; all that are shown
    /// where it has none.
    package func quantity(facing side: Side, within limit: Price?) -> Quantity {
        let levels = levels(facing: side).filter { level in
            guard let limit else { return true }
            return side == .buy ? level.price <= limit : level.price >= limit
        }
        return Quantity(levels.reduce(0) { $0 + $1.quantity.raw })
    }
}
