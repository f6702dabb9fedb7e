import Desk
import Telemetry

/// The brokers' order streams that the settings name, followed by the leading scheduler.
struct OrderStreams: Sendable {
    private let hints: TakeHints
    private let follow: FollowOrderStreams
    private let logger: Logger
    private let held: Gauge
    private let told: Counter
    private let lost: Counter

    /// Nil where the settings name no stream.
    init?(_ connections: Connections) {
        let streams = BrokerSet.streams(connections.settings)
        guard !streams.isEmpty else { return nil }
        logger = connections.logger
        hints = TakeHints(
            store: connections.orders,
            live: connections.orders,
            conditionals: connections.conditionals,
            queue: connections.queue,
            clock: connections.clock
        )
        follow = FollowOrderStreams(
            streams: streams,
            store: connections.orders,
            hint: hints,
            queue: connections.queue,
            clock: connections.clock
        )
        let metrics = connections.metrics
        held = metrics.gauge("volley_order_streams", help: "Order streams that are followed.")
        told = metrics.counter(
            "volley_order_stream_hints_total",
            help: "Hints of changed orders that order streams gave."
        )
        lost = metrics.counter(
            "volley_order_streams_lost_total",
            help: "Connections of order streams that ended or did not come about."
        )
    }

    /// Follows them until cancelled.
    func run() async {
        await withDiscardingTaskGroup { group in
            group.addTask {
                await hints.run { error in
                    logger.warning("hints were lost", [LogField("cause", "\(error)")])
                }
            }
            group.addTask { await follow.run(note) }
        }
        held.set(0)
    }

    @Sendable private func note(_ event: FollowOrderStreams.Event) {
        switch event {
        case .held(let count): held.set(Double(count))
        case .hinted(let count): told.add(count)
        case .lost(let account, let why, let pause):
            lost.add(1)
            // One line each only where somebody looks for it: all streams may end together.
            logger.debug(
                "an order stream ended; look-ups go on",
                [
                    LogField("account", account), LogField("cause", why),
                    LogField("pause", "\(pause)"),
                ]
            )
        case .failed(let error):
            logger.warning("streams could not be followed", [LogField("cause", "\(error)")])
        }
    }
}
