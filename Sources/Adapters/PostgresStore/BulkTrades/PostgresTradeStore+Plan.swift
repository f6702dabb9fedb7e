package import Desk
import Postgres
package import Trading

extension PostgresTradeStore {
    package func plan(_ id: TaskID, referencePrice: Price?, marketOpen: Bool)
        async throws(StoreFailure) -> [OrderJob]
    {
        let task = PostgresValue.int(id.raw)
        let supported = PostgresValue.texts(brokers.map(\.rawValue))
        return try await pool.transact { transaction in
            // One round trip: each statement does nothing where the plan is made already.
            let rows = try await transaction.commit(
                [
                    (Transaction.beginning, []), (PlanStatements.lock, [task]),
                    (
                        PlanStatements.intents,
                        [task, .bool(marketOpen), supported, .bool(requiresEgress)]
                    ),
                    (PlanStatements.run, [task, .optional(referencePrice?.raw)]),
                    (CancelStatements.tellOfPlanned, [task]), (PlanStatements.ready, [task]),
                ]
            )
            return try OrderJob.reading(rows[5])
        }
    }
}

/// The SQL of planning: who takes part in a bulk trade, and who does not and why.
enum PlanStatements {
    static let lock = PostgresStatement(
        "SELECT FROM bulk_task WHERE id = $1 FOR NO KEY UPDATE"
    )

    /// Why a client `c` takes no part in a trade `t` now, as WHENs of a CASE.
    ///
    /// $2: whether the market is open; $3: the brokers for which there is an adapter; $4: whether
    /// accounts must have an egress.
    static let hindrances = """
        WHEN c.status <> 'active' THEN 'client_' || c.status
        WHEN h.everything THEN 'halted_all'
        WHEN coalesce(a.broker, d.broker, 'paper') = ANY (h.brokers)
            THEN 'halted_broker'
        WHEN t.instrument_id::text = ANY (h.symbols) THEN 'halted_symbol'
        WHEN t.trader_id::text = ANY (h.traders) THEN 'halted_trader'
        WHEN c.id::text = ANY (h.clients) THEN 'halted_client'
        WHEN NOT $2::boolean THEN 'market_closed'
        WHEN coalesce(a.broker, d.broker, 'paper') <> ALL ($3::text[])
            THEN 'broker_not_supported'
        WHEN d.client_id IS NOT NULL THEN 'no_session'
        WHEN a.status = 'expired' OR a.session_ends <= now()
            THEN 'session_expired'
        WHEN $4::boolean AND a.id IS NOT NULL AND a.egress IS NULL
            THEN 'egress_missing'
        WHEN a.egress_standing = 'not_registered' THEN 'egress_not_registered'
        WHEN a.id IS NOT NULL AND b.code IS NULL
            THEN 'no_instrument_at_broker'
        """

    /// Where a client's orders go: `a`, the connected account, or `d`, the last that was.
    static let places = """
        LEFT JOIN LATERAL (
            SELECT o.id, o.broker, o.status, o.session_ends, o.egress, o.egress_standing
            FROM broker_account o
            WHERE o.client_id = c.id AND o.status IN ('connected', 'expired')
            OFFSET 0
        ) AS a ON true
        \(SealedSession.lastAccount(as: "d"))
        \(SealedSession.listing(broker: "a.broker", instrument: "t.instrument_id"))
        """

    /// The halt switches, in one row `h`.
    static let switches = """
        CROSS JOIN (
            SELECT bool_or(scope = 'everything') AS everything,
                   array_agg(subject) FILTER (WHERE scope = 'broker') AS brokers,
                   array_agg(subject) FILTER (WHERE scope = 'symbol') AS symbols,
                   array_agg(subject) FILTER (WHERE scope = 'trader') AS traders,
                   array_agg(subject) FILTER (WHERE scope = 'client') AS clients
            FROM halt
        ) AS h
        """

