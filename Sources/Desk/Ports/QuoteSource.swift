package import Trading

/// Where last prices come from.
package protocol QuoteSource: Sendable {
    /// The last price, as fresh as a second or two; nil where nobody knows one.
    func lastPrice(_ instrument: Instrument, for trader: TraderID) async -> Price?

    /// The last price that is known though it is too old to size anything by; asked for only where
    /// there is no better one.
    func stalePrice(_ instrument: Instrument) async -> Price?
}

extension QuoteSource {
    /// None, where nothing is remembered.
    package func stalePrice(_ instrument: Instrument) async -> Price? { nil }
}

/// A price with its age.
package struct Quote: Sendable, Equatable {
    package let price: Price
    /// How long ago it was learned.
    package let age: Duration
    /// The day so far, where a feed told of it.
    package let day: DayFigures

    package init(price: Price, age: Duration, day: DayFigures = DayFigures()) {
        self.price = price
        self.age = age
        self.day = day
    }
}

/// Where prices come from that are shown to people: with their age, and none that is not the
/// market's.
package protocol LiveQuotes: Sendable {
    /// A last price that is no older than `maximumAge`; nil where nobody tells one now.
    func quote(_ instrument: InstrumentID, for trader: TraderID, maximumAge: Duration) async
        -> Quote?
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
