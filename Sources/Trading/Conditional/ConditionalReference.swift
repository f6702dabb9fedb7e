extension BrokerReference {
    /// The reference of one attempt to place a conditional order.
    ///
    /// Like an order's, but for its first letter: what comes of a conditional order is the broker's
    /// order, and not one that the order books of ours must have.
    package static func make(_ id: ConditionalID, attempt: Int, mark: String) -> String {
        "C" + make(IntentID(id.raw), attempt: Int16(attempt), mark: mark).dropFirst()
    }

    /// Whether an installation of this mark would make such a reference for a conditional order.
    package static func isMadeForConditional(_ text: String, with mark: String) -> Bool {
        text.hasPrefix("C") && isMade("V" + text.dropFirst(), with: mark)
    }

    /// Whether the reference may be one of a conditional order, of whatever installation.
    package static func mayBeConditional(_ text: String) -> Bool { text.hasPrefix("C") }
}
