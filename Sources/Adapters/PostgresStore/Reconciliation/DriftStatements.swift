import Postgres

/// The SQL of comparing our books with the brokers'.
enum DriftStatements {
    /// Accounts with attempts of bulk trades since a moment ($1), with orders that somebody still
    /// looks at, or with an open difference.
    static let accounts = PostgresStatement(
        """
        SELECT w.account_id, a.client_id, c.trader_id, a.broker
        FROM (
            SELECT i.account_id
            FROM bulk_task t JOIN order_intent i ON i.task_id = t.id
            WHERE t.accepted_at >= $1 AND i.attempts > 0
            UNION
            SELECT account_id FROM order_intent WHERE look_at IS NOT NULL AND attempts > 0
            UNION
            SELECT account_id FROM drift WHERE closed_at IS NULL
        ) AS w
        JOIN broker_account a ON a.id = w.account_id
        JOIN client c ON c.id = a.client_id
        ORDER BY w.account_id
        """
    )

    /// Attempts of an account ($1) and its client ($2): all since a moment ($3), and of the week
    /// before it those of orders that are still open.
    static let attempts = PostgresStatement(
        """
        SELECT i.id, i.task_id, o.reference, o.broker_order_id, i.state, i.quantity, i.filled,
               o.is_dead, o.number = i.attempts,
               (extract(epoch FROM now() - o.sent_at) * 1000000)::bigint,
               CASE WHEN i.reason = 'fills_untold' AND i.look_at IS NOT NULL THEN t.side END,
               CASE WHEN t.product = 'CNC' THEN n.symbol END
        FROM bulk_task t
        JOIN instrument n ON n.id = t.instrument_id
        JOIN order_intent i ON i.task_id = t.id AND i.client_id = $2
        JOIN order_attempt o ON o.intent_id = i.id
        WHERE t.accepted_at >= $3 - interval '7 days' AND i.account_id = $1
          AND (t.accepted_at >= $3 OR i.state IN (
              'SENDING', 'UNKNOWN', 'ACCEPTED', 'OPEN', 'PARTLY_FILLED', 'CANCEL_REQUESTED'
          ))
        ORDER BY i.id, o.number
        """
    )

    /// Shares of a client ($1) by symbol; none where it has more than one account.
    static let shares = PostgresStatement(
        """
        SELECT n.symbol, sum(h.quantity)::bigint
        FROM holding h JOIN instrument n ON n.id = h.instrument_id
        WHERE h.client_id = $1 AND h.quantity > 0
          AND (SELECT count(*) FROM broker_account a WHERE a.client_id = $1) = 1
        GROUP BY n.symbol
        """
    )

    /// Available cash of a client ($1); none where it has more than one account.
    static let cash = PostgresStatement(
        """
        SELECT f.available FROM funds f
        WHERE f.client_id = $1
          AND (SELECT count(*) FROM broker_account a WHERE a.client_id = $1) = 1
        """
    )

    /// Opens differences ($5–$12) of an account ($1), or brings the open ones up to date; gives
    /// those that are new.
    static let open = PostgresStatement(
        """
        INSERT INTO drift (
            account_id, client_id, trader_id, kind, subject, intent_id, our_state, our_quantity,
            our_filled, their_state, their_quantity, their_filled
        )
        SELECT $1, $2, $3, n.*
        FROM unnest(
            $4::text[], $5::text[], $6::bigint[], $7::text[], $8::bigint[], $9::bigint[],
            $10::text[], $11::bigint[], $12::bigint[]
        ) AS n (kind, subject, intent_id, our_state, our_quantity, our_filled, their_state,
                their_quantity, their_filled)
        ON CONFLICT (account_id, kind, subject) WHERE closed_at IS NULL DO UPDATE
        SET our_state = excluded.our_state, our_quantity = excluded.our_quantity,
            our_filled = excluded.our_filled, their_state = excluded.their_state,
            their_quantity = excluded.their_quantity, their_filled = excluded.their_filled,
            times_seen = drift.times_seen + 1, seen_at = now()
        RETURNING kind, subject, xmax = 0
        """
    )

    /// Closes the differences of an account ($1) that are none of these ($2, $3).
    static let close = PostgresStatement(
        """
        UPDATE drift AS d SET closed_at = now()
        WHERE d.account_id = $1 AND d.closed_at IS NULL AND NOT EXISTS (
            SELECT FROM unnest($2::text[], $3::text[]) AS n (kind, subject)
            WHERE n.kind = d.kind AND n.subject = d.subject
        )
        """
    )

    /// Up to $6 below an id ($1), newest first: of a trader ($2), a client ($3), open or closed
    /// ($4), of one kind ($5); null: any.
    static let list = PostgresStatement(
        """
        SELECT d.id, d.account_id, d.client_id, d.trader_id, a.broker, d.kind, d.subject,
               d.intent_id, d.our_state, d.our_quantity, d.our_filled, d.their_state,
               d.their_quantity, d.their_filled, d.times_seen, d.opened_at, d.seen_at, d.closed_at
        FROM drift d JOIN broker_account a ON a.id = d.account_id
        WHERE d.id < $1
          AND ($2::bigint IS NULL OR d.trader_id = $2::bigint)
          AND ($3::bigint IS NULL OR d.client_id = $3::bigint)
          AND ($4::boolean IS NULL OR (d.closed_at IS NULL) = $4::boolean)
          AND ($5::text IS NULL OR d.kind = $5::text)
        ORDER BY d.id DESC LIMIT $6
        """
    )

    static let counts = PostgresStatement(
        "SELECT kind, count(*) FROM drift WHERE closed_at IS NULL GROUP BY kind"
    )
}
