package import Desk
package import Trading

extension MemoryStore: PortfolioStore {
    package func books(of client: ClientID, tradedSince: Timestamp) async throws(StoreFailure)
        -> ClientBooks?
    {
        try transact("books") { state in
            guard let stand = state.stand(client) else { return nil }
            let all = state.fills.filter { $0.client == client }
            let wanted = Set(
                stand.shares.map(\.instrument)
                    + all.filter { $0.fill.at >= tradedSince }.map(\.instrument)
            )
            return ClientBooks(stand: stand, fills: all.filter { wanted.contains($0.instrument) })
        }
    }

    package func transactions(_ query: TransactionQuery) async throws(StoreFailure)
        -> [BookedFill]
    {
        try transact("transactions") { state in
            let found = state.fills.filter { fill in
                fill.client == query.client && fill.fill.at >= query.from
                    && fill.fill.at < query.to
                    && query.after.map { fill.place.isBefore($0) } != false
            }
            return Array(found.sorted { $1.place.isBefore($0.place) }.prefix(query.limit))
        }
    }

    package func totals(of trader: TraderID) async throws(StoreFailure) -> TraderTotals {
        try transact("totals") { state in
            let stands = state.clients.values.filter { $0.client.trader == trader }
                .compactMap { state.stand($0.client.id) }
            let held = Dictionary(grouping: stands.flatMap(\.shares), by: \.key)
            let shares = held.values.map { rows in
                HeldShares(
                    rows[0].key,
                    exchange: rows[0].exchange,
                    symbol: rows[0].symbol,
                    holding: Holding(
                        quantity: rows.reduce(.zero) { $0 + $1.holding.quantity },
                        reserved: rows.reduce(.zero) { $0 + $1.holding.reserved },
                        cost: rows.reduce(.zero) { $0 + $1.holding.cost },
                        borrowed: rows.reduce(.zero) { $0 + $1.holding.borrowed }
                    )
                )
            }
            let sum = { (account: Funds.Account) in
                stands.reduce(Money.zero) { $0 + $1.funds[account] }
            }
            return TraderTotals(
                clients: stands.count,
                funds: Funds(
                    available: sum(.available),
                    held: sum(.held),
                    invested: sum(.invested),
                    realisedLoss: sum(.realisedLoss),
                    withdrawn: sum(.withdrawn),
                    interest: sum(.interest),
                    deposited: sum(.deposited),
                    realisedGain: sum(.realisedGain),
                    shortfall: sum(.shortfall),
                    borrowed: sum(.borrowed)
                ),
                shares: shares.sorted { ($0.symbol, $0.key) < ($1.symbol, $1.key) }
            )
        }
    }

    package func stands(of trader: TraderID, after: ClientID?, limit: Int)
        async throws(StoreFailure) -> [ClientStand]
    {
        try transact("stands") { state in
            state.clients.values.map(\.client)
                .filter { $0.trader == trader && $0.id > after ?? ClientID(0) }
                .sorted { $0.id < $1.id }.prefix(limit).compactMap { state.stand($0.id) }
        }
    }

    package func filledClients(of task: TaskID, after: ClientID?, limit: Int)
        async throws(StoreFailure) -> [FilledClient]
    {
        try transact("filledClients") { state in
            guard let key = state.trades[task]?.trade.terms.shares else { return [] }
            let filled = Set(state.fills.filter { $0.fill.task == task }.map(\.client))
            return filled.sorted().filter { $0 > after ?? ClientID(0) }.prefix(limit)
                .compactMap { id in
                    state.clients[id].map { row in
                        FilledClient(
                            id: id,
                            code: row.client.code,
                            name: row.client.name,
                            holding: row.holdings[key] ?? Holding(),
                            fills: state.fills.filter {
                                $0.client == id && $0.key == key
                            }.map(\.fill)
                        )
                    }
                }
        }
    }
}

extension MemoryState {
    fileprivate func stand(_ id: ClientID) -> ClientStand? {
        guard let row = clients[id] else { return nil }
        let shares = row.holdings.compactMap { key, holding in
            instruments[key.instrument].map {
                HeldShares(
                    key,
                    exchange: $0.instrument.exchange,
                    symbol: $0.instrument.symbol,
                    holding: holding
                )
            }
        }
        return ClientStand(
            client: row.client,
            funds: row.funds,
            shares: shares.filter { $0.holding.quantity > .zero }
                .sorted { ($0.symbol, $0.key) < ($1.symbol, $1.key) }
        )
    }
}
