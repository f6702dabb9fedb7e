import StackTesting
import Testing

/// Every row of the database that belongs to a trader, found by its columns and not by the
/// database's own policies, so that these cannot hide what they let through.
struct OwnedRows {
    /// Tables that are for all, or for nobody but Volley.
    private static let nobodys: Set<String> = [
        "installation", "instrument", "broker_instrument", "audit_seal", "schema_migration",
        "login_failure", "instrument_change", "instrument_load",
    ]
    /// Whose a row is by a column that names something else.
    private static let byColumn: [(column: String, condition: String)] = [
        ("trader_id", "trader_id = :trader"),
        ("client_id", "client_id IN (SELECT id FROM client WHERE trader_id = :trader)"),
        ("user_id", "user_id IN (SELECT id FROM app_user WHERE trader_id = :trader)"),
        ("account_id", "account_id IN (SELECT id FROM broker_account WHERE \(clients))"),
        ("intent_id", "intent_id IN (SELECT id FROM order_intent WHERE \(clients))"),
        ("task_id", "task_id IN (SELECT id FROM bulk_task WHERE trader_id = :trader)"),
        ("preflight_id", "preflight_id IN (SELECT id FROM preflight WHERE trader_id = :trader)"),
        (
            "watchlist_id",
            "watchlist_id IN (SELECT w.id FROM watchlist w JOIN app_user u ON u.id = w.user_id"
                + " WHERE u.trader_id = :trader)"
        ),
    ]
    private static let clients = "client_id IN (SELECT id FROM client WHERE trader_id = :trader)"
    /// Tables whose columns have other names.
    private static let byTable = [
        "trader": "id = :trader",
        "halt": """
        scope = 'trader' AND subject = ':trader' OR scope = 'client'
          AND subject IN (SELECT id::text FROM client WHERE trader_id = :trader)
        """,
        "risk_limit": """
        scope = 'trader' AND subject = :trader OR scope = 'client'
          AND subject IN (SELECT id FROM client WHERE trader_id = :trader)
        """,
    ]

    private let stack: Stack
    private let query: String
    /// The tables in which the trader has something.
    let tables: Set<String>

    /// Those of a trader; the logins and notes of `exceptUser` do not count.
    init(_ stack: Stack, of trader: Int64, exceptUser user: Int64? = nil) async throws {
        self.stack = stack
        let names = try await stack.texts(
            """
            SELECT relname::text FROM pg_class WHERE relnamespace = current_schema()::regnamespace
              AND relkind IN ('r', 'p') AND NOT relispartition ORDER BY 1
            """
        )
        var parts: [String] = []
        for table in names where !Self.nobodys.contains(table) {
            let columns = try await stack.texts(
                "SELECT attname::text FROM pg_attribute WHERE attrelid = '\(table)'::regclass"
                    + " AND attnum > 0 AND NOT attisdropped"
            )
            let owner =
                Self.byTable[table]
                ?? Self.byColumn.first { columns.contains($0.column) }?.condition
            guard let owner else {
                Issue.record(
                    "\(table): say in OwnedRows whose its rows are, or that they are nobody's"
                )
                continue
            }
            var condition = "(\(owner))"
            if let user {
                let column = table == "app_user" ? "id" : "user_id"
                if columns.contains(column) {
                    condition += " AND \(column) IS DISTINCT FROM \(user)"
                }
            }
            parts.append("SELECT '\(table) ' || t::text AS row FROM \(table) t WHERE \(condition)")
        }
        query = parts.joined(separator: "\nUNION ALL ")
            .replacing(":trader", with: "\(trader)")
        let rows = try await stack.texts(query)
        tables = Set(rows.compactMap { $0.split(separator: " ").first.map(String.init) })
    }

    /// All of them now, each with its table's name before it.
    func now() async throws -> Set<String> { Set(try await stack.texts(query)) }

    /// A number that is another one if any of them is.
    func checksum() async throws -> [String] {
        try await stack.texts("SELECT md5(string_agg(row, '|' ORDER BY row)) FROM (\(query)) AS q")
    }
}
