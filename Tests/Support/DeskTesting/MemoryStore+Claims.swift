package import Desk
package import Trading

extension MemoryStore: OrderStore {
    package func claim(_ requests: [ClaimRequest], lease: Lease) async throws(StoreFailure)
        -> [Claim]
    {
        let now = clock.now()
        return try transact("claim") { state in
            requests.map { state.claim($0, until: now.advanced(by: lease.duration), now: now) }
        }
    }

    package func record(_ outcomes: [AttemptOutcome]) async throws(StoreFailure) -> [Bool] {
        let now = clock.now()
        return try transact("record") { state in
            outcomes.map { outcome in
                let id = outcome.attempt.job.intent
                guard let row = state.intents[id], row.state == .sending,
                    row.fence == outcome.attempt.fence
                else { return false }
                state.change(id, now: now) { $0.write(outcome.answer, to: &$1, now: now) }
                return true
            }
        }
    }

    package func apply(_ reports: [BookedOrder]) async throws(StoreFailure) {
        let now = clock.now()
        try transact("apply") { state in
            for booked in reports { state.book(booked, now: now) }
        }
    }

    package func liveOrders(_ intents: [IntentID]) async throws(StoreFailure) -> [LiveOrder] {
        let today = CalendarDay(containing: clock.now())
        return try transact("liveOrders") { $0.orders(intents, on: today) { $0.isLive } }
    }

    package func endedOrders(_ intents: [IntentID]) async throws(StoreFailure) -> [LiveOrder] {
        let today = CalendarDay(containing: clock.now())
        return try transact("endedOrders") { $0.orders(intents, on: today) { $0.isFinal } }
    }

    package func jobs(withReferences references: [String]) async throws(StoreFailure)
        -> [OrderJob]
    {
        let wanted = Set(references)
        return try transact("jobs") { state in
            state.intents.values
                .filter {
                    wanted.contains($0.reference) && ($0.state.isLive || $0.state == .unknown)
                }
                .sorted { $0.id < $1.id }.map(\.job)
        }
    }

    package func jobs(withNumbers numbers: [BrokerOrderNumber]) async throws(StoreFailure)
        -> [OrderJob]
    {
        let wanted = Set(numbers)
        return try transact("jobs") { state in
            state.intents.values
                .filter { row in
                    row.state.isLive
                        && row.brokerOrderID.map {
                            wanted.contains(BrokerOrderNumber(broker: row.broker, id: $0))
                        } == true
                }
                .sorted { $0.id < $1.id }.map(\.job)
        }
    }

    package func due(_ kind: DueKind, limit: Int) async throws(StoreFailure) -> [OrderJob] {
        let now = clock.now()
        return try transact("due") { state in
            let rows = state.intents.values.filter { row in
                state.dueAt(row, kind).map { $0 <= now } == true
            }
            let found = rows.sorted { $0.id < $1.id }.prefix(limit)
            let next = now.advanced(by: kind == .forgotten ? Waits.nextMessage : Waits.nextLook)
            for row in found {
                switch kind {
                case .cancel: state.intents[row.id]?.cancel?.dueAt = next
                case .modification:
                    if let open = state.openModification(of: row.id)?.id {
                        state.modifications[open]?.dueAt = next
                    }
                case .live, .doubt, .forgotten: state.intents[row.id]?.dueAt = next
                }
            }
            return found.map(\.job)
        }
    }
}

/// The waits of the real store's policy.
private enum Waits {
    static let abandonedAfterLease = Duration.seconds(5)
    static let forgottenAfter = Duration.seconds(30)
    static let nextMessage = Duration.seconds(120)
    static let nextLook = Duration.seconds(15)
    /// An intent that was provably not sent so often is given up.
    static let maximumAttempts: Int16 = 20
}

