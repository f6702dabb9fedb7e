import Synchronization

/// A number that goes up and down.
package final class Gauge: Metric {
    let header: MetricHeader
    private let series: Series<Cell>

    private final class Cell: Sendable {
        let number = Mutex<Double>(0)
    }

    init(_ header: MetricHeader) {
        self.header = header
        series = Series(labels: header.labels.count) { Cell() }
    }

    /// Makes it this number.
    package func set(_ number: Double, _ labelValues: [String] = []) {
        series.cell(labelValues).number.withLock { $0 = number }
    }

    /// Moves it up, or down by a negative change.
    package func add(_ change: Double, _ labelValues: [String] = []) {
        series.cell(labelValues).number.withLock { $0 += change }
    }

    /// The number now.
    package func value(_ labelValues: [String] = []) -> Double {
        series.cell(labelValues).number.withLock { $0 }
    }

    func write(to text: inout ExpositionText) {
        for (values, cell) in series.sorted() {
            text.sample(
                header.name,
                labels: header.labels,
                values: values,
                ExpositionText.number(cell.number.withLock { $0 })
            )
        }
    }
}
