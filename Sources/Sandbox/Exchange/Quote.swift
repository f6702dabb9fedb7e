/// What a quote service says of an instrument.
package struct Quote: Sendable {
    package let lastPrice: Rupees
    package let lastQuantity: Int64
    package let lastTradeAt: Moment?
    package let average: Rupees
    package let open: Rupees
    package let high: Rupees
    package let low: Rupees
    package let previousClose: Rupees
    package let lowerCircuit: Rupees
    package let upperCircuit: Rupees
    package let volume: Int64
    package let bids: [Level]
    package let asks: [Level]
    package let isFrozen: Bool
    package let depth: Int64?
    package let spread: Rupees

    /// One price of the order book.
    package struct Level: Sendable, Equatable {
        package let price: Rupees
        package let quantity: Int64
        package let orders: Int64
    }
}

extension Exchange {
    /// The market in an instrument as it stands at a moment.
    package mutating func quote(_ instrument: Int, at moment: Moment) -> Quote {
        advance(instrument, to: moment)
        let market = markets[instrument]
        return Quote(
            lastPrice: market.lastPrice,
            lastQuantity: market.lastQuantity,
            lastTradeAt: market.lastTradeAt,
            average: market.averagePrice,
            open: market.open,
            high: market.high,
            low: market.low,
            previousClose: market.instrument.previousClose,
            lowerCircuit: market.instrument.lowerCircuit,
            upperCircuit: market.instrument.upperCircuit,
            volume: market.volume,
            bids: levels(market, facing: .sell),
            asks: levels(market, facing: .buy),
            isFrozen: market.isFrozen,
            depth: market.depth,
            spread: market.spread
        )
    }

    /// The five best prices that an order of this side would meet: the world's and our own.
    private func levels(_ market: Market, facing side: Side) -> [Quote.Level] {
        let own = (side == .buy ? market.asks : market.bids).depth(5) { entry in
            let order = orders[entry.order]
            return order.place == entry.place ? order.quantity - order.filled : 0
        }
        var merged: [Rupees: (quantity: Int64, orders: Int64)] = [:]
        for level in own + market.liquidity.depth(5, against: side) where level.quantity > 0 {
            merged[level.price, default: (0, 0)].quantity += level.quantity
            merged[level.price, default: (0, 0)].orders += level.orders
        }
        return merged.map { Quote.Level(price: $0, quantity: $1.quantity, orders: $1.orders) }
            .sorted { side == .buy ? $0.price < $1.price : $0.price > $1.price }
            .prefix(5).map { $0 }
    }
}
