import Desk
import Telemetry

/// Shows how much lies in the queues, which tells when more workers are wanted.
struct QueueGauge: Sendable {
    private let gauge: Gauge
    private let backlog: any QueueBacklog

    init(_ metrics: Metrics, _ backlog: any QueueBacklog) {
        gauge = metrics.gauge(
            "volley_queue_messages",
            help: "Messages that no worker has taken yet, by work.",
            labels: ["work"]
        )
        self.backlog = backlog
    }

    /// Measures every few seconds until cancelled.
    func run(_ clock: any WallClock) async {
        while !Task.isCancelled {
            for work in QueuedWork.allCases {
                guard let count = await backlog.waiting(work) else { continue }
                gauge.set(Double(count), [work.rawValue])
            }
            try? await clock.sleep(for: .seconds(5))
        }
    }
}
