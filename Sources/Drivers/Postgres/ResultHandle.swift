import CPostgres

/// A result of libpq, freed once, when its last user goes.
///
/// Unchecked, because a result no longer changes once libpq has handed it over, and libpq's
/// reading functions may then be called from any thread. No pointer into it leaves this folder.
final class ResultHandle: @unchecked Sendable {
    private let pointer: OpaquePointer

    /// Takes the result over.
    init(adopting pointer: OpaquePointer) { self.pointer = pointer }

    deinit { PQclear(pointer) }

    var status: ExecStatusType { PQresultStatus(pointer) }
    var rowCount: Int { Int(PQntuples(pointer)) }
    var columnCount: Int { Int(PQnfields(pointer)) }

    /// What was done, such as `UPDATE 3`.
    var commandTag: String { PQcmdStatus(pointer).map { String(cString: $0) } ?? "" }

    /// How many rows were read or changed; 0 for what does neither.
    var affected: Int {
        guard let text = PQcmdTuples(pointer) else { return 0 }
        return Int(String(cString: text)) ?? 0
    }

    func columnName(_ column: Int) -> String {
        PQfname(pointer, CInt(column)).map { String(cString: $0) } ?? "number \(column)"
    }

    /// The column's type; 0 where there is no such column.
    func type(_ column: Int) -> UInt32 { PQftype(pointer, CInt(column)) }

    /// Lends the value's bytes; nil for NULL.
    func withValue<R>(row: Int, column: Int, _ body: (UnsafeRawBufferPointer) -> R) -> R? {
        let row = CInt(row)
        let column = CInt(column)
        let length = PQgetlength(pointer, row, column)
        // Only NULL and the empty value have no length; the second question is rarely asked.
        if length == 0 && PQgetisnull(pointer, row, column) != 0 { return nil }
        return body(
            UnsafeRawBufferPointer(start: PQgetvalue(pointer, row, column), count: Int(length))
        )
    }

    /// The server's refusal, and whether it ended the session.
    var serverError: (error: PostgresServerError, isFatal: Bool) {
        // Non-localized severity; older servers tell none.
        let severity = field("V")
        let error = PostgresServerError(
            sqlState: field("C") ?? "",
            message: field("M") ?? "",
            detail: field("D"),
            constraint: field("n"),
            table: field("t"),
            column: field("c")
        )
        return (error, severity == "FATAL" || severity == "PANIC")
    }

    /// A part of a refusal, by the letter that the protocol gives it.
    private func field(_ letter: Unicode.Scalar) -> String? {
        PQresultErrorField(pointer, CInt(letter.value)).map { String(cString: $0) }
    }
}
