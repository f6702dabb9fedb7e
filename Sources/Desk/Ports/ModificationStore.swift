package import Trading

/// Where changes of orders are kept, and what became of each.
///
/// 1. One change of an order at a time; it ends as APPLIED, REFUSED, UNCHANGED or WITHDRAWN.
/// 2. What it needs more is held in the transaction that stores it; what the order needs less is
///    released in the one that ends it. Until then the order holds enough for both shapes.
/// 3. Written as SENDING before the first byte leaves, by one worker; never sent again afterwards
///    unless it is proven that nothing left.
/// 4. One that has not ended is due (`DueKind.modification`), so none is forgotten.
package protocol ModificationStore: Sendable {
    /// Stores a change with what it holds, once per (user, key).
    func askToModify(_ request: ModificationRequest) async throws(StoreFailure)
        -> ModificationAsked

    /// One change; nil where there is none.
    func modification(_ id: ModificationID) async throws(StoreFailure) -> Modification?

    /// The changes of an order, oldest first.
    func modifications(of order: IntentID) async throws(StoreFailure) -> [Modification]

    /// The change of each of these orders that has not ended.
    func openModifications(_ orders: [IntentID]) async throws(StoreFailure) -> [OpenModification]

    /// Takes changes that were not sent: writes them as SENDING, or ends them where the order or the
    /// client is no longer fit, or `obstacle` says why nothing may be sent now, whoever the client.
    ///
    /// For each, in the order of the changes, the number of its try; nil where it is not to be sent.
    func claim(_ changes: [OpenModification], obstacle: Reason?, lease: Lease)
        async throws(StoreFailure) -> [Int?]

    /// Writes down what became of changes; news of a try that is no longer the last is dropped.
    func note(_ news: [ModificationNews]) async throws(StoreFailure)
}

/// What somebody wishes changed, checked but for whose order it is and how it stands.
package struct ModificationRequest: Sendable {
    /// Whose orders may be meant; nil: any trader's.
    package let trader: TraderID?
    package let actor: Actor
    package let user: UserID
    package let idempotencyKey: String
    /// SHA-256 of what was asked in canonical form.
    package let bodyHash: [UInt8]
    package let order: IntentID
    package let wish: WishedShape
    /// What each broker takes; those that take none are missing.
    package var rules: [BrokerName: ModificationRules]
    /// Why nothing may be sent now, whoever the client.
    package var obstacle: Reason?
    /// The last price, where it is needed and known.
    package var market: Price?

    package init(
        trader: TraderID?,
        user: UserID,
        address: String? = nil,
        idempotencyKey: String,
        bodyHash: [UInt8],
        order: IntentID,
        wish: WishedShape,
        rules: [BrokerName: ModificationRules] = [:],
        obstacle: Reason? = nil,
        market: Price? = nil
    ) {
        self.trader = trader
        actor = Actor(user: user, address: address)
        self.user = user
        self.idempotencyKey = idempotencyKey
        self.bodyHash = bodyHash
        self.order = order
        self.wish = wish
        self.rules = rules
        self.obstacle = obstacle
        self.market = market
    }
}

/// What became of a request to change an order.
package enum ModificationAsked: Sendable {
    case created(Modification, OrderJob)
    /// The key has made this one already.
    case repeated(Modification)
    /// The key was used for something else.
    case conflict(ModificationID)
    /// There is no such order among the trader's.
    case notFound
    case refused(ModificationRefusal)
}

