package import Trading

/// Where trades are kept that wait for somebody else's approval, and what was decided of them.
package protocol ApprovalStore: Sendable {
    /// Above what size a trader's trades must wait; nil where there is no such trader.
    func approvalLimit(of trader: TraderID) async throws(StoreFailure) -> ApprovalLimit?

    /// Changes that limit.
    func setApprovalLimit(_ limit: ApprovalLimit, of trader: TraderID, by actor: Actor)
        async throws(StoreFailure)

    /// The trades of a trader, or of all, that wait, newest first, below `before` where given.
    func waitingApprovals(of trader: TraderID?, before: TaskID?, limit: Int)
        async throws(StoreFailure) -> [ApprovalRequest]

    /// Decides one, once; an approved trade is ACCEPTED with its outbox row in the same transaction. A
    /// leg's number decides its whole basket.
    func decide(_ decision: ApprovalDecision) async throws(StoreFailure) -> ApprovalOutcome

    /// Ends those that nobody has decided in time, and tells how many.
    func expireApprovals() async throws(StoreFailure) -> Int
}

/// A trade that waits for approval, or a basket, under the number of its first leg.
package struct ApprovalRequest: Sendable {
    package let trade: BulkTrade
    /// All legs of the basket, in their order; empty for a trade of its own.
    package let basket: [BulkTrade]
    package let maker: UserID
    package let makerName: String
    package let size: TradeSize
    package let askedAt: Timestamp
    package let expiresAt: Timestamp

    package init(
        trade: BulkTrade,
        basket: [BulkTrade] = [],
        maker: UserID,
        makerName: String,
        size: TradeSize,
        askedAt: Timestamp,
        expiresAt: Timestamp
    ) {
        self.trade = trade
        self.basket = basket
        self.maker = maker
        self.makerName = makerName
        self.size = size
        self.askedAt = askedAt
        self.expiresAt = expiresAt
    }
}

/// What somebody decides of a trade that waits.
package struct ApprovalDecision: Sendable {
    package let task: TaskID
    package let isApproved: Bool
    package let reason: String?
    package let user: UserID
    package let actor: Actor
    /// Whose trades the decider may decide; nil: all traders'.
    package let trader: TraderID?

    package init(
        task: TaskID,
        isApproved: Bool,
        reason: String?,
        user: UserID,
        address: String?,
        trader: TraderID?
    ) {
        self.task = task
        self.isApproved = isApproved
        self.reason = reason
        self.user = user
        self.trader = trader
        actor = Actor(user: user, address: address)
    }
}

/// What became of a decision.
package enum ApprovalOutcome: Sendable {
    /// Approved or rejected, as asked; also where the same person decides the same again.
    case decided(BulkTrade)
    /// Nothing of this number waits or waited among the trader's.
    case notFound
    /// Whoever asked for the trade cannot approve it.
    case ownTrade
    /// Somebody has decided before, in this word, or nobody has in time.
    case over(String)
}

extension ApprovalRequest {
    /// How long a trade waits for approval: longer, and its price means nothing any more.
    package static let patience: Duration = .seconds(1_800)
}
