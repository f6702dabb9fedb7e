package import Trading

/// Where exits are kept: a cancel of what is open, then sales of what is held.
///
/// An exit only says what is wished and how far it has come; its cancel and its sales are cancellations
/// and bulk trades like all others, made under keys that follow from the exit's id. So each step may
/// be repeated at any point.
package protocol ExitStore: Sendable {
    /// Stores an exit, once per (user, key).
    func askToExit(_ request: ExitRequest) async throws(StoreFailure) -> ExitAsked

    /// One exit; nil where there is none.
    func positionExit(_ id: ExitID) async throws(StoreFailure) -> PositionExit?

    /// The exits of a trader, or all, newest first, below `before` where given.
    func positionExits(of trader: TraderID?, before: ExitID?, limit: Int)
        async throws(StoreFailure) -> [PositionExit]

    /// The exits that have not ended, oldest first.
    func openExits(limit: Int) async throws(StoreFailure) -> [PositionExit]

    /// What clients in the exit's scope hold and have not promised to a sale.
    func lots(of exit: PositionExit) async throws(StoreFailure) -> [ExitLot]

    /// Writes down which cancellation an exit has made.
    func note(_ cancellation: CancellationID, of exit: ExitID) async throws(StoreFailure)

    /// Writes down the bulk trades that sell, with those that were submitted before and not written
    /// down: the exit is SELLING, or COMPLETE where there are none. Sales that it did not know make it
    /// SELLING whatever it was.
    func note(_ sales: [TaskID], of exit: ExitID) async throws(StoreFailure)

    /// The exit is COMPLETE.
    func complete(_ exit: ExitID) async throws(StoreFailure)
}

/// What somebody wishes to leave, checked but for whose clients they are.
package struct ExitRequest: Sendable {
    /// Whose clients.
    package let trader: TraderID
    package let actor: Actor
    package let user: UserID
    package let idempotencyKey: String
    /// SHA-256 of what was asked in canonical form.
    package let bodyHash: [UInt8]
    package let scope: ExitScope
    /// As what the shares are sold, and then only those that are held so; nil: all, each as what it is
    /// held.
    package let product: Product?

    package init(
        trader: TraderID,
        user: UserID,
        address: String? = nil,
        idempotencyKey: String,
        bodyHash: [UInt8],
        scope: ExitScope,
        product: Product?
    ) {
        self.trader = trader
        actor = Actor(user: user, address: address)
        self.user = user
        self.idempotencyKey = idempotencyKey
        self.bodyHash = bodyHash
        self.scope = scope
        self.product = product
    }
}

/// What became of a request to exit.
package enum ExitAsked: Sendable {
    case created(PositionExit)
    /// The key has made this one already.
    case repeated(PositionExit)
    /// The key was used for something else.
    case conflict(ExitID)
    /// There is no such client among the trader's.
    case notFound
}

/// An exit, and how far it has come.
package struct PositionExit: Sendable, Equatable {
    package let id: ExitID
    package let scope: ExitScope
    package let trader: TraderID
    package let user: UserID
    /// As in `ExitRequest`.
    package let product: Product?
    package let state: ExitState
    /// Nil until it is made.
    package let cancellation: CancellationID?
    /// The bulk trades that sell, one for each instrument and product.
    package let sales: [TaskID]
    package let askedAt: Timestamp
    package let endedAt: Timestamp?

    package init(
        id: ExitID,
        scope: ExitScope,
        trader: TraderID,
        user: UserID,
        product: Product?,
        state: ExitState,
        cancellation: CancellationID?,
        sales: [TaskID],
        askedAt: Timestamp,
        endedAt: Timestamp?
    ) {
        self.id = id
        self.scope = scope
        self.trader = trader
        self.user = user
        self.product = product
        self.state = state
        self.cancellation = cancellation
        self.sales = sales
        self.askedAt = askedAt
        self.endedAt = endedAt
    }
}

/// Shares of one kind that are to be sold, and for whom.
package struct ExitLot: Sendable, Equatable {
    package let terms: OrderTerms
    package let clients: [ClientID]

    package init(terms: OrderTerms, clients: [ClientID]) {
        self.terms = terms
        self.clients = clients
    }
}
