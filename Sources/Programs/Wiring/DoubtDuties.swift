import Desk
import PostgresStore
import Telemetry
import Trading

/// What the leading scheduler does about UNKNOWN orders: figures for Prometheus, and one warning per
/// order, with what an operator needs to ask the broker.
struct DoubtDuties: Sendable {
    private let watch: WatchDoubts
    private let logger: Logger
    private let count: Gauge
    private let age: Gauge

    init(_ connections: Connections) {
        logger = connections.logger
        // An order that nobody could look at is told of about when its first two looks were due.
        let alertAge = Duration.seconds(10) / connections.settings.doubtScale
        watch = WatchDoubts(
            store: connections.orders,
            market: connections.settings.market,
            clock: connections.clock,
            alertAge: alertAge
        )
        count = connections.metrics.gauge(
            "volley_unknown_orders",
            help: "Orders whose outcome nobody knows.",
            labels: ["broker"]
        )
        age = connections.metrics.gauge(
            "volley_unknown_orders_oldest_seconds",
            help: "For how long the oldest UNKNOWN order has been so; 0 where there is none.",
            labels: ["broker"]
        )
    }

    /// Does it until cancelled.
    func run() async {
        await watch.run(every: .seconds(2)) { tell($0) }
        // Whoever does not lead any more knows nothing of them.
        show([], at: Timestamp(microseconds: 0))
    }

    private func tell(_ notice: WatchDoubts.Notice) {
        switch notice {
        case .counts(let counts, let now): show(counts, at: now)
        case .unknown(let order): warn(order)
        case .dayClosing(let number):
            logger.notice(
                "the market has closed: UNKNOWN orders are looked for in the day's books",
                [LogField("orders", number)]
            )
        case .leftOver(let counts):
            for left in counts {
                logger.error(
                    "orders are UNKNOWN after the day's end: the broker must be asked by hand",
                    [LogField("broker", left.broker.rawValue), LogField("orders", left.count)]
                )
            }
        case .failed(let error):
            logger.warning("UNKNOWN orders could not be read", [LogField("cause", "\(error)")])
        }
    }

    private func show(_ counts: [UnknownCount], at now: Timestamp) {
        for broker in BrokerName.allCases {
            let known = counts.first { $0.broker == broker }
            count.set(Double(known?.count ?? 0), [broker.rawValue])
            let oldest = known.map { $0.oldest.duration(to: now).components.seconds } ?? 0
            age.set(Double(max(oldest, 0)), [broker.rawValue])
        }
    }

    private func warn(_ order: UnknownOrder) {
        logger.warning(
            "an order's outcome is UNKNOWN; its funds stay held",
            [
                LogField("intent", order.job.intent), LogField("task", order.job.task),
                LogField("client", order.client), LogField("broker", order.job.broker.rawValue),
                LogField("attempt", Int(order.doubt.attempt)),
                LogField("reference", order.doubt.reference),
                LogField("looks", order.doubt.looks),
                LogField("answer", order.doubt.lastAnswer ?? order.doubt.outcome ?? "none"),
            ]
        )
    }
}
