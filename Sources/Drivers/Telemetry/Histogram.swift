import Synchronization

/// How often values fell below each of some bounds, their number and their sum.
package final class Histogram: Metric {
    let header: MetricHeader
    private let bounds: [Double]
    private let series: Series<Cell>

    private struct Counts {
        /// For each bound, the values above the bound before and not above this; last, the rest.
        var inBucket: [Int]
        var sum = 0.0
    }
    private final class Cell: Sendable {
        let counts: Mutex<Counts>
        init(buckets: Int) {
            counts = Mutex(Counts(inBucket: [Int](repeating: 0, count: buckets)))
        }
    }

    init(_ header: MetricHeader, bounds: [Double]) {
        precondition(
            !bounds.isEmpty && bounds.allSatisfy(\.isFinite)
                && zip(bounds, bounds.dropFirst()).allSatisfy { $0 < $1 },
            "the buckets of \(header.name) must ascend"
        )
        self.header = header
        self.bounds = bounds
        let buckets = bounds.count + 1
        series = Series(labels: header.labels.count) { Cell(buckets: buckets) }
    }

    /// Counts one value.
    package func observe(_ value: Double, _ labelValues: [String] = []) {
        let bucket = bounds.firstIndex { value <= $0 } ?? bounds.count
        series.cell(labelValues).counts.withLock {
            $0.inBucket[bucket] += 1
            $0.sum += value
        }
    }

    func write(to text: inout ExpositionText) {
        for (values, cell) in series.sorted() {
            let counts = cell.counts.withLock { $0 }
            var total = 0
            for (index, count) in counts.inBucket.enumerated() {
                total += count
                let bound = index < bounds.count ? ExpositionText.number(bounds[index]) : "+Inf"
                text.sample(
                    header.name + "_bucket",
                    labels: header.labels + ["le"],
                    values: values + [bound],
                    String(total)
                )
            }
            text.sample(
                header.name + "_sum",
                labels: header.labels,
                values: values,
                ExpositionText.number(counts.sum)
            )
            text.sample(
                header.name + "_count",
                labels: header.labels,
                values: values,
                String(total)
            )
        }
    }
}
