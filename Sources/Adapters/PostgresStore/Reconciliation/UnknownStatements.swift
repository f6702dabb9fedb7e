import Desk
import Postgres
import Trading

/// The SQL of UNKNOWN orders, as people and the scheduler see them.
enum UnknownStatements {
    /// Those beyond an id ($1), of one trader ($2; null: of all), $3 at most.
    static let list = PostgresStatement(
        """
        SELECT \(UnknownOrder.columns)
        FROM order_attempt o
        \(UnknownOrder.joins)
        WHERE o.is_unknown AND o.intent_id > $1
          AND ($2::bigint IS NULL OR t.trader_id = $2::bigint)
        ORDER BY o.intent_id LIMIT $3
        """
    )

    /// One of them ($1).
    static let one = PostgresStatement(
        """
        SELECT \(UnknownOrder.columns)
        FROM order_attempt o
        \(UnknownOrder.joins)
        WHERE o.is_unknown AND o.intent_id = $1
        """
    )

    static let counts = PostgresStatement(
        """
        SELECT i.broker, count(*), min(coalesce(o.unknown_since, o.sent_at))
        FROM order_attempt o JOIN order_intent i ON i.id = o.intent_id
        WHERE o.is_unknown GROUP BY i.broker ORDER BY i.broker
        """
    )

    /// Marks up to $2 as told of that a look has not settled, or that are older than $1
    /// microseconds; and gives them.
    static let takeAlerts = PostgresStatement(
        """
        WITH quiet AS (
            SELECT intent_id, number FROM order_attempt
            WHERE is_unknown AND alerted_at IS NULL AND (
                looks > 0 OR unknown_since <= now() - $1::bigint * interval '1 microsecond'
            )
            ORDER BY intent_id LIMIT $2::bigint
            FOR NO KEY UPDATE SKIP LOCKED
        ), o AS (
            UPDATE order_attempt AS x SET alerted_at = now()
            FROM quiet q WHERE x.intent_id = q.intent_id AND x.number = q.number
            RETURNING x.*
        )
        SELECT \(UnknownOrder.columns) FROM o
        \(UnknownOrder.joins)
        ORDER BY i.id
        """
    )

    static let lookNow = PostgresStatement(
        """
        WITH due AS (
            SELECT i.id FROM order_attempt o JOIN order_intent i ON i.id = o.intent_id
            WHERE o.is_unknown AND i.state = 'UNKNOWN'
            ORDER BY i.id
            FOR NO KEY UPDATE OF i SKIP LOCKED
        )
        UPDATE order_intent AS i SET look_at = now() FROM due WHERE i.id = due.id
        RETURNING i.id
        """
    )

    /// An operator's decision ($2–$6) of the attempt of an intent ($1).
    static let insertDecision = PostgresStatement(
        """
        INSERT INTO order_decision
            (intent_id, attempt, user_id, verdict, broker_order_id, reason, known)
        VALUES ($1, $2, $3::bigint, $4, $5::text, $6, $7::jsonb)
        """
    )

    static let auditDecision = PostgresStatement(
        """
        INSERT INTO audit_log
            (user_id, address, action, trader_id, client_id, task_id, intent_id, state, detail)
        VALUES ($1::bigint, $2::text, 'ORDER_DECIDED', $3, $4, $5, $6, $7, $8::jsonb)
        """
    )
}
