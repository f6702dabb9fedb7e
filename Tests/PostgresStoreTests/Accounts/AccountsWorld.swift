import Desk
import Postgres
import Secrets
import ServerTesting
import Testing
import Trading

@testable import PostgresStore

/// A database of its own with one trader, and the stores of accounts over it.
struct AccountsWorld {
    let pool: PostgresPool
    let accounts: PostgresAccountStore
    let identities: PostgresIdentityStore
    let instruments: PostgresInstrumentStore
    let trader: TraderID
    /// An admin.
    let actor: Actor

    /// The migrations of this repository.
    static let migrations =
        #filePath.split(separator: "/").dropLast(4)
        .reduce(into: "") { $0 += "/" + $1 } + "/migrations"

    /// One line of the audit log.
    struct AuditLine {
        let action: String
        let user: UserID?
        let address: String?
        let trader: TraderID?
        let detail: String
    }

    func audit(of client: ClientID) async throws -> [AuditLine] {
        let rows = try await pool.query(
            PostgresStatement(
                """
                SELECT action, user_id, address, trader_id, detail::text FROM audit_log
                WHERE client_id = $1::bigint ORDER BY id
                """
            ),
            [.int(client.raw)]
        )
        return rows.map {
            AuditLine(
                action: $0.text(0),
                user: $0.optionalInt(1).map { UserID($0) },
                address: $0.optionalText(2),
                trader: $0.optionalInt(3).map { TraderID($0) },
                detail: $0.text(4)
            )
        }
    }

    /// Rows of a table, perhaps with a condition after its name.
    func count(_ table: String) async throws -> Int {
        let rows = try await pool.query(PostgresStatement("SELECT count(*) FROM \(table)"))
        return Int(rows[0].int(0))
    }

    /// The tables in which the text occurs in any column, plainly or as bytes.
    func tablesContaining(_ needle: String) async throws -> Set<String> {
        let hex = needle.utf8.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        let tables = try await pool.query(
            PostgresStatement(
                """
                SELECT relname::text FROM pg_class
                WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r'
                """
            )
        )
        var found: Set<String> = []
        for table in tables.map({ $0.text(0) }) {
            let condition = "strpos(r::text, $1) > 0 OR strpos(r::text, $2) > 0"
            let rows = try await pool.query(
                PostgresStatement("SELECT count(*) FROM \"\(table)\" AS r WHERE \(condition)"),
                [.text(needle), .text(hex)]
            )
            if rows[0].int(0) > 0 { found.insert(table) }
        }
        return found
    }

    func newTrader(_ email: String) async throws -> TraderID {
        try #require(try await Self.user(email, .trader, in: identities).trader)
    }

    fileprivate static func user(_ email: String, _ role: Role, in store: PostgresIdentityStore)
        async throws -> Identity
    {
        let draft = UserDraft(
            email: email,
            name: email,
            role: role,
            passwordHash: "",
            trader: nil,
            client: nil
        )
        return try #require(try await store.createUser(draft, by: Actor(user: nil)))
    }
}

/// Runs `body` in a new world.
func withAccountsWorld(_ body: (AccountsWorld) async throws -> Void) async throws {
    try await TestDatabase.withPool(size: 6) { pool in
        _ = try await MigrationRunner(pool: pool, folder: AccountsWorld.migrations).migrate()
        let secrets = SecretBox(key: Array(0..<32))
        let identities = PostgresIdentityStore(pool: pool)
        let admin = try await AccountsWorld.user("admin@example.in", .admin, in: identities)
        let trader = try await AccountsWorld.user("trader@example.in", .trader, in: identities)
        try await body(
            AccountsWorld(
                pool: pool,
                accounts: PostgresAccountStore(pool: pool, secrets: secrets),
                identities: identities,
                instruments: PostgresInstrumentStore(pool: pool),
                trader: trader.trader ?? TraderID(0),
                actor: Actor(user: admin.user, address: "192.0.2.1")
            )
        )
    }
}
