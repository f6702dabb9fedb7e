import Desk
import JSON
import Postgres
import Trading

/// Decides which of a batch's intents are sent, and what is held for each.
struct ClaimBatch {
    /// What became of one request.
    enum Decision: Sendable {
        case send(AttemptDraft)
        case declined(Reason)
        case inDoubt
        case settled
    }

    private var orders: OrderBatch
    private let contexts: [IntentID: ClaimContext]
    private let halts: Halts
    private var limits: LimitBook
    private let mark: String
    private let lease: Lease
    private let requiresEgress: Bool
    private var drafts: [AttemptDraft] = []

    /// The calls whose rows `init` takes.
    static func reads(_ requests: [ClaimRequest]) -> [Call] {
        let ids = PostgresValue.ints(requests.map(\.job.intent.raw))
        let instruments = PostgresValue.ints(requests.map(\.trade.terms.instrument.id.raw))
        let sales = requests.filter { $0.trade.terms.side == .sell }.map(\.job.intent.raw)
        return [
            (LedgerStatements.lockFunds, [ids]), (OrderStatements.lockIntents, [ids]),
            (LedgerStatements.holdings, [.ints(sales)]),
            (ClaimStatements.contexts, [ids, instruments]), (ClaimStatements.halts, []),
            (LimitStatements.bases, [ids, instruments]),
        ]
    }

    init(
        _ rows: [PostgresRows],
        mark: String,
        lease: Lease,
        requiresEgress: Bool = false
    ) throws(StoreFailure) {
        orders = try OrderBatch(funds: rows[0], intents: rows[1], holdings: rows[2])
        var contexts: [IntentID: ClaimContext] = [:]
        contexts.reserveCapacity(rows[3].count)
        for row in rows[3] {
            let context = try ClaimContext(reading: row)
            contexts[context.intent] = context
        }
        self.contexts = contexts
        halts = try Halts(reading: rows[4])
        limits = LimitBook(rows[5])
        self.mark = mark
        self.lease = lease
        self.requiresEgress = requiresEgress
    }

    /// Takes the intent if it is READY and nothing is in its way.
    mutating func decide(_ request: ClaimRequest) throws -> Decision {
        guard var intent = orders.intents[request.job.intent] else { return .settled }
        switch intent.state {
        case .sending, .unknown: return .inDoubt
        // Its message is not out yet; this one is none of ours.
        case .ready where intent.isHeldBack: return .settled
        case .ready: break
        case .accepted, .open, .partlyFilled, .filled, .cancelRequested, .cancelled, .rejected,
            .expired, .skipped:
            return .settled
        }
        // A message that names another trade would bring other terms; the right one comes again.
        guard intent.task == request.trade.id, let context = contexts[intent.id] else {
            return .settled
        }
        if let reason = obstacle(to: intent, request, context) {
            return try decline(&intent, reason)
        }
        guard let price = request.price else {
            return try decline(&intent, request.priceObstacle)
        }
        let basis = SizingBasis(
            capital: context.capital,
            usualPart: context.usualPart,
            available: orders.book.funds(of: intent.client).available,
            free: orders.book.holding(intent.holdingKey).free,
            owned: orders.book.holding(intent.holdingKey).quantity,
            price: price,
            leverage: request.trade.leverage.flatMap { request.trade.terms.isLent ? $0 : nil }
        )
        let sizing = intent.ownQuantity.map(Sizing.quantity) ?? request.trade.sizing
        let sized = sizing.assess(request.trade.terms, from: basis)
        if let reason = sized.reasons.first {
            intent.note = sized.whatFits(at: price)
            return try decline(&intent, reason, basis)
        }
        // As it was shown, or not at all.
        if request.trade.preflight != nil, !intent.isSlice, sized.quantity != intent.ownQuantity {
            return try decline(&intent, .changedSincePreflight, basis)
        }
        // The whole is held against the limits; each later slice is counted when it is claimed.
        let (first, later) = (sized.first, sized.later)
        if let declined = try decline(&intent, basis, first, later) { return declined }
        return try send(&intent, request, context, basis, first, hold: sized.hold, later: later)
    }

    /// Declines what is beyond a limit, with words that name it; counts what is not.
    private mutating func decline(
        _ intent: inout IntentRow,
        _ basis: SizingBasis,
        _ quantity: Quantity,
        _ later: [Quantity] = []
    ) throws -> Decision? {
        let whole = later.reduce(quantity, +)
        if let breach = limits.breach(by: intent, worth: basis.price.cost(of: whole)) {
            intent.note = breach.words
            return try decline(&intent, breach.reason, basis)
        }
        limits.count(intent, worth: basis.price.cost(of: quantity))
        return nil
    }

    /// The same rules in the same order as `Eligibility` and the plan's statement, seen anew.
    private func obstacle(
        to intent: IntentRow,
        _ request: ClaimRequest,
        _ context: ClaimContext
    ) -> Reason? {
        intent.cancelWish ?? (context.isResend ? request.obstacleToResend : nil)
            ?? context.clientObstacle
            ?? halts.reason(for: intent.haltSubject)
            ?? request.obstacle ?? context.accountObstacle(requiresEgress: requiresEgress)
            ?? (context.isStopped ? .legStopped : nil)
    }

