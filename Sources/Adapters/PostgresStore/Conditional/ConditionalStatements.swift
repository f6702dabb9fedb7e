import Desk
import Postgres
import Trading

/// The SQL of conditional orders.
enum ConditionalStatements {
    /// What `ConditionalRecord.init(reading:)` reads, of `conditional_order o` and `instrument n`.
    static let columns = """
        o.id, o.trader_id, o.client_id, o.user_id, o.account_id, o.broker, o.kind, o.side,
        o.product, o.direction, o.levels, coalesce(o.wished, '{}'), o.state, o.fence, o.reference,
        o.broker_id, o.orders, \(fired("broker_order_id")), \(fired("side")),
        \(fired("intent_id")), o.reason, o.words, o.tries, o.looks, o.absences, o.started_at,
        o.seen_at, o.fired_at, o.has_filled, o.is_cancel_asked, o.due_at, o.parent_id, o.entry_task_id, o.created_at, o.updated_at,
        \(Instrument.columns)
        """
    /// One column of the orders that came of it, as an array.
    private static func fired(_ column: String) -> String {
        "ARRAY(SELECT f.\(column) FROM conditional_firing f WHERE f.conditional_id = o.id"
            + " ORDER BY f.intent_id)"
    }

    private static let from = "FROM conditional_order o JOIN instrument n ON n.id = o.instrument_id"

    /// The way to the broker: client's number, token, address, and the broker's name of the
    /// instrument.
    static let door = """
        a.broker_client_id, a.token, a.egress, b.segment, b.code
        """
    private static let doors = """
        LEFT JOIN broker_account a ON a.id = o.account_id
        LEFT JOIN broker_instrument b ON b.broker = o.broker AND b.instrument_id = o.instrument_id
        """

    static let withKey = PostgresStatement(
        "SELECT o.body_hash, \(columns) \(from) WHERE o.user_id = $1 AND o.idempotency_key = $2"
    )
    static let withParent = PostgresStatement("SELECT \(columns) \(from) WHERE o.parent_id = $1")

    /// Of two requests with one key at once, one inserts; the other waits for it.
    static let insert = PostgresStatement(
        """
        INSERT INTO conditional_order (
            trader_id, client_id, account_id, broker, user_id, idempotency_key, body_hash,
            instrument_id, kind, side, product, direction, levels, state, due_at
        )
        SELECT c.trader_id, c.id, $2::bigint, $3::text, $4::bigint, $5::text, $6::bytea,
               $7::bigint, $8::text, $9::text, $10::text, $11::text, $12::bigint[], 'READY', now()
        FROM client c WHERE c.id = $1
        ON CONFLICT DO NOTHING RETURNING id
        """
    )
    static let insertExits = PostgresStatement(
        """
        INSERT INTO conditional_order (
            trader_id, client_id, account_id, broker, user_id, parent_id, instrument_id, kind,
            side, product, levels, state, due_at
        )
        SELECT o.trader_id, o.client_id, o.account_id, o.broker, o.user_id, o.id,
               o.instrument_id, $2::text, $3::text, o.product, $4::bigint[], 'READY', now()
        FROM conditional_order o WHERE o.id = $1
        ON CONFLICT DO NOTHING RETURNING id
        """
    )

    static let one = PostgresStatement(
        "SELECT \(columns) \(from) WHERE o.id = $1 AND ($2::bigint IS NULL OR o.trader_id = $2)"
    )
    static let page = PostgresStatement(
        """
        SELECT \(columns) \(from)
        WHERE o.id < $1 AND ($2::bigint IS NULL OR o.trader_id = $2)
          AND ($3::bigint IS NULL OR o.client_id = $3)
          AND (cardinality($4::text[]) = 0 OR o.state = ANY ($4::text[]))
        ORDER BY o.id DESC LIMIT $5
        """
    )
    static let lock = PostgresStatement("SELECT \(columns) \(from) WHERE o.id = $1 FOR UPDATE OF o")

    static let lockToClaim = PostgresStatement(
        """
        SELECT \(columns), \(door), c.status, a.status, coalesce(a.session_ends <= now(), false),
               o.account_id IS NULL, coalesce(u.available, 0)
        \(from) \(doors) JOIN client c ON c.id = o.client_id
        LEFT JOIN funds u ON u.client_id = c.id
        WHERE o.id = $1 FOR UPDATE OF o
        """
    )

    /// Each is put off for a while, so that nobody else takes it meanwhile.
    static let due = PostgresStatement(
        """
        UPDATE conditional_order SET due_at = now() + interval '15 seconds'
        WHERE id IN (
            SELECT id FROM conditional_order WHERE due_at <= now()
            ORDER BY due_at LIMIT $1 FOR UPDATE SKIP LOCKED
        )
        RETURNING id
        """
    )
    static let jobs = PostgresStatement(
        """
        SELECT \(columns), \(door) \(from) \(doors) WHERE o.id = ANY ($1::bigint[]) ORDER BY o.id
        """
    )

    static let write = PostgresStatement(
        """
        UPDATE conditional_order SET
            levels = $2::bigint[], wished = $3::bigint[], state = $4, fence = $5, reference = $6,
            broker_id = $7, orders = $8::text[], reason = $9, words = $10, tries = $11,
            looks = $12, absences = $13, started_at = $14::timestamptz, is_cancel_asked = $15,
            due_at = $16::timestamptz, entry_task_id = $17::bigint, updated_at = $18::timestamptz,
            seen_at = $19::timestamptz, fired_at = $20::timestamptz, has_filled = $21
        WHERE id = $1
        """
    )

    static let knownIDs = PostgresStatement(
        "SELECT broker_id FROM conditional_order WHERE account_id = $1 AND broker_id IS NOT NULL"
    )

    static let standing = PostgresStatement(
        """
        SELECT c.trader_id, c.status, a.id, a.broker, a.status,
               coalesce(a.session_ends <= now(), false),
               EXISTS (SELECT FROM broker_account x WHERE x.client_id = c.id)
        FROM client c
        LEFT JOIN broker_account a ON a.client_id = c.id AND a.status IN ('connected', 'expired')
        WHERE c.id = $1 AND ($2::bigint IS NULL OR c.trader_id = $2)
        """
    )

    static let entry = PostgresStatement(
        """
        SELECT i.id, i.state, i.filled, i.reason FROM order_intent i
        WHERE i.task_id = $1 AND i.client_id = $2 ORDER BY i.leg LIMIT 1
        """
    )
}
