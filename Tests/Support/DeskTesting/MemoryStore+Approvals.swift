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
            guard let row = state.approvals[decision.task],
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
            state.approvals[decision.task]?.verdict = verdict
            state.approvals[decision.task]?.decider = decision.user
            state.trades[decision.task]?.state = decision.isApproved ? .accepted : .declined
            if decision.isApproved {
                state.outbox.append((state.nextID(), .plan(decision.task), now))
            } else {
                state.trades[decision.task]?.completedAt = now
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
                state.trades[task]?.state = .declined
                state.trades[task]?.completedAt = now
            }
            return late.count
        }
    }
}

extension MemoryState {
    /// How large a trade is, where it is so large that it must wait.
    func sizeToApprove(_ order: Submission) -> TradeSize? {
        guard let limit = approvalLimits[order.trader], limit != ApprovalLimit() else { return nil }
        let audience = clients.values.filter { row in
            row.client.trader == order.trader && row.client.status == .active
                && row.isMeant(by: order.clients)
        }
        let instrument = order.terms.instrument.id
        let size = TradeSize(
            order.sizing,
            order.terms.side,
            price: order.terms.price ?? instruments[instrument]?.masterPrice,
            of: TradeSize.Audience(
                clients: Int64(audience.count),
                capital: audience.reduce(.zero) { $0 + $1.client.capital },
                shares: audience.reduce(.zero) {
                    $0 + ($1.holdings[instrument]?.quantity ?? .zero)
                }
            )
        )
        return limit.isExceeded(by: size) ? size : nil
    }
}
