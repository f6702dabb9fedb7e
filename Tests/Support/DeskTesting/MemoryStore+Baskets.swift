package import Desk
package import Trading

/// Baskets in memory. Purchases that wait for sales are held back and let go here too; that a refused leg
/// stops the others is tested with the real store.
extension MemoryStore: BasketStore {
    package func submit(_ basket: BasketSubmission) async throws(StoreFailure) -> BasketSubmitted {
        let now = clock.now()
        let submitted = try transact("submitBasket") { state -> BasketSubmitted in
            if let (id, known) = state.baskets.first(where: {
                $0.value.submission.trader == basket.trader
                    && $0.value.submission.idempotencyKey == basket.idempotencyKey
            }) {
                guard known.submission.bodyHash == basket.bodyHash,
                    let made = state.basket(id)
                else { return .conflict(id) }
                return .repeated(made)
            }
            if case .named(let ids) = basket.clients {
                let strangers = ids.filter { state.clients[$0]?.client.trader != basket.trader }
                guard strangers.isEmpty else { return .unknownClients(strangers) }
            }
            let id = state.add(basket, now: now)
            return state.basket(id).map { .created($0) } ?? .conflict(id)
        }
        ring()
        return submitted
    }

    package func basket(_ id: BasketID) async throws(StoreFailure) -> Basket? {
        try transact("basket") { $0.basket(id) }
    }

    package func baskets(of trader: TraderID?, before: BasketID?, limit: Int)
        async throws(StoreFailure) -> [Basket]
    {
        try transact("baskets") { state in
            let found = state.baskets.keys.compactMap { state.basket($0) }.filter { basket in
                trader.map { basket.trader == $0 } != false
                    && before.map { basket.id < $0 } != false
            }
            return Array(found.sorted { $0.id > $1.id }.prefix(limit))
        }
    }

    package func basketResults(
        _ id: BasketID,
        after: IntentID?,
        limit: Int,
        client: ClientID?
    ) async throws(StoreFailure) -> [LegResult] {
        let tasks = try transact("basketResults") { $0.baskets[id]?.tasks ?? [] }
        var rows: [LegResult] = []
        for (leg, task) in tasks.enumerated() {
            let page = ResultPage(after: after, limit: limit, states: [], client: client)
            let found = try await results(task, page)
            rows += try transact("leg") { state in
                guard let terms = state.trades[task]?.trade.terms else { return [] }
                return found.map { result in
                    LegResult(
                        leg: leg,
                        task: task,
                        symbol: terms.instrument.symbol,
                        side: terms.side,
                        isHeldBack: state.intents[result.intent.id]?.isHeldBack == true,
                        result: result
                    )
                }
            }
        }
        return Array(rows.sorted { $0.result.intent.id < $1.result.intent.id }.prefix(limit))
    }

    package func releaseLegs(limit: Int) async throws(StoreFailure) -> [OrderJob] {
        try transact("releaseLegs") { state in
            let free = state.intents.values.filter { row in
                guard row.isHeldBack, row.state == .ready,
                    let basket = state.trades[row.task]?.links.basket,
                    let tasks = state.baskets[basket]?.tasks
                else { return false }
                return tasks.allSatisfy { state.hasEndedSales($0, of: row.client) }
            }
            let jobs = free.map(\.job).sorted { $0.intent < $1.intent }.prefix(limit)
            for job in jobs { state.intents[job.intent]?.isHeldBack = false }
            return Array(jobs)
        }
    }
}

/// A basket's row.
struct MemoryBasket {
    let submission: BasketSubmission
    let acceptedAt: Timestamp
    let tasks: [TaskID]
}

extension MemoryState {
    fileprivate func basket(_ id: BasketID) -> Basket? {
        baskets[id].map { row in
            Basket(
                id: id,
                trader: row.submission.trader,
                sequence: row.submission.sequence,
                onRefusal: row.submission.onRefusal,
                acceptedAt: row.acceptedAt,
                tasks: row.tasks,
                awaitsApproval: row.tasks.contains { trades[$0]?.state == .awaitingApproval }
            )
        }
    }

    fileprivate func hasEndedSales(_ task: TaskID, of client: ClientID) -> Bool {
        guard let trade = trades[task], trade.trade.terms.side == .sell else { return true }
        guard trade.state != .accepted else { return false }
        return intents.values.filter { $0.task == task && $0.client == client }
            .allSatisfy(\.state.isFinal)
    }

    fileprivate mutating func add(_ basket: BasketSubmission, now: Timestamp) -> BasketID {
        let id = BasketID(nextID())
        let size = sizeToApprove(basket.trades)
        let tasks = basket.legs.enumerated().map { place, leg in
            add(
                Submission(
                    trader: basket.trader,
                    user: basket.user,
                    idempotencyKey: "basket \(id) leg \(place)",
                    bodyHash: basket.bodyHash,
                    terms: leg.terms,
                    sizing: leg.sizing,
                    clients: basket.clients,
                    onDoubt: basket.onDoubt
                ),
                now: now,
                size: size,
                isHead: place == 0
            ) { links in
                links.basket = id
                links.leg = Int16(place)
                links.waitsForSales = basket.waits(leg)
            }
        }
        baskets[id] = MemoryBasket(submission: basket, acceptedAt: now, tasks: tasks)
        return id
    }

    /// Stores a bulk trade with its outbox row; with a size, it waits for approval, under its own
    /// number or that of the head of its basket.
    @discardableResult
    mutating func add(
        _ order: Submission,
        now: Timestamp,
        size: TradeSize? = nil,
        isHead: Bool = true,
        _ link: (inout TradeLinks) -> Void = { _ in }
    ) -> TaskID {
        let id = TaskID(nextID())
        // A real clock moves on between a cancel and a trade that comes after it.
        let cancel = cancellations.values.map(\.head.askedAt).max()
        let at = cancel.map { max(now, $0.advanced(by: .microseconds(1))) } ?? now
        var made = MemoryTrade(submission: order, id: id, acceptedAt: at)
        link(&made.links)
        made.referencePrice = order.price
        if order.terms.product == .marginFunding {
            made.leverage = leverages[order.trader] ?? .most
        }
        if let size {
            made.state = .awaitingApproval
            let approval = MemoryApproval(
                maker: order.user,
                size: size,
                askedAt: now,
                expiresAt: now.advanced(by: ApprovalRequest.patience)
            )
            if isHead { approvals[id] = approval }
        } else {
            outbox.append((nextID(), .plan(id), now))
        }
        trades[id] = made
        return id
    }
}
