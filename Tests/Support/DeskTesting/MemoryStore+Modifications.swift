package import Desk
package import Trading

extension MemoryStore: ModificationStore {
    package func askToModify(_ request: ModificationRequest) async throws(StoreFailure)
        -> ModificationAsked
    {
        let now = clock.now()
        return try transact("askToModify") { state in state.ask(request, now: now) }
    }

    package func modification(_ id: ModificationID) async throws(StoreFailure) -> Modification? {
        try transact("modification") { state in
            state.modifications[id].flatMap { state.modification($0) }
        }
    }

    package func modifications(of order: IntentID) async throws(StoreFailure) -> [Modification] {
        try transact("modifications") { state in
            state.modifications.values.filter { $0.order == order }
                .sorted { $0.id < $1.id }.compactMap { state.modification($0) }
        }
    }

    package func openModifications(_ orders: [IntentID]) async throws(StoreFailure)
        -> [OpenModification]
    {
        let now = clock.now()
        return try transact("openModifications") { state in
            orders.compactMap { id in
                guard let row = state.openModification(of: id), let order = state.intents[id],
                    let trader = state.trades[order.task]?.trade.trader
                else { return nil }
                return OpenModification(
                    id: row.id,
                    job: order.job,
                    owner: OrderOwner(trader: trader, client: order.client),
                    state: row.state,
                    before: row.before,
                    wanted: row.wanted,
                    tries: row.tries,
                    isAbandoned: row.state == .sending
                        && row.leaseEnds.map { $0 <= now } == true,
                    sentAt: row.sentAt ?? row.leaseEnds,
                    brokerSpoke: row.brokerSpoke,
                    looks: row.looks,
                    takenAt: order.sentAt
                )
            }
        }
    }

    package func claim(_ changes: [OpenModification], obstacle: Reason?, lease: Lease)
        async throws(StoreFailure) -> [Int?]
    {
        let now = clock.now()
        return try transact("claimModifications") { state in
            changes.map { state.claim($0, obstacle, lease, now: now) }
        }
    }

    package func note(_ news: [ModificationNews]) async throws(StoreFailure) {
        let now = clock.now()
        try transact("noteModifications") { state in
            for piece in news { state.note(piece, now: now) }
        }
    }
}

extension MemoryState {
    fileprivate mutating func ask(_ request: ModificationRequest, now: Timestamp)
        -> ModificationAsked
    {
        let earlier = modifications.values.first {
            $0.user == request.user && $0.key == request.idempotencyKey
        }
        if let earlier {
            guard earlier.bodyHash == request.bodyHash, let made = modification(earlier) else {
                return .conflict(earlier.id)
            }
            return .repeated(made)
        }
        guard var order = intents[request.order], let terms = terms(of: order),
            var client = clients[order.client],
            request.trader.map({ $0 == client.client.trader }) != false
        else { return .notFound }
        if let open = openModification(of: order.id) { return .refused(.otherOpen(open.id)) }
        let basis = basis(of: order, terms, client, request)
        switch basis.decide(request.wish) {
        case .refuse(let refusal): return .refused(refusal)
        case .take(let shape, let cash, let shares, let price):
            _ = client.funds.hold(cash)
            order.held += cash
            if shares > .zero {
                _ = client.holdings[terms.shares]?.reserve(shares)
                order.reserved = order.reserved + shares
            }
            order.ceiling = max(shape.quantity, order.quantity)
            order.dueAt = now.advanced(by: .seconds(1))
            clients[order.client] = client
            intents[order.id] = order
            let row = MemoryModification(
                id: ModificationID(nextID()),
                user: request.user,
                key: request.idempotencyKey,
                bodyHash: request.bodyHash,
                order: order.id,
                before: basis.shape,
                wanted: shape,
                sizingPrice: price,
                held: cash,
                reserved: shares,
                askedAt: now,
                dueAt: now.advanced(by: .seconds(1))
            )
            modifications[row.id] = row
            guard let made = modification(row) else { return .notFound }
            return .created(made, order.job)
        }
    }

    private func basis(
        of order: MemoryIntent,
        _ terms: OrderTerms,
        _ client: MemoryClient,
        _ request: ModificationRequest
    ) -> ModificationBasis {
        let rules = request.rules[order.broker]
        return ModificationBasis(
            state: order.state,
            terms: terms,
            quantity: order.quantity,
            filled: order.filled,
            held: order.held,
            available: client.funds.available,
            free: client.holdings[terms.shares]?.free ?? .zero,
            made: modifications.values.count { $0.order == order.id && $0.tries > 0 },
            most: rules?.mostPerOrder,
            types: rules?.types ?? [],
            obstacle: unfitness(of: order) ?? request.obstacle,
            market: request.market ?? order.sizingPrice
        )
    }