    /// The clients that a trade `t` is for.
    ///
    /// Chosen before anything is looked up for them: a trade for five clients of ten thousand must cost
    /// what five cost.
    static let chosen = """
        SELECT m.id, m.status FROM preflight_row r JOIN client m ON m.id = r.client_id
        WHERE r.preflight_id = t.preflight_id AND m.trader_id = t.trader_id
        UNION ALL
        SELECT m.id, m.status FROM (SELECT DISTINCT unnest(t.client_ids) AS id) AS n
        JOIN client m ON m.id = n.id
        WHERE t.preflight_id IS NULL AND m.trader_id = t.trader_id
        UNION ALL
        SELECT m.id, m.status FROM client m
        WHERE t.preflight_id IS NULL AND t.client_ids IS NULL AND m.trader_id = t.trader_id
          AND m.groups @> ARRAY[t.client_group] AND m.status <> 'archived'
        UNION ALL
        SELECT m.id, m.status FROM client m
        WHERE t.preflight_id IS NULL AND t.client_ids IS NULL AND t.client_group IS NULL
          AND m.trader_id = t.trader_id AND m.status <> 'archived'
        """

    /// One intent per client of a task ($1) that is not planned yet.
    ///
    /// What was cancelled before is skipped, and what a preflight has shown not to be placed; then the
    /// same rules as `Eligibility`, in the same order ($2 to $4 as `hindrances` has them). Clients
    /// without any account go to the paper broker.
    static let intents = PostgresStatement(
        """
        INSERT INTO order_intent (
            task_id, client_id, broker, account_id, state, reason, cancel_wish, held_back,
            own_quantity
        )
        SELECT p.task_id, p.client_id, p.broker, p.account_id,
               CASE WHEN p.why IS NULL THEN 'READY' ELSE 'SKIPPED' END, p.why, p.wish,
               p.waits_for_sales AND p.why IS NULL, p.own
        FROM (
            SELECT t.id AS task_id, c.id AS client_id, a.id AS account_id,
                   coalesce(a.broker, d.broker, 'paper') AS broker,
                   k.wish, t.waits_for_sales,
                   coalesce(nullif(s.quantity, 0), q.quantity) AS own,
                   CASE
                       WHEN k.wish IS NOT NULL THEN k.wish
                       WHEN s.quantity = 0 THEN s.reasons[1]
                       WHEN s.account_id IS DISTINCT FROM a.id AND s.client_id IS NOT NULL
                           THEN 'changed_since_preflight'
                       \(hindrances)
                   END AS why
            FROM bulk_task t
            CROSS JOIN LATERAL (\(chosen)) AS c
            \(places)
            LEFT JOIN LATERAL (
                SELECT r.client_id, r.account_id, r.quantity, r.reasons FROM preflight_row r
                WHERE r.preflight_id = t.preflight_id AND r.client_id = c.id
                OFFSET 0
            ) AS s ON true
            LEFT JOIN listed_quantity q ON q.task_id = t.id AND q.client_id = c.id
            LEFT JOIN LATERAL (
                SELECT CASE WHEN bool_or(k.task_id IS NOT NULL) THEN 'task_cancelled'
                            ELSE 'order_cancelled' END AS wish
                FROM cancellation k
                WHERE k.asked_at >= t.accepted_at AND \(CancelStatements.covers)
                HAVING count(*) > 0
            ) AS k ON true
            \(switches)
            WHERE t.id = $1 AND t.state = 'ACCEPTED'
            ORDER BY c.id
        ) AS p
        ON CONFLICT (task_id, client_id, leg) DO NOTHING
        """
    )

    /// The plan is made; the first reference price ($2) stays.
    static let run = PostgresStatement(
        """
        WITH planned AS (
            UPDATE bulk_task
            SET state = 'RUNNING', planned_at = now(),
                reference_at = CASE
                    WHEN reference_price IS NULL AND $2::bigint IS NOT NULL THEN now()
                    ELSE reference_at
                END,
                reference_price = coalesce(reference_price, $2::bigint)
            WHERE id = $1 AND state = 'ACCEPTED'
            RETURNING id, trader_id, reference_price
        )
        INSERT INTO audit_log (action, trader_id, task_id, detail)
        SELECT 'BULK_TRADE_PLANNED', p.trader_id, p.id, jsonb_build_object(
            'reference_price', p.reference_price,
            'ready', (SELECT count(*) FROM order_intent i
                      WHERE i.task_id = p.id AND i.state = 'READY'),
            'skipped', (SELECT count(*) FROM order_intent i
                        WHERE i.task_id = p.id AND i.state = 'SKIPPED')
        )
        FROM planned p
        """
    )

    static let ready = PostgresStatement(
        """
        SELECT id, task_id, broker, account_id FROM order_intent
        WHERE task_id = $1 AND awaits AND state = 'READY' AND NOT held_back ORDER BY id
        """
    )
}
