import Postgres

/// The SQL of intents, their attempts and their history.
enum OrderStatements {
    /// Locks intents ($1) in the order of their ids; what is joined never changes.
    static let lockIntents = PostgresStatement(
        """
        SELECT i.id, i.task_id, i.client_id, i.broker, i.account_id, i.state, i.reason, i.note,
               i.quantity, i.sizing_price, i.held, i.reserved, i.filled, i.filled_value,
               i.attempts, i.broker_order_id, i.cancel_wish, i.ceiling, i.is_slice, t.trader_id,
               t.instrument_id, t.side, n.symbol, i.held_back, t.product,
               CASE WHEN t.side = 'BUY' THEN t.mtf_leverage END, i.borrowed, i.own_quantity
        FROM order_intent i
        JOIN bulk_task t ON t.id = i.task_id
        JOIN instrument n ON n.id = t.instrument_id
        WHERE i.id = ANY ($1::bigint[])
        ORDER BY i.id
        FOR NO KEY UPDATE OF i
        """
    )

    /// The latest attempt of each intent ($1); to be called under `lockIntents`.
    static let latestAttempts = PostgresStatement(
        """
        SELECT a.intent_id, a.number, a.state, a.fence, a.lease_until <= now(), a.sent_at,
               a.lease_until, a.looks, a.reference, a.broker_words, now()
        FROM order_attempt a JOIN order_intent i ON i.id = a.intent_id AND i.attempts = a.number
        WHERE a.intent_id = ANY ($1::bigint[])
        """
    )

    static let updateIntents = PostgresStatement(
        """
        UPDATE order_intent AS i
        SET state = n.state, reason = n.reason, note = n.note, quantity = n.quantity,
            sizing_price = n.sizing_price, held = n.held, reserved = n.reserved,
            filled = n.filled, filled_value = n.filled_value, attempts = n.attempts,
            broker_order_id = n.broker_order_id, updated_at = now(),
            look_at = now() + n.look_in * interval '1 microsecond', borrowed = n.borrowed,
            seen_at = CASE WHEN n.seen THEN now() ELSE i.seen_at END
        FROM unnest(
            $1::bigint[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::bigint[],
            $7::bigint[], $8::bigint[], $9::bigint[], $10::bigint[], $11::bigint[], $12::text[],
            $13::bigint[], $14::bigint[], $15::boolean[]
        ) AS n (id, state, reason, note, quantity, sizing_price, held, reserved, filled,
                filled_value, attempts, broker_order_id, look_in, borrowed, seen)
        WHERE i.id = n.id
        """
    )

    /// Makes the later slices of orders ($1), each a READY order of its own: leg ($2), quantity ($3).
    static let insertSlices = PostgresStatement(
        """
        INSERT INTO order_intent (
            task_id, client_id, leg, broker, account_id, state, own_quantity, is_slice
        )
        SELECT i.task_id, i.client_id, n.leg, i.broker, i.account_id, 'READY', n.quantity, true
        FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) AS n (id, leg, quantity)
        JOIN order_intent i ON i.id = n.id
        ORDER BY i.id, n.leg
        ON CONFLICT (task_id, client_id, leg) DO NOTHING
        RETURNING id, task_id, broker, account_id, client_id
        """
    )

    /// Orders ($1) are slices of these quantities ($2) from now on, however often they are claimed.
    static let setSlices = PostgresStatement(
        """
        UPDATE order_intent AS i SET own_quantity = n.quantity, is_slice = true
        FROM unnest($1::bigint[], $2::bigint[]) AS n (id, quantity) WHERE i.id = n.id
        """
    )

    /// New attempts ($1–$3) of one worker ($4), with a lease of so many microseconds ($5).
    static let insertAttempts = PostgresStatement(
        """
        INSERT INTO order_attempt (intent_id, number, reference, state, worker, lease_until)
        SELECT n.intent_id, n.number, n.reference, 'SENDING', $4,
               now() + $5::bigint * interval '1 microsecond'
        FROM unnest($1::bigint[], $2::bigint[], $3::text[]) AS n (intent_id, number, reference)
        """
    )

    static let updateAttempts = PostgresStatement(
        """
        UPDATE order_attempt AS a
        SET state = n.state, fence = n.fence, looks = n.looks,
            answered_at = CASE WHEN n.answered THEN now() ELSE a.answered_at END,
            unknown_since = CASE
                WHEN n.state <> 'UNKNOWN' OR a.state = 'UNKNOWN' THEN a.unknown_since
                WHEN n.answered THEN now()
                ELSE a.lease_until
            END,
            outcome = coalesce(n.outcome, a.outcome),
            broker_words = coalesce(n.broker_words, a.broker_words),
            broker_order_id = coalesce(n.broker_order_id, a.broker_order_id),
            is_claimed = a.is_claimed OR n.is_claimed
        FROM unnest(
            $1::bigint[], $2::bigint[], $3::text[], $4::bigint[], $5::bigint[], $6::boolean[],
            $7::text[], $8::text[], $9::text[], $10::boolean[]
        ) AS n (intent_id, number, state, fence, looks, answered, outcome, broker_words,
                broker_order_id, is_claimed)
        WHERE a.intent_id = n.intent_id AND a.number = n.number
        """
    )

    /// Counts looks into doubts: attempts ($1, $2), whether each saw the whole book without the
    /// order ($3), and what came back ($4).
    static let noteLooks = PostgresStatement(
        """
        UPDATE order_attempt AS a
        SET looks = a.looks + 1, absences = a.absences + n.is_absence::int, looked_at = now(),
            look_answer = n.answer
        FROM unnest($1::bigint[], $2::bigint[], $3::boolean[], $4::text[])
             AS n (intent_id, number, is_absence, answer)
        WHERE a.intent_id = n.intent_id AND a.number = n.number
        """
    )

    /// Audit rows of orders; the system acts by itself.
    static let insertAudit = PostgresStatement(
        """
        INSERT INTO audit_log (action, trader_id, client_id, task_id, intent_id, state, detail)
        SELECT n.action, n.trader_id, n.client_id, n.task_id, n.intent_id, n.state, n.detail::jsonb
        FROM unnest(
            $1::text[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::text[],
            $7::text[]
        ) AS n (action, trader_id, client_id, task_id, intent_id, state, detail)
        """
    )
}
