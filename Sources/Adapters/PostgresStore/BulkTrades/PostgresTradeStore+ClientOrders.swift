package import Desk
import Postgres
package import Trading

extension PostgresTradeStore: ClientOrderStore {
    package func orders(of client: ClientID, _ page: ClientOrderPage) async throws(StoreFailure)
        -> [ClientOrder]
    {
        let rows = try await pool.ask(
            Self.clientOrders,
            [
                .int(client.raw), .int(page.after?.task.raw ?? .max),
                .int(page.after?.intent.raw ?? .max), .optional(page.only?.raw),
                .int(Int64(page.limit)),
            ]
        )
        var orders: [ClientOrder] = []
        for row in rows {
            var columns = Columns(row)
            let result = try ClientResult(reading: &columns)
            orders.append(ClientOrder(trade: try BulkTrade(reading: &columns), result: result))
        }
        return orders
    }

    /// Up to $5 orders of client $1 beyond order $3 of trade $2, or order $4 alone.
    ///
    /// No index leads from clients to orders, which would be written to at as many places as there
    /// are clients: the client's trader's trades are gone through, newest first.
    private static let clientOrders = PostgresStatement(
        """
        SELECT \(ClientResult.columns), \(BulkTrade.columns)
        FROM client c
        JOIN bulk_task t ON t.trader_id = c.trader_id
        JOIN order_intent i ON i.task_id = t.id AND i.client_id = c.id
        JOIN instrument n ON n.id = t.instrument_id
        LEFT JOIN order_attempt o
            ON o.intent_id = i.id AND o.number = i.attempts AND i.state = 'UNKNOWN'
        WHERE c.id = $1 AND t.id <= $2 AND (t.id, i.id) < ($2, $3)
          AND ($4::bigint IS NULL OR i.id = $4::bigint)
        ORDER BY t.id DESC, i.id DESC LIMIT $5
        """
    )
}
