package import Trading

/// By what a conditional order is known of which a broker's message hints that something became of it.
package enum ConditionalHint: Sendable, Hashable {
    /// By our reference on it.
    case referred(String)
    /// By the broker's id of it.
    case named(BrokerName, String)
    /// An order nobody here has sent came to this client of the broker's, in the instrument of this
    /// code, or of this ISIN.
    case foreignOrder(BrokerName, client: String, code: String)
    /// All of this account: messages about them may have been lost.
    case unheard(AccountID)
}
