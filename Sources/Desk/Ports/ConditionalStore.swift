package import Trading

/// Where conditional orders are kept: the authority on what was sent.
///
/// 1. One is written down before it is sent, and as SENDING, committed, before its first byte leaves.
/// 2. A row changes under its lock, and its audit line is written in the same transaction.
/// 3. Of two rows none has the same broker's id at one account.
package protocol ConditionalStore: Sendable {
    /// Stores what somebody asks for, once per (user, key).
    func submit(_ request: ConditionalSubmission) async throws(StoreFailure) -> ConditionalSubmitted

    /// One of them; nil where there is none, or it is another trader's. A nil trader sees all.
    func conditional(_ id: ConditionalID, of trader: TraderID?) async throws(StoreFailure)
        -> ConditionalRecord?

    /// One page, newest first.
    func conditionals(_ query: ConditionalQuery) async throws(StoreFailure) -> [ConditionalRecord]

    /// The account that a client's conditional orders go to, and what may keep them from leaving now;
    /// nil where there is no such client of the trader's.
    func standing(of client: ClientID, of trader: TraderID?) async throws(StoreFailure)
        -> ConditionalStanding?

    /// Those that something is to be done about now, each given to one caller for a while.
    func dueConditionals(limit: Int) async throws(StoreFailure) -> [ConditionalJob]

    /// Brings forward the next look at those that wait at their broker and of which these hints may
    /// speak: to now, but to no moment that is less than `ConditionalSchedule.hintPause` after the last
    /// one, so that a flood of messages costs no more looks than that.
    func hasten(_ hints: [ConditionalHint]) async throws(StoreFailure)

    /// Claims one that is READY: writes it as SENDING, or why it may not leave.
    ///
    /// - Returns: what to send, once; nil where there is nothing to send.
    func claim(_ id: ConditionalID, lease: Lease) async throws(StoreFailure) -> ConditionalAttempt?

    /// Changes one under its lock, if its fence is still this one (nil: whatever it is).
    ///
    /// `change` may run several times, and begins anew each time.
    /// - Returns: the row as it then is; nil where there is none or another has taken it over.
    func change(
        _ id: ConditionalID,
        fence: Int64?,
        by actor: Actor,
        _ change: @escaping @Sendable (inout ConditionalRecord) -> Void
    ) async throws(StoreFailure) -> ConditionalRecord?

    /// The ids that this account's rows have at its broker.
    func knownIDs(of account: AccountID) async throws(StoreFailure) -> Set<String>

    /// Stores the exits of an entry that has filled; once per parent.
    func addExits(_ exits: ConditionalExits) async throws(StoreFailure) -> ConditionalRecord

    /// What else is known of the orders at an account, by which a fired one is told from others.
    func firedOrders(of account: AccountID) async throws(StoreFailure) -> KnownFired

    /// Makes an order that came of a conditional order ours: a trade of one client, placed by whoever
    /// placed the conditional order; with money or shares held for it as far as there are any.
    ///
    /// Once per order at the broker, however often it is seen. What it fills is booked by looks, as
    /// with every order.
    /// - Returns: the conditional order as it then is.
    func adopt(_ report: OrderReport, of id: ConditionalID) async throws(StoreFailure)
        -> ConditionalRecord?

    /// Writes down what an operator decides of one, with its audit line, under the row's lock.
    func decide(_ decision: ConditionalDecision, by actor: Actor) async throws(StoreFailure)
        -> ConditionalDecided

    /// What became of the entry that was submitted for a bracket; nil where it is not planned yet.
    func entry(of task: TaskID, client: ClientID) async throws(StoreFailure) -> ConditionalEntry?
}

/// Orders of conditional orders at one account that are in our books.
package struct KnownFired: Sendable, Equatable {
    package let brokerOrderIDs: Set<String>
    /// That of this installation's references.
    package let mark: String

    package init(brokerOrderIDs: Set<String>, mark: String) {
        self.brokerOrderIDs = brokerOrderIDs
        self.mark = mark
    }
}

/// What somebody asks for, checked.
package struct ConditionalSubmission: Sendable {
    package let client: ClientID
    package let actor: Actor
    package let user: UserID
    package let idempotencyKey: String
    /// SHA-256 of what was asked in canonical form.
    package let bodyHash: [UInt8]
    /// Nil where the paper broker executes.
    package let account: AccountID?
    package let broker: BrokerName
    package let terms: ConditionalTerms

    package init(
        client: ClientID,
        user: UserID,
        address: String?,
        idempotencyKey: String,
        bodyHash: [UInt8],
        account: AccountID?,
        broker: BrokerName,
        terms: ConditionalTerms
    ) {
        self.client = client
        actor = Actor(user: user, address: address)
        self.user = user
        self.idempotencyKey = idempotencyKey
        self.bodyHash = bodyHash
        self.account = account
        self.broker = broker
        self.terms = terms
    }
}

/// What became of a submission.
package enum ConditionalSubmitted: Sendable {
    case created(ConditionalRecord)
    /// The key has made this one already.
    case repeated(ConditionalRecord)
    /// The key was used for something else.
    case conflict(ConditionalID)
}

/// Which conditional orders are asked for.
package struct ConditionalQuery: Sendable {
    package let trader: TraderID?
    package let client: ClientID?
    /// Empty: all.
    package let states: Set<ConditionalState>
    package let before: ConditionalID?
    package let limit: Int

    package init(
        trader: TraderID?,
        client: ClientID? = nil,
        states: Set<ConditionalState> = [],
        before: ConditionalID? = nil,
        limit: Int
    ) {
        self.trader = trader
        self.client = client
        self.states = states
        self.before = before
        self.limit = limit
    }
}

/// Where a client's conditional orders go.
package struct ConditionalStanding: Sendable, Equatable {
    package let trader: TraderID
    /// Nil where the client has no account at a broker, or the paper broker executes.
    package let account: AccountID?
    package let broker: BrokerName?
    /// Why nothing may leave now.
    package let obstacle: Reason?

    package init(trader: TraderID, account: AccountID?, broker: BrokerName?, obstacle: Reason?) {
        self.trader = trader
        self.account = account
        self.broker = broker
        self.obstacle = obstacle
    }
}

/// One row that something is to be done about, with the way to its broker.
package struct ConditionalJob: Sendable {
    package let record: ConditionalRecord
    /// Nil where its token cannot be had.
    package let session: BrokerSession?

    package init(record: ConditionalRecord, session: BrokerSession?) {
        self.record = record
        self.session = session
    }

    /// As it was, or will be, sent.
    package func attempt(_ session: BrokerSession) -> ConditionalAttempt {
        record.attempt(session)
    }
}

/// A target and a stop for what an entry has filled.
package struct ConditionalExits: Sendable {
    package let parent: ConditionalID
    package let terms: ConditionalTerms

    package init(parent: ConditionalID, terms: ConditionalTerms) {
        self.parent = parent
        self.terms = terms
    }
}

/// What became of an entry order.
package struct ConditionalEntry: Sendable, Equatable {
    package let intent: IntentID
    package let state: OrderState
    package let filled: Quantity
    package let reason: Reason?

    package init(intent: IntentID, state: OrderState, filled: Quantity, reason: Reason?) {
        self.intent = intent
        self.state = state
        self.filled = filled
        self.reason = reason
    }
}
