/// A price of one share or unit, held in ten-thousandths of a rupee.
///
/// Equity ticks are paise; currency contracts tick at ₹ 0.0025, hence four decimals.
package struct Price: Hashable, Comparable, Sendable {
    /// Ten-thousandths of a rupee.
    package let raw: Int64

    /// A price of so many ten-thousandths of a rupee.
    package init(raw: Int64) { self.raw = raw }

    /// The largest price that may enter from outside: ₹ 1 crore.
    package static let limit = Price(raw: 100_000_000_000)

    package static func < (left: Price, right: Price) -> Bool { left.raw < right.raw }

    /// What `quantity` costs at this price, rounded up to the paisa: for money that must suffice.
    ///
    /// More than any client can have (`Money.unpayable`) where the product does not fit: the
    /// largest price times the largest quantity that may enter does not.
    package func cost(of quantity: Quantity) -> Money { paise(of: quantity, rounding: 99) }

    /// What `quantity` is worth at this price, rounded to the nearest paisa (half up): for trades.
    package func value(of quantity: Quantity) -> Money { paise(of: quantity, rounding: 50) }

    private func paise(of quantity: Quantity, rounding: Int64) -> Money {
        let (product, overflowed) = raw.multipliedReportingOverflow(by: quantity.raw)
        guard !overflowed, product <= .max - rounding else { return .unpayable }
        return Money(paise: (product + rounding) / 100)
    }

    /// The value of one of so many shares, rounded to the nearest (half up); nil where there are
    /// none.
    package init?(average value: Money, of quantity: Quantity) {
        guard quantity > .zero else { return nil }
        let (high, low) = value.paise.multipliedFullWidth(by: 100)
        let (quotient, remainder) = quantity.raw.dividingFullWidth((high, low))
        self.init(raw: quotient + (remainder * 2 >= quantity.raw ? 1 : 0))
    }

    /// Whether the price is a whole number of ticks.
    package func isMultiple(of tick: Price) -> Bool { tick.raw > 0 && raw % tick.raw == 0 }

    /// This price raised by a part, rounded up to the next tick.
    package func raised(by part: BasisPoints, tick: Price) -> Price {
        let raised = raw + (raw * Int64(part.raw) + BasisPoints.whole64 - 1) / BasisPoints.whole64
        return Price(raw: (raised + tick.raw - 1) / tick.raw * tick.raw)
    }

    /// Whether this price lies within a part above or below another.
    package func isWithin(_ part: BasisPoints, of other: Price) -> Bool {
        let moved = (raw - other.raw).magnitude.multipliedFullWidth(by: UInt64(BasisPoints.whole64))
        let allowed = other.raw.magnitude.multipliedFullWidth(by: UInt64(part.raw))
        return (moved.high, moved.low) <= (allowed.high, allowed.low)
    }

    /// This price lowered by a part, rounded down to a tick.
    package func lowered(by part: BasisPoints, tick: Price) -> Price {
        let lowered = raw - (raw * Int64(part.raw) + BasisPoints.whole64 - 1) / BasisPoints.whole64
        return Price(raw: lowered / tick.raw * tick.raw)
    }
}

extension Price {
    /// A price written in rupees; nil unless positive, exact to four decimals and within `limit`.
    package init?(rupees text: String) {
        guard let raw = DecimalText.integer(text, decimals: 4), raw > 0, raw <= Price.limit.raw
        else { return nil }
        self.init(raw: raw)
    }

    /// The price in rupees with two to four decimals, such as `2950.50`.
    package var rupees: String { DecimalText.text(raw, decimals: 4, atLeast: 2) }
}

extension Price: CustomStringConvertible {
    package var description: String { "₹\(rupees)" }
}
