/// Reads a broker's unasked-for messages, far enough to know which orders to look at.
///
/// Most brokers sign nothing, so a message is a hint and never a fact.
package protocol HintReader: Sendable {
    /// Our references of the orders that the message speaks of; empty for anything else.
    func references(in message: [UInt8]) -> [String]
}
