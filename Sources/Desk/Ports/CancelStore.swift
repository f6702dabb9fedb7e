package import Trading

/// Where wishes to cancel are kept, and what became of each.
///
/// 1. A wish is remembered with its order, in one transaction with the state that it leads to.
/// 2. What was never sent is withdrawn then and there; what is on its way is cancelled once it is
///    known to be at the broker; what is at the broker is CANCEL_REQUESTED.
/// 3. An order whose cancel nobody has asked the broker for is due (`DueKind.cancel`), so none is
///    forgotten, whatever becomes of its message.
package protocol CancelStore: Sendable {
    /// Stores a cancellation with all that follows from it, once per (user, key).
    func askToCancel(_ request: CancelRequest) async throws(StoreFailure) -> CancelAsked

    /// One cancellation with its counts; nil where there is none.
    func cancellation(_ id: CancellationID) async throws(StoreFailure) -> Cancellation?

    /// The cancellations of a trader's orders, or all, newest first, below `before` where given.
    func cancellations(of trader: TraderID?, before: CancellationID?, limit: Int)
        async throws(StoreFailure) -> [CancellationHead]

    /// One page of a cancellation's orders in the order of their ids.
    func cancelledOrders(_ id: CancellationID, _ page: CancelPage) async throws(StoreFailure)
        -> [CancelledOrder]

    /// Writes down what asking the broker came to: when it is asked again, or that it refused for
    /// good. The order's own state comes from the books alone, by `OrderStore.apply`.
    func note(_ outcomes: [CancelOutcome]) async throws(StoreFailure)

    /// The orders whose brokers are being asked, counted by broker.
    func openCancels() async throws(StoreFailure) -> [OpenCancels]
}

/// How many orders of a broker are to be cancelled and have not ended.
package struct OpenCancels: Sendable, Equatable {
    package let broker: BrokerName
    package let count: Int
    /// Since when the oldest of them is wished cancelled.
    package let oldest: Timestamp

    package init(broker: BrokerName, count: Int, oldest: Timestamp) {
        self.broker = broker
        self.count = count
        self.oldest = oldest
    }
}

/// What somebody asks for, checked but for whose orders they are.
package struct CancelRequest: Sendable {
    /// Whose orders may be meant; nil: any trader's.
    package let trader: TraderID?
    package let actor: Actor
    package let user: UserID
    package let idempotencyKey: String
    /// SHA-256 of what was asked in canonical form.
    package let bodyHash: [UInt8]
    package let scope: CancelScope
    /// Why, in that person's words; nil where nothing was said.
    package let reason: String?

    package init(
        trader: TraderID?,
        user: UserID,
        address: String? = nil,
        idempotencyKey: String,
        bodyHash: [UInt8],
        scope: CancelScope,
        reason: String? = nil
    ) {
        self.reason = reason
        self.trader = trader
        actor = Actor(user: user, address: address)
        self.user = user
        self.idempotencyKey = idempotencyKey
        self.bodyHash = bodyHash
        self.scope = scope
    }
}

/// What became of a request to cancel.
package enum CancelAsked: Sendable {
    /// Stored; brokers must be asked about `orders`, and `trades` may be complete now.
    case created(CancellationHead, orders: [OrderJob], trades: Set<TaskID>)
    /// The key has made this one already.
    case repeated(CancellationHead)
    /// The key was used for something else.
    case conflict(CancellationID)
    /// There is no such task, order or client among the trader's.
    case notFound
}

/// A cancellation as it was asked.
package struct CancellationHead: Sendable, Equatable {
    package let id: CancellationID
    package let scope: CancelScope
    /// Whose orders; nil: every trader's.
    package let trader: TraderID?
    package let askedAt: Timestamp
    /// Why, in the words of whoever asked.
    package let why: String?

    package init(
        id: CancellationID,
        scope: CancelScope,
        trader: TraderID?,
        askedAt: Timestamp,
        why: String? = nil
    ) {
        self.why = why
        self.id = id
        self.scope = scope
        self.trader = trader
        self.askedAt = askedAt
    }
}

