import Telemetry
import Testing

@Suite("Telemetry: metrics")
struct TelemetryMetricsTests {
    @Test("The exposition follows the text format, with escapes")
    func exposition() {
        let metrics = Metrics()
        let orders = metrics.counter(
            "orders_total",
            help: "Orders \\ sent\nin all",
            labels: ["broker", "result"]
        )
        orders.add(3, ["dhan", "accepted"])
        orders.add(1, ["dhan", "a\"b\\c\nd"])
        metrics.counter("polls_total", help: "Polls").add()
        metrics.gauge("depth", help: "Depth").set(-1.5)
        let seconds = metrics.histogram(
            "call_seconds",
            help: "Calls",
            buckets: [0.1, 1],
            labels: ["op"]
        )
        for value in [0.05, 0.1, 0.5, 3] { seconds.observe(value, ["get"]) }
        let expected = #"""
            # HELP orders_total Orders \\ sent\nin all
            # TYPE orders_total counter
            orders_total{broker="dhan",result="a\"b\\c\nd"} 1
            orders_total{broker="dhan",result="accepted"} 3
            # HELP polls_total Polls
            # TYPE polls_total counter
            polls_total 1
            # HELP depth Depth
            # TYPE depth gauge
            depth -1.5
            # HELP call_seconds Calls
            # TYPE call_seconds histogram
            call_seconds_bucket{op="get",le="0.1"} 2
            call_seconds_bucket{op="get",le="1.0"} 3
            call_seconds_bucket{op="get",le="+Inf"} 4
            call_seconds_sum{op="get"} 3.65
            call_seconds_count{op="get"} 4

            """#
        #expect(String(decoding: metrics.exposition(), as: UTF8.self) == expected)
    }

    @Test("Asking twice for a name gives the same metric")
    func sharing() {
        let metrics = Metrics()
        metrics.counter("a_total", help: "A").add(2)
        metrics.counter("a_total", help: "A").add(3)
        #expect(metrics.counter("a_total", help: "A").value() == 5)
    }

    @Test("Numbers added at the same time are all counted")
    func concurrency() async {
        let metrics = Metrics()
        let plain = metrics.counter("plain_total", help: "P")
        let labelled = metrics.counter("labelled_total", help: "L", labels: ["x"])
        let gauge = metrics.gauge("gauge", help: "G")
        await withTaskGroup { group in
            for task in 0..<8 {
                group.addTask {
                    for _ in 0..<5000 {
                        plain.add()
                        labelled.add(2, ["\(task % 2)"])
                        gauge.add(task.isMultiple(of: 2) ? 1 : -1)
                    }
                }
            }
        }
        #expect(plain.value() == 40_000)
        #expect(labelled.value(["0"]) == 40_000 && labelled.value(["1"]) == 40_000)
        #expect(gauge.value() == 0)
    }

    @Test("A metric tells only so many label values apart, and loses no count")
    func seriesLimit() {
        let metrics = Metrics()
        let counter = metrics.counter("c_total", help: "C", labels: ["path"])
        for index in 0..<(Metrics.seriesLimit + 50) { counter.add(1, ["/\(index)"]) }
        let text = String(decoding: metrics.exposition(), as: UTF8.self)
        let lines = text.split(separator: "\n").filter { !$0.hasPrefix("#") }
        #expect(lines.count == Metrics.seriesLimit + 1)
        #expect(lines.contains(#"c_total{path="(others)"} 50"#))
    }

    @Test("Numbers beyond the finite are spelled as Prometheus wants")
    func infinities() {
        let metrics = Metrics()
        metrics.gauge("a", help: "A").set(.infinity)
        metrics.gauge("b", help: "B").set(-.infinity)
        metrics.gauge("c", help: "C").set(.nan)
        let text = String(decoding: metrics.exposition(), as: UTF8.self)
        #expect(
            text.contains("\na +Inf\n") && text.contains("\nb -Inf\n") && text.contains("\nc NaN\n")
        )
    }

    @Test("A name or label that Prometheus would refuse is a defect")
    func badNames() async {
        await #expect(processExitsWith: .failure) {
            _ = Metrics().counter("a-b", help: "")
        }
        await #expect(processExitsWith: .failure) {
            _ = Metrics().counter("a", help: "", labels: ["1x"])
        }
        await #expect(processExitsWith: .failure) {
            let metrics = Metrics()
            _ = metrics.counter("a", help: "")
            _ = metrics.gauge("a", help: "")
        }
    }
}
