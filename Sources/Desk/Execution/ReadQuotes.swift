package import Trading

/// What is known of the prices of many instruments, for people to see: from the cache, and where that
/// is old, from the brokers, for a few seconds at most.
package struct ReadQuotes: Sendable {
    private let cache: any QuoteCache
    private let asking: AskPrices

    package init(cache: any QuoteCache, live: any LiveQuotes, clock: any WallClock) {
        self.cache = cache
        asking = AskPrices(quotes: live, clock: clock)
    }

    /// What is remembered, however old: nobody is asked.
    package func remembered(_ instruments: [InstrumentID]) async -> [InstrumentID: Quote] {
        await cache.quotes(instruments)
    }

    /// Prices that are no older than a few seconds, asked for through the trader's sessions where
    /// need be; older ones with their age where nobody tells a new one.
    package func fresh(_ instruments: [InstrumentID], for trader: TraderID) async
        -> [InstrumentID: Quote]
    {
        var quotes = await cache.quotes(instruments)
        let old = instruments.filter { (quotes[$0]?.age ?? .seconds(60)) > AskPrices.maximumAge }
        for (instrument, quote) in await asking(old, for: trader) {
            let day = quote.day == DayFigures() ? quotes[instrument]?.day : quote.day
            quotes[instrument] = Quote(
                price: quote.price,
                age: quote.age,
                day: day ?? DayFigures()
            )
        }
        return quotes
    }
}
