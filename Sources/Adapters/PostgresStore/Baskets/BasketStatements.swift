import Desk
import Postgres
import Trading

/// The SQL of baskets.
enum BasketStatements {
    private static let columns = """
        k.id, k.trader_id, k.sequence, k.on_refusal, k.accepted_at,
        ARRAY(SELECT t.id FROM bulk_task t WHERE t.basket_id = k.id ORDER BY t.leg),
        EXISTS (
            SELECT FROM bulk_task t WHERE t.basket_id = k.id AND t.state = 'AWAITING_APPROVAL'
        )
        """

    static let basket = PostgresStatement("SELECT \(columns) FROM basket k WHERE k.id = $1")

    /// The basket that a trader ($1) made with a key ($2), after its body's hash.
    static let withKey = PostgresStatement(
        """
        SELECT k.body_hash, \(columns) FROM basket k
        WHERE k.trader_id = $1 AND k.idempotency_key = $2
        """
    )

    /// Up to $2 baskets below an id ($1), newest first.
    static let latest = PostgresStatement(
        "SELECT \(columns) FROM basket k WHERE k.id < $1 ORDER BY k.id DESC LIMIT $2"
    )

    /// The same of one trader ($3).
    static let latestOfTrader = PostgresStatement(
        """
        SELECT \(columns) FROM basket k WHERE k.id < $1 AND k.trader_id = $3
        ORDER BY k.id DESC LIMIT $2
        """
    )

    /// A basket of a trader ($1), user ($2), key ($3), hash ($4), sequence ($5) and policy ($6), unless
    /// the key was used; with a trade for each leg ($7–$17), for these clients ($18) or a group ($19), a
    /// policy for doubts ($20), an outbox row for each, and one audit line ($21); where it waits for
    /// approval ($23) its legs do, under the first one's number, as so many clients ($24) and so much
    /// money ($25) for so many microseconds ($26), and have no messages.
    static let insert = PostgresStatement(
        """
        WITH made AS (
            INSERT INTO basket (
                trader_id, user_id, idempotency_key, body_hash, sequence, on_refusal
            )
            VALUES ($1, $2, $3, $4, $5, $6)
            ON CONFLICT (trader_id, idempotency_key) DO NOTHING
            RETURNING id, trader_id, user_id
        ), legs AS (
            INSERT INTO bulk_task (
                trader_id, user_id, idempotency_key, body_hash, instrument_id, side, order_type,
                product, validity, price, trigger_price, sizing, sizing_part_bp, sizing_quantity,
                sizing_amount, client_ids, client_group, resend_within_seconds, basket_id, leg,
                waits_for_sales, mtf_leverage, state
            )
            SELECT made.trader_id, made.user_id,
                   'basket ' || made.id || ' leg ' || (n.place - 1), $4, n.instrument_id, n.side,
                   n.order_type, n.product, n.validity, n.price, n.trigger_price, n.sizing,
                   n.part_bp, n.quantity, n.amount, $18::bigint[], $19::text, $20::int, made.id,
                   n.place - 1, n.waits,
                   CASE WHEN n.product = 'MTF' THEN (
                       SELECT d.mtf_leverage FROM trader d WHERE d.id = made.trader_id
                   ) END, CASE WHEN $23::boolean THEN 'AWAITING_APPROVAL' ELSE 'ACCEPTED' END
            FROM made, unnest(
                $7::bigint[], $8::text[], $9::text[], $10::text[], $11::text[], $12::bigint[],
                $13::bigint[], $14::text[], $15::bigint[], $16::bigint[], $17::bigint[],
                $22::boolean[]
            ) WITH ORDINALITY AS n (
                instrument_id, side, order_type, product, validity, price, trigger_price, sizing,
                part_bp, quantity, amount, waits, place
            )
            ORDER BY n.place
            RETURNING id, leg, trader_id, user_id, state
        ), message AS (
            INSERT INTO outbox (kind, task_id) SELECT 'plan', id FROM legs WHERE state = 'ACCEPTED'
        ), waiting AS (
            INSERT INTO approval (task_id, trader_id, maker_id, client_count, amount, expires_at)
            SELECT id, trader_id, user_id, $24::bigint, $25::bigint,
                   now() + $26::bigint * interval '1 microsecond'
            FROM legs WHERE state = 'AWAITING_APPROVAL' AND leg = 0
        ), line AS (
            INSERT INTO audit_log (action, user_id, trader_id, detail)
            SELECT 'BASKET_SUBMITTED', user_id, trader_id,
                   $21::jsonb || jsonb_build_object('basket_id', id)
            FROM made
        )
        SELECT id, pg_notify('outbox', '') FROM made
        """
    )

    /// Up to $3 orders of a basket ($1) beyond an id ($2), of one client ($4; null: all).
    static let results = PostgresStatement(
        """
        SELECT t.leg, t.id, n.symbol, t.side, i.held_back AND i.state = 'READY',
               \(ClientResult.columns)
        FROM bulk_task t
        JOIN instrument n ON n.id = t.instrument_id
        JOIN order_intent i ON i.task_id = t.id
        JOIN client c ON c.id = i.client_id
        LEFT JOIN order_attempt o
            ON o.intent_id = i.id AND o.number = i.attempts AND i.state = 'UNKNOWN'
        WHERE t.basket_id = $1 AND i.id > $2 AND ($4::bigint IS NULL OR i.client_id = $4::bigint)
        ORDER BY i.id LIMIT $3
        """
    )

    /// Lets go of up to $1 orders whose client's sales of the basket have all ended; their messages count
    /// as lost after $2 microseconds.
    ///
    /// A sale that is FILLED has its fills booked, and its money is the client's. The tasks are an
    /// array, read first, so that a backlog of others is never looked through for the few, or none,
    /// that wait.
    static let release = PostgresStatement(
        """
        WITH free AS (
            SELECT i.id
            FROM order_intent i JOIN bulk_task t ON t.id = i.task_id
            WHERE i.task_id = ANY (ARRAY(
                  SELECT id FROM bulk_task WHERE state <> 'COMPLETE' AND waits_for_sales
              ))
              AND i.awaits AND i.state = 'READY' AND i.held_back
              AND NOT EXISTS (
                  SELECT FROM bulk_task s
                  LEFT JOIN order_intent o ON o.task_id = s.id AND o.client_id = i.client_id
                  WHERE s.basket_id = t.basket_id AND s.side = 'SELL'
                    AND (s.state = 'ACCEPTED'
                         OR o.state IN ('READY', 'SENDING', 'UNKNOWN', 'ACCEPTED', 'OPEN',
                                        'PARTLY_FILLED', 'CANCEL_REQUESTED'))
              )
            LIMIT $1::bigint
            FOR NO KEY UPDATE OF i SKIP LOCKED
        )
        UPDATE order_intent AS i
        SET held_back = false, look_at = now() + $2::bigint * interval '1 microsecond'
        FROM free WHERE i.id = free.id
        RETURNING i.id, i.task_id, i.broker, i.account_id
        """
    )
}
