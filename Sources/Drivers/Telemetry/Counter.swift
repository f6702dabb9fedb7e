import Synchronization

/// A number that only grows.
package final class Counter: Metric {
    let header: MetricHeader
    private let series: Series<Cell>

    private final class Cell: Sendable {
        let count = Atomic<Int>(0)
    }

    init(_ header: MetricHeader) {
        self.header = header
        series = Series(labels: header.labels.count) { Cell() }
    }

    /// Adds to the number; without labels this is one atomic instruction.
    package func add(_ n: Int = 1, _ labelValues: [String] = []) {
        precondition(n >= 0, "a counter never shrinks")
        series.cell(labelValues).count.wrappingAdd(n, ordering: .relaxed)
    }

    /// The number now.
    package func value(_ labelValues: [String] = []) -> Int {
        series.cell(labelValues).count.load(ordering: .relaxed)
    }

    func write(to text: inout ExpositionText) {
        for (values, cell) in series.sorted() {
            text.sample(
                header.name,
                labels: header.labels,
                values: values,
                String(cell.count.load(ordering: .relaxed))
            )
        }
    }
}
