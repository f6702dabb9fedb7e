/// A price or an amount of money, in ten-thousandths of a rupee.
///
/// Bounds: what comes from outside is held to `greatest` (₹1,000,000 a share) and orders to
/// 100,000,000 shares, so that a product of the two cannot overflow.
package struct Rupees: Comparable, Hashable, Sendable, CustomStringConvertible {
    package let tenThousandths: Int64

    package init(tenThousandths: Int64) {
        self.tenThousandths = tenThousandths
    }

    package init(_ whole: Int64) {
        tenThousandths = whole * 10_000
    }

    /// Reads a decimal number such as `2950`, `2950.05` or `-1.5`; four decimals count at most.
    ///
    /// Nil for anything else, an exponent included, and for more than twelve whole digits.
    package init?(decimal text: some Sequence<UInt8>) {
        var value: Int64 = 0
        var wholeDigits = 0
        var decimals = -1
        var isNegative = false
        var isFirst = true
        for byte in text {
            switch byte {
            case UInt8(ascii: "-") where isFirst:
                isNegative = true
            case UInt8(ascii: ".") where decimals < 0 && wholeDigits > 0:
                decimals = 0
            case UInt8(ascii: "0")...UInt8(ascii: "9"):
                let digit = Int64(byte - UInt8(ascii: "0"))
                if decimals < 0 {
                    wholeDigits += 1
                    guard wholeDigits <= 12 else { return nil }
                    value = value * 10 + digit
                } else if decimals < 4 {
                    decimals += 1
                    value = value * 10 + digit
                } else if digit != 0 {
                    return nil
                }
            default:
                return nil
            }
            isFirst = false
        }
        guard wholeDigits > 0 else { return nil }
        for _ in max(decimals, 0)..<4 { value *= 10 }
        tenThousandths = isNegative ? -value : value
    }

    package init?(decimal text: String) {
        self.init(decimal: text.utf8)
    }

    package static let zero = Rupees(tenThousandths: 0)
    package static let greatest = Rupees(1_000_000)

    package static func < (left: Rupees, right: Rupees) -> Bool {
        left.tenThousandths < right.tenThousandths
    }

    package static func + (left: Rupees, right: Rupees) -> Rupees {
        Rupees(tenThousandths: left.tenThousandths + right.tenThousandths)
    }

    package static func - (left: Rupees, right: Rupees) -> Rupees {
        Rupees(tenThousandths: left.tenThousandths - right.tenThousandths)
    }

    package static func * (left: Rupees, count: Int64) -> Rupees {
        Rupees(tenThousandths: left.tenThousandths * count)
    }

    package static func += (left: inout Rupees, right: Rupees) { left = left + right }
    package static func -= (left: inout Rupees, right: Rupees) { left = left - right }

    /// The amount for one of `count`, rounded half away from zero; zero where there are none.
    package func divided(by count: Int64) -> Rupees {
        guard count != 0 else { return .zero }
        let half = tenThousandths < 0 ? -count / 2 : count / 2
        return Rupees(tenThousandths: (tenThousandths + half) / count)
    }

    /// The part in hundredths of a percent, rounded towards zero.
    package func part(basisPoints: Int64) -> Rupees {
        let whole = tenThousandths / 10_000 * basisPoints
        return Rupees(tenThousandths: whole + tenThousandths % 10_000 * basisPoints / 10_000)
    }

    package func isMultiple(of tick: Rupees) -> Bool {
        tenThousandths % tick.tenThousandths == 0
    }

    /// The nearest multiple of the tick that is not above; for amounts that are not negative.
    package func roundedDown(to tick: Rupees) -> Rupees {
        Rupees(tenThousandths: tenThousandths - tenThousandths % tick.tenThousandths)
    }

    /// The nearest multiple of the tick that is not below; for amounts that are not negative.
    package func roundedUp(to tick: Rupees) -> Rupees {
        let over = tenThousandths % tick.tenThousandths
        return over == 0 ? self : Rupees(tenThousandths: tenThousandths - over) + tick
    }

    /// Decimal text with at least `decimals` places and no further zeros: `2950.0`, `2950.05`.
    package func text(decimals: Int = 1) -> String {
        var rest = tenThousandths.magnitude
        var kept = 4
        while kept > decimals, rest % 10 == 0 {
            rest /= 10
            kept -= 1
        }
        // Written from the last digit to the first: at most 20 digits, a point and a sign.
        return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 24) { buffer in
            var start = buffer.count
            var written = 0
            while written <= kept || rest > 0 {
                if written == kept, kept > 0 {
                    start -= 1
                    buffer[start] = UInt8(ascii: ".")
                }
                start -= 1
                buffer[start] = UInt8(ascii: "0") + UInt8(rest % 10)
                rest /= 10
                written += 1
            }
            if tenThousandths < 0 {
                start -= 1
                buffer[start] = UInt8(ascii: "-")
            }
            return String(decoding: UnsafeBufferPointer(rebasing: buffer[start...]), as: UTF8.self)
        }
    }

    package var description: String { text() }
}
