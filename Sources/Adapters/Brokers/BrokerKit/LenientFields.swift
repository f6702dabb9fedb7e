package import JSON
package import Trading

/// Fields that brokers write now as text, now as numbers; money never passes through a double.
extension JSONValue {
    /// Text, or a number as it was written; nil for null, missing, and empty text.
    package func text(_ key: String) -> String? {
        switch self[key] {
        case .string(let text): text.isEmpty ? nil : text
        case .number(let number): number.text
        case .null, .bool, .array, .object, nil: nil
        }
    }

    /// A whole number, written as a number or as text, perhaps with zeros after the point.
    package func wholeNumber(_ key: String) -> Int64? {
        guard let text = text(key), let number = JSONNumber(text) else { return nil }
        return number.scaled(0)
    }

    /// A quantity; nil also where negative, or beyond what may enter: quantities are added up.
    package func quantity(_ key: String) -> Quantity? {
        wholeNumber(key).flatMap { (0...Quantity.limit.raw).contains($0) ? Quantity($0) : nil }
    }

    /// What is filled of an order: nothing where the answer does not say.
    ///
    /// Nil where it says what no quantity is: such an order is not to be taken for an empty one.
    package func filled(_ keys: String...) -> Quantity? {
        for key in keys where text(key) != nil { return quantity(key) }
        return .zero
    }

    /// Shares bought less shares sold; nil also where beyond what may enter.
    package func netQuantity(_ key: String) -> Int64? {
        let limit = Quantity.limit.raw
        return wholeNumber(key).flatMap { (-limit...limit).contains($0) ? $0 : nil }
    }

    /// A price in rupees, cut to a hundredth of a paisa; nil where zero, negative or absent.
    ///
    /// Averages come with more decimals than a price has.
    package func price(_ key: String) -> Price? {
        guard let text = text(key) else { return nil }
        return Price(rupees: text) ?? Self.plain(text, decimals: 4).flatMap { Price(rupees: $0) }
    }

    /// An amount in rupees, cut to the paisa; nil where absent.
    package func money(_ key: String) -> Money? {
        guard let text = text(key) else { return nil }
        return Money(rupees: text) ?? Self.plain(text, decimals: 2).flatMap { Money(rupees: $0) }
    }

    /// The number without an exponent, cut to so many decimals; nil where the text is no number.
    ///
    /// Java writes a double from ten million on as `1.2345678E7`.
    private static func plain(_ text: String, decimals: Int) -> String? {
        guard JSONNumber(text) != nil else { return nil }
        let parts = text.split { $0 == "e" || $0 == "E" }
        guard let exponent = parts.count == 2 ? Int(parts[1]) : 0, exponent.magnitude < 40 else {
            return nil
        }
        let isNegative = text.hasPrefix("-")
        let mantissa = parts[0].drop { $0 == "-" }.split(separator: ".")
        let fraction = mantissa.count == 2 ? String(mantissa[1]) : ""
        let padding = String(repeating: "0", count: Int(exponent.magnitude) + 1)
        let digits = padding + mantissa[0] + fraction + padding
        let point = padding.count + mantissa[0].count + exponent
        let whole = digits.prefix(point)
        let rest = digits.dropFirst(point).prefix(decimals)
        return (isNegative ? "-" : "") + whole + (rest.isEmpty ? "" : "." + rest)
    }
}
