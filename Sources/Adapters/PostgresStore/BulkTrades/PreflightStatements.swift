import Postgres
import Trading

/// The SQL of preflights.
enum PreflightStatements {
    /// The clients of a trader ($1) as a trade in an instrument ($2), in shares held as $5, would be
    /// planned for: those named ($3), of a group ($4), or all.
    ///
    /// The same choice of clients and accounts as `PlanStatements.intents`. `OFFSET 0` keeps the way
    /// from each client to what is its own, whatever the tables' sizes were when this was planned.
    static let candidates = PostgresStatement(
        """
        SELECT \(ClientReading.clientColumns), coalesce(c.part_bp, d.usual_part_bp), f.available,
               coalesce(h.quantity, 0), coalesce(h.reserved, 0), coalesce(h.cost, 0),
               coalesce(h.borrowed, 0),
               coalesce(a.broker, x.broker, 'paper'), a.id, coalesce(a.id, x.id) IS NOT NULL,
               coalesce(a.status, x.status), coalesce(a.session_ends <= now(), false),
               a.token IS NOT NULL, b.code IS NOT NULL
        FROM client c
        JOIN trader d ON d.id = c.trader_id
        JOIN funds f ON f.client_id = c.id
        LEFT JOIN LATERAL (
            SELECT s.quantity, s.reserved, s.cost, s.borrowed FROM holding s
            WHERE s.client_id = c.id AND s.instrument_id = $2::bigint AND s.product = $5::text
            OFFSET 0
        ) AS h ON true
        LEFT JOIN LATERAL (
            SELECT o.id, o.broker, o.status, o.session_ends, o.token FROM broker_account o
            WHERE o.client_id = c.id AND o.status IN ('connected', 'expired')
            OFFSET 0
        ) AS a ON true
        \(SealedSession.lastAccount(as: "x"))
        \(SealedSession.listing(broker: "coalesce(a.broker, x.broker)", instrument: "$2::bigint"))
        WHERE c.trader_id = $1::bigint
          AND CASE
              WHEN $3::bigint[] IS NOT NULL THEN c.id IN (SELECT unnest($3::bigint[]))
              WHEN $4::text IS NOT NULL
                  THEN $4::text = ANY (c.groups) AND c.status <> 'archived'
              ELSE c.status <> 'archived'
          END
        ORDER BY c.id
        """
    )

    static let leverage = PostgresStatement(
        "SELECT mtf_leverage FROM trader WHERE id = $1::bigint"
    )

    /// Those that ended an hour ago and were not executed, a few at a time.
    static let deleteOld = PostgresStatement(
        """
        WITH old AS (
            DELETE FROM preflight p WHERE p.id IN (
                SELECT o.id FROM preflight o
                WHERE o.expires_at < now() - interval '1 hour' AND NOT EXISTS (
                    SELECT FROM bulk_task t WHERE t.preflight_id = o.id
                )
                ORDER BY o.expires_at LIMIT 20
            )
            RETURNING p.id
        )
        DELETE FROM preflight_row r USING old WHERE r.preflight_id = old.id
        """
    )

    static let insert = PostgresStatement(
        """
        INSERT INTO preflight (
            trader_id, user_id, instrument_id, side, order_type, product, validity, price,
            trigger_price, sizing, sizing_part_bp, sizing_quantity, sizing_amount, client_ids,
            client_group, resend_within_seconds, used_price, price_age_us, created_at, expires_at
        )
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8::bigint, $9::bigint, $10, $11::int, $12::bigint,
                $13::bigint, $14::bigint[], $15::text, $16::int, $17::bigint, $18::bigint,
                $19::timestamptz, $20::timestamptz)
        RETURNING id
        """
    )

    static let insertRows = PostgresStatement(
        """
        INSERT INTO preflight_row (
            preflight_id, client_id, broker, account_id, quantity, wanted, reasons, fits, cost,
            hold, own, borrowed, charges, available
        )
        SELECT $1::bigint, n.client_id, n.broker, n.account_id, n.quantity, n.wanted,
               string_to_array(n.reasons, ','), n.fits, n.cost, n.hold, n.own, n.borrowed,
               n.charges, n.available
        FROM unnest(
            $2::bigint[], $3::text[], $4::bigint[], $5::bigint[], $6::bigint[], $7::text[],
            $8::bigint[], $9::bigint[], $10::bigint[], $11::bigint[], $12::bigint[],
            $13::bigint[], $14::bigint[]
        ) AS n (client_id, broker, account_id, quantity, wanted, reasons, fits, cost, hold, own,
                borrowed, charges, available)
        """
    )

    /// A preflight with the task that executed it.
    static let preflight = PostgresStatement(
        """
        SELECT t.id, t.trader_id, \(OrderTerms.columns),
               t.sizing, t.sizing_part_bp, t.sizing_quantity, t.sizing_amount,
               t.client_ids IS NOT NULL, coalesce(t.client_ids, '{}'), t.client_group,
               t.resend_within_seconds, t.used_price, t.price_age_us, t.created_at, t.expires_at,
               (SELECT b.id FROM bulk_task b WHERE b.preflight_id = t.id)
        FROM preflight t JOIN instrument n ON n.id = t.instrument_id
        WHERE t.id = $1::bigint
        """
    )

    static let sums = PostgresStatement(
        """
        SELECT count(*), count(*) FILTER (WHERE quantity > 0),
               coalesce(sum(quantity), 0)::bigint,
               coalesce(sum(cost) FILTER (WHERE quantity > 0), 0)::bigint,
               coalesce(sum(hold) FILTER (WHERE quantity > 0), 0)::bigint,
               coalesce(sum(own) FILTER (WHERE quantity > 0), 0)::bigint,
               coalesce(sum(borrowed) FILTER (WHERE quantity > 0), 0)::bigint,
               coalesce(sum(charges) FILTER (WHERE quantity > 0), 0)::bigint
        FROM preflight_row WHERE preflight_id = $1::bigint
        """
    )

    static let reasons = PostgresStatement(
        """
        SELECT u.reason, count(*)
        FROM preflight_row r CROSS JOIN LATERAL unnest(r.reasons) AS u (reason)
        WHERE r.preflight_id = $1::bigint
        GROUP BY u.reason
        """
    )

    /// Up to $3 rows beyond a client's id ($2), those with an order or those without ($4).
    static let rows = PostgresStatement(
        """
        SELECT r.client_id, c.code, c.name, r.broker, r.account_id, r.quantity, r.wanted, r.reasons,
               r.fits, r.cost, r.hold, r.own, r.borrowed, r.available, p.side, p.product,
               n.exchange, p.created_at, p.used_price
        FROM preflight_row r
        JOIN preflight p ON p.id = r.preflight_id
        JOIN instrument n ON n.id = p.instrument_id
        JOIN client c ON c.id = r.client_id
        WHERE r.preflight_id = $1::bigint AND r.client_id > $2::bigint
          AND ($4::boolean IS NULL OR (r.quantity > 0) = $4::boolean)
        ORDER BY r.client_id LIMIT $3::bigint
        """
    )
}
