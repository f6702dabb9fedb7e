/// One named value of a log line.
///
/// Whole numbers and truth values stay such in the line, anything else becomes text.
/// The keys of one line must differ from one another.
package struct LogField: Sendable {
    enum Value: Sendable {
        case text(String)
        case literal(String)
    }

    let key: String
    let value: Value

    /// A value shown as text, by its description.
    package init(_ key: String, _ value: some CustomStringConvertible & Sendable) {
        self.key = key
        self.value = .text(value.description)
    }

    /// A whole number, shown without quotes.
    package init(_ key: String, _ value: some BinaryInteger & Sendable) {
        self.key = key
        self.value = .literal(String(value))
    }

    /// A truth value, shown without quotes.
    package init(_ key: String, _ value: Bool) {
        self.key = key
        self.value = .literal(value ? "true" : "false")
    }
}
