package import Desk
package import Trading

/// A preflight with its rows.
struct MemoryPreflight {
    let draft: PreflightDraft
    let rows: [PreflightRow]

    func row(of client: ClientID) -> PreflightRow? { rows.first { $0.client == client } }
}

extension MemoryStore: PreflightStore {
    package func look(_ query: PreflightQuery) async throws(StoreFailure) -> PreflightLook {
        let now = clock.now()
        return try transact("look") { state in
            let meant = state.clients.values
                .filter { $0.client.trader == query.trader && $0.isMeant(by: query.clients) }
                .sorted { $0.client.id < $1.client.id }
            return PreflightLook(
                candidates: meant.map { state.candidate($0, query.shares, now) },
                halts: Halts(state.halts.keys),
                leverage: state.leverages[query.trader] ?? .most
            )
        }
    }

    package func save(_ draft: PreflightDraft, _ rows: [PreflightRow])
        async throws(StoreFailure) -> PreflightID
    {
        try transact("save") { state in
            let id = PreflightID(state.nextID())
            state.preflights[id] = MemoryPreflight(draft: draft, rows: rows)
            return id
        }
    }

    package func preflight(_ id: PreflightID) async throws(StoreFailure) -> Preflight? {
        try transact("preflight") { state in
            guard let made = state.preflights[id] else { return nil }
            let found = made.draft.preflight(id, PreflightSums(made.rows))
            return Preflight(
                id: id,
                trader: found.trader,
                terms: found.terms,
                sizing: found.sizing,
                clients: found.clients,
                onDoubt: found.onDoubt,
                price: found.price,
                priceAge: found.priceAge,
                createdAt: found.createdAt,
                expiresAt: found.expiresAt,
                sums: found.sums,
                task: state.task(executing: id)
            )
        }
    }

    package func rows(of id: PreflightID, _ page: PreflightPage) async throws(StoreFailure)
        -> [PreflightRow]
    {
        try transact("rows") { state in
            let found = (state.preflights[id]?.rows ?? []).filter { row in
                page.after.map { row.client > $0 } != false
                    && page.isOrdered.map { (row.quantity > .zero) == $0 } != false
            }
            return Array(found.prefix(page.limit))
        }
    }
}

extension MemoryState {
    /// The trade that executed a preflight.
    func task(executing preflight: PreflightID) -> TaskID? {
        trades.values.first { $0.submission.preflight == preflight }?.id
    }

    fileprivate func candidate(
        _ row: MemoryClient,
        _ shares: ShareKey,
        _ now: Timestamp
    ) -> PreflightCandidate {
        let account = account(of: row.client.id)
        let listed = instruments[shares.instrument]?.listings ?? [:]
        return PreflightCandidate(
            client: row.client,
            usualPart: row.client.part ?? traders[row.client.trader] ?? .whole,
            available: row.funds.available,
            holding: row.holdings[shares] ?? Holding(),
            broker: account?.broker ?? .paper,
            account: account?.id,
            standing: account.map { account in
                AccountStanding(
                    status: account.status,
                    sessionIsOver: account.status == .connected && !account.isUsable(at: now),
                    isListed: listed[account.broker] != nil
                )
            }
        )
    }
}
