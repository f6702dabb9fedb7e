import Desk
import Postgres
import Trading

/// The SQL of changes of orders.
enum ModificationStatements {
    /// The columns of a change `m` of an order `i` in a trade `t`, as `Modification` reads them.
    private static let columns = """
        m.id, m.intent_id, i.task_id, i.client_id, t.trader_id, m.state,
        m.old_quantity, m.old_type, m.old_price, m.old_trigger,
        m.quantity, m.order_type, m.price, m.trigger_price,
        m.held, m.reserved, m.released, m.released_shares, m.tries, m.reason, m.words,
        m.asked_at, m.ended_at
        """
    private static let joins = """
        JOIN order_intent i ON i.id = m.intent_id
        JOIN bulk_task t ON t.id = i.task_id
        """

    /// The change that a user ($1) made with a key ($2), after its body's hash.
    static let withKey = PostgresStatement(
        """
        SELECT m.body_hash, \(columns) FROM modification m \(joins)
        WHERE m.user_id = $1 AND m.idempotency_key = $2
        """
    )

    static let one = PostgresStatement(
        "SELECT \(columns) FROM modification m \(joins) WHERE m.id = $1"
    )

    static let ofOrder = PostgresStatement(
        "SELECT \(columns) FROM modification m \(joins) WHERE m.intent_id = $1 ORDER BY m.id"
    )

    /// Whose the order ($1) is, and what it trades in: no row where there is none.
    static let owner = PostgresStatement(
        """
        SELECT t.trader_id, t.instrument_id FROM order_intent i JOIN bulk_task t ON t.id = i.task_id
        WHERE i.id = $1
        """
    )

    /// The terms of orders ($1) as they are now, what was sent of changes of each, and the one that
    /// has not ended; to be read under the orders' locks.
    static let terms = PostgresStatement(
        """
        SELECT i.id, \(OrderTerms.liveColumns),
               (SELECT count(*) FROM modification m WHERE m.intent_id = i.id AND m.tries > 0),
               (SELECT m.id FROM modification m
                WHERE m.intent_id = i.id AND m.state IN ('ASKED', 'SENDING', 'UNKNOWN'))
        FROM order_intent i
        JOIN bulk_task t ON t.id = i.task_id
        JOIN instrument n ON n.id = t.instrument_id
        WHERE i.id = ANY ($1::bigint[])
        """
    )

    /// What `ClaimContext` reads of the clients and accounts of orders ($1).
    static let contexts = PostgresStatement(
        """
        SELECT i.id, c.status, c.capital, coalesce(c.part_bp, d.usual_part_bp), a.status,
               coalesce(a.session_ends <= now(), false),
               coalesce(a.egress_standing = 'not_registered', false), false, false,
               \(SealedSession.columns(instrument: "t.instrument_id"))
        FROM order_intent i
        JOIN bulk_task t ON t.id = i.task_id
        JOIN client c ON c.id = i.client_id
        JOIN trader d ON d.id = c.trader_id
        \(SealedSession.joins(instrument: "t.instrument_id"))
        WHERE i.id = ANY ($1::bigint[])
        """
    )

    /// Stores a change; it is due a second later, when its message must have been lost.
    static let insert = PostgresStatement(
        """
        INSERT INTO modification (
            user_id, idempotency_key, body_hash, intent_id, old_quantity, old_type, old_price,
            old_trigger, quantity, order_type, price, trigger_price, sizing_price, held, reserved,
            due_at
        )
        VALUES (
            $1, $2, $3, $4, $5, $6, $7::bigint, $8::bigint, $9, $10, $11::bigint, $12::bigint,
            $13, $14, $15, now() + interval '1 second'
        )
        ON CONFLICT (user_id, idempotency_key) DO NOTHING
        RETURNING id
        """
    )

    /// Sets the ceilings ($2; null: none) of orders ($1).
    static let setCeilings = PostgresStatement(
        """
        UPDATE order_intent AS i SET ceiling = n.ceiling
        FROM unnest($1::bigint[], $2::bigint[]) AS n (id, ceiling) WHERE i.id = n.id
        """
    )

    /// Gives orders ($1) the kind and prices ($2–$4) that they now have at their brokers.
    static let reshape = PostgresStatement(
        """
        UPDATE order_intent AS i
        SET order_type = n.order_type, price = n.price, trigger_price = n.trigger_price
        FROM unnest($1::bigint[], $2::text[], $3::bigint[], $4::bigint[])
             AS n (id, order_type, price, trigger_price)
        WHERE i.id = n.id
        """
    )

