import Postgres

/// A column of the database whose values are sealed, each for its own row.
struct SealedColumn: Sendable {
    let table: String
    private let column: String
    /// The column that tells the rows apart.
    private let key: String
    /// What the value of the row of this id is sealed for.
    let context: @Sendable (Int64) -> String

    /// Every one there is: a new one is sealed anew with the others once it stands here.
    static let all = [
        SealedColumn(table: "broker_account", column: "token") { "account:\($0)" },
        SealedColumn(table: "app_user", column: "totp_secret") { "second factor:\($0)" },
        SealedColumn(table: "login_app", column: "app_secret", key: "account_id") { "app:\($0)" },
    ]

    private init(
        table: String,
        column: String,
        key: String = "id",
        context: @escaping @Sendable (Int64) -> String
    ) {
        self.table = table
        self.column = column
        self.key = key
        self.context = context
    }

    var name: String { table + "." + column }

    /// The next $2 rows after id $1, in the order in which everybody locks them.
    var lock: PostgresStatement {
        PostgresStatement(
            """
            SELECT \(key), \(column) FROM \(table) WHERE \(key) > $1::bigint AND \(column) IS NOT NULL
            ORDER BY \(key) LIMIT $2::bigint FOR NO KEY UPDATE
            """
        )
    }

    /// New values $2 for the rows $1.
    var write: PostgresStatement {
        PostgresStatement(
            """
            UPDATE \(table) AS t SET \(column) = n.sealed
            FROM unnest($1::bigint[], $2::bytea[]) AS n (id, sealed) WHERE t.\(key) = n.id
            """
        )
    }
}
