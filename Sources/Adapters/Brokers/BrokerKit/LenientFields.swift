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

    /// A quantity; nil also where negative.
    package func quantity(_ key: String) -> Quantity? {
        wholeNumber(key).flatMap { $0 >= 0 ? Quantity($0) : nil }
    }

    /// A price in rupees, rounded to a hundredth of a paisa; nil where zero, negative or absent.
    ///
    /// Averages come with more decimals than a price has.
    package func price(_ key: String) -> Price? {
        guard let text = text(key) else { return nil }
        return Price(rupees: text) ?? Price(rupees: Self.shortened(text, decimals: 4))
    }

    /// An amount in rupees, cut to the paisa; nil where absent.
    package func money(_ key: String) -> Money? {
        guard let text = text(key) else { return nil }
        return Money(rupees: text) ?? Money(rupees: Self.shortened(text, decimals: 2))
    }

    private static func shortened(_ text: String, decimals: Int) -> String {
        guard let point = text.firstIndex(of: ".") else { return text }
        return String(text[..<point]) + String(text[point...].prefix(decimals + 1))
    }
}
