package import Desk
package import Trading

extension MemoryStore: TradeStore {
    package func submit(_ order: Submission) async throws(StoreFailure) -> Submitted {
        let now = clock.now()
        let submitted = try transact("submit") { state -> Submitted in
            if let known = state.trades.values.first(where: {
                $0.submission.trader == order.trader
                    && $0.submission.idempotencyKey == order.idempotencyKey
            }) {
                return known.submission.bodyHash == order.bodyHash
                    ? .repeated(known.trade) : .conflict(known.id)
            }
            if case .named(let ids) = order.clients {
                let strangers = ids.filter { state.clients[$0]?.client.trader != order.trader }
                guard strangers.isEmpty else { return .unknownClients(strangers) }
            }
            if let preflight = order.preflight, state.task(executing: preflight) != nil {
                return .preflightUsed
            }
            let id = state.add(order, now: now, size: state.sizeToApprove(order))
            return (state.trades[id]?.trade).map(Submitted.created) ?? .conflict(id)
        }
        ring()
        return submitted
    }

    package func trade(_ id: TaskID) async throws(StoreFailure) -> BulkTrade? {
        try transact("trade") { $0.trades[id]?.trade }
    }

    package func plan(_ id: TaskID, referencePrice: Price?, marketOpen: Bool)
        async throws(StoreFailure) -> [OrderJob]
    {
        let now = clock.now()
        return try transact("plan") { state in
            if state.trades[id]?.state == .accepted {
                state.makeIntents(of: id, marketOpen: marketOpen, now: now)
                state.trades[id]?.state = .running
                if state.trades[id]?.referencePrice == nil {
                    state.trades[id]?.referencePrice = referencePrice
                }
                state.trades[id]?.plannedAt = now
            }
            return state.intents.values
                .filter { $0.task == id && $0.state == .ready && !$0.isHeldBack }
                .sorted { $0.id < $1.id }.map(\.job)
        }
    }

    package func markPublished(_ id: TaskID) async throws(StoreFailure) {
        let now = clock.now()
        try transact("markPublished") { state in
            if state.trades[id]?.publishedAt == nil { state.trades[id]?.publishedAt = now }
        }
    }

    package func refreshReference(_ id: TaskID, price: Price) async throws(StoreFailure) {
        try transact("refreshReference") { $0.trades[id]?.referencePrice = price }
    }

    package func complete(_ ids: [TaskID]) async throws(StoreFailure) -> [TaskID] {
        let now = clock.now()
        return try transact("complete") { state in
            ids.filter { id in
                guard state.trades[id]?.state == .running, !state.waits(id) else { return false }
                state.trades[id]?.state = .complete
                state.trades[id]?.completedAt = now
                return true
            }
        }
    }

    package func unplanned(for age: Duration, limit: Int) async throws(StoreFailure) -> [TaskID] {
        let latest = clock.now().advanced(by: .zero - age)
        return try transact("unplanned") { state in
            let told = state.outbox.map(\.message)
            let found = state.trades.values.filter { trade in
                trade.state == .accepted && trade.acceptedAt <= latest
                    && !told.contains(.plan(trade.id))
            }
            return Array(found.map(\.id).sorted().prefix(limit))
        }
    }

    package func unfinished(limit: Int) async throws(StoreFailure) -> [TaskID] {
        try transact("unfinished") { state in
            let found = state.trades.values.filter { $0.state == .running && !state.waits($0.id) }
            return Array(found.map(\.id).sorted().prefix(limit))
        }
    }

    package func progress(_ id: TaskID) async throws(StoreFailure) -> TaskProgress? {
        try transact("progress") { state in
            guard let trade = state.trades[id] else { return nil }
            let rows = state.intents.values.filter { $0.task == id }
            return TaskProgress(
                state: trade.state,
                counts: Dictionary(grouping: rows, by: \.state).mapValues(\.count),
                filledQuantity: rows.reduce(0) { $0 + $1.filled.raw },
                filledValue: rows.reduce(.zero) { $0 + $1.filledValue }
            )
        }
    }

    package func results(_ id: TaskID, _ page: ResultPage) async throws(StoreFailure)
        -> [ClientResult]
    {
        try transact("results") { state in
            let rows = state.intents.values.filter { row in
                row.task == id && page.after.map { row.id > $0 } != false
                    && (page.states.isEmpty || page.states.contains(row.state))
                    && page.client.map { row.client == $0 } != false
            }
            return rows.sorted { $0.id < $1.id }.prefix(page.limit).compactMap { row in
                guard let client = state.clients[row.client]?.client else { return nil }
                return ClientResult(
                    intent: row.intent,
                    clientCode: client.code,
                    clientName: client.name,
                    clientEmail: client.email,
                    updatedAt: row.updatedAt,
                    doubt: row.doubtRecord
                )
            }
        }
    }

