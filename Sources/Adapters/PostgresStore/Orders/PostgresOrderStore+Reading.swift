package import Desk
import Postgres
package import Trading

extension PostgresOrderStore: OrderReader {
    package func orders(_ query: ClientOrdersQuery) async throws(StoreFailure) -> [ListedOrder] {
        try Self.listed(
            try await pool.ask(
                OrderReading.ofClient,
                [
                    .int(query.client.raw), .texts(query.states.map(\.rawValue)),
                    .optional(query.from), .optional(query.to),
                    .int(query.after?.task.raw ?? .max), .int(Int64(query.after?.leg ?? 0)),
                    .int(Int64(query.limit)),
                ]
            )
        )
    }

    package func order(_ id: IntentID) async throws(StoreFailure) -> ListedOrder? {
        try Self.listed(try await pool.ask(OrderReading.one, [.int(id.raw)])).first
    }

    package func sums(of trade: TaskID, after: ClientID?, limit: Int) async throws(StoreFailure)
        -> [ClientSum]
    {
        let values: [PostgresValue] = [
            .int(trade.raw), .int(after?.raw ?? 0), .int(Int64(limit)),
        ]
        return try await pool.ask(OrderReading.sums, values).map { row in
            var columns = Columns(row)
            return ClientSum(
                client: columns.id(),
                code: columns.text(),
                name: columns.text(),
                orders: Int(columns.int()),
                quantity: columns.quantity(),
                filled: columns.quantity(),
                filledValue: columns.money(),
                held: columns.money(),
                states: Set(columns.texts().compactMap { OrderState(rawValue: $0) })
            )
        }
    }

    package func events(of order: IntentID) async throws(StoreFailure) -> [OrderEventRecord] {
        var events: [OrderEventRecord] = []
        for row in try await pool.ask(OrderReading.events, [.int(order.raw)]) {
            var columns = Columns(row)
            events.append(
                OrderEventRecord(
                    at: columns.timestamp(),
                    kind: try columns.word(),
                    detail: columns.optionalText()
                )
            )
        }
        return events
    }

    private static func listed(_ rows: PostgresRows) throws(StoreFailure) -> [ListedOrder] {
        var orders: [ListedOrder] = []
        orders.reserveCapacity(rows.count)
        for row in rows {
            var columns = Columns(row)
            let trader: TraderID = columns.id()
            let acceptedAt = columns.timestamp()
            let terms = try OrderTerms(reading: &columns)
            orders.append(
                ListedOrder(
                    result: try ClientResult(reading: &columns),
                    trader: trader,
                    terms: terms,
                    acceptedAt: acceptedAt
                )
            )
        }
        return orders
    }
}

/// The SQL of reading single orders.
enum OrderReading {
    private static let columns =
        "t.trader_id, t.accepted_at, \(OrderTerms.liveColumns), \(ClientResult.columns)"
    private static let joins = """
        JOIN instrument n ON n.id = t.instrument_id
        JOIN client c ON c.id = i.client_id
        LEFT JOIN order_attempt o
            ON o.intent_id = i.id AND o.number = i.attempts AND i.state = 'UNKNOWN'
        """

    /// A client's ($1) orders in some states ($2; none: all), of trades accepted within $3 and $4,
    /// beyond a place ($5, $6).
    ///
    /// The trades of the client's trader are walked from the newest, and each one's order of the
    /// client is found by the key: an index by client would be written to with every order.
    static let ofClient = PostgresStatement(
        """
        SELECT \(columns)
        FROM bulk_task t
        JOIN order_intent i ON i.task_id = t.id AND i.client_id = $1
        \(joins)
        WHERE t.trader_id = (SELECT x.trader_id FROM client x WHERE x.id = $1)
          AND t.id <= $5 AND (t.id < $5 OR i.leg > $6)
          AND ($3::timestamptz IS NULL OR t.accepted_at >= $3)
          AND ($4::timestamptz IS NULL OR t.accepted_at < $4)
          AND (cardinality($2::text[]) = 0 OR i.state = ANY ($2::text[]))
        ORDER BY t.id DESC, i.leg
        LIMIT $7
        """
    )

    static let one = PostgresStatement(
        """
        SELECT \(columns)
        FROM order_intent i
        JOIN bulk_task t ON t.id = i.task_id
        \(joins)
        WHERE i.id = $1
        """
    )

    /// Up to $3 clients of a trade ($1) beyond an id ($2), each with all its orders together.
    static let sums = PostgresStatement(
        """
        SELECT i.client_id, c.code, c.name, count(*), sum(i.quantity)::bigint,
               sum(i.filled)::bigint, sum(i.filled_value)::bigint, sum(i.held)::bigint,
               array_agg(DISTINCT i.state)
        FROM order_intent i JOIN client c ON c.id = i.client_id
        WHERE i.task_id = $1 AND i.client_id > $2
        GROUP BY i.client_id, c.code, c.name
        ORDER BY i.client_id LIMIT $3
        """
    )

    /// What happened to an order ($1), told by the rows that say so: each of them is found by its key.
    static let events = PostgresStatement(
        """
        SELECT e.at, e.kind, e.detail FROM (
            SELECT t.accepted_at AS at, 'accepted' AS kind, NULL::text AS detail, 0 AS place
            FROM order_intent i JOIN bulk_task t ON t.id = i.task_id WHERE i.id = $1
            UNION ALL
            SELECT t.planned_at, 'planned', i.broker, 1
            FROM order_intent i JOIN bulk_task t ON t.id = i.task_id
            WHERE i.id = $1 AND t.planned_at IS NOT NULL
            UNION ALL
            SELECT a.sent_at, 'sent', 'attempt ' || a.number || ', reference ' || a.reference, 2
            FROM order_attempt a WHERE a.intent_id = $1
            UNION ALL
            SELECT a.answered_at, 'answered',
                   concat_ws(', ', a.state, a.outcome, a.broker_words,
                             'broker order ' || a.broker_order_id), 3
            FROM order_attempt a WHERE a.intent_id = $1 AND a.answered_at IS NOT NULL
            UNION ALL
            SELECT f.booked_at, 'filled',
                   f.quantity || ' @ ' || trim_scale(f.price / 10000.0) || ', trade '
                       || f.trade_id, 4
            FROM fill f WHERE f.intent_id = $1
            UNION ALL
            SELECT k.asked_at, 'cancel_asked', k.words, 5
            FROM order_cancel k WHERE k.intent_id = $1
            UNION ALL
            SELECT m.asked_at, 'modify_asked',
                   'change ' || m.id || ', to ' || m.quantity || ' ' || m.order_type
                       || coalesce(' @ ' || trim_scale(m.price / 10000.0), ''), 6
            FROM modification m WHERE m.intent_id = $1
            UNION ALL
            SELECT m.ended_at, 'modify_ended',
                   concat_ws(', ', 'change ' || m.id, m.state, m.reason, m.words), 7
            FROM modification m WHERE m.intent_id = $1 AND m.ended_at IS NOT NULL
            UNION ALL
            SELECT i.updated_at, 'ended', concat_ws(', ', i.state, i.reason, i.note), 8
            FROM order_intent i WHERE i.id = $1
              AND i.state IN ('FILLED', 'CANCELLED', 'REJECTED', 'EXPIRED', 'SKIPPED')
        ) AS e
        ORDER BY e.at, e.place
        """
    )
}