    private mutating func decline(
        _ intent: inout IntentRow,
        _ reason: Reason,
        _ basis: SizingBasis? = nil
    ) throws -> Decision {
        try intent.apply(.declined)
        intent.reason = reason
        intent.lookIn = nil
        orders.put(intent)
        let line = "ORDER_SKIPPED: \(intent.side.rawValue) \(intent.symbol), \(reason.sentence)"
        let detail = AuditText.object(line) { detail in
            detail.field("reason", reason.rawValue)
            if let note = intent.note { detail.field("limit", note) }
            basis?.write(to: &detail)
        }
        orders.audit("ORDER_SKIPPED", intent, detail)
        return .declined(reason)
    }

    private mutating func send(
        _ intent: inout IntentRow,
        _ request: ClaimRequest,
        _ context: ClaimContext,
        _ basis: SizingBasis,
        _ quantity: Quantity,
        hold: Money,
        later: [Quantity] = []
    ) throws -> Decision {
        try intent.apply(.sendingStarted)
        intent.reason = nil
        intent.note = nil
        intent.quantity = quantity
        intent.sizingPrice = basis.price
        intent.attempts += 1
        // Due when the lease is over, which the attempt knows.
        intent.lookIn = nil
        let isSale = intent.side == .sell
        intent.held = hold
        intent.reserved = isSale ? quantity : .zero
        let isHeld =
            isSale
            ? orders.book.reserve(quantity, for: intent) : orders.book.hold(hold, for: intent)
        precondition(isHeld, "an order was sized beyond what is free")
        let draft = AttemptDraft(
            job: intent.job,
            number: intent.attempts,
            reference: BrokerReference.make(intent.id, attempt: intent.attempts, mark: mark),
            terms: request.trade.terms,
            quantity: quantity,
            sizingPrice: basis.price,
            door: context.door,
            owner: OrderOwner(trader: intent.trader, client: intent.client),
            later: later
        )
        drafts.append(draft)
        orders.put(intent)
        let order = AuditText.trade(intent.symbol, quantity, basis.price)
        let line = "ORDER_SENDING: \(intent.side.rawValue) \(order)"
        let detail = AuditText.object(line) { detail in
            detail.field("reference", draft.reference)
            detail.field("quantity", quantity.raw)
            detail.field("held", hold.rupees)
            if !later.isEmpty { detail.field("later_slices", later.count) }
            basis.write(to: &detail)
        }
        orders.audit("ORDER_SENDING", intent, detail)
        return .send(draft)
    }

    /// The calls that write what was decided.
    func writes() throws(StoreFailure) -> [Call] {
        guard !drafts.isEmpty else { return try orders.writes() }
        let paces = limits.writes
        let attempts: Call = (
            OrderStatements.insertAttempts,
            [
                .ints(drafts.map(\.job.intent.raw)), .ints(drafts.map { Int64($0.number) }),
                .texts(drafts.map(\.reference)), .text(lease.worker),
                .int(lease.duration.microseconds),
            ]
        )
        return try orders.writes() + [attempts] + paces + sliceWrites
    }

    /// Makes the orders for the rest of what was cut; last of all, so that their rows come last.
    private var sliceWrites: [Call] {
        let cut = drafts.filter { !$0.later.isEmpty }
        guard !cut.isEmpty else { return [] }
        let rows = cut.flatMap { draft in
            draft.later.enumerated().map { (draft.job.intent.raw, Int64($0 + 1), $1.raw) }
        }
        return [
            (
                OrderStatements.setSlices,
                [.ints(cut.map(\.job.intent.raw)), .ints(cut.map(\.quantity.raw))]
            ),
            (
                OrderStatements.insertSlices,
                [.ints(rows.map(\.0)), .ints(rows.map(\.1)), .ints(rows.map(\.2))]
            ),
        ]
    }

    /// The decisions with the orders that `sliceWrites` made for the rest.
    static func decided(_ decisions: [Decision], _ written: [PostgresRows]) throws(StoreFailure)
        -> [Decision]
    {
        let isAnyCut = decisions.contains { decision in
            if case .send(let draft) = decision { !draft.later.isEmpty } else { false }
        }
        guard isAnyCut, let rows = written.last else { return decisions }
        let jobs = try OrderJob.reading(rows)
        let clients = rows.map { $0.int(4) }
        return decisions.map { decision in
            guard case .send(var draft) = decision, !draft.later.isEmpty else { return decision }
            draft.slices = zip(jobs, clients)
                .filter { $0.task == draft.job.task && $1 == draft.client.raw }.map(\.0)
            return .send(draft)
        }
    }
}

extension SizingBasis {
    /// The inputs of a size, for the audit log.
    fileprivate func write(to detail: inout JSONWriter) {
        detail.field("price", price.rupees)
        detail.field("capital", capital.rupees)
        detail.field("usual_part_percent", usualPart.percent)
        detail.field("available", available.rupees)
        detail.field("shares_free", free.raw)
        detail.field("shares_owned", owned.raw)
    }
}
