package import Trading

/// Where bulk trades are completed and taken back: each order once, whoever asks, and how often.
package protocol RepairStore: Sendable {
    /// What a repair of a bulk trade would do with each of its orders, in the order of clients.
    func repairRows(of task: TaskID, marketOpen: Bool) async throws(StoreFailure) -> [RepairRow]

    /// Makes a bulk trade of all orders of another one whose verdict is `place`, under that one's lock
    /// and in one transaction, once per (trader, key).
    func repair(_ request: RepairRequest) async throws(StoreFailure) -> Repaired

    /// How far the undoing of a bulk trade has come; nil where nobody has asked for it.
    func undo(of task: TaskID) async throws(StoreFailure) -> UndoRecord?

    /// Writes down that a bulk trade is being undone, once. From now on no repair takes its orders.
    func beginUndo(of task: TaskID, cancellation: CancellationID, by actor: Actor)
        async throws(StoreFailure) -> UndoRecord

    /// Makes the bulk trade of reverse orders, once per bulk trade that is undone; nothing is made while
    /// some order of that one may still change.
    func confirmUndo(_ request: UndoRequest) async throws(StoreFailure) -> UndoConfirmed
}

/// What a repair would do with one order.
package struct RepairRow: Sendable, Equatable {
    package let order: IntentID
    package let client: ClientID
    package let clientCode: String
    package let state: OrderState
    package let reason: Reason?
    package let verdict: RepairVerdict
    /// What stands in the order's way now, where the verdict is that something does.
    package let hindrance: Reason?
    /// The repair that took it.
    package let repairedBy: TaskID?
    /// Its quantity where it is one of several slices of a client's order.
    package let slice: Quantity?

    package init(
        order: IntentID,
        client: ClientID,
        clientCode: String,
        state: OrderState,
        reason: Reason?,
        verdict: RepairVerdict,
        hindrance: Reason?,
        repairedBy: TaskID?,
        slice: Quantity? = nil
    ) {
        self.slice = slice
        self.order = order
        self.client = client
        self.clientCode = clientCode
        self.state = state
        self.reason = reason
        self.verdict = verdict
        self.hindrance = hindrance
        self.repairedBy = repairedBy
    }
}

/// A repair that somebody asks for.
package struct RepairRequest: Sendable {
    package let task: TaskID
    package let trader: TraderID
    package let user: UserID
    package let idempotencyKey: String
    /// SHA-256 of what was asked.
    package let bodyHash: [UInt8]
    package let marketOpen: Bool

    package init(
        task: TaskID,
        trader: TraderID,
        user: UserID,
        idempotencyKey: String,
        bodyHash: [UInt8],
        marketOpen: Bool
    ) {
        self.task = task
        self.trader = trader
        self.user = user
        self.idempotencyKey = idempotencyKey
        self.bodyHash = bodyHash
        self.marketOpen = marketOpen
    }
}

/// What became of a request to repair.
package enum Repaired: Sendable {
    case created(BulkTrade, orders: Int)
    case repeated(BulkTrade)
    /// The key was used for something else.
    case conflict(TaskID)
    /// No order is proven not placed and free of hindrances.
    case nothing
    /// The bulk trade is being undone.
    case undone
}

/// The undoing of a bulk trade, as far as it is written down.
package struct UndoRecord: Sendable, Equatable {
    package let task: TaskID
    package let cancellation: CancellationID
    package let askedAt: Timestamp
    /// The trade of reverse orders, once somebody confirmed it.
    package let undoTask: TaskID?
    /// Repairs of the bulk trade: trades of their own, which are undone by themselves.
    package let repairs: [TaskID]

    package init(
        task: TaskID,
        cancellation: CancellationID,
        askedAt: Timestamp,
        undoTask: TaskID?,
        repairs: [TaskID]
    ) {
        self.task = task
        self.cancellation = cancellation
        self.askedAt = askedAt
        self.undoTask = undoTask
        self.repairs = repairs
    }
}

/// The reverse orders that somebody confirms.
package struct UndoRequest: Sendable {
    package let trade: BulkTrade
    package let user: UserID
    /// Shares of each client, all above zero.
    package let quantities: [(client: ClientID, shares: Quantity)]

    package init(
        trade: BulkTrade,
        user: UserID,
        quantities: [(client: ClientID, shares: Quantity)]
    ) {
        self.trade = trade
        self.user = user
        self.quantities = quantities
    }
}

/// What became of a confirmation.
package enum UndoConfirmed: Sendable {
    case created(BulkTrade)
    /// It was confirmed before.
    case repeated(BulkTrade)
    /// Some order may still change, or nobody has asked for the undoing.
    case notSettled
}
