/// A secret text that shows itself only when asked to by name.
///
/// Printing, interpolating, dumping or logging it, or anything that holds it, gives `[redacted]`.
package struct RedactedString: Sendable, ExpressibleByStringLiteral {
    private let text: String

    /// Keeps this text to itself.
    package init(_ text: String) { self.text = text }

    package init(stringLiteral text: String) { self.text = text }

    /// The secret; to be called only where it is sent or checked.
    package func reveal() -> String { text }

    /// Whether there is no text at all.
    package var isEmpty: Bool { text.isEmpty }
}

extension RedactedString: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "[redacted]" }
    package var debugDescription: String { "[redacted]" }
    package var customMirror: Mirror { Mirror(self, children: []) }
}

extension RedactedString: Equatable {
    /// Whether both are the same, byte for byte, in a time that does not tell where they differ.
    package static func == (left: RedactedString, right: RedactedString) -> Bool {
        Tokens.equal(Array(left.text.utf8), Array(right.text.utf8))
    }
}
