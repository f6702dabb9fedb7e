/// How many times the own money a purchase may cost, where a broker lends the rest (MTF).
package struct Leverage: Hashable, Comparable, Sendable {
    /// Hundredths: 500 is five times.
    package let raw: Int32

    /// So many hundredths; less than once is a defect.
    package init(_ raw: Int32) {
        precondition(raw >= 100, "a purchase costs its own money at least once")
        self.raw = raw
    }

    /// Five times: no broker lends more, since the margin is at least 20 % (seed 001, scenario 3;
    /// charges.md §5).
    package static let most = Leverage(500)
    /// Nothing is lent.
    package static let once = Leverage(100)

    package static func < (left: Leverage, right: Leverage) -> Bool { left.raw < right.raw }

    /// The own part of a cost, rounded up to the paisa; the rest is lent.
    package func ownPart(of cost: Money) -> Money {
        let (high, low) = cost.paise.multipliedFullWidth(by: 100)
        let (quotient, remainder) = Int64(raw).dividingFullWidth((high, low))
        return Money(paise: quotient + (remainder > 0 ? 1 : 0))
    }

    /// What may be bought with so much own money, rounded down to the paisa.
    package func reach(of own: Money) -> Money {
        let (high, low) = own.paise.multipliedFullWidth(by: Int64(raw))
        return Money(paise: Int64(100).dividingFullWidth((high, low)).quotient)
    }
}

extension Leverage {
    /// A multiple such as `5` or `2.5`; nil unless from 1 to 5 and exact to two decimals.
    package init?(times text: String) {
        guard let raw = DecimalText.integer(text, decimals: 2), (100...500).contains(raw)
        else { return nil }
        self.init(Int32(raw))
    }

    /// The multiple, such as `2.5`.
    package var times: String { DecimalText.text(Int64(raw), decimals: 2, atLeast: 0) }
}
