/// A part of a whole in hundredths of a percent: 2,500 is 25 %.
package struct BasisPoints: Hashable, Comparable, Sendable {
    /// Hundredths of a percent.
    package let raw: Int32

    /// So many hundredths of a percent.
    package init(_ raw: Int32) { self.raw = raw }

    /// 100 %.
    package static let whole = BasisPoints(10_000)
    static var whole64: Int64 { Int64(whole.raw) }

    package static func < (left: BasisPoints, right: BasisPoints) -> Bool { left.raw < right.raw }
}

extension BasisPoints {
    /// A part written as a percentage, such as `12.5`; nil unless above 0, at most 100 and exact to two decimals.
    package init?(percent text: String) {
        guard let raw = DecimalText.integer(text, decimals: 2), raw > 0, raw <= 10_000
        else { return nil }
        self.init(Int32(raw))
    }

    /// The part as a percentage, such as `12.5`.
    package var percent: String { DecimalText.text(Int64(raw), decimals: 2, atLeast: 0) }
}
