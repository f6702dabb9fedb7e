/// Reads a broker's unasked-for messages, far enough to know what to look at.
///
/// Most brokers sign nothing, so a message is a hint and never a fact.
package protocol HintReader: Sendable {
    /// What the message speaks of; empty for what is no news, and for anything else.
    func hints(in message: [UInt8]) -> [BrokerHint]
}

extension HintReader {
    /// Our references of the orders that the message speaks of.
    package func references(in message: [UInt8]) -> [String] {
        hints(in: message).compactMap { hint in
            guard case .order(let reference) = hint else { return nil }
            return reference
        }
    }
}

/// What a broker's message speaks of.
package enum BrokerHint: Sendable, Hashable {
    /// An order that carries this reference of ours.
    case order(String)
    /// An order of ours, if the broker gave it this id.
    case numbered(String)
    /// A conditional order, by the broker's own id.
    case conditional(String)
    /// An order without a reference of ours: it may have come of a conditional order of this client's,
    /// by the broker's number, in the instrument of this code, or of this ISIN.
    case foreignOrder(client: String, code: String)
}
