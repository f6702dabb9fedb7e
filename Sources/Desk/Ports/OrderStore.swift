package import Trading

/// Where intents, attempts and their money are kept: the authority on what was sent.
///
/// Every function is one transaction over a batch; the order of locks is task < client < intent,
/// each sorted by id, so that two workers cannot deadlock. All throw `StoreFailure`.
package protocol OrderStore: Sendable {
    /// Takes READY intents: locks them and their clients' money, lets `decide` size each, and writes
    /// SENDING attempts with their holds, or the refusals. What is not READY is reported as found.
    ///
    /// Intents of one client in one batch see each other's holds. The answers come in the order of
    /// `requests`.
    func claim(_ requests: [ClaimRequest], lease: Lease) async throws(StoreFailure) -> [Claim]

    /// Writes what the broker answered, with holds released where it refused, events and audit.
    ///
    /// An outcome whose fence is no longer the attempt's is dropped, and false is returned for it:
    /// another worker has taken the attempt over (by doubt, never by sending).
    func record(_ outcomes: [AttemptOutcome]) async throws(StoreFailure) -> [Bool]

    /// Books what a broker's books say of orders: state, fills (each once), money and holdings.
    func apply(_ reports: [BookedOrder]) async throws(StoreFailure)

    /// The live orders among these, with what is needed to ask the broker for them.
    func liveOrders(_ intents: [IntentID]) async throws(StoreFailure) -> [LiveOrder]

    /// The same of those that a broker took and that have ended.
    func endedOrders(_ intents: [IntentID]) async throws(StoreFailure) -> [LiveOrder]

    /// Intents whose outcome is in doubt, with the attempt to look for. Expired SENDING ones become
    /// UNKNOWN here; their fence is raised, so that a late answer of the first worker is dropped.
    func doubts(_ intents: [IntentID]) async throws(StoreFailure) -> [Doubt]

    /// Writes what the look-ups found.
    func resolve(_ findings: [DoubtFinding]) async throws(StoreFailure)

    /// The orders of ours that carry these references at their brokers and may still change.
    func jobs(withReferences references: [String]) async throws(StoreFailure) -> [OrderJob]

    /// The live orders that the brokers gave these ids.
    func jobs(withNumbers numbers: [BrokerOrderNumber]) async throws(StoreFailure) -> [OrderJob]

    /// Live orders and doubts that are due for a look, and puts off the next one of each.
    func due(_ kind: DueKind, limit: Int) async throws(StoreFailure) -> [OrderJob]
}

/// An order as its broker names it.
package struct BrokerOrderNumber: Sendable, Hashable {
    package let broker: BrokerName
    /// The broker's own id.
    package let id: String

    package init(broker: BrokerName, id: String) {
        self.broker = broker
        self.id = id
    }
}

/// Why the store gave no answer, sorted by what the caller must do.
package enum StoreFailure: Error, Sendable {
    /// Nothing was done, or nothing that a repetition would not find done: try again later.
    case unavailable(String)
    /// The transaction may or may not have been committed: read before doing anything else.
    case outcomeUnknown(String)
    /// A defect or a broken rule of the database: trying again will not help.
    case broken(String)
}

/// Which looks are due.
package enum DueKind: Sendable {
    /// Orders at a broker that may have filled.
    case live
    /// UNKNOWN and expired SENDING intents.
    case doubt
    /// READY intents of planned tasks that no message seems to carry any more.
    case forgotten
    /// Orders whose cancel the broker was not asked for yet, or not with an answer.
    case cancel
    /// Orders with a change that has not ended.
    case modification
}

/// What a message says of one client's order; all that is needed to begin.
package struct OrderJob: Sendable, Hashable {
    package let intent: IntentID
    package let task: TaskID
    package let broker: BrokerName
    /// Nil where the paper broker executes.
    package let account: AccountID?

    package init(intent: IntentID, task: TaskID, broker: BrokerName, account: AccountID?) {
        self.intent = intent
        self.task = task
        self.broker = broker
        self.account = account
    }
}

/// What a claim needs to know beside what the store knows.
package struct ClaimRequest: Sendable {
    package let job: OrderJob
    package let trade: BulkTrade
    /// The limit, trigger, or reference price; nil: none is known, and the order is skipped.
    package let price: Price?
    /// For which reason it is skipped where there is no price.
    package let priceObstacle: Reason
    /// Set where the market is closed or the like: the order is skipped for this reason.
    package let obstacle: Reason?
    /// Why an order that was proven absent may not be sent again any more; nil where it may.
    ///
    /// It then ends for this reason. Orders that were never sent do not care.
    package let obstacleToResend: Reason?

    package init(
        job: OrderJob,
        trade: BulkTrade,
        price: Price?,
        priceObstacle: Reason = .noPrice,
        obstacle: Reason?,
        obstacleToResend: Reason? = nil
    ) {
        self.job = job
        self.trade = trade
        self.price = price
        self.priceObstacle = priceObstacle
        self.obstacle = obstacle
        self.obstacleToResend = obstacleToResend
    }
}

/// Until when a claimed attempt belongs to its worker.
package struct Lease: Sendable {
    /// The worker's name, for the record.
    package let worker: String
    package let duration: Duration

    package init(worker: String, duration: Duration) {
        self.worker = worker
        self.duration = duration
    }
}

/// What became of a claim.
package enum Claim: Sendable {
    /// Written as SENDING; this worker, and no other ever, sends it.
    case send(Attempt)
    /// Sized to nothing, halted, or otherwise refused; recorded.
    case declined(Reason)
    /// Found SENDING or UNKNOWN: only the broker's books may move it on.
    case inDoubt
    /// Already beyond sending, or gone: nothing to do.
    case settled
}

/// One try to place one order: written down before its first byte leaves.
package struct Attempt: Sendable {
    package let job: OrderJob
    package let number: Int16
    /// Our id on the order at the broker.
    package let reference: String
    /// Raised by whoever takes the attempt over; a record with an older one is dropped.
    package let fence: Int64
    package let terms: OrderTerms
    package let quantity: Quantity
    /// The price from which the order was sized; the paper broker's fill price for MARKET.
    package let sizingPrice: Price
    package let session: BrokerSession
    /// The orders for the rest of a quantity of which this is the first slice: READY, and to be put
    /// in their queue.
    package let slices: [OrderJob]
    /// Whose order it is.
    package let owner: OrderOwner
    /// Asked immediately before the first byte leaves; nil where nobody may stop it any more.
    package var brake: SendBrake?

    package init(
        job: OrderJob,
        number: Int16,
        reference: String,
        fence: Int64,
        terms: OrderTerms,
        quantity: Quantity,
        sizingPrice: Price,
        session: BrokerSession,
        owner: OrderOwner,
        slices: [OrderJob] = []
    ) {
        self.owner = owner
        self.job = job
        self.number = number
        self.reference = reference
        self.fence = fence
        self.terms = terms
        self.quantity = quantity
        self.sizingPrice = sizingPrice
        self.session = session
        self.slices = slices
    }
}

/// The client for whom an order is, and that client's trader.
package struct OrderOwner: Sendable, Equatable {
    package let trader: TraderID
    package let client: ClientID

    package init(trader: TraderID, client: ClientID) {
        self.trader = trader
        self.client = client
    }
}

/// What to write after a send.
package struct AttemptOutcome: Sendable {
    package let attempt: Attempt
    package let answer: PlacementAnswer

    package init(attempt: Attempt, answer: PlacementAnswer) {
        self.attempt = attempt
        self.answer = answer
    }
}
