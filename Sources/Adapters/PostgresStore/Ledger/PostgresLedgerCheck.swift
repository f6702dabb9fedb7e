package import Desk
package import Postgres
package import Trading

/// Looks for rows that break the rules of money and orders; finds none when all is well.
///
/// One statement, hence one snapshot: it may run while orders do.
package struct PostgresLedgerCheck: Sendable {
    let pool: PostgresPool

    package init(pool: PostgresPool) { self.pool = pool }

    /// What is wrong, the first of each kind first; at most `limit` rows.
    package func callAsFunction(limit: Int = 1_000) async throws(StoreFailure) -> [LedgerFault] {
        let rows = try await pool.transact { transaction in
            _ = try await transaction.begin([(Self.takeTime, []), (Self.planFreely, [])])
            return try await transaction.commit([(Self.faults, [.int(Int64(limit))])])[0]
        }
        return rows.map { row in
            LedgerFault(
                rule: row.text(0),
                client: row.optionalInt(1).map { ID($0) },
                intent: row.optionalInt(2).map { ID($0) },
                found: row.optionalInt(3),
                expected: row.optionalInt(4)
            )
        }
    }

    /// Millions of rows are added up.
    private static let takeTime = PostgresStatement("SET LOCAL statement_timeout = 0")

    /// The programs' sessions go by indexes alone; here whole tables are joined, which must not.
    private static let planFreely = PostgresStatement(
        """
        SELECT set_config(name, 'on', true)
        FROM unnest(ARRAY['enable_seqscan', 'enable_hashjoin', 'enable_mergejoin']) AS s (name)
        """
    )

    private static let faults = PostgresStatement(
        """
        WITH journal AS (
            SELECT client_id, account, sum(amount)::bigint AS amount
            FROM (
                SELECT client_id, debit AS account,
                       CASE WHEN debit IN ('deposited', 'realised_gain', 'shortfall', 'borrowed')
                            THEN -amount ELSE amount END AS amount
                FROM transfer
                UNION ALL
                SELECT client_id, credit,
                       CASE WHEN credit IN ('deposited', 'realised_gain', 'shortfall', 'borrowed')
                            THEN amount ELSE -amount END
                FROM transfer
            ) AS entry
            GROUP BY client_id, account
        ), balance AS (
            SELECT f.client_id, b.account, b.amount
            FROM funds f CROSS JOIN LATERAL (VALUES
                ('available', f.available), ('held', f.held), ('invested', f.invested),
                ('realised_loss', f.realised_loss), ('deposited', f.deposited),
                ('realised_gain', f.realised_gain), ('shortfall', f.shortfall),
                ('withdrawn', f.withdrawn), ('interest', f.interest), ('borrowed', f.borrowed)
            ) AS b (account, amount)
        ), filled AS (
            SELECT intent_id, sum(quantity)::bigint AS quantity, sum(value)::bigint AS value
            FROM fill GROUP BY intent_id
        )
        SELECT 'funds are the sum of transfers: ' || coalesce(b.account, j.account) AS rule,
               coalesce(b.client_id, j.client_id) AS client, NULL::bigint AS intent,
               b.amount AS found, coalesce(j.amount, 0) AS expected
        FROM balance b FULL JOIN journal j USING (client_id, account)
        WHERE coalesce(b.amount, 0) <> coalesce(j.amount, 0)
        UNION ALL
        SELECT 'held funds are the sum of what intents hold', f.client_id, NULL, f.held,
               coalesce(i.held, 0)
        FROM funds f
        LEFT JOIN (
            SELECT client_id, sum(held)::bigint AS held
            FROM order_intent WHERE held > 0 GROUP BY client_id
        ) AS i ON i.client_id = f.client_id
        WHERE f.held <> coalesce(i.held, 0)
        UNION ALL
        SELECT 'reserved shares are the sum of what intents reserve',
               coalesce(h.client_id, r.client_id), NULL, h.reserved, r.reserved
        FROM holding h
        FULL JOIN (
            SELECT i.client_id, t.instrument_id, \(Product.heldAs("t.product")) AS product,
                   sum(i.reserved)::bigint AS reserved
            FROM order_intent i JOIN bulk_task t ON t.id = i.task_id
            WHERE i.reserved > 0 GROUP BY 1, 2, 3
        ) AS r USING (client_id, instrument_id, product)
        WHERE coalesce(h.reserved, 0) <> coalesce(r.reserved, 0)
        UNION ALL
        SELECT 'borrowed funds are the sum of what holdings owe', f.client_id, NULL, f.borrowed,
               coalesce(h.borrowed, 0)
        FROM funds f
        LEFT JOIN (
            SELECT client_id, sum(borrowed)::bigint AS borrowed
            FROM holding WHERE borrowed > 0 GROUP BY client_id
        ) AS h ON h.client_id = f.client_id
        WHERE f.borrowed <> coalesce(h.borrowed, 0)
        UNION ALL
        SELECT 'invested funds are what the shares held cost', f.client_id, NULL, f.invested,
               coalesce(h.cost, 0)
        FROM funds f
        LEFT JOIN (
            SELECT client_id, sum(cost)::bigint AS cost FROM holding GROUP BY client_id
        ) AS h ON h.client_id = f.client_id
        WHERE f.invested <> coalesce(h.cost, 0)
        UNION ALL
        SELECT 'an order''s loan is what was lent for it', coalesce(i.client_id, l.client_id),
               coalesce(i.id, l.intent_id), i.borrowed, coalesce(l.amount, 0)
        FROM order_intent i
        FULL JOIN (
            SELECT client_id, intent_id, sum(amount)::bigint AS amount
            FROM transfer WHERE kind = 'loan' GROUP BY client_id, intent_id
        ) AS l ON l.intent_id = i.id
        WHERE coalesce(i.borrowed, 0) <> coalesce(l.amount, 0)
        UNION ALL
        SELECT 'interest is the sum of its days', f.client_id, NULL, f.interest,
               coalesce(m.amount, 0)
        FROM funds f
        LEFT JOIN (
            SELECT client_id, sum(amount)::bigint AS amount FROM mtf_interest GROUP BY client_id
        ) AS m ON m.client_id = f.client_id
        WHERE f.interest <> coalesce(m.amount, 0)
        UNION ALL
        SELECT 'an intent is filled by its fills', i.client_id, i.id, i.filled, f.quantity
        FROM order_intent i FULL JOIN filled f ON f.intent_id = i.id
        WHERE coalesce(i.filled, 0) <> coalesce(f.quantity, 0)
           OR coalesce(i.filled_value, 0) <> coalesce(f.value, 0)
        UNION ALL
        SELECT 'a final intent holds nothing', i.client_id, i.id, i.held + i.reserved, 0
        FROM order_intent i
        WHERE i.held + i.reserved > 0 AND i.state IN (
            'READY', 'FILLED', 'CANCELLED', 'REJECTED', 'EXPIRED', 'SKIPPED'
        )
        UNION ALL
        SELECT 'one attempt at most is alive', NULL, a.intent_id, count(*), 1
        FROM order_attempt a WHERE a.state IN ('SENDING', 'ACCEPTED', 'UNKNOWN')
        GROUP BY a.intent_id HAVING count(*) > 1
        UNION ALL
        SELECT 'an intent that was sent has a live attempt', i.client_id, i.id, 0, 1
        FROM order_intent i
        WHERE i.state IN ('SENDING', 'UNKNOWN', 'ACCEPTED', 'OPEN', 'PARTLY_FILLED',
                          'CANCEL_REQUESTED')
          AND NOT EXISTS (
              SELECT FROM order_attempt a
              WHERE a.intent_id = i.id AND a.state IN ('SENDING', 'ACCEPTED', 'UNKNOWN')
          )
        LIMIT $1
        """
    )
}

/// A row that breaks a rule.
package struct LedgerFault: Sendable, Equatable {
    package let rule: String
    package let client: ClientID?
    package let intent: IntentID?
    package let found: Int64?
    package let expected: Int64?
}
