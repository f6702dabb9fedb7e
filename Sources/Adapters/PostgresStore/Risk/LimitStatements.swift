import Postgres
import Trading

/// The SQL of limits.
enum LimitStatements {
    private static func latest(_ scope: String, _ subject: String) -> String {
        """
        LEFT JOIN LATERAL (
            SELECT * FROM risk_limit x WHERE x.scope = '\(scope)' AND x.subject = \(subject)
            ORDER BY x.version DESC LIMIT 1
        ) AS \(scope)_limit ON true
        """
    }

    /// The limits of these intents' ($1) clients who have any, and what they are measured by.
    ///
    /// For each client and instrument ($2); to be called under `LedgerStatements.lockFunds`. Orders
    /// live for their day: a purchase that still holds money is of a trade younger than 36 hours.
    static let bases = PostgresStatement(
        """
        SELECT c.id, r.instrument_id, c.capital, \(OrderLimits.columns(of: "trader_limit")),
               \(OrderLimits.columns(of: "client_limit")),
               (SELECT count(*) FROM order_pace p, unnest(p.sent) AS s (at)
                WHERE p.client_id = c.id AND s.at > now() - interval '60 seconds'),
               coalesce((SELECT sum(h.cost)::bigint FROM holding h
                         WHERE h.client_id = c.id AND h.instrument_id = r.instrument_id), 0)
               + coalesce((SELECT sum(o.held)::bigint FROM bulk_task t
                           JOIN order_intent o ON o.task_id = t.id AND o.client_id = c.id
                           WHERE t.trader_id = c.trader_id AND t.instrument_id = r.instrument_id
                             AND t.side = 'BUY'
                             AND t.accepted_at > now() - interval '36 hours'), 0),
               coalesce((SELECT sum(CASE x.kind WHEN 'loss' THEN x.amount ELSE -x.amount END)::bigint
                         FROM transfer x
                         WHERE (x.at AT TIME ZONE 'Asia/Kolkata')::date
                               = (now() AT TIME ZONE 'Asia/Kolkata')::date
                           AND x.client_id = c.id AND x.kind IN ('gain', 'loss')), 0)
        FROM (
            SELECT DISTINCT i.client_id, n.instrument_id
            FROM unnest($1::bigint[], $2::bigint[]) AS n (intent_id, instrument_id)
            JOIN order_intent i ON i.id = n.intent_id
        ) AS r
        JOIN client c ON c.id = r.client_id
        \(latest("trader", "c.trader_id"))
        \(latest("client", "c.id"))
        WHERE EXISTS (SELECT FROM risk_limit)
          AND (trader_limit.version IS NOT NULL OR client_limit.version IS NOT NULL)
        """
    )

    /// Remembers so many ($2) orders sent now of these clients ($1), and forgets what is older than
    /// any limit asks for.
    static let pace = PostgresStatement(
        """
        INSERT INTO order_pace AS p (client_id, sent)
        SELECT n.client_id, array_fill(now(), ARRAY[n.orders::int])
        FROM unnest($1::bigint[], $2::bigint[]) AS n (client_id, orders)
        ON CONFLICT (client_id) DO UPDATE
        SET sent = ARRAY(
            SELECT s.at FROM unnest(p.sent) AS s (at) WHERE s.at > now() - interval '60 seconds'
        ) || excluded.sent
        """
    )

    /// The latest limits of a scope ($1) and subject ($2).
    static let current = PostgresStatement(
        """
        SELECT x.version, \(OrderLimits.columns(of: "x")), x.why, x.created_at
        FROM risk_limit x WHERE x.scope = $1 AND x.subject = $2
        ORDER BY x.version DESC LIMIT 1
        """
    )

    /// One more version of a scope's ($1) and subject's ($2) limits.
    static let set = PostgresStatement(
        """
        INSERT INTO risk_limit (
            scope, subject, version, orders_per_minute, position_part_bp, max_order_value,
            max_day_loss, max_day_loss_bp, why, user_id
        )
        SELECT $1, $2, coalesce(max(x.version), 0) + 1, $3::int, $4::int, $5::bigint, $6::bigint,
               $7::int, $8, $9::bigint
        FROM risk_limit x WHERE x.scope = $1 AND x.subject = $2
        RETURNING version, created_at
        """
    )
}
