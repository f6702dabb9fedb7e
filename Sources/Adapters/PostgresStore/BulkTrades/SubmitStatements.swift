import Postgres
import Trading

/// The SQL of submitting a bulk trade.
enum SubmitStatements {
    /// Those of these clients ($2) that are not this trader's ($1).
    static let strangers = PostgresStatement(
        """
        SELECT n.id FROM unnest($2::bigint[]) AS n (id)
        WHERE NOT EXISTS (SELECT FROM client c WHERE c.id = n.id AND c.trader_id = $1)
        ORDER BY n.id
        """
    )

    /// The trade, its outbox row or what it waits for, and its audit row, unless the key was used or
    /// the preflight executed; and rings for relays.
    static let insert = PostgresStatement(
        """
        WITH made AS (
            INSERT INTO bulk_task (
                trader_id, user_id, idempotency_key, body_hash, instrument_id, side, order_type,
                product, validity, price, trigger_price, sizing, sizing_part_bp,
                sizing_quantity, sizing_amount, client_ids, client_group,
                resend_within_seconds, preflight_id, reference_price, reference_at, mtf_leverage,
                state
            )
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10::bigint, $11::bigint, $12,
                    $13::bigint, $14::bigint, $15::bigint, $16::bigint[], $17::text, $19::int,
                    $20::bigint, $21::bigint,
                    CASE WHEN $21::bigint IS NOT NULL THEN now() END,
                    CASE WHEN $8 = 'MTF' THEN (SELECT d.mtf_leverage FROM trader d WHERE d.id = $1)
                    END, $22)
            ON CONFLICT DO NOTHING
            RETURNING id, trader_id, user_id, state
        ), message AS (
            INSERT INTO outbox (kind, task_id) SELECT 'plan', id FROM made WHERE state = 'ACCEPTED'
        ), waiting AS (
            INSERT INTO approval (
                task_id, trader_id, maker_id, client_count, amount, expires_at
            )
            SELECT id, trader_id, user_id, $23::bigint, $24::bigint,
                   now() + $25::bigint * interval '1 microsecond'
            FROM made WHERE state = 'AWAITING_APPROVAL'
        ), line AS (
            INSERT INTO audit_log (action, user_id, trader_id, task_id, detail)
            SELECT 'BULK_TRADE_SUBMITTED', user_id, trader_id, id, $18::jsonb FROM made
        )
        SELECT id, pg_notify('outbox', '') FROM made
        """
    )
}
