import Desk
import Telemetry
import Trading

/// The brokers' market feeds that the settings name, followed by the leading scheduler.
struct MarketFeeds: Sendable {
    private let follow: FollowMarketFeeds
    private let logger: Logger
    private let subscribed: Gauge
    private let priced: Counter
    private let lost: Counter

    /// Nil where the settings name none.
    init?(_ connections: Connections, _ set: BrokerSet) {
        let feeds = set.feeds(connections)
        guard !feeds.isEmpty else { return nil }
        logger = connections.logger
        follow = FollowMarketFeeds(
            feeds: feeds,
            store: connections.accounts,
            quotes: set.cache,
            clock: connections.clock
        )
        let metrics = connections.metrics
        subscribed = metrics.gauge(
            "volley_feed_instruments",
            help: "Instruments that market feeds are subscribed to.",
            labels: ["broker"]
        )
        priced = metrics.counter(
            "volley_feed_prices_total",
            help: "Prices that market feeds gave and that were written to the cache."
        )
        lost = metrics.counter(
            "volley_feeds_lost_total",
            help: "Connections of market feeds that ended or did not come about.",
            labels: ["broker"]
        )
    }

    /// Follows them until cancelled.
    func run() async { await follow.run(note) }

    @Sendable private func note(_ event: FollowMarketFeeds.Event) {
        switch event {
        case .subscribed(let broker, let count): subscribed.set(Double(count), [broker.rawValue])
        case .priced(let count): priced.add(count)
        case .lost(let broker, let why, let pause):
            lost.add(1, [broker.rawValue])
            logger.warning(
                "a market feed ended; prices are asked for meanwhile",
                [
                    LogField("broker", broker.rawValue), LogField("cause", why),
                    LogField("pause", "\(pause)"),
                ]
            )
        case .failed(let error):
            logger.warning("feeds could not be followed", [LogField("cause", "\(error)")])
        }
    }
}
