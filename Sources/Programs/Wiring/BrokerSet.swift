import BrokerKit
import Desk
import Dhan
import HTTPClient
import Paper
import RedisCache
import Telemetry
import Trading

/// The brokers of one process, and where last prices come from.
struct BrokerSet: Sendable {
    let client: HTTPClient
    let breaker: CircuitBreaker
    let brokers: Brokers
    let quotes: CachedQuotes

    init(_ connections: Connections) {
        let settings = connections.settings
        var configuration = HTTPClientConfiguration()
        configuration.maximumConnections = 4 * settings.slots
        configuration.perHost = settings.slots
        client = HTTPClient(
            configuration,
            logger: connections.logger,
            metrics: connections.metrics
        )
        breaker = CircuitBreaker()
        let dhan = DhanBroker(
            calls: BrokerCalls(
                base: settings.dhanURL,
                client: client,
                timeout: ExecutionLimits(lease: settings.lease).brokerTimeout
            )
        )
        let cache = RedisQuoteCache(
            redis: connections.redis,
            prefix: settings.prefix,
            clock: connections.clock
        )
        let real = Brokers([dhan], gate: breaker)
        let quotes = CachedQuotes(
            cache: cache,
            sessions: connections.accounts,
            brokers: real,
            maximumAge: .seconds(2),
            trustsMaster: !settings.isLive
        )
        self.quotes = quotes
        let paper = PaperBroker(
            lastPrice: { await cache.price($0, maximumAge: .seconds(60)) },
            clock: connections.clock
        )
        brokers = Brokers([dhan, paper], gate: breaker)
    }
}
