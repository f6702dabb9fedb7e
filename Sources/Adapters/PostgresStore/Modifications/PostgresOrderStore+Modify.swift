package import Desk
import JSON
import Postgres
import Trading

extension PostgresOrderStore {
    package func askToModify(_ request: ModificationRequest) async throws(StoreFailure)
        -> ModificationAsked
    {
        try await pool.transact { transaction in
            let earlier: Call = (
                ModificationStatements.withKey,
                [.int(request.user.raw), .text(request.idempotencyKey)]
            )
            let owner: Call = (ModificationStatements.owner, [.int(request.order.raw)])
            let first = try await transaction.begin([earlier, owner])
            if let made = first[0].first {
                return try await Self.repeated(made, request, transaction)
            }
            guard let subject = first[1].first,
                request.trader.map({ $0.raw == subject.int(0) }) != false
            else {
                try await transaction.commit([])
                return .notFound
            }
            // The locks in their order; whoever had the same key has written it by then.
            let ids = [request.order]
            let reads = OrderBatch.reads(ids, money: ids)
            let terms: Call = (ModificationStatements.terms, [.ints(ids.map(\.raw))])
            let rows = try await transaction.go(
                reads + FitnessBatch.reads(ids) + [terms, earlier]
            )
            if let made = rows[reads.count + 3].first {
                return try await Self.repeated(made, request, transaction)
            }
            var wish = try WishedModification(
                rows,
                reads: reads.count,
                request,
                requiresEgress: policy.requiresEgress
            )
            switch wish.decision {
            case .refuse(let refusal):
                try await transaction.commit([])
                return .refused(refusal)
            case .take(let shape, let cash, let shares, let price):
                try wish.hold(cash, shares)
                let inserted = try await transaction.go([
                    wish.insert(shape, cash, shares, price), earlier,
                ])
                guard let made = inserted[1].first else {
                    throw StoreFailure.broken("a change is not there")
                }
                // Another order's change took the key meanwhile.
                guard !inserted[0].isEmpty else {
                    return try await Self.repeated(made, request, transaction)
                }
                try await transaction.commit(try wish.writes(shape))
                var columns = Columns(made)
                _ = columns.bytes()
                return .created(try Modification(reading: &columns), wish.job)
            }
        }
    }

    /// The answer where the key has made a change already.
    private static func repeated(
        _ row: PostgresRow,
        _ request: ModificationRequest,
        _ transaction: Transaction
    ) async throws -> ModificationAsked {
        try await transaction.commit([])
        var columns = Columns(row)
        let hash = columns.bytes()
        let made = try Modification(reading: &columns)
        return hash == request.bodyHash ? .repeated(made) : .conflict(made.id)
    }
}

/// One order that somebody wishes changed, under its locks.
private struct WishedModification {
    let decision: ModificationDecision
    private let request: ModificationRequest
    private let intent: IntentRow
    private let before: OrderShape
    private var orders: OrderBatch

    var job: OrderJob { intent.job }

    init(
        _ rows: [PostgresRows],
        reads: Int,
        _ request: ModificationRequest,
        requiresEgress: Bool
    ) throws {
        self.request = request
        orders = try OrderBatch(rows)
        guard let intent = orders.intents[request.order], let row = rows[reads + 2].first else {
            throw StoreFailure.broken("order \(request.order) has no row")
        }
        self.intent = intent
        let fit = try FitnessBatch(
            rows[reads...],
            intents: orders.intents,
            requiresEgress: requiresEgress
        )
        var columns = Columns(row)
        _ = columns.int()
        let terms = try OrderTerms(reading: &columns)
        let made = Int(columns.int())
        let open: ModificationID? = columns.optionalID()
        let rules = request.rules[intent.broker]
        let basis = ModificationBasis(
            state: intent.state,
            terms: terms,
            quantity: intent.quantity,
            filled: intent.filled,
            held: intent.held,
            available: orders.book.funds(of: intent.client).available,
            free: orders.book.holding(intent.holdingKey).free,
            made: made,
            most: rules?.mostPerOrder,
            types: rules?.types ?? [],
            obstacle: fit.obstacle(to: intent.id) ?? request.obstacle,
            market: request.market ?? intent.sizingPrice
        )
        before = basis.shape
        decision = open.map { .refuse(.otherOpen($0)) } ?? basis.decide(request.wish)
    }

    /// Holds what the change needs more.
    mutating func hold(_ cash: Money, _ shares: Quantity) throws {
        var changed = intent
        guard orders.book.hold(cash, for: changed), orders.book.reserve(shares, for: changed) else {
            throw StoreFailure.broken("a change was sized beyond what is free")
        }
        changed.held += cash
        changed.reserved = changed.reserved + shares
        changed.lookIn = .seconds(1)
        orders.put(changed)
    }

    func insert(_ shape: OrderShape, _ cash: Money, _ shares: Quantity, _ price: Price) -> Call {
        (
            ModificationStatements.insert,
            [
                .int(request.user.raw), .text(request.idempotencyKey), .bytes(request.bodyHash),
                .int(request.order.raw),
            ] + before.values + shape.values
                + [.int(price.raw), .int(cash.paise), .int(shares.raw)]
        )
    }

    func writes(_ shape: OrderShape) throws -> [Call] {
        let ceiling = max(before.quantity, shape.quantity)
        let line =
            "ORDER_MODIFY_ASKED: \(intent.side.rawValue) \(intent.symbol), \(before.text) to "
            + shape.text
        return try orders.writes() + [
            (
                ModificationStatements.setCeilings,
                [.ints([intent.id.raw]), .optionalInts([ceiling.raw])]
            ),
            (
                ModificationStatements.audit,
                [
                    .optional(request.actor.user?.raw),
                    request.actor.address.map { .text($0) } ?? .null, .int(intent.id.raw),
                    .text(AuditText.object(line)),
                ]
            ),
        ]
    }
}
