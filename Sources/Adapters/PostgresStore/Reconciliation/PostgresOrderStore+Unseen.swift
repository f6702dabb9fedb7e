package import Desk
import Postgres
package import Trading

extension PostgresOrderStore: UnseenStore {
    package func unseenOrders(at brokers: [BrokerName], since settled: Timestamp?)
        async throws(StoreFailure) -> [UnseenOrders]
    {
        let rows = try await pool.ask(
            UnseenStatements.list,
            [
                .texts(brokers.map(\.rawValue)),
                settled.map { .timestamp($0.microseconds) } ?? .null,
                .text(AlertKind.ordersUnseen.rawValue),
            ]
        )
        return rows.map { row in
            var columns = Columns(row)
            return UnseenOrders(
                trader: columns.id(),
                client: columns.id(),
                untold: Int(columns.int()),
                unseen: Int(columns.int()),
                brokers: columns.text()
            )
        }
    }
}

/// The SQL of orders whose fills nobody has seen to their end.
private enum UnseenStatements {
    /// Clients with live orders at brokers $1 of which no book tells, or that were taken before $2 (null:
    /// none) and not seen since; and those with an open alert of kind $3.
    ///
    /// Every live order has a time for its next look, so the index on that finds them.
    static let list = PostgresStatement(
        """
        WITH w AS (
            SELECT i.client_id, i.broker, coalesce(i.reason = 'fills_untold', false) AS is_untold
            FROM order_intent i
            JOIN order_attempt o ON o.intent_id = i.id AND o.number = i.attempts
            WHERE i.look_at IS NOT NULL AND i.broker = ANY ($1::text[])
              AND i.state IN ('ACCEPTED', 'OPEN', 'PARTLY_FILLED', 'CANCEL_REQUESTED')
              AND (
                  i.reason = 'fills_untold'
                  OR coalesce(o.answered_at, o.sent_at) < $2::timestamptz
                     AND (i.seen_at IS NULL OR i.seen_at < $2::timestamptz)
              )
        )
        SELECT c.trader_id, c.id, count(*) FILTER (WHERE w.is_untold),
               count(*) FILTER (WHERE NOT w.is_untold),
               coalesce(string_agg(DISTINCT w.broker, ', ' ORDER BY w.broker), '')
        FROM (
            SELECT client_id FROM w
            UNION
            SELECT client_id FROM alert WHERE kind = $3 AND closed_at IS NULL
        ) AS k
        JOIN client c ON c.id = k.client_id
        LEFT JOIN w ON w.client_id = c.id
        GROUP BY c.id
        ORDER BY c.id
        """
    )
}
