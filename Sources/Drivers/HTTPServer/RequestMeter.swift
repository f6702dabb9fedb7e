import Telemetry

/// Counts requests and measures how long their handlers take, by route.
///
/// The label is the route's pattern, never the path: paths are without number.
struct RequestMeter: Sendable {
    private let requests: Counter
    private let seconds: Histogram

    init(_ metrics: Metrics) {
        requests = metrics.counter(
            "http_requests_total",
            help: "Requests answered, by route and status.",
            labels: ["route", "status"]
        )
        seconds = metrics.histogram(
            "http_handler_seconds",
            help: "Time from the complete request to the handler's answer, by route.",
            buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
            labels: ["route"]
        )
    }

    func count(_ route: String, _ status: Int, since start: ContinuousClock.Instant) {
        let passed = (ContinuousClock.now - start).components
        requests.add(1, [route, String(status)])
        seconds.observe(Double(passed.seconds) + Double(passed.attoseconds) * 1e-18, [route])
    }
}
