import Postgres

/// Writes finished orders straight into a stack's database, as if they had been traded on earlier
/// days: each with attempt, fill, transfers and audit rows, and with the clients' money and shares
/// moved by them.
struct History: Sendable {
    /// Trades whose rows go into one statement.
    private static let chunk = 10

    private let pool: PostgresPool

    init(_ stack: MeasuredStack) throws {
        var configuration = try PostgresConfiguration(url: stack.databaseURL)
        configuration.statementTimeout = .zero
        pool = PostgresPool(configuration, size: 1)
    }

    /// Writes whole trades until there are so many orders.
    ///
    /// - Returns: how many were written.
    func write(_ intents: Int) async throws -> Int64 {
        let clients = try await pool.query(Self.clients)[0].int(0)
        let trades = (Int64(intents) + clients - 1) / clients
        for start in stride(from: Int64(0), to: trades, by: Self.chunk) {
            let count = min(trades - start, Int64(Self.chunk))
            let made = try await pool.query(Self.tasks, [.int(start), .int(count)])
            let tasks = PostgresValue.ints(made.map { $0.int(0) })
            for statement in Self.rows { _ = try await pool.query(statement, [tasks]) }
        }
        _ = try await pool.query(Self.funds, [.int(trades)])
        _ = try await pool.query(Self.holdings, [.int(trades)])
        // As the database's own housekeeping would have left it long since.
        for script in ["VACUUM ANALYZE", "CHECKPOINT"] {
            try await pool.withConnection { try await $0.execute(script: script) }
        }
        return trades * clients
    }

    /// How large the database is.
    func databaseBytes() async throws -> Int64 {
        try await pool.query(PostgresStatement("SELECT pg_database_size(current_database())"))[0]
            .int(0)
    }

    private static let clients = PostgresStatement("SELECT count(*) FROM client")

    /// Trades $1 + 1 to $1 + $2, one share at ₹ 100 for every client, a minute apart, all before
    /// this day: what is compared with brokers is the day's.
    private static let tasks = PostgresStatement(
        """
        INSERT INTO bulk_task (
            trader_id, user_id, idempotency_key, body_hash, instrument_id, side, order_type,
            product, validity, sizing, sizing_quantity, state, reference_price, reference_at,
            accepted_at, planned_at, published_at, completed_at
        )
        SELECT u.trader_id, u.id, 'history-' || n, '\\x00', i.id, 'BUY', 'MARKET', 'CNC', 'DAY',
               'quantity', 1, 'COMPLETE', 1000000, d.at, d.at, d.at, d.at, d.at
        FROM generate_series($1 + 1, $1 + $2) AS n
        CROSS JOIN LATERAL (
            SELECT date_trunc('day', now(), 'Asia/Kolkata') - interval '1 hour'
                   - n * interval '1 minute' AS at
        ) AS d
        CROSS JOIN (SELECT id, trader_id FROM app_user WHERE role = 'trader' LIMIT 1) AS u
        CROSS JOIN (
            SELECT id FROM instrument WHERE exchange = 'NSE' AND symbol = 'ITC'
        ) AS i
        RETURNING id
        """
    )

    /// The rows below those trades ($1).
    private static let rows = [intents, attempts, fills, transfers, audit].map {
        PostgresStatement($0)
    }

    private static let intents = """
        INSERT INTO order_intent (
            task_id, client_id, broker, account_id, state, quantity, sizing_price, filled,
            filled_value, attempts, broker_order_id, updated_at
        )
        SELECT t.id, c.id, 'dhan', a.id, 'FILLED', 1, 1000000, 1, 10000, 1,
               'H' || t.id || '-' || c.id, t.completed_at
        FROM bulk_task t CROSS JOIN client c JOIN broker_account a ON a.client_id = c.id
        WHERE t.id = ANY ($1::bigint[]) ORDER BY t.id, c.id
        """

    private static let attempts = """
        INSERT INTO order_attempt (
            intent_id, number, reference, state, worker, lease_until, sent_at, answered_at,
            broker_order_id
        )
        SELECT id, 1, 'VHST' || lpad(id::text, 14, '0'), 'ACCEPTED', 'history', updated_at,
               updated_at, updated_at, broker_order_id
        FROM order_intent WHERE task_id = ANY ($1::bigint[]) ORDER BY id
        """

    private static let fills = """
        INSERT INTO fill (
            intent_id, account_id, trade_id, trade_date, quantity, price, value, at, booked_at
        )
        SELECT id, account_id, 'T' || id, updated_at::date, 1, 1000000, 10000, updated_at, updated_at
        FROM order_intent WHERE task_id = ANY ($1::bigint[]) ORDER BY id
        """

    private static let transfers = """
        INSERT INTO transfer (at, client_id, intent_id, kind, debit, credit, amount)
        SELECT i.updated_at, i.client_id, i.id, k.kind, k.debit, k.credit, 10000
        FROM order_intent i
        CROSS JOIN (VALUES ('hold', 'held', 'available'), ('fill', 'invested', 'held'))
            AS k (kind, debit, credit)
        WHERE i.task_id = ANY ($1::bigint[]) ORDER BY i.id
        """

    /// As long as the rows that orders really leave.
    private static let audit = """
        INSERT INTO audit_log (
            at, action, trader_id, client_id, task_id, intent_id, state, detail
        )
        SELECT i.updated_at, k.action, t.trader_id, i.client_id, i.task_id, i.id, k.state,
               jsonb_build_object(
                   'line', k.action || ': BUY ITC x1 @ ₹100', 'reference',
                   'VHST' || lpad(i.id::text, 14, '0'), 'quantity', 1, 'price', '100.00',
                   'capital', '1000000.00', 'available', '1000000.00'
               )
        FROM order_intent i JOIN bulk_task t ON t.id = i.task_id
        CROSS JOIN (VALUES ('ORDER_SENDING', 'SENDING'), ('ORDER_ACCEPTED', 'ACCEPTED'),
                           ('FILL_APPLIED', 'FILLED')) AS k (action, state)
        WHERE i.task_id = ANY ($1::bigint[]) ORDER BY i.id
        """

    /// $1 shares at ₹ 100 for every client.
    private static let funds = PostgresStatement(
        "UPDATE funds SET available = available - 10000 * $1, invested = invested + 10000 * $1"
    )
    private static let holdings = PostgresStatement(
        """
        INSERT INTO holding (client_id, instrument_id, product, quantity, cost)
        SELECT c.id, i.id, 'CNC', $1, 10000 * $1 FROM client c CROSS JOIN instrument i
        WHERE i.exchange = 'NSE' AND i.symbol = 'ITC'
        """
    )
}