extension MemoryState {
    /// When the sweep of a kind shall bring an intent; nil: never.
    func dueAt(_ row: MemoryIntent, _ kind: DueKind) -> Timestamp? {
        let trade = trades[row.task]
        switch kind {
        case .live: return row.state.isLive ? row.dueAt : nil
        case .cancel: return row.state == .cancelRequested ? row.cancel?.dueAt : nil
        case .modification: return openModification(of: row.id)?.dueAt
        case .doubt:
            guard row.state == .unknown || row.state == .sending, trade?.state != .complete else {
                return nil
            }
            return row.dueAt ?? row.leaseEnds?.advanced(by: Waits.abandonedAfterLease)
        case .forgotten:
            guard row.state == .ready, !row.isHeldBack, trade?.state != .complete,
                let published = trade?.publishedAt
            else { return nil }
            return row.dueAt ?? published.advanced(by: Waits.forgottenAfter)
        }
    }
}

extension MemoryState {
    mutating func claim(_ request: ClaimRequest, until end: Timestamp, now: Timestamp)
        -> Claim
    {
        guard var row = intents[request.job.intent], var client = clients[row.client] else {
            return .settled
        }
        switch row.state {
        case .ready where row.isHeldBack: return .settled
        case .ready: break
        case .sending, .unknown: return .inDoubt
        default: return .settled
        }
        let terms = request.trade.terms
        let owner = OrderOwner(trader: client.client.trader, client: row.client)
        let halted = Halts(halts.keys).reason(
            for: HaltSubject(
                trader: owner.trader,
                client: row.client,
                broker: row.broker,
                instrument: terms.instrument.id
            )
        )
        let late =
            row.cancelWish ?? (row.isResend ? request.obstacleToResend : nil)
            ?? egressObstacle(of: row.account)
        var sized = late.map { SizedOrder.none($0) } ?? size(request, row, client, halted)
        if request.trade.preflight != nil, !row.isSlice, let (size, _, more) = sized.parts,
            more.reduce(size, +) != row.ownQuantity
        {
            sized = .none(.changedSincePreflight)
        }
        guard let (quantity, hold, later) = sized.parts, client.funds.hold(hold) != nil,
            let session = session(of: row.account, for: terms.instrument.id)
        else {
            let reason: Reason = if case .none(let why) = sized { why } else { .insufficientFunds }
            row.apply(.declined)
            row.reason = reason
            row.dueAt = nil
            row.updatedAt = now
            intents[row.id] = row
            return .declined(reason)
        }
        row.reserved = .zero
        if terms.side == .sell {
            let isReserved = client.holdings[terms.shares]?.reserve(quantity)
            precondition(isReserved == true, "sized to more than is held")
            row.reserved = quantity
        }
        clients[row.client] = client
        row.apply(.sendingStarted)
        row.attempts += 1
        row.forgetDoubt()
        row.fence += 1
        row.reference = BrokerReference.make(row.id, attempt: row.attempts, mark: MemoryStore.mark)
        row.quantity = quantity
        row.sizingPrice = request.price
        row.held = hold
        row.leaseEnds = end
        row.dueAt = nil
        row.sentAt = now
        row.reason = nil
        row.note = nil
        row.updatedAt = now
        if !later.isEmpty { (row.ownQuantity, row.isSlice) = (quantity, true) }
        intents[row.id] = row
        let slices = makeSlices(later, of: row, now: now)
        return .send(
            Attempt(
                job: row.job,
                number: row.attempts,
                reference: row.reference,
                fence: row.fence,
                terms: terms,
                quantity: quantity,
                sizingPrice: request.price ?? Price(raw: 1),
                session: session,
                owner: owner,
                slices: slices
            )
        )
    }

    private mutating func makeSlices(
        _ later: [Quantity],
        of first: MemoryIntent,
        now: Timestamp
    ) -> [OrderJob] {
        later.enumerated().map { place, quantity in
            var row = MemoryIntent(
                id: IntentID(nextID()),
                task: first.task,
                client: first.client,
                broker: first.broker,
                account: first.account,
                state: .ready,
                updatedAt: now
            )
            row.leg = Int16(place + 1)
            (row.ownQuantity, row.isSlice) = (quantity, true)
            intents[row.id] = row
            return row.job
        }
    }

    private func egressObstacle(of id: AccountID?) -> Reason? {
        guard let account = id.flatMap({ accounts[$0]?.account }) else { return nil }
        if requiresEgress, account.egress == nil { return .egressMissing }
        return account.egressStanding == .notRegistered ? .egressNotRegistered : nil
    }

