import Desk
import Telemetry
import Trading

/// What the leading scheduler tells of cancels: figures for Prometheus, and a warning now and then
/// while some order that somebody wished cancelled does not end.
struct CancelDuties: Sendable {
    private let store: any CancelStore
    private let clock: any WallClock
    private let logger: Logger
    private let count: Gauge
    private let age: Gauge

    private static let pause: Duration = .seconds(5)
    /// Cancels older than this are worth a warning, and another one after as long.
    private static let patience: Duration = .seconds(60)

    init(_ connections: Connections) {
        store = connections.orders
        clock = connections.clock
        logger = connections.logger
        count = connections.metrics.gauge(
            "volley_open_cancels",
            help: "Orders that somebody wished cancelled and that live on.",
            labels: ["broker"]
        )
        age = connections.metrics.gauge(
            "volley_open_cancels_oldest_seconds",
            help: "Since when the oldest of them is wished cancelled; 0 where there is none.",
            labels: ["broker"]
        )
    }

    /// Does it until cancelled.
    func run() async {
        var warned: Timestamp?
        while !Task.isCancelled {
            do {
                let now = clock.now()
                let open = try await store.openCancels()
                show(open, at: now)
                let late = open.filter { $0.oldest.duration(to: now) > Self.patience }
                if !late.isEmpty, warned.map({ $0.duration(to: now) > Self.patience }) != false {
                    warned = now
                    for cancels in late { warn(cancels, at: now) }
                }
            } catch {
                logger.warning("open cancels could not be read", [LogField("cause", "\(error)")])
            }
            try? await clock.sleep(for: Self.pause)
        }
        // Whoever does not lead any more knows nothing of them.
        show([], at: clock.now())
    }

    private func show(_ open: [OpenCancels], at now: Timestamp) {
        for broker in BrokerName.allCases {
            let known = open.first { $0.broker == broker }
            count.set(Double(known?.count ?? 0), [broker.rawValue])
            let oldest = known.map { $0.oldest.duration(to: now).components.seconds } ?? 0
            age.set(Double(max(oldest, 0)), [broker.rawValue])
        }
    }

    private func warn(_ cancels: OpenCancels, at now: Timestamp) {
        logger.warning(
            "orders that were wished cancelled live on",
            [
                LogField("broker", cancels.broker.rawValue), LogField("orders", cancels.count),
                LogField("seconds", Int(cancels.oldest.duration(to: now).components.seconds)),
            ]
        )
    }
}
