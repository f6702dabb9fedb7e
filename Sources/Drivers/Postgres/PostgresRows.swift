/// The rows that a statement gave, and how many it changed.
///
/// Decoded when read. It holds libpq's own memory, which goes with the last copy of it or of one
/// of its rows; it does not need the connection any more.
package struct PostgresRows: Sendable, RandomAccessCollection {
    let result: ResultHandle
    package let startIndex = 0
    package let endIndex: Int

    init(_ result: ResultHandle) {
        self.result = result
        endIndex = result.rowCount
    }

    package subscript(position: Int) -> PostgresRow {
        precondition(position >= 0 && position < endIndex, "no row \(position) of \(endIndex)")
        return PostgresRow(result: result, row: position)
    }

    /// How many rows were inserted, changed, deleted or read.
    package var affected: Int { result.affected }
}
