package import Trading

/// Where our side of a comparison with the brokers comes from, and where differences are kept.
package protocol DriftStore: Sendable {
    /// Accounts with orders sent since a moment, with orders that are still open, or with a
    /// difference that is; in the order of their ids.
    func accountsToCompare(since: Timestamp) async throws(StoreFailure) -> [ComparedAccount]

    /// One account's attempts since a moment, older ones that are still open, and its shares.
    func ourBook(of account: ComparedAccount, since: Timestamp) async throws(StoreFailure)
        -> OurBook

    /// Stores what a comparison of the account found: new differences are opened, known ones
    /// brought up to date, and those that are gone closed.
    ///
    /// - Returns: those that are new.
    func store(_ drifts: [Drift], of account: ComparedAccount) async throws(StoreFailure)
        -> [Drift]

    /// One page of differences, newest first.
    func drifts(_ query: DriftQuery) async throws(StoreFailure) -> [StoredDrift]

    /// How many differences of each kind are open.
    func openDrifts() async throws(StoreFailure) -> [DriftKind: Int]
}

/// An account whose books are compared.
package struct ComparedAccount: Sendable, Hashable {
    package let account: AccountID
    package let client: ClientID
    package let trader: TraderID
    package let broker: BrokerName

    package init(account: AccountID, client: ClientID, trader: TraderID, broker: BrokerName) {
        self.account = account
        self.client = client
        self.trader = trader
        self.broker = broker
    }
}

/// Our side of one account.
package struct OurBook: Sendable {
    package let attempts: [OurAttempt]
    /// Shares by symbol; nil where the client has several accounts, among which they may lie.
    package let shares: [String: Quantity]?
    /// Available cash; nil where the client has several accounts, among which it may lie.
    package let cash: Money?
    /// The mark of this installation's references.
    package let mark: String

    package init(
        attempts: [OurAttempt],
        shares: [String: Quantity]?,
        cash: Money? = nil,
        mark: String
    ) {
        self.attempts = attempts
        self.shares = shares
        self.cash = cash
        self.mark = mark
    }
}

/// Which differences are asked for.
package struct DriftQuery: Sendable {
    /// Nil: of all traders (for admins only).
    package let trader: TraderID?
    package let client: ClientID?
    /// True: open ones only; false: closed ones only; nil: both.
    package let isOpen: Bool?
    package let kind: DriftKind?
    package let before: Int64?
    package let limit: Int

    package init(
        trader: TraderID?,
        client: ClientID?,
        isOpen: Bool?,
        kind: DriftKind?,
        before: Int64?,
        limit: Int
    ) {
        self.trader = trader
        self.client = client
        self.isOpen = isOpen
        self.kind = kind
        self.before = before
        self.limit = limit
    }
}

/// A difference as it is kept.
package struct StoredDrift: Sendable {
    package let id: Int64
    package let account: ComparedAccount
    package let drift: Drift
    package let timesSeen: Int
    package let openedAt: Timestamp
    package let seenAt: Timestamp
    package let closedAt: Timestamp?

    package init(
        id: Int64,
        account: ComparedAccount,
        drift: Drift,
        timesSeen: Int,
        openedAt: Timestamp,
        seenAt: Timestamp,
        closedAt: Timestamp?
    ) {
        self.id = id
        self.account = account
        self.drift = drift
        self.timesSeen = timesSeen
        self.openedAt = openedAt
        self.seenAt = seenAt
        self.closedAt = closedAt
    }
}
