import Postgres
import Trading

/// The SQL of bulk trades as wholes.
enum TradeStatements {
    private static let from = "FROM bulk_task t JOIN instrument n ON n.id = t.instrument_id"

    static let trade = PostgresStatement(
        "SELECT \(BulkTrade.columns) \(from) WHERE t.id = $1"
    )

    /// The trade that a trader ($1) made with a key ($2), after its body's hash.
    static let withKey = PostgresStatement(
        """
        SELECT t.body_hash, \(BulkTrade.columns) \(from)
        WHERE t.trader_id = $1 AND t.idempotency_key = $2
        """
    )

    /// Trades below an id ($1), newest first.
    static let latest = PostgresStatement(
        "SELECT \(BulkTrade.columns) \(from) WHERE t.id < $1 ORDER BY t.id DESC LIMIT $2"
    )

    /// The same of one trader ($3).
    static let latestOfTrader = PostgresStatement(
        """
        SELECT \(BulkTrade.columns) \(from)
        WHERE t.id < $1 AND t.trader_id = $3 ORDER BY t.id DESC LIMIT $2
        """
    )

    /// From when on a READY intent of the trade may count as forgotten.
    static let markPublished = PostgresStatement(
        "UPDATE bulk_task SET published_at = now() WHERE id = $1 AND published_at IS NULL"
    )

    static let refreshReference = PostgresStatement(
        """
        UPDATE bulk_task SET reference_price = $2, reference_at = now()
        WHERE id = $1 AND state <> 'COMPLETE'
          AND (reference_at IS NULL OR reference_at < now())
        """
    )

    /// Completes those of these trades ($1) in which nothing waits, each once.
    static let complete = PostgresStatement(
        """
        WITH over AS (
            SELECT t.id FROM bulk_task t
            WHERE t.id = ANY ($1::bigint[]) AND t.state = 'RUNNING' AND NOT EXISTS (
                SELECT FROM order_intent i WHERE i.task_id = t.id AND i.awaits
            )
            ORDER BY t.id
            FOR NO KEY UPDATE
        ), done AS (
            UPDATE bulk_task AS t SET state = 'COMPLETE', completed_at = now()
            FROM over WHERE t.id = over.id
            RETURNING t.id, t.trader_id
        ), line AS (
            INSERT INTO audit_log (action, trader_id, task_id)
            SELECT 'BULK_TRADE_COMPLETE', trader_id, id FROM done
        )
        SELECT id FROM done
        """
    )

    static let unplanned = PostgresStatement(
        """
        SELECT t.id FROM bulk_task t
        WHERE t.state <> 'COMPLETE' AND t.state = 'ACCEPTED'
          AND t.accepted_at <= now() - $1::bigint * interval '1 microsecond'
          AND NOT EXISTS (SELECT FROM outbox o WHERE o.task_id = t.id)
        ORDER BY t.id LIMIT $2::bigint
        """
    )

    static let unfinished = PostgresStatement(
        """
        SELECT t.id FROM bulk_task t
        WHERE t.state <> 'COMPLETE' AND t.state = 'RUNNING' AND NOT EXISTS (
            SELECT FROM order_intent i WHERE i.task_id = t.id AND i.awaits
        )
        ORDER BY t.id LIMIT $1
        """
    )
}
