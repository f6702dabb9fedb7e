package import Trading

/// Last prices: from the cache, else from a broker through one of the trader's sessions, else from
/// the instrument master.
package struct CachedQuotes: QuoteSource, LiveQuotes {
    package let cache: any QuoteCache
    private let asking: AskSessions
    /// A cached price older than this is asked for anew.
    let maximumAge: Duration
    /// Whether the master's price may serve where no session gives one: for sandboxes and paper only.
    let trustsMaster: Bool

    package init(
        cache: any QuoteCache,
        asking: AskSessions,
        maximumAge: Duration,
        trustsMaster: Bool
    ) {
        self.cache = cache
        self.asking = asking
        self.maximumAge = maximumAge
        self.trustsMaster = trustsMaster
    }

    package func lastPrice(_ instrument: Instrument, for trader: TraderID) async -> Price? {
        let live = await quote(instrument.id, for: trader, maximumAge: maximumAge)
        if let live { return live.price }
        guard trustsMaster else { return nil }
        return try? await asking.sessions.masterPrice(instrument.id)
    }

    package func quote(_ instrument: InstrumentID, for trader: TraderID, maximumAge: Duration)
        async -> Quote?
    {
        if let cached = await cache.quote(instrument, maximumAge: maximumAge) { return cached }
        guard let fresh = await ask(instrument, for: trader) else { return nil }
        await cache.remember(fresh, for: instrument)
        return Quote(price: fresh, age: .zero)
    }

    package func stalePrice(_ instrument: Instrument) async -> Price? {
        await cache.quotes([instrument.id])[instrument.id]?.price
    }

    private func ask(_ instrument: InstrumentID, for trader: TraderID) async -> Price? {
        let answer = await asking(instrument, for: trader) {
            broker,
            listed,
            session throws(BrokerFailure) in
            let prices = try await broker.quotes([listed], session)
            guard let price = prices[listed.instrument] else {
                throw .unreachable("the broker tells no price of it")
            }
            return price
        }
        return try? answer.get()
    }
}
