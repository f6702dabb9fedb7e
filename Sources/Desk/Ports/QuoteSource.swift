package import Trading

/// Where last prices come from.
package protocol QuoteSource: Sendable {
    /// The last price, as fresh as a second or two; nil where nobody knows one.
    func lastPrice(_ instrument: Instrument, for trader: TraderID) async -> Price?
}

/// What a quote source needs from the store.
package protocol QuoteSessions: Sendable {
    /// A few connected sessions of the trader at a broker, for reading prices, with how that broker
    /// names the instrument. The one used least lately comes first.
    func quoteSessions(_ trader: TraderID, instrument: InstrumentID, limit: Int)
        async throws(StoreFailure) -> [(BrokerName, BrokerSession)]
    /// The price in the instrument master, such as yesterday's close; nil where it has none.
    func masterPrice(_ instrument: InstrumentID) async throws(StoreFailure) -> Price?
}
