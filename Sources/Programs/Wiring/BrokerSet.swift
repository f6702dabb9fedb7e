import BrokerKit
import Desk
import HTTPClient
import Paper
import RedisCache
import Telemetry
import Trading

/// The brokers of one process, and where last prices come from.
struct BrokerSet: Sendable {
    private let clients: [HTTPClient]
    let breaker: CircuitBreaker
    let egress: EgressGuard
    let brokers: Brokers
    let quotes: CachedQuotes
    let depth: ReadDepth
    let cache: RedisQuoteCache

    /// The brokers; with `pacesReads` calls for quotes are counted, since people ask as often as
    /// they like.
    init(_ connections: Connections, pacesReads: Bool = false) {
        let settings = connections.settings
        breaker = CircuitBreaker()
        let doors = Self.doors(connections)
        let egressClient = HTTPClient(logger: connections.logger, metrics: connections.metrics)
        egress = EgressGuard(client: egressClient)
        clients = doors.flatMap { [$0.door.client, $0.door.cancelClient] } + [egressClient]
        let adapters = doors.map { $0.line.adapter($0.door) }
        let cache = RedisQuoteCache(
            redis: connections.redis,
            prefix: settings.prefix,
            clock: connections.clock
        )
        self.cache = cache
        let pacer = RedisPacer(redis: connections.redis, prefix: settings.prefix) {
            [clock = connections.clock] in clock.now()
        }
        let real = Brokers(adapters, gate: breaker)
        let asking = AskSessions(
            sessions: connections.accounts,
            brokers: real,
            pacer: pacesReads ? pacer : nil
        )
        quotes = CachedQuotes(
            cache: cache,
            asking: asking,
            maximumAge: .seconds(2),
            trustsMaster: !settings.isLive
        )
        depth = ReadDepth(
            cache: RedisDepthCache(
                redis: connections.redis,
                prefix: settings.prefix,
                clock: connections.clock
            ),
            prices: cache,
            asking: asking,
            clock: connections.clock
        )
        let paper = PaperBroker(
            lastPrice: { await cache.price($0, maximumAge: .seconds(60)) },
            clock: connections.clock
        )
        brokers = Brokers(adapters + [paper], gate: breaker)
    }

    /// Cancels that a worker works on at once.
    static let cancelSlots = 128

    /// Each broker has connections of its own: one that hangs holds nobody else's.
    private static func doors(_ connections: Connections) -> [(line: BrokerLine, door: BrokerDoor)]
    {
        let settings = connections.settings
        let timeout = ExecutionLimits(lease: settings.lease).brokerTimeout
        let client = { (slots: Int) in
            var configuration = HTTPClientConfiguration()
            configuration.maximumConnections = 2 * slots
            // Small trades have slots beside those of large ones, and must not wait for theirs.
            configuration.perHost = slots + max(1, slots / 4)
            return HTTPClient(
                configuration,
                logger: connections.logger,
                metrics: connections.metrics
            )
        }
        return BrokerLine.all.compactMap { line in
            guard let place = settings.brokers[line.name] else { return nil }
            let door = BrokerDoor(
                place: place,
                timeout: timeout,
                client: client(settings.slots),
                // A broker that answers slowly holds every connection that orders may use: the
                // moment in which somebody wants to cancel.
                cancelClient: client(cancelSlots)
            )
            return (line, door)
        }
    }

    /// The brokers' lists of instruments.
    static func masters(_ settings: Settings, _ client: HTTPClient) -> [any InstrumentMaster] {
        BrokerLine.all.compactMap { line in
            settings.brokers[line.name].map { line.instruments(client, $0.instruments) }
        }
    }

    /// What the brokers declare that orders may go to.
    static func traits(_ settings: Settings) -> [BrokerTraits] {
        BrokerLine.all.filter { settings.brokers[$0.name] != nil }.map(\.traits)
            + [PaperBroker.declared]
    }

    /// Who reads the brokers' postbacks.
    static func hintReaders(_ settings: Settings) -> [BrokerName: any HintReader] {
        var readers: [BrokerName: any HintReader] = [:]
        for line in BrokerLine.all {
            guard let place = settings.brokers[line.name] else { continue }
            readers[line.name] = line.hints?(place)
        }
        return readers
    }

    /// How clients log in at the brokers that orders may go to.
    static func logins(_ settings: Settings, _ client: HTTPClient)
        -> [BrokerName: any BrokerLogin]
    {
        var logins: [BrokerName: any BrokerLogin] = [:]
        for line in BrokerLine.all {
            guard let place = settings.brokers[line.name] else { continue }
            logins[line.name] = line.login?(LoginGate(place: place, client: client))
        }
        return logins
    }

    /// The order streams that the settings name.
    static func streams(_ settings: Settings) -> [any OrderStream] {
        BrokerLine.all.compactMap { line in
            guard let place = settings.brokers[line.name], let url = place.stream else {
                return nil
            }
            return line.stream?(url, place)
        }
    }

    /// The market feeds that the settings name, and what is polled in their place.
    func feeds(_ connections: Connections) -> [any MarketFeed] {
        let settings = connections.settings
        return BrokerLine.all.compactMap { line in
            guard let place = settings.brokers[line.name] else { return nil }
            if let url = place.feed { return line.feed?(url, place) }
            guard settings.pollsQuotes, let perCall = line.polledPerCall,
                let broker = brokers[line.name]
            else { return nil }
            return PolledFeed(
                broker,
                room: 10 * perCall,
                perCall: perCall,
                pause: .seconds(1),
                clock: connections.clock
            )
        }
    }

    /// Ends all connections.
    func close() async {
        for client in clients { await client.close() }
    }
}
