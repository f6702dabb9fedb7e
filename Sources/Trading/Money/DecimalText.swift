/// Decimal text to scaled integers and back, exactly; no binary fraction is ever between.
enum DecimalText {
    /// `12.34` with two decimals is 1234; nil where the text is no plain decimal, has more
    /// non-zero decimals than asked for, or does not fit.
    static func integer(_ text: String, decimals: Int) -> Int64? {
        var bytes = Array(text.utf8)[...]
        let isNegative = bytes.first == UInt8(ascii: "-")
        if isNegative { bytes = bytes.dropFirst() }
        let parts = bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard (1...2).contains(parts.count), let whole = parts.first, !whole.isEmpty else {
            return nil
        }
        var fraction = parts.count == 2 ? Array(parts[1]) : []
        guard parts.count == 1 || !fraction.isEmpty else { return nil }
        while fraction.count > decimals, fraction.last == UInt8(ascii: "0") {
            fraction.removeLast()
        }
        guard fraction.count <= decimals else { return nil }
        fraction += Array(repeating: UInt8(ascii: "0"), count: decimals - fraction.count)

        var value: Int64 = 0
        for byte in Array(whole) + fraction {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
            let (scaled, overflowed) = value.multipliedReportingOverflow(by: 10)
            let digit = Int64(byte - UInt8(ascii: "0"))
            let (sum, overflowedAgain) = scaled.addingReportingOverflow(digit)
            guard !overflowed, !overflowedAgain else { return nil }
            value = sum
        }
        return isNegative ? -value : value
    }

    /// 1234 with two decimals is `12.34`; zeros at the end are kept up to `atLeast` decimals.
    static func text(_ value: Int64, decimals: Int, atLeast: Int) -> String {
        var digits = Array(String(value.magnitude).utf8)
        if digits.count <= decimals {
            let missing = decimals + 1 - digits.count
            digits.insert(contentsOf: Array(repeating: UInt8(ascii: "0"), count: missing), at: 0)
        }
        let whole = digits.dropLast(decimals)
        var fraction = digits.suffix(decimals)
        while fraction.count > atLeast, fraction.last == UInt8(ascii: "0") { fraction.removeLast() }
        let sign = value < 0 ? "-" : ""
        let point = fraction.isEmpty ? "" : "."
        return sign + String(decoding: whole, as: UTF8.self) + point
            + String(decoding: fraction, as: UTF8.self)
    }
}