    package func trades(of trader: TraderID?, before: TaskID?, limit: Int)
        async throws(StoreFailure) -> [BulkTrade]
    {
        try transact("trades") { state in
            let found = state.trades.values.map(\.trade).filter { trade in
                trader.map { trade.trader == $0 } != false
                    && before.map { trade.id < $0 } != false
            }
            return Array(found.sorted { $0.id > $1.id }.prefix(limit))
        }
    }
}

extension MemoryState {
    func waits(_ task: TaskID) -> Bool {
        intents.values.contains { $0.task == task && $0.state.awaitsPlacement }
    }

    fileprivate mutating func makeIntents(of id: TaskID, marketOpen: Bool, now: Timestamp) {
        guard let trade = trades[id]?.trade else { return }
        let rule = Eligibility(
            halts: Halts(halts.keys),
            marketIsOpen: marketOpen,
            brokers: Set(BrokerName.allCases),
            now: now,
            instrument: trade.terms.instrument.id,
            requiresEgress: requiresEgress
        )
        let listed = instruments[trade.terms.instrument.id]?.listings ?? [:]
        for row in clients.values.sorted(by: { $0.client.id < $1.client.id })
        where row.client.trader == trade.trader && isMeant(row, by: trade) {
            let account = account(of: row.client.id)
            let shown = trade.preflight.flatMap { preflights[$0]?.row(of: row.client.id) }
            let judged = rule.obstacle(
                for: row.client,
                account: account,
                isListed: account.map { listed[$0.broker] != nil } ?? true
            )
            let isMoved = shown != nil && shown?.account != account?.id
            let obstacle = shown?.reasons.first ?? (isMoved ? .changedSincePreflight : judged)
            let wish = wish(for: trade, row.client.id)
            var intent = MemoryIntent(
                id: IntentID(nextID()),
                task: id,
                client: row.client.id,
                broker: account?.broker ?? .paper,
                account: account?.id,
                state: wish ?? obstacle == nil ? .ready : .skipped,
                reason: wish ?? obstacle,
                updatedAt: now
            )
            intent.cancelWish = wish
            intent.isHeldBack = trade.links.waitsForSales && intent.state == .ready
            intent.ownQuantity =
                shown.flatMap { $0.quantity > .zero ? $0.quantity : nil }
                ?? self.listed[id]?[row.client.id]
            intent.wishedAt = wish.map { _ in now }
            if wish != nil { tellOfPlanned(intent, trade) }
            intents[intent.id] = intent
        }
    }
}

extension MemoryState {
    /// The account that a client's orders go to.
    func account(of client: ClientID) -> BrokerAccount? {
        accounts.values.map(\.account)
            .filter { $0.client == client && $0.status != .disconnected }
            .min { $0.id < $1.id }
    }

    fileprivate func isMeant(_ client: MemoryClient, by trade: BulkTrade) -> Bool {
        guard let preflight = trade.preflight else { return client.isMeant(by: trade.clients) }
        return preflights[preflight]?.row(of: client.client.id) != nil
    }
}

extension MemoryClient {
    func isMeant(by filter: ClientFilter) -> Bool {
        switch filter {
        case .all: client.status != .archived
        case .named(let ids): ids.contains(client.id)
        case .group(let name): groups.contains(name) && client.status != .archived
        }
    }
}

extension MemoryStore: Outbox {
    package func pending(olderThan age: Duration, limit: Int) async throws(StoreFailure)
        -> [OutboxRow]
    {
        let latest = clock.now().advanced(by: .zero - age)
        return try transact("pending") { state in
            state.outbox.filter { $0.at <= latest }.prefix(limit)
                .map { OutboxRow(id: $0.id, message: $0.message) }
        }
    }

    package func giveBack(_ rows: [Int64]) async throws(StoreFailure) {
        // No row is kept from other relays here.
        try transact("giveBack") { _ in }
    }

    package func delete(_ rows: [Int64]) async throws(StoreFailure) {
        try transact("deleteRows") { $0.outbox.removeAll { rows.contains($0.id) } }
    }

    package func delete(planOf task: TaskID) async throws(StoreFailure) {
        try transact("deletePlan") { $0.outbox.removeAll { $0.message == .plan(task) } }
    }

    package func bells() -> AsyncStream<Void> { listen() }
}
