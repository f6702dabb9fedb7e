package import Desk
package import Trading

/// What is kept of a trade that waited for approval.
struct MemoryApproval {
    let maker: UserID
    let size: TradeSize
    let askedAt: Timestamp
    let expiresAt: Timestamp
    var verdict: String?
    var decider: UserID?
}

extension MemoryStore: ApprovalStore {
    package func approvalLimit(of trader: TraderID) async throws(StoreFailure) -> ApprovalLimit? {
        try transact("approvalLimit") { state in
            state.traders[trader].map { _ in state.approvalLimits[trader] ?? ApprovalLimit() }
        }
    }

    package func setApprovalLimit(
        _ limit: ApprovalLimit,
        of trader: TraderID,
        by actor: Actor
    ) async throws(StoreFailure) {
        try transact("setApprovalLimit") { $0.approvalLimits[trader] = limit }
    }

    package func waitingApprovals(of trader: TraderID?, before: TaskID?, limit: Int)
        async throws(StoreFailure) -> [ApprovalRequest]
    {
        let now = clock.now()
        return try transact("waitingApprovals") { state in
            let open = state.approvals.filter { task, row in
                row.verdict == nil && row.expiresAt > now && before.map { task < $0 } != false
                    && trader.map { state.trades[task]?.trade.trader == $0 } != false
            }
            return open.sorted { $0.key > $1.key }.prefix(limit).compactMap { task, row in
                guard let trade = state.trades[task]?.trade else { return nil }
                return ApprovalRequest(
                    trade: trade,
                    basket: trade.links.basket == nil
                        ? [] : state.legs(of: task).compactMap { state.trades[$0]?.trade },
                    maker: row.maker,
                    makerName: state.users[row.maker]?.identity.name ?? "",
                    size: row.size,
                    askedAt: row.askedAt,
                    expiresAt: row.expiresAt
                )
            }
        }
    }

    package func decide(_ decision: ApprovalDecision) async throws(StoreFailure)
        -> ApprovalOutcome
    {
        let now = clock.now()
        let outcome = try transact("decideApproval") { state -> ApprovalOutcome in
            let legs = state.legs(of: decision.task)
            guard let head = legs.first, let row = state.approvals[head],
                let trade = state.trades[decision.task]?.trade,
                decision.trader.map({ trade.trader == $0 }) ?? true
            else { return .notFound }
            let verdict = decision.isApproved ? "approved" : "rejected"
            if let known = row.verdict {
                return known == verdict && row.decider == decision.user
                    ? .decided(trade) : .over(known)
            }
            guard !decision.isApproved || row.maker != decision.user else { return .ownTrade }
            guard row.expiresAt > now else { return .over("expired") }
            state.approvals[head]?.verdict = verdict
            state.approvals[head]?.decider = decision.user
            for leg in legs {
                state.trades[leg]?.state = decision.isApproved ? .accepted : .declined
                if decision.isApproved {
                    state.outbox.append((state.nextID(), .plan(leg), now))
                } else {
                    state.trades[leg]?.completedAt = now
                }
            }
            return state.trades[decision.task].map { .decided($0.trade) } ?? .notFound
        }
        ring()
        return outcome
    }

    package func expireApprovals() async throws(StoreFailure) -> Int {
        let now = clock.now()
        return try transact("expireApprovals") { state in
            let late = state.approvals.filter {
                $0.value.verdict == nil && $0.value.expiresAt <= now
            }
            for task in late.keys {
                state.approvals[task]?.verdict = "expired"
                for leg in state.legs(of: task) {
                    state.trades[leg]?.state = .declined
                    state.trades[leg]?.completedAt = now
                }
            }
            return late.count
        }
    }
}

extension MemoryState {
    /// How large a trade is, where it is so large that it must wait.
    func sizeToApprove(_ order: Submission) -> TradeSize? {
        order.isExit ? nil : sizeToApprove([order])
    }

    /// How large trades of one trader are together, where that is above the limit.
    func sizeToApprove(_ orders: [Submission]) -> TradeSize? {
        guard let trader = orders.first?.trader, let limit = approvalLimits[trader],
            limit != ApprovalLimit()
        else { return nil }
        let size = TradeSize(together: orders.map(size))
        return limit.isExceeded(by: size) ? size : nil
    }

    private func size(of order: Submission) -> TradeSize {
        let audience = clients.values.filter { row in
            row.client.trader == order.trader && row.client.status == .active
                && row.isMeant(by: order.clients)
        }
        let instrument = order.terms.instrument.id
        return TradeSize(
            order.sizing,
            order.terms.side,
            price: order.terms.price ?? instruments[instrument]?.masterPrice,
            of: TradeSize.Audience(
                clients: Int64(audience.count),
                capital: audience.reduce(.zero) { $0 + $1.client.capital },
                shares: audience.reduce(.zero) {
                    $0 + ($1.holdings[order.terms.shares]?.quantity ?? .zero)
                }
            )
        )
    }

    /// The trades that are decided as one.
    fileprivate func legs(of task: TaskID) -> [TaskID] {
        trades[task]?.links.basket.flatMap { baskets[$0]?.tasks } ?? [task]
    }
}
