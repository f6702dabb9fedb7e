package import Desk
import Postgres
package import Trading

extension PostgresTradeStore {
    package func progress(_ id: TaskID) async throws(StoreFailure) -> TaskProgress? {
        let rows = try await pool.ask(ResultStatements.progress, [.int(id.raw)])
        guard let first = rows.first else { return nil }
        var head = Columns(first)
        let state: BulkTrade.State = try head.word()
        var counts: [OrderState: Int] = [:]
        var (filled, value) = (Int64(0), Money.zero)
        for row in rows {
            var columns = Columns(row)
            _ = columns.text()
            // A trade without any row has one line that counts nothing.
            guard let intents: OrderState = try columns.optionalWord() else { continue }
            counts[intents] = Int(columns.int())
            filled += columns.int()
            value += columns.money()
        }
        return TaskProgress(
            state: state,
            counts: counts,
            filledQuantity: filled,
            filledValue: value
        )
    }

    package func results(_ id: TaskID, _ page: ResultPage) async throws(StoreFailure)
        -> [ClientResult]
    {
        let rows = try await pool.ask(
            ResultStatements.results,
            [
                .int(id.raw), .int(page.after?.raw ?? 0), .int(Int64(page.limit)),
                .texts(page.states.map(\.rawValue)), .optional(page.client?.raw),
            ]
        )
        var results: [ClientResult] = []
        results.reserveCapacity(rows.count)
        for row in rows { results.append(try ClientResult(reading: row)) }
        return results
    }
}

extension ClientResult {
    fileprivate init(reading row: PostgresRow) throws(StoreFailure) {
        var columns = Columns(row)
        try self.init(reading: &columns)
    }

    /// The columns that `init(reading:)` reads, of `order_intent i`, `client c` and
    /// `order_attempt o`.
    static let columns = """
        i.id, i.task_id, i.client_id, i.leg, i.broker, i.account_id, i.state, i.reason, i.note,
        i.quantity, i.sizing_price, i.held, i.filled, i.filled_value, i.broker_order_id,
        i.borrowed, c.code, c.name, c.email, i.updated_at, \(DoubtRecord.columns)
        """

    init(reading columns: inout Columns) throws(StoreFailure) {
        self.init(
            intent: OrderIntent(
                id: columns.id(),
                task: columns.id(),
                client: columns.id(),
                leg: Int16(columns.int()),
                broker: try columns.word(),
                account: columns.optionalID(),
                state: try columns.word(),
                reason: try columns.optionalWord(),
                note: columns.optionalText(),
                quantity: columns.quantity(),
                sizingPrice: columns.optionalPrice(),
                held: columns.money(),
                filled: columns.quantity(),
                filledValue: columns.money(),
                brokerOrderID: columns.optionalText(),
                borrowed: columns.money()
            ),
            clientCode: columns.text(),
            clientName: columns.text(),
            clientEmail: columns.optionalText(),
            updatedAt: columns.timestamp(),
            doubt: DoubtRecord(reading: &columns)
        )
    }
}

/// The SQL of what became of a bulk trade.
enum ResultStatements {
    /// A trade's state, and for each state of its intents the count and what was filled.
    static let progress = PostgresStatement(
        """
        SELECT t.state, i.state, count(i.id), coalesce(sum(i.filled), 0)::bigint,
               coalesce(sum(i.filled_value), 0)::bigint
        FROM bulk_task t LEFT JOIN order_intent i ON i.task_id = t.id
        WHERE t.id = $1
        GROUP BY t.state, i.state
        """
    )

    /// Up to $3 of a trade's ($1) rows beyond an id ($2), in states $4 (none: all) and of one
    /// client $5 (null: all).
    static let results = PostgresStatement(
        """
        SELECT \(ClientResult.columns)
        FROM order_intent i
        JOIN client c ON c.id = i.client_id
        LEFT JOIN order_attempt o
            ON o.intent_id = i.id AND o.number = i.attempts AND i.state = 'UNKNOWN'
        WHERE i.task_id = $1 AND i.id > $2
          AND (cardinality($4::text[]) = 0 OR i.state = ANY ($4::text[]))
          AND ($5::bigint IS NULL OR i.client_id = $5::bigint)
        ORDER BY i.id LIMIT $3
        """
    )
}