    fileprivate mutating func claim(
        _ change: OpenModification,
        _ obstacle: Reason?,
        _ lease: Lease,
        now: Timestamp
    ) -> Int? {
        guard var row = modifications[change.id], row.state == .asked,
            var order = intents[row.order]
        else { return nil }
        let obstacle = unfitness(of: order) ?? obstacle
        let isOpen =
            order.state == .accepted || order.state == .open || order.state == .partlyFilled
        guard isOpen, row.wanted.quantity > order.filled, obstacle == nil else {
            row.reason = obstacle ?? .orderNotOpen
            end(&row, &order, .stopped, as: row.before, now: now)
            put(row, order)
            return nil
        }
        row.apply(.sendingStarted)
        row.tries += 1
        row.sentAt = nil
        row.leaseEnds = now.advanced(by: lease.duration)
        row.dueAt = row.leaseEnds
        put(row, order)
        return row.tries
    }

    private mutating func put(_ row: MemoryModification, _ order: MemoryIntent) {
        modifications[row.id] = row
        intents[order.id] = order
    }

    fileprivate mutating func note(_ news: ModificationNews, now: Timestamp) {
        guard var row = modifications[news.id], row.state.isOpen, row.tries == news.tries,
            var order = intents[row.order]
        else { return }
        switch news.event {
        case .later(let wait):
            guard row.state == .asked else { return }
            row.dueAt = now.advanced(by: wait)
        case .answered(let answer):
            guard row.state == .sending else { return }
            take(answer, &row, &order, now: now)
        case .stillUnknown(let asBefore, let wait):
            guard row.isUnknown(now: now) else { return }
            row.looks += asBefore ? 1 : 0
            row.dueAt = now.advanced(by: wait)
        case .shown(let evidence):
            guard row.isUnknown(now: now) else { return }
            switch evidence {
            case .changed: end(&row, &order, .shownApplied, as: row.wanted, now: now)
            case .asBefore: end(&row, &order, .shownUnchanged, as: row.before, now: now)
            case .unclear: break
            }
        case .orderEnded(let evidence): endWithOrder(&row, &order, evidence, now: now)
        case .dayOver(let evidence): endWithDay(&row, &order, evidence, now: now)
        }
        put(row, order)
    }

    private mutating func take(
        _ answer: ModificationAnswer,
        _ row: inout MemoryModification,
        _ order: inout MemoryIntent,
        now: Timestamp
    ) {
        switch answer {
        case .done: end(&row, &order, .shownApplied, as: row.wanted, now: now)
        case .refused(let reason, let words):
            row.reason = reason
            row.words = words.isEmpty ? nil : words
            end(&row, &order, .refused, as: row.before, now: now)
        case .notSent(let why):
            row.words = why
            row.apply(.notSent)
            row.dueAt = now.advanced(by: .seconds(5))
            guard row.tries >= 20 else { return }
            row.reason = .neverSent
            end(&row, &order, .stopped, as: row.before, now: now)
        case .withheld(let reason):
            row.apply(.notSent)
            row.reason = reason
            end(&row, &order, .stopped, as: row.before, now: now)
        case .taken, .unanswered:
            row.apply(.sent)
            row.sentAt = now
            if case .unanswered(let cause, let words) = answer {
                row.words = words ?? cause
                row.brokerSpoke = words != nil
            } else {
                row.brokerSpoke = true
            }
            row.dueAt = now.advanced(by: .seconds(1))
        }
    }

    private mutating func endWithDay(
        _ row: inout MemoryModification,
        _ order: inout MemoryIntent,
        _ evidence: ModificationEvidence,
        now: Timestamp
    ) {
        if row.state == .asked {
            row.reason = .dayEnded
            return end(&row, &order, .stopped, as: row.before, now: now)
        }
        guard row.isUnknown(now: now) else { return }
        guard order.state.isFinal else {
            row.dueAt = now.advanced(by: ModificationNews.orderAwaited)
            return
        }
        let isShown = OrderShape.isShown(row.wanted, row.before, byFilled: order.filled)
        guard evidence != .changed, !isShown else {
            return end(&row, &order, .shownApplied, as: row.wanted, now: now)
        }
        row.reason = .dayEnded
        if evidence == .unclear { row.words = ModificationNews.untold }
        end(&row, &order, .shownUnchanged, as: row.before, now: now)
    }

    private mutating func endWithOrder(
        _ row: inout MemoryModification,
        _ order: inout MemoryIntent,
        _ evidence: ModificationEvidence,
        now: Timestamp
    ) {
        if row.state == .asked, order.state.isFinal || order.state == .cancelRequested {
            row.reason = .orderNotOpen
            return end(&row, &order, .stopped, as: row.before, now: now)
        }
        guard order.state.isFinal else {
            row.dueAt = now.advanced(by: row.state == .asked ? .seconds(60) : .seconds(2))
            return
        }
        guard row.isUnknown(now: now) else { return }
        let isShown = OrderShape.isShown(row.wanted, row.before, byFilled: order.filled)
        guard evidence != .changed, !isShown else {
            return end(&row, &order, .shownApplied, as: row.wanted, now: now)
        }
        row.reason = .orderNotOpen
        end(&row, &order, .shownUnchanged, as: row.before, now: now)
    }
}
