/// What shares are worth at a price.
package struct Valuation: Sendable, Equatable {
    /// Rounded to the nearest paisa.
    package let marketValue: Money
    /// Market value less cost; negative for a loss.
    package let unrealised: Money
    /// `unrealised` in relation to the cost; nil where they cost nothing.
    package let rate: ProfitRate?

    /// Nil where the product is too large to be anybody's.
    package init?(_ quantity: Quantity, cost: Money, at price: Price) {
        let value = price.value(of: quantity)
        guard value < .unpayable else { return nil }
        self.init(marketValue: value, cost: cost)
    }

    /// The whole of several valuations.
    package init(marketValue: Money, cost: Money) {
        self.marketValue = marketValue
        unrealised = marketValue - cost
        rate = ProfitRate(unrealised, of: cost)
    }
}

/// A profit in relation to what it took, in hundredths of a percent; negative for a loss.
package struct ProfitRate: Sendable, Equatable {
    /// Hundredths of a percent, rounded to the nearest, halves away from zero.
    package let hundredths: Int64

    /// Nil where nothing was paid, or where the number is beyond all sense.
    package init?(_ profit: Money, of cost: Money) {
        guard cost > .zero else { return nil }
        let (scaled, whole) = (Int128(profit.paise) * 10_000, Int128(cost.paise))
        let (quotient, rest) = scaled.quotientAndRemainder(dividingBy: whole)
        let step: Int128 = rest.magnitude * 2 < whole.magnitude ? 0 : scaled < 0 ? -1 : 1
        guard let fitting = Int64(exactly: quotient + step) else { return nil }
        hundredths = fitting
    }

    /// As a percentage with two decimals, such as `-3.25`.
    package var percent: String { DecimalText.text(hundredths, decimals: 2, atLeast: 2) }
}