    private func size(
        _ request: ClaimRequest,
        _ row: MemoryIntent,
        _ client: MemoryClient,
        _ halted: Reason?
    ) -> SizedOrder {
        if let obstacle = halted ?? request.obstacle { return .none(obstacle) }
        guard let price = request.price else { return .none(request.priceObstacle) }
        let holding = client.holdings[request.trade.terms.shares] ?? Holding()
        let sizing = row.ownQuantity.map(Sizing.quantity) ?? request.trade.sizing
        return sizing.size(
            for: request.trade.terms,
            from: SizingBasis(
                capital: client.client.capital,
                usualPart: client.client.part ?? traders[client.client.trader] ?? .whole,
                available: client.funds.available,
                free: holding.free,
                owned: holding.quantity,
                price: price,
                leverage: request.trade.terms.isLent ? request.trade.leverage : nil
            )
        )
    }

    fileprivate mutating func write(
        _ answer: PlacementAnswer,
        to row: inout MemoryIntent,
        now: Timestamp
    ) {
        row.updatedAt = now
        switch answer {
        case .accepted(let brokerOrderID):
            row.apply(.accepted)
            row.brokerOrderID = brokerOrderID
            row.dueAt = now.advanced(by: .seconds(1))
        case .refused(let reason, let words):
            refuse(&row, reason, words.isEmpty ? nil : words)
        case .notSent(let why):
            guard row.attempts < Waits.maximumAttempts else {
                return refuse(&row, .neverSent, why)
            }
            row.apply(.notSent)
            release(&row)
            row.quantity = .zero
            row.sizingPrice = nil
            row.dueAt = now.advanced(by: .seconds(5))
        case .withheld(let reason):
            row.apply(.notSent)
            row.apply(.declined)
            row.reason = reason
            row.dueAt = nil
            release(&row)
        case .unanswered(let cause, let words):
            row.apply(.unanswered)
            row.reason = .outcomeUnknown
            row.note = words
            row.outcome = cause
            row.brokerWords = words
            row.unknownSince = now
            row.dueAt = now.advanced(by: .seconds(2))
        case .claimed(let words):
            let cause = "the broker says that it has this order"
            write(.unanswered(cause: cause, words: words), to: &row, now: now)
            row.isClaimed = true
        }
    }

    private mutating func refuse(_ row: inout MemoryIntent, _ reason: Reason, _ note: String?) {
        row.apply(.refused)
        row.reason = reason
        row.note = note
        row.deadReferences.append(row.reference)
        row.dueAt = nil
        release(&row)
    }
}

extension SizedOrder {
    /// What is sent now, what is held for it, and the quantities of what is sent later; nil: nothing.
    fileprivate var parts: (Quantity, Money, [Quantity])? {
        switch self {
        case .order(let quantity, let hold): (quantity, hold, [])
        case .sliced(let quantity, let hold, let later): (quantity, hold, later)
        case .none: nil
        }
    }
}

extension MemoryState {
    /// Those orders in such a state of which a broker can be asked.
    fileprivate func orders(
        _ intents: [IntentID],
        on today: CalendarDay,
        in isWanted: (OrderState) -> Bool
    ) -> [LiveOrder] {
        intents.compactMap { self.intents[$0] }.filter { isWanted($0.state) }.compactMap { row in
            guard let terms = terms(of: row),
                let brokerOrderID = row.brokerOrderID,
                let session = session(of: row.account, for: terms.instrument.id)
            else { return nil }
            let day = row.sentAt.map { CalendarDay(containing: $0) }
            return LiveOrder(
                job: row.job,
                brokerOrderID: brokerOrderID,
                reference: row.reference,
                terms: terms,
                quantity: row.quantity,
                filled: row.filled,
                sizingPrice: row.sizingPrice ?? Price(raw: 1),
                session: session,
                isCancelAsked: row.state == .cancelRequested,
                isBeingModified: row.ceiling != nil,
                pastDay: day.flatMap { $0 < today ? $0 : nil },
                takenAt: row.sentAt,
                seenAt: row.seenAt
            )
        }
    }
}
