package import Trading

/// Keeps the prices fresh of what is held, watched or traded, by the brokers' market feeds; one
/// process of the cluster does this.
///
/// 1. Each instrument is subscribed to at one broker: one whose feed is alive before one whose feed
///    is not, else in the order of the feeds.
/// 2. One session of each broker serves; where its feed is lost again and again, the next one does.
/// 3. Prices go to the cache in batches, each instrument's newest only.
package struct FollowMarketFeeds: Sendable {
    /// How often, and how many.
    package struct Limits: Sendable {
        /// From one look at what is wanted to the next.
        package var round: Duration = .seconds(10)
        /// From one batch to the cache to the next.
        package var flush: Duration = .milliseconds(250)
        /// Sessions of a broker that are tried in turn.
        package var sessions = 20
        /// Losses in a row until another session is tried.
        package var patience = 3

        package init() {}
    }

    /// What happens to feeds, for logs and metrics.
    package enum Event: Sendable {
        /// So many instruments are subscribed to at this broker.
        case subscribed(BrokerName, Int)
        /// So many prices were written.
        case priced(Int)
        case lost(BrokerName, why: String, pause: Duration)
        /// The store did not answer; the feeds go on.
        case failed(any Error)
    }

    private let feeds: [any MarketFeed]
    private let store: any FeedStore
    private let quotes: any QuoteCache
    private let clock: any WallClock
    private let limits: Limits

    package init(
        feeds: [any MarketFeed],
        store: any FeedStore,
        quotes: any QuoteCache,
        clock: any WallClock,
        limits: Limits = Limits()
    ) {
        self.feeds = feeds
        self.store = store
        self.quotes = quotes
        self.clock = clock
        self.limits = limits
    }

    /// Follows until cancelled; `tell` hears what happens.
    package func run(_ tell: @escaping @Sendable (Event) -> Void) async {
        let board = TickBoard()
        let lines = feeds.map { FeedLine($0, patience: limits.patience) }
        await withDiscardingTaskGroup { group in
            for line in lines {
                group.addTask { await line.run(to: board, tell) }
            }
            group.addTask { await flush(board, tell) }
            while !Task.isCancelled {
                do throws(StoreFailure) {
                    try await share(among: lines, tell)
                } catch {
                    tell(.failed(error))
                }
                guard (try? await clock.sleep(for: limits.round)) != nil else { break }
            }
            for line in lines { line.stop() }
            group.cancelAll()
        }
    }

    private func flush(_ board: TickBoard, _ tell: @escaping @Sendable (Event) -> Void) async {
        while (try? await clock.sleep(for: limits.flush)) != nil {
            let ticks = board.take()
            guard !ticks.isEmpty else { continue }
            await quotes.remember(ticks)
            tell(.priced(ticks.count))
        }
    }

    /// Shares what is wanted out among the lines.
    private func share(
        among lines: [FeedLine],
        _ tell: @escaping @Sendable (Event) -> Void
    ) async throws(StoreFailure) {
        let brokers = lines.map(\.broker)
        let sessions = try await store.feedSessions(at: brokers, limit: limits.sessions)
        let most = lines.map { $0.feed.room }.max() ?? 0
        let wanted = try await store.wantedInstruments(at: brokers, limit: most)
        var taken: Set<InstrumentID> = []
        for line in lines.filter(\.isAlive) + lines.filter({ !$0.isAlive }) {
            line.use(sessions[line.broker] ?? [])
            var own: Set<FeedInstrument> = []
            if line.hasSession {
                for instrument in wanted[line.broker] ?? [] where own.count < line.feed.room {
                    if taken.insert(instrument.instrument).inserted { own.insert(instrument) }
                }
            }
            line.subscription.want(own)
            tell(.subscribed(line.broker, own.count))
        }
    }
}
