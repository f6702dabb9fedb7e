/// A number exactly as it was written.
package struct JSONNumber: Sendable, Hashable, CustomStringConvertible {
    /// The number's text, such as `2950.05` or `-1e3`.
    package let text: String

    package var description: String { text }

    /// The number that this text spells by JSON's grammar; nil where it does not.
    package init?(_ text: String) {
        guard Self.isNumber(text) else { return nil }
        self.text = text
    }

    /// Whether the text spells a number by JSON's grammar.
    static func isNumber(_ text: String) -> Bool {
        var text = text
        return text.withUTF8 { JSONNumberGrammar.end(in: $0, from: 0) == $0.count }
    }

    /// A whole number.
    package init(_ number: some BinaryInteger) { text = String(number) }

    init(checked text: String) { self.text = text }

    /// The number, if it is written as a whole one (no point, no exponent) and fits.
    package var int64: Int64? { Int64(text) }

    /// The number times 10 to the power of `decimals`, if that is a whole number that fits.
    ///
    /// Nothing is rounded: 12.345 with 4 decimals is 123,450, with 2 decimals nil.
    package func scaled(_ decimals: Int) -> Int64? {
        var digits: [UInt8] = []
        // How many places the digits are to be shifted to the left.
        var shift = decimals
        var isNegative = false
        var text = self.text.utf8[...]
        if text.first == UInt8(ascii: "-") {
            isNegative = true
            text = text.dropFirst()
        }
        var isFraction = false
        while let byte = text.first, byte | 0x20 != UInt8(ascii: "e") {
            text = text.dropFirst()
            if byte == UInt8(ascii: ".") {
                isFraction = true
                continue
            }
            if isFraction { shift -= 1 }
            if byte != UInt8(ascii: "0") || !digits.isEmpty { digits.append(byte - 0x30) }
        }
        while digits.last == 0 {
            digits.removeLast()
            shift += 1
        }
        if digits.isEmpty { return 0 }
        if !text.isEmpty {
            // An exponent beyond Int is beyond every number that fits.
            guard let exponent = Int(Substring(text.dropFirst())) else { return nil }
            let (sum, overflow) = shift.addingReportingOverflow(exponent)
            if overflow { return nil }
            shift = sum
        }
        guard shift >= 0, shift <= 18 else { return nil }
        digits.append(contentsOf: repeatElement(0, count: shift))
        return Self.value(digits, isNegative: isNegative)
    }

    private static func value(_ digits: [UInt8], isNegative: Bool) -> Int64? {
        var value: Int64 = 0
        for digit in digits {
            let (tens, overflow) = value.multipliedReportingOverflow(by: 10)
            let next = Int64(isNegative ? -Int(digit) : Int(digit))
            let (sum, overflowToo) = tens.addingReportingOverflow(next)
            if overflow || overflowToo { return nil }
            value = sum
        }
        return value
    }
}

/// JSON's grammar of numbers.
///
/// `[-] (0 | 1-9 0-9…) [. 0-9…] [e|E [+|-] 0-9…]`
enum JSONNumberGrammar {
    /// Where the number that starts at `start` ends; nil where none starts there.
    static func end(in bytes: UnsafeBufferPointer<UInt8>, from start: Int) -> Int? {
        var position = start
        if position < bytes.count, bytes[position] == UInt8(ascii: "-") { position += 1 }
        let whole = digits(in: bytes, from: position)
        guard whole > position else { return nil }
        if bytes[position] == UInt8(ascii: "0") && whole > position + 1 { return nil }
        position = whole
        if position < bytes.count, bytes[position] == UInt8(ascii: ".") {
            let fraction = digits(in: bytes, from: position + 1)
            guard fraction > position + 1 else { return nil }
            position = fraction
        }
        if position < bytes.count, bytes[position] | 0x20 == UInt8(ascii: "e") {
            position += 1
            if position < bytes.count, "+-".utf8.contains(bytes[position]) { position += 1 }
            let exponent = digits(in: bytes, from: position)
            guard exponent > position else { return nil }
            position = exponent
        }
        return position
    }

    private static func digits(in bytes: UnsafeBufferPointer<UInt8>, from start: Int) -> Int {
        var position = start
        while position < bytes.count, bytes[position] &- 0x30 < 10 { position += 1 }
        return position
    }
}
