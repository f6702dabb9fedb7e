import Desk
import Postgres
import Trading

/// The SQL of what became of cancellations.
enum CancelReading {
    /// The columns of a head, of `cancellation k`.
    static let head =
        "k.id, k.trader_id, k.task_id, k.intent_id, k.client_id, k.instrument_id, k.asked_at, k.reason"

    /// A cancellation ($1), and whether a trade that it covers is not planned yet.
    static let one = PostgresStatement(
        """
        SELECT \(head), k.intent_id IS NULL AND EXISTS (
            SELECT FROM bulk_task t
            WHERE t.state <> 'COMPLETE' AND t.state = 'ACCEPTED' AND t.accepted_at <= k.asked_at
              AND (k.trader_id IS NULL OR k.trader_id = t.trader_id)
              AND (k.task_id IS NULL OR k.task_id = t.id)
              AND (k.instrument_id IS NULL OR k.instrument_id = t.instrument_id)
        )
        FROM cancellation k WHERE k.id = $1
        """
    )

    /// Cancellations below an id ($1), newest first.
    static let latest = PostgresStatement(
        "SELECT \(head) FROM cancellation k WHERE k.id < $1 ORDER BY k.id DESC LIMIT $2"
    )

    /// The same of one trader's orders ($3).
    static let latestOfTrader = PostgresStatement(
        """
        SELECT \(head) FROM cancellation k
        WHERE k.id < $1 AND k.trader_id = $3 ORDER BY k.id DESC LIMIT $2
        """
    )

    /// Cash that was held when the cancel was asked, and neither paid for a fill since nor held.
    private static let released =
        "greatest(0, x.held - least(x.held, i.filled_value - x.filled_value) - i.held)"
    private static let releasedShares =
        "greatest(0, x.reserved - least(x.reserved, i.filled - x.filled) - i.reserved)"

    /// The orders of a cancellation ($1) by how they were found and how they are.
    static let counts = PostgresStatement(
        """
        SELECT x.found, i.state, coalesce(o.is_refused, false), count(*),
               coalesce(sum(\(released)), 0)::bigint
        FROM cancelled_order x
        JOIN order_intent i ON i.id = x.intent_id
        LEFT JOIN order_cancel o ON o.intent_id = x.intent_id
        WHERE x.cancellation_id = $1
        GROUP BY 1, 2, 3
        """
    )

    /// Whoever is to be asked is due some day, so the index on that finds them.
    static let open = PostgresStatement(
        """
        SELECT i.broker, count(*), min(o.asked_at)
        FROM order_cancel o JOIN order_intent i ON i.id = o.intent_id
        WHERE o.due_at IS NOT NULL AND i.state = 'CANCEL_REQUESTED'
        GROUP BY i.broker ORDER BY i.broker
        """
    )

    /// Up to $3 orders of a cancellation ($1) beyond an id ($2), whose found state, state and
    /// refusal are among $4, $5 and $6.
    static let orders = PostgresStatement(
        """
        SELECT x.found, coalesce(r.is_refused, false), coalesce(r.tries, 0), r.words,
               \(released), \(releasedShares), n.symbol, t.side, \(ClientResult.columns)
        FROM cancelled_order x
        JOIN order_intent i ON i.id = x.intent_id
        JOIN bulk_task t ON t.id = i.task_id
        JOIN instrument n ON n.id = t.instrument_id
        JOIN client c ON c.id = i.client_id
        LEFT JOIN order_cancel r ON r.intent_id = x.intent_id
        LEFT JOIN order_attempt o
            ON o.intent_id = i.id AND o.number = i.attempts AND i.state = 'UNKNOWN'
        WHERE x.cancellation_id = $1 AND x.intent_id > $2
          AND (x.found, i.state, coalesce(r.is_refused, false)) IN (
              SELECT * FROM unnest($4::text[], $5::text[], $6::boolean[])
          )
        ORDER BY x.intent_id LIMIT $3
        """
    )
}

extension CancellationHead {
    init(reading columns: inout Columns) {
        let id: CancellationID = columns.id()
        let trader: TraderID? = columns.optionalID()
        let task: TaskID? = columns.optionalID()
        let order: IntentID? = columns.optionalID()
        let client: ClientID? = columns.optionalID()
        let instrument: InstrumentID? = columns.optionalID()
        let scope: CancelScope =
            if let order { .order(order) } else if let task { .task(task) } else if let client {
                .client(client)
            } else if let instrument { .instrument(instrument) } else { .everything }
        self.init(
            id: id,
            scope: scope,
            trader: trader,
            askedAt: columns.timestamp(),
            why: columns.optionalText()
        )
    }
}

extension CancelledOrder {
    /// What `CancelReading.orders` read.
    init(reading row: PostgresRow) throws(StoreFailure) {
        var columns = Columns(row)
        let found: OrderState = try columns.word()
        let isRefused = columns.bool()
        let tries = Int(columns.int())
        let words = columns.optionalText()
        let released = columns.money()
        let shares = columns.quantity()
        let symbol = columns.text()
        let side: Side = try columns.word()
        let order = try ClientResult(reading: &columns)
        self.init(
            order: order,
            symbol: symbol,
            side: side,
            result: .of(found: found, now: order.intent.state, isRefused: isRefused),
            released: released,
            releasedShares: shares,
            tries: tries,
            words: words
        )
    }
}
