/// A statement with parameters `$1`, `$2` …, which each connection prepares once.
///
/// Make it once (`static let`): then using it costs no look at its text. The server sees numbers
/// as `bigint`, and infers the type of texts and nulls from where they stand; where it cannot,
/// write a cast (`$1::text`). Values never go into the text itself.
package struct PostgresStatement: Sendable, Hashable {
    package let sql: String
    private let hash: Int

    /// The statement of this text, which must be one statement only.
    package init(_ sql: String) {
        self.sql = sql
        hash = sql.hashValue
    }

    package static func == (one: PostgresStatement, other: PostgresStatement) -> Bool {
        one.hash == other.hash && one.sql == other.sql
    }

    package func hash(into hasher: inout Hasher) { hasher.combine(hash) }
}
