/// A number of shares or units; never negative.
package struct Quantity: Hashable, Comparable, Sendable {
    /// Shares or units.
    package let raw: Int64

    /// So many shares; a negative number is a defect.
    package init(_ raw: Int64) {
        precondition(raw >= 0, "a quantity is never negative")
        self.raw = raw
    }

    /// No shares.
    package static let zero = Quantity(0)
    /// The largest quantity that may enter from outside.
    package static let limit = Quantity(1_000_000_000)

    package static func < (left: Quantity, right: Quantity) -> Bool { left.raw < right.raw }
    package static func + (left: Quantity, right: Quantity) -> Quantity {
        Quantity(left.raw + right.raw)
    }
    package static func - (left: Quantity, right: Quantity) -> Quantity {
        Quantity(left.raw - right.raw)
    }

    /// The largest multiple of `lot` that is not more than this.
    package func wholeLots(of lot: Quantity) -> Quantity { Quantity(raw / lot.raw * lot.raw) }

    /// The part of this quantity, rounded down.
    package func part(_ part: BasisPoints) -> Quantity {
        let (high, low) = raw.multipliedFullWidth(by: Int64(part.raw))
        return Quantity(BasisPoints.whole64.dividingFullWidth((high, low)).quotient)
    }
}

extension Quantity: CustomStringConvertible {
    package var description: String { String(raw) }
}
