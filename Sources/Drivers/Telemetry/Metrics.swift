import Synchronization

/// The numbers a program shows to Prometheus.
///
/// Asking twice for one name gives the same metric, so parts of a program may share one; asking
/// with another kind or other labels is a defect. A metric keeps at most ``seriesLimit`` sets of
/// label values: further ones are counted together, so that no peer can fill the memory.
package final class Metrics: Sendable {
    /// How many different label values one metric tells apart.
    package static let seriesLimit = 1000

    private let all = Mutex<[any Metric]>([])

    /// An empty registry.
    package init() {}

    /// A number that only grows; by custom its name ends in `_total`.
    package func counter(_ name: String, help: String, labels: [String] = []) -> Counter {
        register(MetricHeader(name: name, help: help, labels: labels, kind: "counter")) {
            Counter($0)
        }
    }

    /// A number that goes up and down.
    package func gauge(_ name: String, help: String, labels: [String] = []) -> Gauge {
        register(MetricHeader(name: name, help: help, labels: labels, kind: "gauge")) { Gauge($0) }
    }

    /// How often values fell into each of the buckets, which are ascending upper bounds.
    package func histogram(
        _ name: String,
        help: String,
        buckets: [Double],
        labels: [String] = []
    ) -> Histogram {
        register(MetricHeader(name: name, help: help, labels: labels, kind: "histogram")) {
            Histogram($0, bounds: buckets)
        }
    }

    /// Everything, in the text format 0.0.4 of Prometheus.
    package func exposition() -> [UInt8] {
        let metrics = all.withLock { $0 }
        var text = ExpositionText()
        for metric in metrics {
            text.begin(metric.header)
            metric.write(to: &text)
        }
        return text.bytes
    }

    private func register<M: Metric>(_ header: MetricHeader, make: (MetricHeader) -> M) -> M {
        all.withLock { metrics in
            if let known = metrics.first(where: { $0.header.name == header.name }) {
                guard let same = known as? M, known.header.labels == header.labels else {
                    preconditionFailure("metric \(header.name) exists with another kind or labels")
                }
                return same
            }
            let metric = make(header)
            metrics.append(metric)
            return metric
        }
    }
}

/// What all kinds of metrics have in common.
protocol Metric: Sendable {
    var header: MetricHeader { get }
    func write(to text: inout ExpositionText)
}

/// A metric's name, purpose and labels.
struct MetricHeader: Sendable {
    let name: String
    let help: String
    let labels: [String]
    let kind: String

    init(name: String, help: String, labels: [String], kind: String) {
        precondition(Self.isName(name, colon: true), "not a metric's name: \(name)")
        for label in labels {
            precondition(Self.isName(label, colon: false) && label != "le", "not a label: \(label)")
        }
        self.name = name
        self.help = help
        self.labels = labels
        self.kind = kind
    }

    private static func isName(_ name: String, colon: Bool) -> Bool {
        for (offset, byte) in name.utf8.enumerated() {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "_"):
                continue
            case UInt8(ascii: "0")...UInt8(ascii: "9") where offset > 0: continue
            case UInt8(ascii: ":") where colon: continue
            default: return false
            }
        }
        return !name.isEmpty
    }
}