/// A cancellation and how far it has come.
package struct Cancellation: Sendable, Equatable {
    package let head: CancellationHead
    package let counts: [CancelResult: Int]
    /// Cash that was held for these orders when the cancel was asked, and is free since.
    package let released: Money
    /// Whether a trade that it covers is not planned yet.
    package let awaitsPlan: Bool

    package init(
        head: CancellationHead,
        counts: [CancelResult: Int],
        released: Money,
        awaitsPlan: Bool
    ) {
        self.head = head
        self.counts = counts
        self.released = released
        self.awaitsPlan = awaitsPlan
    }

    /// Whether nothing more is expected.
    package var isOver: Bool {
        !awaitsPlan && counts.allSatisfy { $0.key.isOver || $0.value == 0 }
    }

    /// All orders.
    package var total: Int { counts.values.reduce(0, +) }
}

/// Which orders of a cancellation are asked for.
package struct CancelPage: Sendable {
    package let after: IntentID?
    package let limit: Int
    /// Only orders with one of these results; empty: all.
    package let results: Set<CancelResult>

    package init(after: IntentID?, limit: Int, results: Set<CancelResult> = []) {
        self.after = after
        self.limit = limit
        self.results = results
    }
}

/// One order of a cancellation.
package struct CancelledOrder: Sendable {
    package let order: ClientResult
    package let symbol: String
    package let side: Side
    package let result: CancelResult
    /// Cash that was held when the cancel was asked, and is free since.
    package let released: Money
    /// Shares that were reserved then, and are free since.
    package let releasedShares: Quantity
    /// How often the broker was asked.
    package let tries: Int
    /// What the broker said to the last of these; never a secret.
    package let words: String?

    package init(
        order: ClientResult,
        symbol: String,
        side: Side,
        result: CancelResult,
        released: Money,
        releasedShares: Quantity,
        tries: Int,
        words: String?
    ) {
        self.order = order
        self.symbol = symbol
        self.side = side
        self.result = result
        self.released = released
        self.releasedShares = releasedShares
        self.tries = tries
        self.words = words
    }
}

/// What asking a broker for a cancel came to, sorted by what must follow.
package enum CancelAnswer: Sendable, Equatable {
    /// The broker took the wish; its books tell the rest.
    case taken
    /// The broker said no: traded, cancelled or gone already, or for reasons of its own.
    case refused(String)
    /// Nobody knows whether it was heard: ask again.
    case unanswered(String)
    /// Too many calls: not before this.
    case limited(Duration)
    /// Somebody must log in before it can be asked again.
    case sessionEnded(String)
    /// The account has no room before this; nothing was asked.
    case noRoom(Duration)
    /// The order's day is over, and no book of today's shows it alive: nothing was asked, nor will be,
    /// since its number may be another order's. Its own looks end it.
    case dayOver
}

/// What to write after asking for a cancel.
package struct CancelOutcome: Sendable {
    package let job: OrderJob
    package let answer: CancelAnswer
    /// What the books said right afterwards; nil where they were not asked or did not answer.
    package let booked: BookedOrder?

    package init(job: OrderJob, answer: CancelAnswer, booked: BookedOrder? = nil) {
        self.job = job
        self.answer = answer
        self.booked = booked
    }
}

extension CancelOutcome {
    /// Whether the books, asked right after the broker refused, show the order alive.
    package var showsOrderAlive: Bool {
        switch booked?.report.status {
        case .inTransit, .open, .partlyFilled: true
        case .filled, .cancelled, .rejected, .expired, nil: false
        }
    }
}

extension CancelAnswer {
    /// What the broker said, for people.
    package var said: String? {
        switch self {
        case .taken, .noRoom: nil
        case .refused(let words), .unanswered(let words), .sessionEnded(let words): words
        case .limited: "too many calls"
        case .dayOver: "the order's day is over, and no book of today's shows it: nothing was asked"
        }
    }
}
