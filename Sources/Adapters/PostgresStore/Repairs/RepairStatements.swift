import Postgres
import Trading

/// The SQL of repairing and undoing bulk trades.
enum RepairStatements {
    /// Whoever repairs, undoes or plans a bulk trade ($1) waits here for the others; and whether it is
    /// being undone.
    static let lock = PostgresStatement(
        """
        SELECT EXISTS (SELECT FROM task_undo u WHERE u.task_id = t.id)
        FROM bulk_task t WHERE t.id = $1 FOR NO KEY UPDATE OF t
        """
    )

    /// Each order of a bulk trade ($1), with what stands in its way now, as `PlanStatements` says.
    ///
    /// And whether its last attempt is not proven dead; what a broker's book shows rejected is.
    static let rows = PostgresStatement(
        """
        SELECT i.id, i.client_id, c.code, i.state, i.reason, i.filled,
               coalesce(
                   CASE
                       WHEN i.state = 'REJECTED' THEN o.state IN ('SENDING', 'UNKNOWN')
                       ELSE o.state NOT IN ('REFUSED', 'NOT_SENT', 'ABSENT')
                   END, false
               ),
               CASE \(PlanStatements.hindrances) END, r.repair_task_id,
               CASE WHEN i.is_slice THEN i.own_quantity END
        FROM bulk_task t
        JOIN order_intent i ON i.task_id = t.id
        JOIN client c ON c.id = i.client_id
        \(PlanStatements.places)
        LEFT JOIN order_attempt o ON o.intent_id = i.id AND o.number = i.attempts
        LEFT JOIN task_repair r
            ON r.task_id = t.id AND r.client_id = i.client_id AND r.leg = i.leg
        \(PlanStatements.switches)
        WHERE t.id = $1
        ORDER BY i.client_id, i.id
        """
    )

    /// The trade of a repair: another one's ($1) terms for these of its clients ($2).
    ///
    /// Clients ($6) whose orders were cut get so many shares ($7), which are those that are missing; the
    /// orders ($8) are taken by it.
    /// By a user ($3) under a key ($4) with a body's hash ($5); with its rows, message and audit line.
    static let repair = PostgresStatement(
        """
        WITH made AS (
            INSERT INTO bulk_task (
                trader_id, user_id, idempotency_key, body_hash, instrument_id, side, order_type,
                product, validity, price, trigger_price, sizing, sizing_part_bp, sizing_quantity,
                sizing_amount, client_ids, resend_within_seconds, repairs_task_id, mtf_leverage
            )
            SELECT t.trader_id, $3, $4, $5, t.instrument_id, t.side, t.order_type, t.product,
                   t.validity, t.price, t.trigger_price, t.sizing, t.sizing_part_bp,
                   t.sizing_quantity, t.sizing_amount, $2::bigint[], t.resend_within_seconds, t.id,
                   t.mtf_leverage
            FROM bulk_task t WHERE t.id = $1
            ON CONFLICT (trader_id, idempotency_key) DO NOTHING
            RETURNING id, trader_id, user_id
        ), taken AS (
            INSERT INTO task_repair (task_id, client_id, leg, repair_task_id)
            SELECT i.task_id, i.client_id, i.leg, made.id
            FROM made, order_intent i WHERE i.id = ANY ($8::bigint[])
        ), listed AS (
            INSERT INTO listed_quantity (task_id, client_id, quantity)
            SELECT made.id, q.client_id, q.quantity FROM made, listed_quantity q
            WHERE q.task_id = $1 AND q.client_id = ANY ($2::bigint[])
              AND q.client_id <> ALL ($6::bigint[])
            UNION ALL
            SELECT made.id, n.client_id, n.quantity
            FROM made, unnest($6::bigint[], $7::bigint[]) AS n (client_id, quantity)
        ), message AS (
            INSERT INTO outbox (kind, task_id) SELECT 'plan', id FROM made
        ), line AS (
            INSERT INTO audit_log (action, user_id, trader_id, task_id, detail)
            SELECT 'BULK_TRADE_REPAIRED', user_id, trader_id, id,
                   jsonb_build_object('repairs_task_id', $1::bigint, 'orders',
                                      cardinality($2::bigint[]), 'clients', to_jsonb($2::bigint[]))
            FROM made
        )
        SELECT id, pg_notify('outbox', '') FROM made
        """
    )

    /// The undoing of a bulk trade ($1), with its repairs.
    static let undo = PostgresStatement(
        """
        SELECT u.task_id, u.cancellation_id, u.asked_at, u.undo_task_id,
               ARRAY(SELECT DISTINCT r.repair_task_id FROM task_repair r WHERE r.task_id = u.task_id
                     ORDER BY 1)
        FROM task_undo u WHERE u.task_id = $1
        """
    )

    static let beginUndo = PostgresStatement(
        """
        INSERT INTO task_undo (task_id, cancellation_id) VALUES ($1, $2)
        ON CONFLICT (task_id) DO NOTHING
        RETURNING task_id
        """
    )

    /// Locks the undoing of a bulk trade ($1): its trade of reverse orders, and whether any order of the
    /// bulk trade may still change.
    static let lockUndo = PostgresStatement(
        """
        SELECT u.undo_task_id, t.state <> 'COMPLETE' OR EXISTS (
            SELECT FROM order_intent i
            WHERE i.task_id = u.task_id
              AND i.state IN ('READY', 'SENDING', 'UNKNOWN', 'ACCEPTED', 'OPEN', 'PARTLY_FILLED',
                              'CANCEL_REQUESTED')
        )
        FROM task_undo u JOIN bulk_task t ON t.id = u.task_id
        WHERE u.task_id = $1
        FOR NO KEY UPDATE OF u
        """
    )

    /// The trade that takes back another one ($1): reverse MARKET orders for these clients ($2), each
    /// for its own quantity ($3), by a user ($4) under a key ($5).
    static let confirmUndo = PostgresStatement(
        """
        WITH made AS (
            INSERT INTO bulk_task (
                trader_id, user_id, idempotency_key, body_hash, instrument_id, side, order_type,
                product, validity, sizing, client_ids, undoes_task_id, mtf_leverage
            )
            SELECT t.trader_id, $4, $5, ''::bytea, t.instrument_id,
                   CASE t.side WHEN 'BUY' THEN 'SELL' ELSE 'BUY' END, 'MARKET', t.product, 'DAY',
                   'listed', $2::bigint[], t.id,
                   CASE WHEN t.product = 'MTF' THEN (
                       SELECT d.mtf_leverage FROM trader d WHERE d.id = t.trader_id
                   ) END
            FROM bulk_task t WHERE t.id = $1
            RETURNING id, trader_id, user_id
        ), listed AS (
            INSERT INTO listed_quantity (task_id, client_id, quantity)
            SELECT made.id, n.client_id, n.quantity
            FROM made, unnest($2::bigint[], $3::bigint[]) AS n (client_id, quantity)
        ), mark AS (
            UPDATE task_undo u SET undo_task_id = made.id, confirmed_at = now()
            FROM made WHERE u.task_id = $1
        ), message AS (
            INSERT INTO outbox (kind, task_id) SELECT 'plan', id FROM made
        ), line AS (
            INSERT INTO audit_log (action, user_id, trader_id, task_id, detail)
            SELECT 'UNDO_CONFIRMED', user_id, trader_id, id,
                   jsonb_build_object('undoes_task_id', $1::bigint, 'clients',
                                      to_jsonb($2::bigint[]), 'quantities', to_jsonb($3::bigint[]))
            FROM made
        )
        SELECT id, pg_notify('outbox', '') FROM made
        """
    )
}
