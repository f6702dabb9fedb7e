package import Trading

/// Where bulk trades are kept, from submit to result.
package protocol TradeStore: Sendable {
    /// Stores a bulk trade and its outbox row in one transaction, once per (trader, key).
    ///
    /// - Returns: the new trade, the one that the key already made, or a conflict where that one
    ///   was made from another body.
    func submit(_ order: Submission) async throws(StoreFailure) -> Submitted

    /// The bulk trade, whoever's it is; nil where there is none.
    func trade(_ id: TaskID) async throws(StoreFailure) -> BulkTrade?

    /// Makes one intent per client in one statement, eligible ones READY, the others SKIPPED with
    /// their reason; repeating it changes nothing.
    ///
    /// - Returns: the READY intents, also when the plan existed already.
    func plan(_ id: TaskID, referencePrice: Price?, marketOpen: Bool) async throws(StoreFailure)
        -> [OrderJob]

    /// Writes down that all messages of a plan were confirmed by the queue.
    func markPublished(_ id: TaskID) async throws(StoreFailure)

    /// Stores a fresher reference price, unless another worker's is fresher still.
    func refreshReference(_ id: TaskID, price: Price) async throws(StoreFailure)

    /// Marks as COMPLETE those of the trades that wait for no placement any more; derived from
    /// rows.
    ///
    /// - Returns: those that became complete now, each exactly once in the whole cluster.
    func complete(_ ids: [TaskID]) async throws(StoreFailure) -> [TaskID]

    /// Running trades in which nothing waits any more, though nobody has completed them.
    func unfinished(limit: Int) async throws(StoreFailure) -> [TaskID]

    /// Accepted trades that nobody has planned for so long and that no outbox row tells of.
    func unplanned(for age: Duration, limit: Int) async throws(StoreFailure) -> [TaskID]

    /// Counts by state and money of one trade, from its rows.
    func progress(_ id: TaskID) async throws(StoreFailure) -> TaskProgress?

    /// One page of a trade's per-client rows in the order of their ids.
    func results(_ id: TaskID, _ page: ResultPage) async throws(StoreFailure) -> [ClientResult]

    /// The trader's bulk trades, newest first, below `before` where given.
    func trades(of trader: TraderID?, before: TaskID?, limit: Int) async throws(StoreFailure)
        -> [BulkTrade]
}

/// What a trader asks for, checked.
package struct Submission: Sendable {
    package let trader: TraderID
    package let user: UserID
    package let idempotencyKey: String
    /// SHA-256 of what was asked in canonical form.
    package let bodyHash: [UInt8]
    package let terms: OrderTerms
    package let sizing: Sizing
    package let clients: ClientFilter
    package let onDoubt: DoubtPolicy
    /// The preflight to execute as it was shown, each at most once.
    package let preflight: PreflightID?
    /// The price that orders are sized from; nil: the plan finds one.
    package let price: Price?
    /// Whether it leaves positions: that only lessens risk, and waits for nobody's approval.
    package let isExit: Bool

    package init(
        trader: TraderID,
        user: UserID,
        idempotencyKey: String,
        bodyHash: [UInt8],
        terms: OrderTerms,
        sizing: Sizing,
        clients: ClientFilter,
        onDoubt: DoubtPolicy = .ask,
        preflight: PreflightID? = nil,
        price: Price? = nil,
        isExit: Bool = false
    ) {
        self.trader = trader
        self.user = user
        self.idempotencyKey = idempotencyKey
        self.bodyHash = bodyHash
        self.terms = terms
        self.sizing = sizing
        self.clients = clients
        self.onDoubt = onDoubt
        self.preflight = preflight
        self.price = price
        self.isExit = isExit
    }
}

/// What became of a submission.
package enum Submitted: Sendable {
    case created(BulkTrade)
    case repeated(BulkTrade)
    /// The key was used for another body.
    case conflict(TaskID)
    /// Some of the named clients are not this trader's.
    case unknownClients([ClientID])
    /// Another key has executed the preflight already.
    case preflightUsed
}

/// How far a bulk trade has come.
package struct TaskProgress: Sendable, Equatable {
    package let state: BulkTrade.State
    package let counts: [OrderState: Int]
    package let filledQuantity: Int64
    package let filledValue: Money

    package init(
        state: BulkTrade.State,
        counts: [OrderState: Int],
        filledQuantity: Int64,
        filledValue: Money
    ) {
        self.state = state
        self.counts = counts
        self.filledQuantity = filledQuantity
        self.filledValue = filledValue
    }

    /// All rows.
    package var total: Int { counts.values.reduce(0, +) }

    /// Rows with this outcome.
    package func count(_ outcome: OrderState.Outcome) -> Int {
        counts.reduce(0) { $0 + ($1.key.outcome == outcome ? $1.value : 0) }
    }
}

/// Which rows of a trade's results are asked for.
package struct ResultPage: Sendable {
    package let after: IntentID?
    package let limit: Int
    /// Only rows in one of these states; empty: all.
    package let states: Set<OrderState>
    package let client: ClientID?

    package init(after: IntentID?, limit: Int, states: Set<OrderState>, client: ClientID?) {
        self.after = after
        self.limit = limit
        self.states = states
        self.client = client
    }
}

/// One client's row in the results.
package struct ClientResult: Sendable {
    package let intent: OrderIntent
    package let clientCode: String
    package let clientName: String
    package let clientEmail: String?
    /// What is known of an order that is UNKNOWN; nil for all others.
    package let doubt: DoubtRecord?
    package let updatedAt: Timestamp

    package init(
        intent: OrderIntent,
        clientCode: String,
        clientName: String,
        clientEmail: String?,
        updatedAt: Timestamp,
        doubt: DoubtRecord? = nil
    ) {
        self.intent = intent
        self.clientCode = clientCode
        self.clientName = clientName
        self.clientEmail = clientEmail
        self.doubt = doubt
        self.updatedAt = updatedAt
    }
}
