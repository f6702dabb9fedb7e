import BrokerKit
import Desk
import RedisCache
import Telemetry
import Trading

/// Tells how brokers answer this worker: figures for Prometheus, a log line where a broker falls
/// silent or comes back, and for the API to show.
struct BrokerWatch: Sendable {
    private let board: RedisBrokerHealth
    private let breaker: CircuitBreaker
    private let clock: any WallClock
    private let logger: Logger
    private let resting: Gauge

    private static let pause: Duration = .seconds(3)

    init(_ connections: Connections, _ set: BrokerSet) {
        board = connections.brokerHealth
        breaker = set.breaker
        clock = connections.clock
        logger = connections.logger
        resting = connections.metrics.gauge(
            "volley_broker_resting",
            help: "1 where a broker gave no answers and is only tried now and then.",
            labels: ["broker"]
        )
    }

    /// Does it until cancelled.
    func run() async {
        let worker = WorkerName.make()
        var wasResting: Set<BrokerName> = []
        while !Task.isCancelled {
            let health = breaker.health(at: clock.now())
            await board.tell(health, by: worker)
            for broker in health { resting.set(broker.isResting ? 1 : 0, [broker.broker.rawValue]) }
            let isResting = Set(health.filter(\.isResting).map(\.broker))
            for broker in isResting.subtracting(wasResting) {
                logger.warning(
                    "a broker does not answer: its orders wait",
                    [LogField("broker", broker.rawValue)]
                )
            }
            for broker in wasResting.subtracting(isResting) {
                logger.notice(
                    "a broker answers again",
                    [LogField("broker", broker.rawValue)]
                )
            }
            wasResting = isResting
            try? await clock.sleep(for: Self.pause)
        }
    }
}
