import Desk
import Postgres
import Secrets
import Testing
import Trading

@testable import PostgresStore

/// A desk whose trader has rows in every table, and a stranger who has none but the own login.
struct RightsDesk: Sendable {
    let desk: OrdersDesk
    let firstClient: ClientID
    let secondClient: ClientID
    let owner: Viewer
    let stranger: Viewer

    var clientViewer: Viewer {
        Viewer(user: UserID(0), trader: desk.trader, client: secondClient)
    }

    static func open(connections: Int = 4, _ body: (RightsDesk) async throws -> Void) async throws {
        try await OrdersDesk.open(connections: connections) { desk in
            try await body(try await RightsDesk(desk))
        }
    }

    private init(_ desk: OrdersDesk) async throws {
        self.desk = desk
        let clients = try await desk.clients(2)
        (firstClient, secondClient) = (clients[0], clients[1])
        try await desk.give(firstClient, shares: 5, cost: 1_000)
        let filled = try await desk.accepted(client: firstClient)
        try await desk.apply(filled, .filled, filled: 10, [desk.trade(filled, "T1", 10)])
        let live = try await desk.accepted(client: secondClient)
        _ = try await desk.cancel(.order(live.job.intent))
        _ = try await desk.planlessTrade()
        let account = try await desk.number(
            "SELECT id FROM broker_account WHERE client_id = $1",
            [.int(firstClient.raw)]
        )
        for sql in [
            "INSERT INTO login_link (mark, account_id, ends_at) "
                + "VALUES (decode(repeat('00', 16), 'hex'), \(account), now())",
            "INSERT INTO login_app (account_id, app_key, app_secret) "
                + "VALUES (\(account), 'k', '\\x01')",
            "INSERT INTO drift (account_id, client_id, trader_id, kind, subject) "
                + "VALUES (\(account), \(firstClient), \(desk.trader), 'k', 's')",
            "INSERT INTO order_decision (intent_id, attempt, verdict, reason, known) "
                + "VALUES (\(filled.job.intent), 1, 'not_placed', 'r', '{}')",
            "INSERT INTO halt (scope, subject, why) VALUES ('client', '\(firstClient)', 'why')",
            "INSERT INTO api_key (user_id, name, prefix, key_hash) "
                + "VALUES (\(desk.user), 'n', 'p', '\\x01')",
            "INSERT INTO approval (task_id, trader_id, maker_id, client_count, expires_at) "
                + "VALUES (\(live.job.task), \(desk.trader), \(desk.user), 1, now())",
            "INSERT INTO login_session (user_id, refresh_hash, ends_at) "
                + "VALUES (\(desk.user), '\\x01', now())",
            "INSERT INTO recovery_code (user_id, code_hash) VALUES (\(desk.user), '\\x01')",
        ] { try await desk.run(sql) }
        for sql in Self.rest(desk, filled, account) { try await desk.run(sql) }
        let other = try await desk.number("INSERT INTO trader (name) VALUES ('S') RETURNING id")
        let user = try await desk.number(
            """
            INSERT INTO app_user (email, name, role, trader_id, password_hash)
            VALUES ('s@example.com', 'S', 'trader', $1, '') RETURNING id
            """,
            [.int(other)]
        )
        owner = Viewer(user: desk.user, trader: desk.trader)
        stranger = Viewer(user: UserID(user), trader: TraderID(other))
    }

    /// How many rows of a table are the stranger's.
    func strangersOwn(_ table: String) -> Int64 { ["trader", "app_user"].contains(table) ? 1 : 0 }

    /// The tables that hold rows of traders.
    func privateTables() async throws -> [String] {
        try await texts(
            """
            SELECT relname FROM pg_class
            WHERE relnamespace = current_schema()::regnamespace AND relrowsecurity
            ORDER BY relname
            """
        )
    }

    func count(_ table: String, as viewer: Viewer? = nil) async throws -> Int64 {
        try await Viewer.$current.withValue(viewer) {
            let rows = try await desk.pool.ask(PostgresStatement("SELECT count(*) FROM \(table)"))
            return try #require(rows.first).int(0)
        }
    }

    /// Runs a statement, and tells how many rows it gave.
    func run(_ sql: String, as viewer: Viewer) async throws -> Int64 {
        try await Viewer.$current.withValue(viewer) {
            Int64(try await desk.pool.ask(PostgresStatement(sql)).count)
        }
    }

    func texts(_ sql: String) async throws -> [String] {
        try await desk.pool.query(
            PostgresStatement("SELECT q.x::text FROM (\(sql)) AS q (x)")
        ).map { $0.text(0) }
    }

    /// All rows of all private tables as text.
    func everything() async throws -> [String] {
        var rows: [String] = []
        for table in try await privateTables() {
            rows += try await texts("SELECT t::text FROM \(table) t ORDER BY 1")
        }
        return rows
    }
}

extension OrdersDesk {
    /// A trade that nobody has planned, with its message in the outbox.
    func planlessTrade() async throws -> TaskID {
        let key = "planless \(UInt64.random(in: 0 ... .max))"
        guard case .created(let trade) = try await trades.submit(submission(key: key)) else {
            throw Unexpected("the trade was not created")
        }
        return trade.id
    }
}
