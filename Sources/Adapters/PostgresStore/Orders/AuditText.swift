import JSON
import Trading

/// Amounts and foreign words as the audit log and the order's history show them.
enum AuditText {
    /// `RELIANCE x50 @ ₹2,450`.
    static func trade(_ symbol: String, _ quantity: Quantity, _ price: Price) -> String {
        "\(symbol) x\(quantity) @ \(rupees(price.rupees))"
    }

    /// An amount with Indian grouping and no empty decimals: `12345678.00` is `₹1,23,45,678`.
    static func rupees(_ decimal: String) -> String {
        let parts = decimal.split(separator: ".", maxSplits: 1)
        var whole = Array((parts.first ?? "0").utf8)
        let sign = whole.first == UInt8(ascii: "-") ? "-" : ""
        if !sign.isEmpty { whole.removeFirst() }
        var grouped: [UInt8] = []
        for (place, digit) in whole.reversed().enumerated() {
            // Three digits, then groups of two.
            if place == 3 || place > 3 && place % 2 == 1 { grouped.append(UInt8(ascii: ",")) }
            grouped.append(digit)
        }
        let fraction = parts.count == 2 && parts[1].contains { $0 != "0" } ? ".\(parts[1])" : ""
        return "₹\(sign)\(String(decoding: grouped.reversed(), as: UTF8.self))\(fraction)"
    }

    /// Words from outside, fit to be stored: no NUL, which the database refuses, and not endless.
    static func foreign(_ words: String, limit: Int = 500) -> String {
        guard words.utf8.count > limit || words.utf8.contains(0) else { return words }
        return String(
            words.unicodeScalars.lazy.filter { $0 != "\0" }.prefix(limit).map(Character.init)
        )
    }

    /// A JSON object made by `fill`, as text; `line` is what people read.
    static func object(_ line: String, _ fill: (inout JSONWriter) -> Void = { _ in }) -> String {
        var writer = JSONWriter()
        writer.beginObject()
        writer.field("line", line)
        fill(&writer)
        writer.endObject()
        return String(decoding: writer.bytes, as: UTF8.self)
    }
}
