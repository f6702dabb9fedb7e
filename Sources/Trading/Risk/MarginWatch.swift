/// A client who holds shares on lent money, as a look finds it.
package struct MarginStand: Sendable, Equatable {
    package let client: ClientID
    package let trader: TraderID
    package let funds: Funds
    /// All shares, whatever they are held as.
    package let shares: [ShareKey: Holding]

    package init(
        client: ClientID,
        trader: TraderID,
        funds: Funds,
        shares: [ShareKey: Holding]
    ) {
        self.client = client
        self.trader = trader
        self.funds = funds
        self.shares = shares
    }
}

/// Whether lent money has become a danger (seed 001, scenario 3).
package enum MarginWatch {
    /// More open trades on lent money than this are worth a warning.
    package static let mostTrades = 10
    /// A portfolio that is worth less than this part of the capital paid in is.
    package static let leastWorth = BasisPoints(7_000)

    /// What each look must judge.
    package static let kinds: [AlertKind] = [.manyMTFTrades, .portfolioBelowCapital]

    /// Warns of instruments held on lent money, each being one open trade.
    package static func manyTrades(_ stand: MarginStand) -> Alert? {
        let open = stand.shares.values.count { $0.borrowed > .zero }
        guard open > mostTrades else { return nil }
        return Alert(
            kind: .manyMTFTrades,
            trader: stand.trader,
            client: stand.client,
            text: "\(open) open MTF trades, more than \(mostTrades); "
                + "\(stand.funds.borrowed) is lent."
        )
    }

    /// What the client would have if all were sold at these prices and all debts paid; nil where a
    /// price is missing.
    package static func worth(
        _ stand: MarginStand,
        at prices: [InstrumentID: Price]
    ) -> Money? {
        var worth = stand.funds.available + stand.funds.held
        for (key, holding) in stand.shares where holding.quantity > .zero {
            guard let price = prices[key.instrument] else { return nil }
            worth += price.value(of: holding.quantity)
        }
        return worth - stand.funds.borrowed - stand.funds.shortfall
    }

    /// Warns of a worth below the least part of the capital paid in, while anything is lent.
    package static func belowCapital(_ stand: MarginStand, worth: Money) -> Alert? {
        guard stand.funds.borrowed > .zero, worth < stand.funds.deposited.part(leastWorth) else {
            return nil
        }
        return Alert(
            kind: .portfolioBelowCapital,
            trader: stand.trader,
            client: stand.client,
            text: "The portfolio is worth \(worth), below \(leastWorth.percent) percent of the "
                + "capital of \(stand.funds.deposited); \(stand.funds.borrowed) is lent."
        )
    }
}
