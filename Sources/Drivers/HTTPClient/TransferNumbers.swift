import Telemetry

/// What the client tells the metrics.
struct TransferNumbers: Sendable {
    private let requests: Counter
    private let connections: Counter
    private let running: Gauge
    private let waiting: Gauge

    init(_ metrics: Metrics) {
        requests = metrics.counter(
            "http_client_requests_total",
            help: "Requests by outcome: answered, not_sent, unanswered",
            labels: ["outcome"]
        )
        connections = metrics.counter(
            "http_client_connections_total",
            help: "Connections opened"
        )
        running = metrics.gauge("http_client_running", help: "Requests under way")
        waiting = metrics.gauge("http_client_waiting", help: "Requests waiting for their turn")
    }

    func ended(_ failure: HTTPFailure?) {
        switch failure {
        case nil: requests.add(1, ["answered"])
        case .notSent: requests.add(1, ["not_sent"])
        case .unanswered: requests.add(1, ["unanswered"])
        }
    }

    func opened(connections count: Int) { connections.add(count) }

    func show(running: Int, waiting: Int) {
        self.running.set(Double(running))
        self.waiting.set(Double(waiting))
    }
}
