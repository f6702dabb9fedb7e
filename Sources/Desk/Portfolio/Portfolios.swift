package import Trading

/// A client's portfolio at one moment.
package struct ClientPortfolio: Sendable, Equatable {
    package let client: Client
    package let funds: Funds
    /// In the order of symbols.
    package let holdings: [ValuedHolding]
    /// What was traded today, in the order of symbols.
    package let positions: [ValuedPosition]
    package let worth: Worth
    package let at: Timestamp

    /// What today's sales earned, by the weighted average.
    package var realisedToday: Money { positions.reduce(.zero) { $0 + $1.position.realised } }
}

/// Shares that are held, and what they are worth.
package struct ValuedHolding: Sendable, Equatable {
    package let shares: HeldShares
    /// Nil where nobody told a fresh one.
    package let quote: Quote?
    package let valuation: Valuation?
    /// What all sales of such shares earned, by the weighted average.
    package let realised: Money
    /// Purchases of which shares are held still, oldest first, by first in, first out.
    package let lots: [ShareLot]
    /// Held shares that none of our trades bought.
    package let unattributed: Quantity
    /// Whether telling all trades again comes to the very shares and cost of the ledger.
    package let isProven: Bool
}

/// What was traded in one instrument with one product today, and what it came to.
package struct ValuedPosition: Sendable, Equatable {
    package let instrument: InstrumentID
    package let exchange: ExchangeName
    package let symbol: String
    package let position: DayPosition
    package let quote: Quote?

    /// See `DayPosition.change`.
    package var change: Money? { position.change(at: quote?.price) }
}

/// What shares cost and are worth together.
package struct Worth: Sendable, Equatable {
    package let invested: Money
    /// Nil where the price of a single instrument is missing: a sum without it would mislead.
    package let valuation: Valuation?
    /// Instruments whose price is missing.
    package let unpriced: [HeldShares]

    init(_ shares: [HeldShares], _ quotes: [InstrumentID: Quote]) {
        invested = shares.reduce(.zero) { $0 + $1.holding.cost }
        var value = Money.zero
        var unpriced: [HeldShares] = []
        for held in shares {
            if let known = held.valuation(quotes) {
                value += known.marketValue
            } else if unpriced.last?.instrument != held.instrument {
                unpriced.append(held)
            }
        }
        self.unpriced = unpriced
        valuation = unpriced.isEmpty ? Valuation(marketValue: value, cost: invested) : nil
    }
}

/// A trader's clients together, and one page of them.
package struct TraderPortfolio: Sendable, Equatable {
    /// Nil on later pages.
    package let total: TraderTotal?
    package let clients: [ClientWorth]
    package let at: Timestamp
}

/// A trader's clients together.
package struct TraderTotal: Sendable, Equatable {
    package let clients: Int
    package let funds: Funds
    package let worth: Worth
    /// What all clients hold of each instrument.
    package let holdings: [ValuedShares]
}

/// Shares with their worth.
package struct ValuedShares: Sendable, Equatable {
    package let shares: HeldShares
    package let quote: Quote?
    package let valuation: Valuation?
}

/// One client's money and what its shares are worth together.
package struct ClientWorth: Sendable, Equatable {
    package let client: Client
    package let funds: Funds
    package let worth: Worth
}

extension HeldShares {
    /// What they are worth; nil where the price is not known.
    func valuation(_ quotes: [InstrumentID: Quote]) -> Valuation? {
        quotes[instrument].flatMap { Valuation(holding.quantity, cost: holding.cost, at: $0.price) }
    }
}
