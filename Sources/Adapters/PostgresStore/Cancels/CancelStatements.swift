import Postgres

/// The SQL of asking for cancels, and of what they come to.
enum CancelStatements {
    /// Whether a cancellation `k` covers the order of a client `c` in a trade `t`.
    static let covers = """
        (k.trader_id IS NULL OR k.trader_id = t.trader_id)
        AND (k.task_id IS NULL OR k.task_id = t.id)
        AND (k.client_id IS NULL OR k.client_id = c.id)
        AND (k.instrument_id IS NULL OR k.instrument_id = t.instrument_id)
        AND k.intent_id IS NULL
        """

    /// The cancellation that a user ($1) made with a key ($2), after its body's hash.
    static let withKey = PostgresStatement(
        """
        SELECT k.body_hash, \(CancelReading.head) FROM cancellation k
        WHERE k.user_id = $1 AND k.idempotency_key = $2
        """
    )

    // Whose the subject ($1) of a request is: no row where there is no such thing.
    static let taskOwner = PostgresStatement("SELECT trader_id FROM bulk_task WHERE id = $1")
    static let orderOwner = PostgresStatement(
        """
        SELECT t.trader_id FROM order_intent i JOIN bulk_task t ON t.id = i.task_id
        WHERE i.id = $1
        """
    )
    static let clientOwner = PostgresStatement("SELECT trader_id FROM client WHERE id = $1")
    static let instrumentOwner = PostgresStatement(
        "SELECT NULL::bigint FROM instrument WHERE id = $1"
    )
    static let owner = PostgresStatement("SELECT NULL::bigint WHERE $1::bigint IS NULL")

    static let insert = PostgresStatement(
        """
        INSERT INTO cancellation (
            user_id, idempotency_key, body_hash, trader_id, task_id, intent_id, client_id,
            instrument_id, reason
        )
        VALUES ($1, $2, $3, $4::bigint, $5::bigint, $6::bigint, $7::bigint, $8::bigint, $9::text)
        ON CONFLICT (user_id, idempotency_key) DO NOTHING
        RETURNING id
        """
    )

    /// Locks the unfinished trades of a trader ($1) and an instrument ($2), or that one ($3): none
    /// is planned before the cancel is stored.
    static let lockTasks = PostgresStatement(
        """
        SELECT FROM bulk_task t
        WHERE t.state <> 'COMPLETE' AND ($1::bigint IS NULL OR t.trader_id = $1::bigint)
          AND ($2::bigint IS NULL OR t.instrument_id = $2::bigint)
          AND ($3::bigint IS NULL OR t.id = $3::bigint)
        ORDER BY t.id
        FOR NO KEY UPDATE
        """
    )

    // What is open is found first and locked by id afterwards: a row that another transaction changes
    // while its lock is waited for would drop out of a statement that does both by more than ids.

    static let findOfTask = PostgresStatement("SELECT id FROM order_intent WHERE task_id = $1")
    /// An order ($1) with all its slices: they are one order, and whoever names one means all.
    static let findOrder = PostgresStatement(
        """
        SELECT s.id FROM order_intent i
        JOIN order_intent s ON s.task_id = i.task_id AND s.client_id = i.client_id
        WHERE i.id = $1
        """
    )

    /// What is open of a trader ($1), an instrument ($2) and a client ($3); null: of all.
    ///
    /// What waits is found by the trades that are not complete, what lives by its next look.
    static let findOpen = PostgresStatement(
        """
        SELECT i.id FROM bulk_task t JOIN order_intent i ON i.task_id = t.id
        WHERE t.state <> 'COMPLETE' AND i.awaits AND \(isMeant)
        UNION ALL
        SELECT i.id FROM order_intent i JOIN bulk_task t ON t.id = i.task_id
        WHERE i.look_at IS NOT NULL
          AND i.state IN ('ACCEPTED', 'OPEN', 'PARTLY_FILLED', 'CANCEL_REQUESTED')
          AND \(isMeant)
        """
    )

    /// Locks orders ($1) in the order of their ids, and reads them as they then are.
    ///
    /// One by one: a row that changed while its lock was waited for has its condition tried again, and
    /// the condition must then be one id and not ten thousand.
    static let lock = PostgresStatement(
        """
        SELECT i.id, i.task_id, i.broker, i.account_id, i.state
        FROM (SELECT k.id FROM unnest($1::bigint[]) AS k (id) ORDER BY k.id) AS n
        CROSS JOIN LATERAL (
            SELECT o.id, o.task_id, o.broker, o.account_id, o.state FROM order_intent o
            WHERE o.id = n.id FOR NO KEY UPDATE
        ) AS i
        """
    )
    private static let isMeant = """
        ($1::bigint IS NULL OR t.trader_id = $1::bigint)
        AND ($2::bigint IS NULL OR t.instrument_id = $2::bigint)
        AND ($3::bigint IS NULL OR i.client_id = $3::bigint)
        """

    /// Writes the wish ($3) on orders ($1), each with the state ($2) to which it leads.
    static let wish = PostgresStatement(
        """
        UPDATE order_intent AS i
        SET state = n.state, cancel_wish = $3, updated_at = now(),
            reason = CASE WHEN n.state = 'SKIPPED' THEN $3 ELSE i.reason END,
            look_at = CASE WHEN n.state = 'SKIPPED' THEN NULL ELSE i.look_at END
        FROM unnest($1::bigint[], $2::text[]) AS n (id, state)
        WHERE i.id = n.id
        """
    )

