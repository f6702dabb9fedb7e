import Synchronization

/// One cell for each set of label values, made when it is first met.
final class Series<Cell: AnyObject & Sendable>: Sendable {
    private let labels: Int
    private let makeCell: @Sendable () -> Cell
    private let cells: Mutex<[[String]: Cell]>
    /// The cell of a metric without labels, which needs no look-up.
    private let only: Cell?

    init(labels: Int, makeCell: @escaping @Sendable () -> Cell) {
        self.labels = labels
        self.makeCell = makeCell
        only = labels == 0 ? makeCell() : nil
        cells = Mutex([:])
    }

    func cell(_ values: [String]) -> Cell {
        precondition(values.count == labels, "a metric wants \(labels) label values")
        if let only { return only }
        return cells.withLock { cells in
            if let cell = cells[values] { return cell }
            let isFull = cells.count >= Metrics.seriesLimit
            let key = isFull ? [String](repeating: "(others)", count: labels) : values
            if let cell = cells[key] { return cell }
            let cell = makeCell()
            cells[key] = cell
            return cell
        }
    }

    /// The cells, ordered by their label values.
    func sorted() -> [(values: [String], cell: Cell)] {
        if let only { return [([], only)] }
        return cells.withLock { $0.map { (values: $0.key, cell: $0.value) } }
            .sorted { $0.values.lexicographicallyPrecedes($1.values) }
    }
}
