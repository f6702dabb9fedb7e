package import Desk
import Postgres
import Trading

extension PostgresOrderStore: DoubtStore {
    package func unknownOrders(_ query: UnknownQuery) async throws(StoreFailure)
        -> [UnknownOrder]
    {
        try await unknown(
            UnknownStatements.list,
            [
                .int(query.after?.raw ?? 0), .optional(query.trader?.raw),
                .int(Int64(query.limit)),
            ]
        )
    }

    package func unknownCounts() async throws(StoreFailure) -> [UnknownCount] {
        var counts: [UnknownCount] = []
        for row in try await pool.ask(UnknownStatements.counts) {
            var columns = Columns(row)
            counts.append(
                UnknownCount(
                    broker: try columns.word(),
                    count: Int(columns.int()),
                    oldest: columns.timestamp()
                )
            )
        }
        return counts
    }

    package func takeAlerts(age: Duration, limit: Int) async throws(StoreFailure)
        -> [UnknownOrder]
    {
        try await unknown(
            UnknownStatements.takeAlerts,
            [.int(age.microseconds), .int(Int64(limit))]
        )
    }

    package func lookNow() async throws(StoreFailure) -> Int {
        try await pool.ask(UnknownStatements.lookNow).count
    }

    package func decide(_ decision: OrderDecision, by actor: Actor) async throws(StoreFailure)
        -> DecisionOutcome
    {
        let id = decision.intent
        return try await pool.transact { transaction in
            let reads = OrderBatch.reads([id], money: [id])
            let known: Call = (UnknownStatements.one, [.int(id.raw)])
            let rows = try await transaction.begin(reads + [known])
            var batch = DecisionBatch(orders: try OrderBatch(rows))
            let order = try rows[reads.count].first.map { row throws(StoreFailure) in
                try UnknownOrder(reading: row)
            }
            let outcome = try batch.decide(decision, order?.doubt, by: actor)
            try await transaction.commit(try batch.writes())
            return outcome
        }
    }

    private func unknown(_ statement: PostgresStatement, _ values: [PostgresValue])
        async throws(StoreFailure) -> [UnknownOrder]
    {
        var orders: [UnknownOrder] = []
        for row in try await pool.ask(statement, values) {
            orders.append(try UnknownOrder(reading: row))
        }
        return orders
    }
}
