import Postgres
import Trading

/// The SQL of what is asked of brokers' books.
enum BookStatements {
    /// Terms, sessions and doubts of these intents ($1).
    static let contexts = PostgresStatement(
        """
        SELECT i.id, \(OrderTerms.columns), \(SealedSession.columns(instrument: "n.id")),
               o.unknown_since, o.absences, o.is_claimed
        FROM order_intent i
        JOIN order_attempt o ON o.intent_id = i.id AND o.number = i.attempts
        JOIN bulk_task t ON t.id = i.task_id
        JOIN instrument n ON n.id = t.instrument_id
        \(SealedSession.joins(instrument: "n.id"))
        WHERE i.id = ANY ($1::bigint[])
        ORDER BY i.id
        """
    )

    /// The live ones among these intents ($1), each with the attempt that the broker took.
    static let live = atBroker(
        "'ACCEPTED', 'OPEN', 'PARTLY_FILLED', 'CANCEL_REQUESTED'"
    )

    /// The same of those that have ended.
    static let ended = atBroker("'FILLED', 'CANCELLED', 'REJECTED', 'EXPIRED'")

    private static func atBroker(_ states: String) -> PostgresStatement {
        PostgresStatement(
            """
            SELECT i.id, \(OrderTerms.liveColumns), \(SealedSession.columns(instrument: "n.id")),
                   i.task_id, i.broker, i.broker_order_id, o.reference, i.quantity, i.filled,
                   i.sizing_price, i.state = 'CANCEL_REQUESTED',
                   i.ceiling IS NOT NULL,
                   CASE WHEN o.answered_at > now() - interval '31 days'
                             AND (o.answered_at AT TIME ZONE 'Asia/Kolkata')::date
                                 < (now() AT TIME ZONE 'Asia/Kolkata')::date
                        THEN o.answered_at END,
                   coalesce(o.answered_at, o.sent_at), i.seen_at
            FROM order_intent i
            JOIN order_attempt o ON o.intent_id = i.id AND o.number = i.attempts
            JOIN bulk_task t ON t.id = i.task_id
            JOIN instrument n ON n.id = t.instrument_id
            \(SealedSession.joins(instrument: "n.id"))
            WHERE i.id = ANY ($1::bigint[]) AND i.state IN (\(states))
              AND i.broker_order_id IS NOT NULL AND i.sizing_price IS NOT NULL
            ORDER BY i.id
            """
        )
    }

    /// The live intents with an attempt of these references ($1).
    static let referred = PostgresStatement(
        """
        SELECT i.id, i.task_id, i.broker, i.account_id
        FROM order_attempt a JOIN order_intent i ON i.id = a.intent_id
        WHERE a.reference = ANY ($1::text[])
          AND i.state IN ('ACCEPTED', 'OPEN', 'PARTLY_FILLED', 'CANCEL_REQUESTED')
        ORDER BY i.id
        """
    )

    /// The live intents to which a broker gave these ids ($1).
    ///
    /// Its name stands in the text, since the index that finds them is of that broker's orders alone;
    /// where there is none, the one on the next looks finds them among all live orders.
    static let numbered = Dictionary(
        uniqueKeysWithValues: BrokerName.allCases.map { broker in
            let statement = PostgresStatement(
                """
                SELECT i.id, i.task_id, i.broker, i.account_id
                FROM order_intent i
                WHERE i.broker = '\(broker.rawValue)' AND i.look_at IS NOT NULL
                  AND i.broker_order_id = ANY ($1::text[])
                  AND i.state IN ('ACCEPTED', 'OPEN', 'PARTLY_FILLED', 'CANCEL_REQUESTED')
                ORDER BY i.id
                """
            )
            return (broker, statement)
        }
    )

    /// Stores trades and returns those that were new; one of an order that was never sent is not
    /// stored, since it cannot be that order's.
    static let insertFills = PostgresStatement(
        """
        INSERT INTO fill (intent_id, account_id, trade_id, trade_date, quantity, price, value, at)
        SELECT i.id, coalesce(i.account_id, 0), f.trade_id,
               (f.at AT TIME ZONE 'Asia/Kolkata')::date, f.quantity, f.price,
               (f.price * f.quantity + 50) / 100, f.at
        FROM unnest(
            $1::bigint[], $2::text[], $3::bigint[], $4::bigint[], $5::timestamptz[]
        ) AS f (intent_id, trade_id, quantity, price, at)
        JOIN order_intent i ON i.id = f.intent_id
        WHERE i.state NOT IN ('READY', 'SKIPPED')
        ORDER BY 2, 3, 4
        ON CONFLICT DO NOTHING
        RETURNING intent_id, trade_id, quantity, price, value, at
        """
    )

    /// Takes up to $1 live intents that are due, and puts off each one's next look by $2
    /// microseconds.
    static let liveDue = PostgresStatement(
        """
        WITH due AS (
            SELECT id FROM order_intent
            WHERE look_at <= now()
              AND state IN ('ACCEPTED', 'OPEN', 'PARTLY_FILLED', 'CANCEL_REQUESTED')
            ORDER BY look_at LIMIT $1::bigint
            FOR NO KEY UPDATE SKIP LOCKED
        )
        UPDATE order_intent AS i
        SET look_at = now() + $2::bigint * interval '1 microsecond'
        FROM due WHERE i.id = due.id
        RETURNING i.id, i.task_id, i.broker, i.account_id
        """
    )

    /// Takes up to $1 intents in doubt that are due, those SENDING $2 microseconds after their
    /// lease; and puts off each one's next look by $3.
    static let doubtsDue = PostgresStatement(
        """
        WITH due AS (
            SELECT i.id
            FROM bulk_task t
            JOIN order_intent i ON i.task_id = t.id
            JOIN order_attempt a ON a.intent_id = i.id AND a.number = i.attempts
            WHERE t.state <> 'COMPLETE' AND i.awaits AND i.state IN ('SENDING', 'UNKNOWN')
              AND coalesce(
                  i.look_at, a.lease_until + $2::bigint * interval '1 microsecond'
              ) <= now()
            LIMIT $1::bigint
            FOR NO KEY UPDATE OF i SKIP LOCKED
        )
        UPDATE order_intent AS i
        SET look_at = now() + $3::bigint * interval '1 microsecond'
        FROM due WHERE i.id = due.id
        RETURNING i.id, i.task_id, i.broker, i.account_id
        """
    )

    /// Takes up to $1 READY intents that nobody claimed within $2 microseconds of their message's
    /// confirmation, or of when they were due; and puts off each one's next look by $3.
    static let forgottenDue = PostgresStatement(
        """
        WITH due AS (
            SELECT i.id FROM bulk_task t JOIN order_intent i ON i.task_id = t.id
            WHERE t.state <> 'COMPLETE' AND t.published_at IS NOT NULL
              AND i.awaits AND i.state = 'READY' AND NOT i.held_back
              AND coalesce(
                  i.look_at, t.published_at + $2::bigint * interval '1 microsecond'
              ) <= now()
            LIMIT $1::bigint
            FOR NO KEY UPDATE OF i SKIP LOCKED
        )
        UPDATE order_intent AS i
        SET look_at = now() + $3::bigint * interval '1 microsecond'
        FROM due WHERE i.id = due.id
        RETURNING i.id, i.task_id, i.broker, i.account_id
        """
    )
}
