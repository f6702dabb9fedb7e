package import Desk
package import Postgres
package import Trading

/// Bulk trades in PostgreSQL, from submit to result.
///
/// 1. A trade and its outbox row are one transaction, once per (trader, idempotency key).
/// 2. The plan is one statement over all clients; repeating it changes nothing.
/// 3. Whether a trade is complete is read from its intents, never counted along.
package struct PostgresTradeStore: TradeStore {
    let pool: PostgresPool
    /// The brokers for which there is an adapter; clients of others are skipped.
    package let brokers: [BrokerName]
    /// Whether clients are skipped whose account has no address or proxy of its own.
    let requiresEgress: Bool

    package init(pool: PostgresPool, brokers: [BrokerName], requiresEgress: Bool = false) {
        self.pool = pool
        self.brokers = brokers
        self.requiresEgress = requiresEgress
    }

    package func trade(_ id: TaskID) async throws(StoreFailure) -> BulkTrade? {
        try await trades(TradeStatements.trade, [.int(id.raw)]).first
    }

    package func trades(of trader: TraderID?, before: TaskID?, limit: Int)
        async throws(StoreFailure) -> [BulkTrade]
    {
        try await trades(
            trader == nil ? TradeStatements.latest : TradeStatements.latestOfTrader,
            [.int(before?.raw ?? .max), .int(Int64(limit))]
                + (trader.map { [.int($0.raw)] } ?? [])
        )
    }

    private func trades(_ statement: PostgresStatement, _ values: [PostgresValue])
        async throws(StoreFailure) -> [BulkTrade]
    {
        var trades: [BulkTrade] = []
        for row in try await pool.ask(statement, values) {
            var columns = Columns(row)
            trades.append(try BulkTrade(reading: &columns))
        }
        return trades
    }

    package func markPublished(_ id: TaskID) async throws(StoreFailure) {
        _ = try await pool.ask(TradeStatements.markPublished, [.int(id.raw)])
    }

    package func refreshReference(_ id: TaskID, price: Price) async throws(StoreFailure) {
        _ = try await pool.ask(
            TradeStatements.refreshReference,
            [.int(id.raw), .int(price.raw)]
        )
    }

    package func complete(_ ids: [TaskID]) async throws(StoreFailure) -> [TaskID] {
        guard !ids.isEmpty else { return [] }
        // Whether anything waits is a question about all clients' orders, whoever asks.
        return try await Viewer.forAll { () async throws(StoreFailure) in
            try await pool.ask(TradeStatements.complete, [.ints(ids.map(\.raw))])
                .map { ID($0.int(0)) }.sorted()
        }
    }

    package func unplanned(for age: Duration, limit: Int) async throws(StoreFailure) -> [TaskID] {
        try await pool.ask(
            TradeStatements.unplanned,
            [.int(age.microseconds), .int(Int64(limit))]
        )
        .map { ID($0.int(0)) }
    }

    package func unfinished(limit: Int) async throws(StoreFailure) -> [TaskID] {
        try await pool.ask(TradeStatements.unfinished, [.int(Int64(limit))])
            .map { ID($0.int(0)) }
    }
}
