package import Trading

/// Reads the order book of one instrument.
package protocol DepthSource: Sendable {
    /// The five best levels of each side, through this session; a read, which may be repeated.
    ///
    /// Throws where a level cannot be understood: half a book would tell of less than there is.
    func depth(_ instrument: BrokerInstrument, _ session: BrokerSession)
        async throws(BrokerFailure) -> MarketDepth
}

/// An order book with who told it and when.
package struct ToldDepth: Sendable, Equatable {
    package let depth: MarketDepth
    package let broker: BrokerName
    package let at: Timestamp

    package init(_ depth: MarketDepth, by broker: BrokerName, at: Timestamp) {
        self.depth = depth
        self.broker = broker
        self.at = at
    }
}

/// Order books, remembered for a moment.
package protocol DepthCache: Sendable {
    /// The book, unless it is older than `maximumAge` or the cache is down.
    func depth(_ instrument: InstrumentID, maximumAge: Duration) async -> ToldDepth?
    /// Remembers a book; failing to is no matter.
    func remember(_ depth: ToldDepth, for instrument: InstrumentID) async
}
