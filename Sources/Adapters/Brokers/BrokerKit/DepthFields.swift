package import Desk
package import JSON
package import Trading

/// The order book in a quote, which the brokers write alike: `depth` with `buy` and `sell`.
extension JSONValue {
    /// The book of a whole quote; levels that are only there to make five are left out.
    ///
    /// Throws where there is none, or a level of it is not understood.
    package func depth(lastTradeAt: Timestamp?) throws(BrokerFailure) -> MarketDepth {
        guard let depth = self["depth"], depth.object != nil else {
            throw .unreachable("the quote has no depth")
        }
        return MarketDepth(
            bids: try depth.levels("buy"),
            asks: try depth.levels("sell"),
            lastPrice: price("last_price"),
            // More shares than any one order may have.
            volume: wholeNumber("volume").flatMap {
                (0...MarketDepth.mostVolume).contains($0) ? $0 : nil
            },
            lowerCircuit: price("lower_circuit_limit"),
            upperCircuit: price("upper_circuit_limit"),
            lastTradeAt: lastTradeAt
        )
    }

    private func levels(_ side: String) throws(BrokerFailure) -> [MarketDepth.Level] {
        guard let entries = self[side]?.array else {
            throw .unreachable("the depth has no side \(side)")
        }
        var levels: [MarketDepth.Level] = []
        for entry in entries {
            guard let quantity = entry.quantity("quantity") else {
                throw .unreachable("a level of the depth has no quantity")
            }
            guard quantity > .zero else { continue }
            guard let price = entry.price("price") else {
                throw .unreachable("a level of the depth has no price")
            }
            let orders = entry.quantity("orders")?.raw
            levels.append(MarketDepth.Level(price: price, quantity: quantity, orders: orders))
        }
        return levels
    }

    /// The moment of a field in milliseconds since 1970, as a number or as text; nil where it is none
    /// of any trade.
    package func milliseconds(_ key: String) -> Timestamp? {
        // From 2000 to the end of 2199.
        guard let count = wholeNumber(key), (946_684_800_000..<7_258_118_400_000).contains(count)
        else { return nil }
        return Timestamp(microseconds: count * 1_000)
    }
}
