import Synchronization
import Telemetry

/// How a connection fares, told by its thread to whoever asks, and to the log when it changes.
final class LinkStatus: Sendable {
    private let state = Mutex(RabbitLinkState.connecting)
    private let name: String
    private let logger: Logger
    private let losses: Counter?

    init(name: String, logger: Logger, metrics: Metrics?) {
        self.name = name
        self.logger = logger
        losses = metrics?.counter(
            "rabbitmq_connection_failures_total",
            help: "Connections to RabbitMQ that were lost or could not be made.",
            labels: ["connection"]
        )
    }

    var current: RabbitLinkState { state.withLock { $0 } }

    func set(_ new: RabbitLinkState) {
        let old = state.withLock { state in
            defer { state = new }
            return state
        }
        if case .down = new { losses?.add(1, [name]) }
        guard old != new else { return }
        switch new {
        case .down(let error) where error.isPermanent:
            logger.error(
                "RabbitMQ refuses; somebody must look",
                [.init("connection", name), .init("reason", String(describing: error))]
            )
        case .down(let error):
            logger.warning(
                "no connection to RabbitMQ; trying again",
                [.init("connection", name), .init("reason", String(describing: error))]
            )
        case .connected: logger.debug("connected to RabbitMQ", [.init("connection", name)])
        case .connecting, .closed: break
        }
    }
}

/// Counts what became of published messages.
struct PublisherMeters: Sendable {
    private let published: Counter

    init(_ metrics: Metrics) {
        published = metrics.counter(
            "rabbitmq_published_total",
            help: "Messages by what became of them.",
            labels: ["outcome"]
        )
    }

    func count(_ outcomes: [PublishOutcome]) {
        var confirmed = 0
        for outcome in outcomes {
            switch outcome {
            case .confirmed: confirmed += 1
            case .returned: published.add(1, ["returned"])
            case .refused: published.add(1, ["refused"])
            case .unknown: published.add(1, ["unknown"])
            case .notSent: published.add(1, ["not sent"])
            }
        }
        if confirmed > 0 { published.add(confirmed, ["confirmed"]) }
    }
}
