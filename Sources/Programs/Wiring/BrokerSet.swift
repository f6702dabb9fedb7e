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
    private let client: HTTPClient
    private let cancelClient: HTTPClient
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
        // A broker that answers slowly holds every connection that orders may use: the moment in
        // which somebody wants to cancel.
        configuration.maximumConnections = 2 * Self.cancelSlots
        configuration.perHost = Self.cancelSlots
        cancelClient = HTTPClient(
            configuration,
            logger: connections.logger,
            metrics: connections.metrics
        )
        breaker = CircuitBreaker()
        let timeout = ExecutionLimits(lease: settings.lease).brokerTimeout
        let calls = { (client: HTTPClient) in
            BrokerCalls(base: settings.dhanURL, client: client, timeout: timeout)
        }
        let dhan = DhanBroker(calls: calls(client), cancelling: calls(cancelClient))
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

    /// Cancels that a worker works on at once.
    static let cancelSlots = 128

    /// Ends all connections.
    func close() async {
        await client.close()
        await cancelClient.close()
    }
}
