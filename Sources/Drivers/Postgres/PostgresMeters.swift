import Telemetry

/// What a pool counts.
struct PostgresMeters: Sendable {
    let statements: Counter
    let opened: Counter
    let refused: Counter
    private let calls: Histogram
    private let waits: Histogram

    init(_ metrics: Metrics) {
        statements = metrics.counter("postgres_statements_total", help: "Statements sent")
        opened = metrics.counter("postgres_connections_opened_total", help: "Connections made")
        refused = metrics.counter(
            "postgres_connections_refused_total",
            help: "Connections that could not be made"
        )
        let buckets = [0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30]
        calls = metrics.histogram(
            "postgres_call_seconds",
            help: "Time of one round trip, with all its statements",
            buckets: buckets
        )
        waits = metrics.histogram(
            "postgres_pool_wait_seconds",
            help: "Time until a connection was free, where one had to wait",
            buckets: buckets
        )
    }

    func observe(_ call: Duration) { calls.observe(call / .seconds(1)) }
    func observe(wait: Duration) { waits.observe(wait / .seconds(1)) }
}
