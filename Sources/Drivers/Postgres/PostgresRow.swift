/// One row of a result; columns are counted from 0.
///
/// Asking for another type than the column has, for NULL without `optional`, or for a column that
/// is not there, is a defect: the program stops, and says the column's name.
package struct PostgresRow: Sendable {
    let result: ResultHandle
    let row: Int

    /// How many columns there are.
    package var count: Int { result.columnCount }

    /// Whether the value is SQL's NULL, whatever the type.
    package func isNull(_ column: Int) -> Bool {
        check(column, true, "anything")
        return result.withValue(row: row, column: column) { _ in } == nil
    }

    /// `smallint`, `integer` or `bigint`.
    package func int(_ column: Int) -> Int64 { present(optionalInt(column), column) }
    package func optionalInt(_ column: Int) -> Int64? {
        check(column, TypeID.isInteger(result.type(column)), "an integer")
        return result.withValue(row: row, column: column, BinaryValue.integer)
    }

    package func bool(_ column: Int) -> Bool { present(optionalBool(column), column) }
    package func optionalBool(_ column: Int) -> Bool? {
        check(column, result.type(column) == TypeID.bool, "boolean")
        return result.withValue(row: row, column: column, BinaryValue.bool)
    }

    /// Any kind of text, an enumeration's label, `uuid`, `json` or `jsonb`.
    package func text(_ column: Int) -> String { present(optionalText(column), column) }
    package func optionalText(_ column: Int) -> String? {
        switch result.type(column) {
        case TypeID.jsonb: result.withValue(row: row, column: column, BinaryValue.jsonb)
        case TypeID.uuid: result.withValue(row: row, column: column, BinaryValue.uuid)
        case let type:
            checked(column, TypeID.isText(type), "text") {
                result.withValue(row: row, column: column, BinaryValue.text)
            }
        }
    }

    package func bytes(_ column: Int) -> [UInt8] { present(optionalBytes(column), column) }
    package func optionalBytes(_ column: Int) -> [UInt8]? {
        check(column, result.type(column) == TypeID.bytea, "bytea")
        return result.withValue(row: row, column: column, BinaryValue.bytes)
    }

    /// Microseconds since 1970-01-01 00:00 UTC; `Int64.max` for `infinity`, `.min` for `-infinity`.
    package func timestamp(_ column: Int) -> Int64 { present(optionalTimestamp(column), column) }
    package func optionalTimestamp(_ column: Int) -> Int64? {
        check(column, TypeID.isTime(result.type(column)), "a timestamp")
        return result.withValue(row: row, column: column, BinaryValue.time)
    }

    /// Days since 1970-01-01.
    package func date(_ column: Int) -> Int32 { present(optionalDate(column), column) }
    package func optionalDate(_ column: Int) -> Int32? {
        check(column, result.type(column) == TypeID.date, "date")
        return result.withValue(row: row, column: column, BinaryValue.date)
    }

    /// An array of any of the integer types, without a NULL in it.
    package func ints(_ column: Int) -> [Int64] { complete(optionalInts(column), column) }
    package func optionalInts(_ column: Int) -> [Int64?] {
        elements(column, TypeID.isInteger, "integers", BinaryValue.integer)
    }

    /// An array of any kind of text, without a NULL in it.
    package func texts(_ column: Int) -> [String] { complete(optionalTexts(column), column) }
    package func optionalTexts(_ column: Int) -> [String?] {
        elements(column, TypeID.isText, "texts", BinaryValue.text)
    }

    package func bools(_ column: Int) -> [Bool] {
        complete(elements(column, { $0 == TypeID.bool }, "booleans", BinaryValue.bool), column)
    }

    package func byteArrays(_ column: Int) -> [[UInt8]] {
        complete(elements(column, { $0 == TypeID.bytea }, "bytea", BinaryValue.bytes), column)
    }

    /// An array of times as ``timestamp(_:)`` gives them, without a NULL in it.
    package func timestamps(_ column: Int) -> [Int64] {
        complete(optionalTimestamps(column), column)
    }
    package func optionalTimestamps(_ column: Int) -> [Int64?] {
        elements(column, TypeID.isTime, "timestamps", BinaryValue.time)
    }

    // MARK: Checks

    private func elements<T>(
        _ column: Int,
        _ isWanted: (UInt32) -> Bool,
        _ wanted: StaticString,
        _ decode: (UnsafeRawBufferPointer) -> T
    ) -> [T?] {
        let decoded = result.withValue(row: row, column: column) { bytes in
            BinaryArray(bytes).map { $0.elements(ofType: isWanted, decode) } ?? nil
        }
        let array = present(decoded, column)
        guard let array else {
            fatalError("column \(result.columnName(column)) is not one array of \(wanted)")
        }
        return array
    }

    private func complete<T>(_ array: [T?], _ column: Int) -> [T] {
        array.map { present($0, column) }
    }

    // `fatalError`, since a release build's precondition would not say the column.
    private func present<T>(_ value: T?, _ column: Int) -> T {
        guard let value else { fatalError("column \(result.columnName(column)) holds NULL") }
        return value
    }

    private func check(_ column: Int, _ isRight: Bool, _ wanted: StaticString) {
        guard isRight, column >= 0, column < result.columnCount else {
            let type = result.type(column)
            fatalError("column \(result.columnName(column)) has type \(type), not \(wanted)")
        }
    }

    private func checked<T>(
        _ column: Int,
        _ isRight: Bool,
        _ wanted: StaticString,
        _ read: () -> T
    ) -> T {
        check(column, isRight, wanted)
        return read()
    }
}