/// A change of one order, and how far it has come.
package struct Modification: Sendable, Equatable {
    package let id: ModificationID
    package let order: IntentID
    package let task: TaskID
    package let client: ClientID
    package let trader: TraderID
    package let state: ModificationState
    package let before: OrderShape
    package let wanted: OrderShape
    /// Cash and shares that were held for it.
    package let heldMore: Money
    package let reservedMore: Quantity
    /// Cash and shares that became free when it ended.
    package let released: Money
    package let releasedShares: Quantity
    /// How often it was sent.
    package let tries: Int
    /// Why it was not sent or not done, where we know.
    package let reason: Reason?
    /// What the broker said; never a secret.
    package let words: String?
    package let askedAt: Timestamp
    package let endedAt: Timestamp?

    package init(
        id: ModificationID,
        order: IntentID,
        task: TaskID,
        client: ClientID,
        trader: TraderID,
        state: ModificationState,
        before: OrderShape,
        wanted: OrderShape,
        heldMore: Money,
        reservedMore: Quantity,
        released: Money,
        releasedShares: Quantity,
        tries: Int,
        reason: Reason?,
        words: String?,
        askedAt: Timestamp,
        endedAt: Timestamp?
    ) {
        self.id = id
        self.order = order
        self.task = task
        self.client = client
        self.trader = trader
        self.state = state
        self.before = before
        self.wanted = wanted
        self.heldMore = heldMore
        self.reservedMore = reservedMore
        self.released = released
        self.releasedShares = releasedShares
        self.tries = tries
        self.reason = reason
        self.words = words
        self.askedAt = askedAt
        self.endedAt = endedAt
    }
}

/// A change that has not ended, as a worker needs it.
package struct OpenModification: Sendable {
    package let id: ModificationID
    package let job: OrderJob
    package let owner: OrderOwner
    package let state: ModificationState
    package let before: OrderShape
    package let wanted: OrderShape
    package let tries: Int
    /// SENDING, and nobody has written down in time what came of it.
    package let isAbandoned: Bool
    /// When the send was over at the latest; nil where none has begun.
    package let sentAt: Timestamp?
    /// Whether the broker answered that it takes it, or said no without proof.
    package let brokerSpoke: Bool
    /// How many looks since showed the order as it was.
    package let looks: Int
    /// When the broker took the order; nil where nobody needs to know.
    package let takenAt: Timestamp?

    package init(
        id: ModificationID,
        job: OrderJob,
        owner: OrderOwner,
        state: ModificationState,
        before: OrderShape,
        wanted: OrderShape,
        tries: Int,
        isAbandoned: Bool,
        sentAt: Timestamp?,
        brokerSpoke: Bool,
        looks: Int,
        takenAt: Timestamp? = nil
    ) {
        self.id = id
        self.job = job
        self.owner = owner
        self.state = state
        self.before = before
        self.wanted = wanted
        self.tries = tries
        self.isAbandoned = isAbandoned
        self.sentAt = sentAt
        self.brokerSpoke = brokerSpoke
        self.looks = looks
        self.takenAt = takenAt
    }
}

/// What to write down of a change.
package struct ModificationNews: Sendable {
    /// What happened.
    package enum Event: Sendable, Equatable {
        /// Not sent yet; try again after this.
        case later(Duration)
        /// What the broker answered to a send.
        case answered(ModificationAnswer)
        /// The books tell nothing for sure yet; `asBefore`: they showed the order as it was.
        case stillUnknown(asBefore: Bool, lookAgainIn: Duration)
        /// The books have told.
        case shown(ModificationEvidence)
        /// The order has ended, and the change with it, be it sent or not.
        case orderEnded(ModificationEvidence)
        /// The order's day is over. What was not sent ends; what is not known ends with the order, which
        /// holds enough for both shapes until then.
        case dayOver(ModificationEvidence)
    }

    package let id: ModificationID
    package let job: OrderJob
    package let tries: Int
    package let event: Event

    package init(_ change: OpenModification, tries: Int? = nil, _ event: Event) {
        id = change.id
        job = change.job
        self.tries = tries ?? change.tries
        self.event = event
    }
}

extension ModificationNews {
    /// Until a change whose order's day is over is tried again to be ended with the order.
    package static let orderAwaited: Duration = .seconds(60)

    /// The words of a change that ended without anybody having told what came of it.
    package static let untold = "the order's day was over before the broker's books could tell"
}
