/// A part of an amount in billionths: charges are quoted down to 0.00001 %.
package struct ChargeRate: Hashable, Comparable, Sendable {
    /// Parts of 1,000,000,000.
    package let raw: Int64

    /// So many billionths.
    package init(raw: Int64) { self.raw = raw }

    /// Nothing is charged.
    package static let zero = ChargeRate(raw: 0)

    package static func < (left: ChargeRate, right: ChargeRate) -> Bool { left.raw < right.raw }

    /// What the rate comes to, rounded half up to the paisa.
    package func charge(on amount: Money) -> Money {
        let (high, low) = amount.paise.multipliedFullWidth(by: raw)
        let (quotient, remainder) = ChargeRate.whole.dividingFullWidth((high, low))
        return Money(paise: quotient + (remainder * 2 >= ChargeRate.whole ? 1 : 0))
    }

    private static let whole: Int64 = 1_000_000_000
}

extension ChargeRate: ExpressibleByStringLiteral {
    /// A rate in percent, as its source prints it, such as `0.00297`.
    package init(stringLiteral percent: String) {
        guard let raw = DecimalText.integer(percent, decimals: 7), raw >= 0 else {
            preconditionFailure("\(percent) is no rate in percent")
        }
        self.init(raw: raw)
    }
}

extension Money {
    /// This amount rounded to the whole rupee, half up; it is not negative.
    package var wholeRupees: Money { Money(paise: (paise + 50) / 100 * 100) }
}
