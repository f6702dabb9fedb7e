package import Trading

/// Where baskets are kept: several legs that are submitted as one, each a bulk trade of its own for the
/// same clients.
package protocol BasketStore: Sendable {
    /// Stores a basket with a bulk trade and an outbox row for each leg, in one transaction, once per
    /// (trader, key). One that is above the trader's limit, all legs together, waits for approval.
    func submit(_ basket: BasketSubmission) async throws(StoreFailure) -> BasketSubmitted

    /// One basket; nil where there is none.
    func basket(_ id: BasketID) async throws(StoreFailure) -> Basket?

    /// The baskets of a trader, or all, newest first, below `before` where given.
    func baskets(of trader: TraderID?, before: BasketID?, limit: Int) async throws(StoreFailure)
        -> [Basket]

    /// One page of a basket's orders in the order of their ids.
    func basketResults(_ id: BasketID, after: IntentID?, limit: Int, client: ClientID?)
        async throws(StoreFailure) -> [LegResult]

    /// Lets go of purchases whose clients' sales of the same basket have all ended, and returns them for
    /// their queues; one whose message is lost is due again as any other.
    func releaseLegs(limit: Int) async throws(StoreFailure) -> [OrderJob]
}

/// A basket that somebody asks for, checked.
package struct BasketSubmission: Sendable {
    /// What one leg trades, and how much of it.
    package struct Leg: Sendable, Equatable {
        package let terms: OrderTerms
        package let sizing: Sizing

        package init(terms: OrderTerms, sizing: Sizing) {
            self.terms = terms
            self.sizing = sizing
        }
    }

    package let trader: TraderID
    package let user: UserID
    package let idempotencyKey: String
    /// SHA-256 of what was asked in canonical form.
    package let bodyHash: [UInt8]
    package let legs: [Leg]
    package let clients: ClientFilter
    package let onDoubt: DoubtPolicy
    package let sequence: BasketSequence
    package let onRefusal: RefusalPolicy

    package init(
        trader: TraderID,
        user: UserID,
        idempotencyKey: String,
        bodyHash: [UInt8],
        legs: [Leg],
        clients: ClientFilter,
        onDoubt: DoubtPolicy,
        sequence: BasketSequence,
        onRefusal: RefusalPolicy
    ) {
        self.trader = trader
        self.user = user
        self.idempotencyKey = idempotencyKey
        self.bodyHash = bodyHash
        self.legs = legs
        self.clients = clients
        self.onDoubt = onDoubt
        self.sequence = sequence
        self.onRefusal = onRefusal
    }

    /// Each leg as a bulk trade of its own.
    package var trades: [Submission] {
        legs.map { leg in
            Submission(
                trader: trader,
                user: user,
                idempotencyKey: idempotencyKey,
                bodyHash: bodyHash,
                terms: leg.terms,
                sizing: leg.sizing,
                clients: clients,
                onDoubt: onDoubt
            )
        }
    }

    /// Whether a leg's orders wait for their client's sales.
    package func waits(_ leg: Leg) -> Bool {
        sequence == .sellsFirst && leg.terms.side == .buy
            && legs.contains { $0.terms.side == .sell }
    }
}

/// What became of a basket that was submitted.
package enum BasketSubmitted: Sendable {
    case created(Basket)
    case repeated(Basket)
    /// The key was used for another basket.
    case conflict(BasketID)
    /// Some of the named clients are not this trader's.
    case unknownClients([ClientID])
}

/// A basket as it was submitted.
package struct Basket: Sendable, Equatable {
    package let id: BasketID
    package let trader: TraderID
    package let sequence: BasketSequence
    package let onRefusal: RefusalPolicy
    package let acceptedAt: Timestamp
    /// The legs' bulk trades, in the order of legs.
    package let tasks: [TaskID]
    /// Whether somebody else must approve it first: all legs, or none.
    package let awaitsApproval: Bool

    package init(
        id: BasketID,
        trader: TraderID,
        sequence: BasketSequence,
        onRefusal: RefusalPolicy,
        acceptedAt: Timestamp,
        tasks: [TaskID],
        awaitsApproval: Bool = false
    ) {
        self.id = id
        self.trader = trader
        self.sequence = sequence
        self.onRefusal = onRefusal
        self.acceptedAt = acceptedAt
        self.tasks = tasks
        self.awaitsApproval = awaitsApproval
    }
}

/// One client's order of one leg.
package struct LegResult: Sendable {
    /// From 0.
    package let leg: Int
    package let task: TaskID
    package let symbol: String
    package let side: Side
    /// Whether it waits behind its client's sales.
    package let isHeldBack: Bool
    package let result: ClientResult

    package init(
        leg: Int,
        task: TaskID,
        symbol: String,
        side: Side,
        isHeldBack: Bool,
        result: ClientResult
    ) {
        self.leg = leg
        self.task = task
        self.symbol = symbol
        self.side = side
        self.isHeldBack = isHeldBack
        self.result = result
    }
}
