/// An amount of Indian rupees, held as whole paise.
///
/// Arithmetic traps on overflow: amounts from outside are checked where they enter
/// (at most ₹ 9,00,00,00,00,000, see `limit`), so inside an overflow is a defect.
package struct Money: Hashable, Comparable, Sendable {
    /// Whole paise; may be negative for a difference.
    package let paise: Int64

    /// An amount of so many paise.
    package init(paise: Int64) { self.paise = paise }

    /// Nothing.
    package static let zero = Money(paise: 0)
    /// The largest amount that may enter from outside: ₹ 90,000 crore.
    package static let limit = Money(paise: 90_000_000_000_000)
    /// A thousand times `limit`: stands for amounts too large to compute with.
    package static let unpayable = Money(paise: 90_000_000_000_000_000)

    package static func < (left: Money, right: Money) -> Bool { left.paise < right.paise }
    package static func + (left: Money, right: Money) -> Money {
        Money(paise: left.paise + right.paise)
    }
    package static func - (left: Money, right: Money) -> Money {
        Money(paise: left.paise - right.paise)
    }
    package static prefix func - (amount: Money) -> Money { Money(paise: -amount.paise) }
    package static func += (left: inout Money, right: Money) { left = left + right }
    package static func -= (left: inout Money, right: Money) { left = left - right }

    /// The part of this amount, rounded down to the paisa.
    package func part(_ part: BasisPoints) -> Money {
        let (high, low) = paise.multipliedFullWidth(by: Int64(part.raw))
        let divided = Int64(BasisPoints.whole.raw).dividingFullWidth((high, low))
        return Money(paise: divided.quotient)
    }
}

extension Money {
    /// An amount written in rupees, such as `2950.50`; nil unless it is exact to the paisa and within `limit`.
    package init?(rupees text: String) {
        guard let paise = DecimalText.integer(text, decimals: 2), abs(paise) <= Money.limit.paise
        else { return nil }
        self.init(paise: paise)
    }

    /// The amount in rupees with two decimals, such as `2950.50`.
    package var rupees: String { DecimalText.text(paise, decimals: 2, atLeast: 2) }
}

extension Money: CustomStringConvertible {
    package var description: String { "₹\(rupees)" }
}
