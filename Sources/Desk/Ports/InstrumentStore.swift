package import Trading

/// Where instruments and each broker's names for them are kept.
package protocol InstrumentStore: Sendable {
    /// The instrument with this symbol at this exchange; case does not matter.
    func instrument(_ symbol: String, at exchange: ExchangeName) async throws(StoreFailure)
        -> Instrument?

    /// The instruments of these names that there are, in their order; nil for the others.
    func instruments(_ names: [InstrumentName]) async throws(StoreFailure) -> [Instrument?]

    /// Instruments by the beginning of their symbol, by the beginnings of words in their name, or by
    /// their ISIN; what fits best first.
    func search(_ text: String, limit: Int) async throws(StoreFailure) -> [ListedInstrument]

    /// Stores what a broker's instrument master lists, in one transaction, and remembers what changed.
    ///
    /// Shares only. Where two lines of the list differ, the last one counts. Instruments that it no
    /// longer names stay. A list with less than half of the shares of the last one is broken, unless
    /// it is to be taken all the same: nothing of it is kept, but that it was refused.
    func load(
        _ list: InstrumentList,
        of broker: BrokerName,
        acceptingShort: Bool,
        by actor: Actor
    ) async throws(StoreFailure) -> InstrumentLoad
}

/// What people name an instrument by.
package struct InstrumentName: Sendable, Hashable {
    package let exchange: ExchangeName
    /// In any case of letters.
    package let symbol: String

    package init(exchange: ExchangeName, symbol: String) {
        self.exchange = exchange
        self.symbol = symbol
    }

    /// `NSE:TCS`, or `TCS` for NSE; nil for anything else.
    package init?(_ text: String) {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        let exchange =
            parts.count == 2 ? ExchangeName(rawValue: parts[0].uppercased()) : ExchangeName.nse
        guard let exchange, let symbol = parts.last, !symbol.isEmpty else { return nil }
        self.init(exchange: exchange, symbol: String(symbol))
    }
}

/// What became of a list.
package enum InstrumentLoad: Sendable, Equatable {
    /// So many instruments were new or changed.
    case stored(changed: Int)
    /// It had so many shares, the one before so many.
    case tooShort(shares: Int, before: Int)
    /// It could not be read to its end.
    case unreadable(BrokerFailure)

    /// Whether a list is suspiciously short.
    package static func isTooShort(shares: Int, before: Int) -> Bool {
        shares == 0 || shares * 2 < before
    }
}

/// An instrument with what else the masters say of it.
package struct ListedInstrument: Sendable, Equatable {
    package let instrument: Instrument
    /// A price in a master, such as yesterday's close.
    package let price: Price?
    /// How many times the own part a purchase on margin may be, in hundredths; nil: not told.
    package let marginLeverage: Int64?

    package init(instrument: Instrument, price: Price?, marginLeverage: Int64?) {
        self.instrument = instrument
        self.price = price
        self.marginLeverage = marginLeverage
    }

    /// The own part of a purchase on margin of one share at a price, in paise, rounded up.
    package func marginAmount(at price: Price) -> Money? {
        guard let marginLeverage, marginLeverage >= 100 else { return nil }
        // Prices are in hundredths of a paisa and the leverage in hundredths: they cancel out.
        let (whole, rest) = price.raw.quotientAndRemainder(dividingBy: marginLeverage)
        return Money(paise: rest > 0 ? whole + 1 : whole)
    }
}
