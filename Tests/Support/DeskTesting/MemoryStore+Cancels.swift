package import Desk
package import Trading

extension MemoryStore: CancelStore {
    package func askToCancel(_ request: CancelRequest) async throws(StoreFailure) -> CancelAsked {
        let now = clock.now()
        return try transact("askToCancel") { state in state.ask(request, now: now) }
    }

    package func note(_ outcomes: [CancelOutcome]) async throws(StoreFailure) {
        let now = clock.now()
        try transact("note") { state in
            for outcome in outcomes { state.note(outcome, now: now) }
        }
    }

    package func openCancels() async throws(StoreFailure) -> [OpenCancels] {
        try transact("openCancels") { state in
            let open = state.intents.values.filter {
                $0.state == .cancelRequested && $0.cancel?.dueAt != nil
            }
            return Dictionary(grouping: open, by: \.broker).map { broker, rows in
                OpenCancels(
                    broker: broker,
                    count: rows.count,
                    oldest: rows.compactMap(\.cancel?.askedAt).min() ?? Timestamp(microseconds: 0)
                )
            }
        }
    }

    package func cancellation(_ id: CancellationID) async throws(StoreFailure) -> Cancellation? {
        try transact("cancellation") { state in
            guard let row = state.cancellations[id] else { return nil }
            var counts: [CancelResult: Int] = [:]
            var released = Money.zero
            for (intent, met) in row.met {
                guard let order = state.intents[intent] else { continue }
                counts[order.result(met), default: 0] += 1
                released += met.released(order)
            }
            let awaitsPlan = state.trades.values.contains { trade in
                trade.state == .accepted && row.mayCover(trade.trade)
            }
            return Cancellation(
                head: row.head,
                counts: counts,
                released: released,
                awaitsPlan: awaitsPlan
            )
        }
    }

    package func cancellations(of trader: TraderID?, before: CancellationID?, limit: Int)
        async throws(StoreFailure) -> [CancellationHead]
    {
        try transact("cancellations") { state in
            let found = state.cancellations.values.map(\.head).filter { head in
                trader.map { head.trader == $0 } != false && before.map { head.id < $0 } != false
            }
            return Array(found.sorted { $0.id > $1.id }.prefix(limit))
        }
    }

    package func cancelledOrders(_ id: CancellationID, _ page: CancelPage)
        async throws(StoreFailure) -> [CancelledOrder]
    {
        try transact("cancelledOrders") { state in
            let met = (state.cancellations[id]?.met ?? [:]).sorted { $0.key < $1.key }
            let found = met.filter { entry in page.after.map { entry.key > $0 } != false }
                .compactMap { intent, met in state.intents[intent].map { ($0, met) } }
                .filter { page.results.isEmpty || page.results.contains($0.0.result($0.1)) }
            return found.prefix(page.limit).compactMap { state.cancelledOrder($0.0, $0.1) }
        }
    }
}

extension MemoryCancellation {
    /// Whether some order of a trade that is not planned yet may be meant.
    fileprivate func mayCover(_ trade: BulkTrade) -> Bool {
        if case .client(let id) = head.scope { return covers(trade, id) }
        return covers(trade, ClientID(0))
    }
}

extension MemoryIntent {
    /// What became of it since a cancellation met it.
    fileprivate func result(_ met: MemoryMet) -> CancelResult {
        .of(found: met.found, now: state, isRefused: cancel?.isRefused ?? false)
    }
}

extension MemoryState {
    fileprivate mutating func ask(_ request: CancelRequest, now: Timestamp) -> CancelAsked {
        let earlier = cancellations.values.first {
            $0.user == request.user && $0.key == request.idempotencyKey
        }
        if let earlier {
            return earlier.bodyHash == request.bodyHash
                ? .repeated(earlier.head) : .conflict(earlier.head.id)
        }
        let owner: TraderID?
        switch request.scope {
        case .task(let id):
            guard let trade = trades[id] else { return .notFound }
            owner = trade.submission.trader
        case .order(let id):
            guard let row = intents[id] else { return .notFound }
            owner = trades[row.task]?.submission.trader
        case .client(let id):
            guard let client = clients[id] else { return .notFound }
            owner = client.client.trader
        case .instrument(let id):
            guard instruments[id] != nil else { return .notFound }
            owner = nil
        case .everything: owner = nil
        }
        if let owner, let allowed = request.trader, owner != allowed { return .notFound }
        let head = CancellationHead(
            id: CancellationID(nextID()),
            scope: request.scope,
            trader: owner ?? request.trader,
            askedAt: now,
            why: request.reason
        )
        let made = MemoryCancellation(
            head: head,
            user: request.user,
            key: request.idempotencyKey,
            bodyHash: request.bodyHash
        )
        cancellations[head.id] = made
        return meet(made, now: now)
    }

    private mutating func meet(_ made: MemoryCancellation, now: Timestamp) -> CancelAsked {
        var (orders, tasks): ([OrderJob], Set<TaskID>) = ([], [])
        for id in intents.keys.sorted() {
            guard let row = intents[id], isMeant(row, made.head) else { continue }
            cancellations[made.head.id]?.met[id] = MemoryMet(row)
            tasks.insert(row.task)
            guard !row.state.isFinal else { continue }
            intents[id]?.wish(made.head.scope.reason, now: now)
            if intents[id]?.state.isLive == true { orders.append(row.job) }
        }
        return .created(made.head, orders: orders, trades: tasks)
    }

    private func isMeant(_ row: MemoryIntent, _ head: CancellationHead) -> Bool {
        guard head.scope.tellsOfEnded || !row.state.isFinal, let trade = trades[row.task]?.trade,
            head.trader.map({ $0 == trade.trader }) != false
        else { return false }
        return switch head.scope {
        case .task(let id): row.task == id
        case .order(let id):
            intents[id].map { $0.task == row.task && $0.client == row.client } ?? false
        case .client(let id): row.client == id
        case .instrument(let id): trade.terms.instrument.id == id
        case .everything: true
        }
    }

    fileprivate func cancelledOrder(_ row: MemoryIntent, _ met: MemoryMet) -> CancelledOrder? {
        guard let terms = trades[row.task]?.trade.terms, let client = clients[row.client]?.client
        else { return nil }
        return CancelledOrder(
            order: ClientResult(
                intent: row.intent,
                clientCode: client.code,
                clientName: client.name,
                clientEmail: client.email,
                updatedAt: row.updatedAt,
                doubt: row.doubtRecord
            ),
            symbol: terms.instrument.symbol,
            side: terms.side,
            result: row.result(met),
            released: met.released(row),
            releasedShares: met.releasedShares(row),
            tries: row.cancel?.tries ?? 0,
            words: row.cancel?.words
        )
    }
}

extension MemoryIntent {
    /// Remembers the wish, and follows it as far as the state allows.
    fileprivate mutating func wish(_ reason: Reason, now: Timestamp) {
        cancelWish = reason
        wishedAt = wishedAt ?? now
        updatedAt = now
        guard state != .ready else { return followWish(now: now) }
        cancel = MemoryCancel(askedAt: now)
        guard state.isLive else { return }
        apply(.cancelAsked)
        // Whoever commits this publishes the message, usually.
        cancel?.dueAt = now.advanced(by: .seconds(1))
    }
}
