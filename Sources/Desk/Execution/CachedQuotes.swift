package import Trading

/// Last prices: from the cache, else from a broker through one of the trader's sessions, else from
/// the instrument master.
package struct CachedQuotes: QuoteSource, LiveQuotes {
    package let cache: any QuoteCache
    let sessions: any QuoteSessions
    let brokers: Brokers
    /// A cached price older than this is asked for anew.
    let maximumAge: Duration
    /// Whether the master's price may serve where no session gives one: for sandboxes and paper only.
    let trustsMaster: Bool
    /// Counts the calls for quotes within what each account may read; nil: nobody counts.
    let pacer: (any Pacer)?

    package init(
        cache: any QuoteCache,
        sessions: any QuoteSessions,
        brokers: Brokers,
        maximumAge: Duration,
        trustsMaster: Bool,
        pacer: (any Pacer)? = nil
    ) {
        self.cache = cache
        self.sessions = sessions
        self.brokers = brokers
        self.maximumAge = maximumAge
        self.trustsMaster = trustsMaster
        self.pacer = pacer
    }

    package func lastPrice(_ instrument: Instrument, for trader: TraderID) async -> Price? {
        let live = await quote(instrument.id, for: trader, maximumAge: maximumAge)
        if let live { return live.price }
        guard trustsMaster else { return nil }
        return try? await sessions.masterPrice(instrument.id)
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
        // Several, since one session's data plan or allowance may be used up.
        let doors = try? await sessions.quoteSessions(trader, instrument: instrument, limit: 3)
        for (name, session) in doors ?? [] {
            guard let broker = brokers[name], let listed = session.instrument,
                await mayRead(session, broker.traits)
            else { continue }
            if let prices = try? await broker.quotes([listed], session),
                let price = prices[instrument]
            {
                return price
            }
        }
        return nil
    }

    /// Where this account may not, another one may.
    private func mayRead(_ session: BrokerSession, _ traits: BrokerTraits) async -> Bool {
        guard let pacer, let account = session.account else { return true }
        let request = PaceRequest(
            account: account,
            broker: traits.name,
            limits: traits.readLimits,
            purpose: .read
        )
        return await pacer.take([request]) == [.now]
    }
}