    /// Orders ($1) of which the broker is to be asked, now or ($2: false) once they are there.
    ///
    /// The process that commits this publishes the message itself, usually; a second later it must
    /// have failed to.
    static let ask = PostgresStatement(
        """
        INSERT INTO order_cancel (intent_id, due_at)
        SELECT n.id, CASE WHEN n.is_live THEN now() + interval '1 second' END
        FROM unnest($1::bigint[], $2::boolean[]) AS n (id, is_live)
        ON CONFLICT (intent_id) DO UPDATE
        SET asked_at = now(), tries = 0, refusals = 0, is_refused = false, words = NULL,
            due_at = excluded.due_at
        """
    )

    /// Tells of the orders ($2) that a cancellation ($1) met, in these states ($3).
    static let tell = PostgresStatement(
        """
        INSERT INTO cancelled_order (
            cancellation_id, intent_id, found, held, reserved, filled, filled_value
        )
        SELECT $1, i.id, n.found, i.held, i.reserved, i.filled, i.filled_value
        FROM unnest($2::bigint[], $3::text[]) AS n (id, found)
        JOIN order_intent i ON i.id = n.id
        """
    )

    /// Tells the cancellations that came before a trade's ($1) plan of the orders that it withdrew.
    static let tellOfPlanned = PostgresStatement(
        """
        INSERT INTO cancelled_order (
            cancellation_id, intent_id, found, held, reserved, filled, filled_value
        )
        SELECT k.id, i.id, 'READY', 0, 0, 0, 0
        FROM bulk_task t
        JOIN cancellation k ON k.asked_at BETWEEN t.accepted_at AND t.planned_at
        JOIN order_intent i ON i.task_id = t.id
        JOIN client c ON c.id = i.client_id
        WHERE t.id = $1 AND i.state = 'SKIPPED' AND i.cancel_wish = i.reason
          AND \(covers)
        ON CONFLICT (cancellation_id, intent_id) DO NOTHING
        """
    )

    /// What a user ($1, $2) did to orders ($4): the action ($5) and the state that came of it ($6).
    static let audit = PostgresStatement(
        """
        INSERT INTO audit_log (
            user_id, address, action, trader_id, client_id, task_id, intent_id, state, detail
        )
        SELECT $1::bigint, $2::text, n.action, t.trader_id, i.client_id, i.task_id, i.id, n.state,
               jsonb_build_object(
                   'line', n.action || ': ' || t.side || ' ' || s.symbol,
                   'cancellation', $3::bigint
               )
        FROM unnest($4::bigint[], $5::text[], $6::text[]) AS n (id, action, state)
        JOIN order_intent i ON i.id = n.id
        JOIN bulk_task t ON t.id = i.task_id
        JOIN instrument s ON s.id = t.instrument_id
        ORDER BY i.id
        """
    )

    /// Orders ($1) whose cancel is to be asked for now, or ($2: false) never.
    static let setDue = PostgresStatement(
        """
        UPDATE order_cancel AS o SET due_at = CASE WHEN n.is_due THEN now() END
        FROM unnest($1::bigint[], $2::boolean[]) AS n (id, is_due)
        WHERE o.intent_id = n.id
        """
    )

    /// Takes up to $1 cancels that are due, and puts off each one's next time by $2 microseconds.
    static let due = PostgresStatement(
        """
        WITH due AS (
            SELECT intent_id FROM order_cancel WHERE due_at <= now()
            ORDER BY due_at LIMIT $1::bigint
            FOR NO KEY UPDATE SKIP LOCKED
        ), taken AS (
            UPDATE order_cancel AS o
            SET due_at = CASE WHEN i.state = 'CANCEL_REQUESTED'
                              THEN now() + $2::bigint * interval '1 microsecond' END
            FROM due JOIN order_intent i ON i.id = due.intent_id
            WHERE o.intent_id = due.intent_id
            RETURNING o.intent_id, o.due_at
        )
        SELECT i.id, i.task_id, i.broker, i.account_id
        FROM taken JOIN order_intent i ON i.id = taken.intent_id
        WHERE taken.due_at IS NOT NULL
        """
    )

    /// How often the brokers were asked about these orders ($1), and how often they refused; to be
    /// read under the orders' locks.
    static let tries = PostgresStatement(
        "SELECT intent_id, tries, refusals FROM order_cancel WHERE intent_id = ANY ($1::bigint[])"
    )

    static let note = PostgresStatement(
        """
        UPDATE order_cancel AS o
        SET tries = n.tries, refusals = n.refusals, is_refused = n.is_refused,
            words = coalesce(n.words, o.words),
            tried_at = CASE WHEN n.tries > o.tries THEN now() ELSE o.tried_at END,
            due_at = now() + n.due_in * interval '1 microsecond'
        FROM unnest(
            $1::bigint[], $2::bigint[], $3::bigint[], $4::boolean[], $5::text[], $6::bigint[]
        ) AS n (id, tries, refusals, is_refused, words, due_in)
        WHERE o.intent_id = n.id
        """
    )

    /// Nobody wishes these orders ($1) cancelled any more.
    static let forgetWish = PostgresStatement(
        "UPDATE order_intent SET cancel_wish = NULL WHERE id = ANY ($1::bigint[])"
    )
}
