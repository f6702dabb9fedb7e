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
    /// How long one session may take before another is asked beside it.
    let patience: Duration

    package init(
        cache: any QuoteCache,
        sessions: any QuoteSessions,
        brokers: Brokers,
        maximumAge: Duration,
        trustsMaster: Bool,
        pacer: (any Pacer)? = nil,
        patience: Duration = .milliseconds(300)
    ) {
        self.cache = cache
        self.sessions = sessions
        self.brokers = brokers
        self.maximumAge = maximumAge
        self.trustsMaster = trustsMaster
        self.pacer = pacer
        self.patience = patience
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
        var questions = (doors ?? []).compactMap { name, session -> Question? in
            guard let broker = brokers[name], let listed = session.instrument else { return nil }
            return Question(broker: broker, listed: listed, session: session)
        }[...]
        return await withTaskGroup(of: Event.self) { group in
            var open = 0
            func askNext() {
                guard let question = questions.popFirst() else { return }
                open += 1
                group.addTask {
                    guard await mayRead(question.session, question.broker.traits) else {
                        return .answer(nil)
                    }
                    return .answer(await question.price())
                }
                guard !questions.isEmpty else { return }
                group.addTask { [patience] in
                    try? await Task.sleep(for: patience)
                    return .silence
                }
            }
            askNext()
            while open > 0, let event = await group.next() {
                switch event {
                case .answer(let price?):
                    group.cancelAll()
                    return price
                case .answer(nil):
                    open -= 1
                    askNext()
                // A broker that does not answer must not hold the trades of the others.
                case .silence: askNext()
                }
            }
            group.cancelAll()
            return nil
        }
    }

    private enum Event {
        case answer(Price?)
        case silence
    }

    /// One session to be asked for one price.
    private struct Question: Sendable {
        let broker: any Broker
        let listed: BrokerInstrument
        let session: BrokerSession

        func price() async -> Price? {
            try? await broker.quotes([listed], session)[listed.instrument]
        }
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
