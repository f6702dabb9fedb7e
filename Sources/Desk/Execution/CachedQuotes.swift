package import Trading

/// Last prices: from the cache, else from a broker through one of the trader's sessions, else from
/// the instrument master.
package struct CachedQuotes: QuoteSource {
    let cache: any QuoteCache
    let sessions: any QuoteSessions
    let brokers: Brokers
    /// A cached price older than this is asked for anew.
    let maximumAge: Duration
    /// Whether the master's price may serve where no session gives one: for sandboxes and paper only.
    let trustsMaster: Bool

    package init(
        cache: any QuoteCache,
        sessions: any QuoteSessions,
        brokers: Brokers,
        maximumAge: Duration,
        trustsMaster: Bool
    ) {
        self.cache = cache
        self.sessions = sessions
        self.brokers = brokers
        self.maximumAge = maximumAge
        self.trustsMaster = trustsMaster
    }

    package func lastPrice(_ instrument: Instrument, for trader: TraderID) async -> Price? {
        if let cached = await cache.price(instrument.id, maximumAge: maximumAge) { return cached }
        if let fresh = await ask(instrument, for: trader) {
            await cache.remember(fresh, for: instrument.id)
            return fresh
        }
        guard trustsMaster else { return nil }
        return try? await sessions.masterPrice(instrument.id)
    }

    private func ask(_ instrument: Instrument, for trader: TraderID) async -> Price? {
        // Several, since one session's data plan or allowance may be used up.
        let doors = try? await sessions.quoteSessions(trader, instrument: instrument.id, limit: 3)
        for (name, session) in doors ?? [] {
            guard let broker = brokers[name], let listed = session.instrument else { continue }
            if let prices = try? await broker.quotes([listed], session),
                let price = prices[instrument.id]
            {
                return price
            }
        }
        return nil
    }
}
