package import Trading

/// The order book of an instrument, for people who are about to trade: as it was a moment ago, else
/// from a broker through one of the trader's sessions.
///
/// 1. A book that is at most a second old serves all traders: what stands there is the same for all.
/// 2. Who asks while another asks for the same gets that one's answer: many users cost one call.
/// 3. No answer takes longer than `patience`; what is not known by then is said to be unknown.
package struct ReadDepth: Sendable {
    /// A book that is older is asked for anew.
    package static let maximumAge: Duration = .seconds(1)

    private let cache: any DepthCache
    private let prices: any QuoteCache
    private let asking: AskSessions
    private let clock: any WallClock
    private let patience: Duration
    private let shared = SharedAnswers<Subject, Result<ToldDepth, AskSessions.Untold>>()

    /// `prices`: also learn the last price, so that nobody asks for it beside the book.
    package init(
        cache: any DepthCache,
        prices: any QuoteCache,
        asking: AskSessions,
        clock: any WallClock,
        patience: Duration = .seconds(2)
    ) {
        self.cache = cache
        self.prices = prices
        self.asking = asking
        self.clock = clock
        self.patience = patience
    }

    private struct Subject: Hashable {
        let instrument: InstrumentID
        /// Another trader has other sessions.
        let trader: TraderID
    }

    /// The book, or why nobody tells it.
    package func callAsFunction(_ instrument: InstrumentID, for trader: TraderID) async
        -> Result<ToldDepth, AskSessions.Untold>
    {
        await shared(Subject(instrument: instrument, trader: trader)) {
            if let known = await cache.depth(instrument, maximumAge: Self.maximumAge) {
                return .success(known)
            }
            let answer = await ask(instrument, for: trader)
            guard case .success(let told) = answer else {
                // Another process may have asked with the call that this account had left.
                let known = await cache.depth(instrument, maximumAge: Self.maximumAge)
                return known.map { .success($0) } ?? answer
            }
            await cache.remember(told, for: instrument)
            if let price = told.depth.lastPrice { await prices.remember(price, for: instrument) }
            return answer
        }
    }

    private func ask(_ instrument: InstrumentID, for trader: TraderID) async
        -> Result<ToldDepth, AskSessions.Untold>
    {
        await asking(instrument, for: trader, within: patience) {
            [clock]
            broker,
            listed,
            session throws(BrokerFailure) in
            guard let source = broker.services.depth else {
                throw .refused(code: "no_depth", words: "this broker tells no order book")
            }
            let depth = try await source.depth(listed, session)
            return ToldDepth(depth, by: broker.traits.name, at: clock.now())
        }
    }
}

extension AskSessions.Untold {
    /// Why, for people; never a secret.
    package var words: String {
        switch self {
        case .noSession: "no account is connected at a broker that lists it"
        case .failed(let failure): failure.words
        case .timeUp: "no broker answered in time"
        }
    }
}
