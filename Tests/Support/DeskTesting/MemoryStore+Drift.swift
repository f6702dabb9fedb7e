package import Desk
package import Trading

/// A difference's row.
struct MemoryDrift {
    let id: Int64
    let account: ComparedAccount
    var drift: Drift
    var timesSeen = 1
    let openedAt: Timestamp
    var seenAt: Timestamp
    var closedAt: Timestamp?
}

extension MemoryStore: DriftStore {
    package func accountsToCompare(since: Timestamp) async throws(StoreFailure)
        -> [ComparedAccount]
    {
        try transact("accountsToCompare") { state in
            let sent = state.intents.values.filter { row in
                row.attempts > 0 && (row.sentAt.map { $0 >= since } == true || !row.state.isFinal)
            }
            let open = state.drifts.filter { $0.closedAt == nil }.map(\.account)
            let accounts = sent.compactMap { row in
                row.account.flatMap { state.compared($0, row.client, row.broker) }
            }
            return Set(accounts + open).sorted { $0.account < $1.account }
        }
    }

    package func ourBook(of account: ComparedAccount, since: Timestamp)
        async throws(StoreFailure) -> OurBook
    {
        let now = clock.now()
        return try transact("ourBook") { state in
            let rows = state.intents.values.filter { row in
                row.account == account.account && row.attempts > 0
                    && (row.sentAt.map { $0 >= since } == true || !row.state.isFinal)
            }
            let accounts = state.accounts.values.filter { $0.account.client == account.client }
            let holdings = state.clients[account.client]?.holdings ?? [:]
            let shares = holdings.compactMap { key, holding in
                state.instruments[key.instrument].map { ($0.instrument.symbol, holding.quantity) }
            }
            return OurBook(
                attempts: rows.sorted { $0.id < $1.id }
                    .flatMap { $0.ourAttempts(now, state.trades[$0.task]?.trade.terms) },
                shares: accounts.count == 1
                    ? Dictionary(shares.filter { $0.1 > .zero }) { $0 + $1 } : nil,
                mark: "TST"
            )
        }
    }

    package func store(_ drifts: [Drift], of account: ComparedAccount)
        async throws(StoreFailure) -> [Drift]
    {
        let now = clock.now()
        return try transact("storeDrifts") { state in
            for index in state.drifts.indices
            where state.drifts[index].account == account && state.drifts[index].closedAt == nil {
                let known = state.drifts[index].drift
                guard
                    let same = drifts.first(where: {
                        $0.kind == known.kind && $0.subject == known.subject
                    })
                else {
                    state.drifts[index].closedAt = now
                    continue
                }
                state.drifts[index].drift = same
                state.drifts[index].timesSeen += 1
                state.drifts[index].seenAt = now
            }
            let open = state.drifts.filter { $0.account == account && $0.closedAt == nil }
            let new = drifts.filter { drift in
                !open.contains { $0.drift.kind == drift.kind && $0.drift.subject == drift.subject }
            }
            for drift in new {
                let id = state.nextID()
                state.drifts.append(
                    MemoryDrift(id: id, account: account, drift: drift, openedAt: now, seenAt: now)
                )
            }
            return new
        }
    }

    package func drifts(_ query: DriftQuery) async throws(StoreFailure) -> [StoredDrift] {
        try transact("drifts") { state in
            let found = state.drifts.filter { row in
                query.before.map { row.id < $0 } != false
                    && query.trader.map { row.account.trader == $0 } != false
                    && query.client.map { row.account.client == $0 } != false
                    && query.isOpen.map { (row.closedAt == nil) == $0 } != false
                    && query.kind.map { row.drift.kind == $0 } != false
            }
            return found.sorted { $0.id > $1.id }.prefix(query.limit).map { row in
                StoredDrift(
                    id: row.id,
                    account: row.account,
                    drift: row.drift,
                    timesSeen: row.timesSeen,
                    openedAt: row.openedAt,
                    seenAt: row.seenAt,
                    closedAt: row.closedAt
                )
            }
        }
    }

    package func openDrifts() async throws(StoreFailure) -> [DriftKind: Int] {
        try transact("openDrifts") { state in
            Dictionary(grouping: state.drifts.filter { $0.closedAt == nil }, by: \.drift.kind)
                .mapValues(\.count)
        }
    }
}

extension MemoryState {
    fileprivate func compared(_ account: AccountID, _ client: ClientID, _ broker: BrokerName)
        -> ComparedAccount?
    {
        clients[client].map {
            ComparedAccount(
                account: account,
                client: client,
                trader: $0.client.trader,
                broker: broker
            )
        }
    }
}

extension MemoryIntent {
    /// Its attempts: the dead ones, and the last one where it is not dead too.
    fileprivate func ourAttempts(_ now: Timestamp, _ terms: OrderTerms?) -> [OurAttempt] {
        let symbol = terms?.product == .delivery ? terms?.instrument.symbol : nil
        let isUntold = state.isLive && reason == .fillsUntold
        let references = deadReferences + (deadReferences.last == reference ? [] : [reference])
        return references.map { name in
            OurAttempt(
                intent: id,
                task: task,
                reference: name,
                brokerOrderID: name == reference ? brokerOrderID : nil,
                state: state,
                quantity: quantity,
                filled: filled,
                isDead: deadReferences.contains(name),
                isLatest: name == reference,
                age: sentAt?.duration(to: now) ?? .zero,
                untold: isUntold
                    ? terms.map { OurAttempt.Untold(side: $0.side, symbol: symbol) } : nil
            )
        }
    }
}
