/// What the server said when it refused a statement.
///
/// Printed or dumped, it shows only what cannot hold a parameter. `message` and `detail` may quote
/// parameters: read them where that is wanted, and do not log them.
package struct PostgresServerError: Error, Sendable {
    /// The five characters of the SQL standard, such as `23505` for a unique violation.
    package let sqlState: String
    package let message: String
    package let detail: String?
    package let constraint: String?
    package let table: String?
    package let column: String?

    /// An error with these parts, as the server or a fake of it tells them.
    package init(
        sqlState: String,
        message: String,
        detail: String? = nil,
        constraint: String? = nil,
        table: String? = nil,
        column: String? = nil
    ) {
        self.sqlState = sqlState
        self.message = message
        self.detail = detail
        self.constraint = constraint
        self.table = table
        self.column = column
    }

    /// Whether it refused a row that another row forbids; `constraint` says which rule.
    package var isUniqueViolation: Bool { sqlState == "23505" }

    /// Classes whose messages name things of the schema and of the session, never values.
    private static let classesWithoutValues: Set<String> = [
        "08", "0A", "23", "25", "26", "28", "3D", "3F", "40", "42", "53", "55", "57",
    ]
}

extension PostgresServerError: CustomStringConvertible, CustomDebugStringConvertible,
    CustomReflectable
{
    package var description: String {
        var text = "PostgreSQL error \(sqlState)"
        if Self.classesWithoutValues.contains(String(sqlState.prefix(2))) { text += ": \(message)" }
        if let constraint { text += " [constraint \(constraint)]" }
        if let table { text += " [table \(table)]" }
        if let column { text += " [column \(column)]" }
        return text
    }

    package var debugDescription: String { description }

    package var customMirror: Mirror { Mirror(self, children: ["sqlState": sqlState]) }
}
