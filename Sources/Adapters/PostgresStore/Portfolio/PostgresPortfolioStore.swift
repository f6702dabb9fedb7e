package import Desk
package import Postgres
package import Trading

/// Portfolios read from the tables of clients, orders and trades.
///
/// Each call reads outside any transaction: a trade that is booked between two of its statements may
/// be in one and not yet in the other, which `isProven` of the answer then tells.
package struct PostgresPortfolioStore: PortfolioStore {
    private let pool: PostgresPool

    package init(pool: PostgresPool) { self.pool = pool }

    package func books(of client: ClientID, tradedSince: Timestamp) async throws(StoreFailure)
        -> ClientBooks?
    {
        let rows = try await pool.read([
            (PortfolioStatements.client, [.int(client.raw)]),
            (PortfolioStatements.shares, [.ints([client.raw])]),
            (
                PortfolioStatements.history,
                [.int(client.raw), .timestamp(tradedSince.microseconds)]
            ),
        ])
        guard let stand = try Self.stands(rows[0], rows[1]).first else { return nil }
        return ClientBooks(stand: stand, fills: try Self.fills(rows[2]))
    }

    package func transactions(_ query: TransactionQuery) async throws(StoreFailure)
        -> [BookedFill]
    {
        // Nothing behind the last page's end is newer than it.
        let to = query.after.map { min(query.to, $0.at.advanced(by: .microseconds(1))) } ?? query.to
        let after = query.after ?? TransactionPlace(at: query.to, intent: ID(.max), tradeID: "")
        return try Self.fills(
            try await pool.ask(
                PortfolioStatements.transactions,
                [
                    .int(query.client.raw), .timestamp(query.from.microseconds),
                    .timestamp(to.microseconds), .timestamp(after.at.microseconds),
                    .int(after.intent.raw), .text(after.tradeID), .int(Int64(query.limit)),
                ]
            )
        )
    }

    package func totals(of trader: TraderID) async throws(StoreFailure) -> TraderTotals {
        let rows = try await pool.read([
            (PortfolioStatements.totalFunds, [.int(trader.raw)]),
            (PortfolioStatements.totalShares, [.int(trader.raw)]),
        ])
        var sums = Columns(rows[0][0])
        let clients = Int(sums.int())
        let funds = Funds(reading: &sums)
        var shares: [HeldShares] = []
        for row in rows[1] {
            var columns = Columns(row)
            shares.append(try HeldShares(reading: &columns))
        }
        return TraderTotals(clients: clients, funds: funds, shares: shares)
    }

    package func stands(of trader: TraderID, after: ClientID?, limit: Int)
        async throws(StoreFailure) -> [ClientStand]
    {
        let page = try await pool.ask(
            PortfolioStatements.clients,
            [.int(trader.raw), .int(after?.raw ?? 0), .int(Int64(limit))]
        )
        guard !page.isEmpty else { return [] }
        let shares = try await pool.ask(
            PortfolioStatements.shares,
            [.ints(page.map { $0.int(0) })]
        )
        return try Self.stands(page, shares)
    }

    package func filledClients(of task: TaskID, after: ClientID?, limit: Int)
        async throws(StoreFailure) -> [FilledClient]
    {
        let page = try await pool.ask(
            PortfolioStatements.filledClients,
            [.int(task.raw), .int(after?.raw ?? 0), .int(Int64(limit))]
        )
        guard !page.isEmpty else { return [] }
        let history = try Self.fills(
            try await pool.ask(
                PortfolioStatements.filledHistory,
                [.int(task.raw), .ints(page.map { $0.int(0) })]
            )
        )
        let fills = Dictionary(grouping: history, by: \.client)
        return page.map { row in
            var columns = Columns(row)
            let client: ClientID = columns.id()
            return FilledClient(
                id: client,
                code: columns.text(),
                name: columns.text(),
                holding: Holding(reading: &columns),
                fills: (fills[client] ?? []).map(\.fill)
            )
        }
    }

    /// The clients of these rows, each with its shares.
    private static func stands(_ clients: PostgresRows, _ shares: PostgresRows)
        throws(StoreFailure) -> [ClientStand]
    {
        var held: [ClientID: [HeldShares]] = [:]
        for row in shares {
            var columns = Columns(row)
            let client: ClientID = columns.id()
            held[client, default: []].append(try HeldShares(reading: &columns))
        }
        var stands: [ClientStand] = []
        for row in clients {
            var columns = Columns(row)
            let client = try Client(reading: &columns)
            stands.append(
                ClientStand(
                    client: client,
                    funds: Funds(reading: &columns),
                    shares: held[client.id] ?? []
                )
            )
        }
        return stands
    }

    private static func fills(_ rows: PostgresRows) throws(StoreFailure) -> [BookedFill] {
        var fills: [BookedFill] = []
        fills.reserveCapacity(rows.count)
        for row in rows {
            var columns = Columns(row)
            fills.append(try BookedFill(reading: &columns))
        }
        return fills
    }
}

extension Holding {
    /// Quantity, reserved, cost, borrowed.
    fileprivate init(reading columns: inout Columns) {
        self.init(
            quantity: columns.quantity(),
            reserved: columns.quantity(),
            cost: columns.money(),
            borrowed: columns.money()
        )
    }
}

extension HeldShares {
    fileprivate init(reading columns: inout Columns) throws(StoreFailure) {
        self.init(
            try ShareKey(reading: &columns),
            exchange: try columns.word(),
            symbol: columns.text(),
            holding: Holding(reading: &columns)
        )
    }
}

extension BookedFill {
    fileprivate init(reading columns: inout Columns) throws(StoreFailure) {
        self.init(
            client: columns.id(),
            instrument: columns.id(),
            exchange: try columns.word(),
            symbol: columns.text(),
            tradeID: columns.text(),
            fill: ShareFill(
                intent: columns.id(),
                task: columns.id(),
                side: try columns.word(),
                product: try columns.word(),
                quantity: columns.quantity(),
                price: columns.price(),
                value: columns.money(),
                at: columns.timestamp()
            )
        )
    }
}