    /// The changes of orders ($1) that have not ended.
    static let open = PostgresStatement(
        """
        SELECT m.id, i.id, i.task_id, i.broker, i.account_id, t.trader_id, i.client_id, m.state,
               m.old_quantity, m.old_type, m.old_price, m.old_trigger,
               m.quantity, m.order_type, m.price, m.trigger_price,
               m.tries, m.state = 'SENDING' AND m.lease_until <= now(),
               coalesce(m.sent_at, m.lease_until), m.broker_spoke, m.looks,
               coalesce(o.answered_at, o.sent_at)
        FROM modification m
        JOIN order_intent i ON i.id = m.intent_id
        JOIN bulk_task t ON t.id = i.task_id
        JOIN order_attempt o ON o.intent_id = i.id AND o.number = i.attempts
        WHERE m.intent_id = ANY ($1::bigint[]) AND m.state IN ('ASKED', 'SENDING', 'UNKNOWN')
        """
    )

    /// Locks changes ($1) in the order of their ids; under the locks of their orders.
    static let lock = PostgresStatement(
        """
        SELECT m.id, m.intent_id, m.state, m.old_quantity, m.old_type, m.old_price, m.old_trigger,
               m.quantity, m.order_type, m.price, m.trigger_price, m.sizing_price, m.tries,
               coalesce(m.lease_until <= now(), false), m.looks, n.tick
        FROM modification m
        JOIN order_intent i ON i.id = m.intent_id
        JOIN bulk_task t ON t.id = i.task_id
        JOIN instrument n ON n.id = t.instrument_id
        WHERE m.id = ANY ($1::bigint[])
        ORDER BY m.id FOR NO KEY UPDATE OF m
        """
    )

    /// Writes changes ($1): state, tries, what the broker said, and when they are due.
    ///
    /// $12: the worker that has claimed; $13: its lease in microseconds.
    static let update = PostgresStatement(
        """
        UPDATE modification AS m
        SET state = n.state, tries = n.tries, looks = n.looks,
            broker_spoke = m.broker_spoke OR n.spoke,
            reason = coalesce(n.reason, m.reason), words = coalesce(n.words, m.words),
            released = m.released + n.released,
            released_shares = m.released_shares + n.released_shares,
            worker = CASE WHEN n.state = 'SENDING' THEN coalesce($12::text, m.worker) ELSE m.worker END,
            lease_until = CASE
                WHEN n.state = 'SENDING' AND $13::bigint IS NOT NULL
                THEN now() + $13::bigint * interval '1 microsecond' ELSE m.lease_until
            END,
            sent_at = CASE
                WHEN n.state = 'SENDING' THEN NULL
                WHEN m.state = 'SENDING' AND n.answered THEN now()
                WHEN m.state = 'SENDING' THEN m.lease_until
                ELSE m.sent_at
            END,
            ended_at = CASE
                WHEN n.state IN ('ASKED', 'SENDING', 'UNKNOWN') THEN NULL ELSE now()
            END,
            due_at = now() + n.due_in * interval '1 microsecond'
        FROM unnest(
            $1::bigint[], $2::text[], $3::bigint[], $4::bigint[], $5::boolean[], $6::text[],
            $7::text[], $8::bigint[], $9::bigint[], $10::boolean[], $11::bigint[]
        ) AS n (id, state, tries, looks, spoke, reason, words, released, released_shares, answered,
                due_in)
        WHERE m.id = n.id
        """
    )

    /// Takes up to $1 changes that are due, and puts off each one's next time by $2 microseconds.
    static let due = PostgresStatement(
        """
        WITH due AS (
            SELECT id FROM modification WHERE due_at <= now()
            ORDER BY due_at LIMIT $1::bigint
            FOR NO KEY UPDATE SKIP LOCKED
        ), taken AS (
            UPDATE modification AS m SET due_at = now() + $2::bigint * interval '1 microsecond'
            FROM due WHERE m.id = due.id
            RETURNING m.intent_id
        )
        SELECT i.id, i.task_id, i.broker, i.account_id
        FROM taken JOIN order_intent i ON i.id = taken.intent_id
        """
    )

    /// What a user ($1, $2) asked for of an order ($3), in words ($4); the state stays.
    static let audit = PostgresStatement(
        """
        INSERT INTO audit_log (
            user_id, address, action, trader_id, client_id, task_id, intent_id, state, detail
        )
        SELECT $1::bigint, $2::text, 'ORDER_MODIFY_ASKED', t.trader_id, i.client_id, i.task_id,
               i.id, i.state, $4::jsonb
        FROM order_intent i JOIN bulk_task t ON t.id = i.task_id
        WHERE i.id = $3
        """
    )
}
