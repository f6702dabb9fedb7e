package import Trading

/// Where alerts are kept: one row for each condition as long as it lasts, however often it is seen.
package protocol AlertStore: Sendable {
    /// Opens what is new, brings up to date what is known, and closes what was judged and not
    /// found.
    ///
    /// - Returns: those that are new.
    func keep(_ found: [Alert], judged: [JudgedCondition]) async throws(StoreFailure) -> [Alert]

    /// One page of alerts, newest first.
    func alerts(_ query: AlertQuery) async throws(StoreFailure) -> [StoredAlert]

    /// Writes down that somebody has seen it; the first one stays.
    ///
    /// - Returns: nil where there is no such alert of the trader's.
    func acknowledge(_ id: Int64, of trader: TraderID?, by actor: Actor)
        async throws(StoreFailure) -> StoredAlert?
}

/// A condition that a look could judge, be it there or not.
package struct JudgedCondition: Sendable, Hashable {
    package let kind: AlertKind
    package let client: ClientID

    package init(kind: AlertKind, client: ClientID) {
        self.kind = kind
        self.client = client
    }
}

/// Which alerts are asked for.
package struct AlertQuery: Sendable {
    /// Nil: of all traders (for admins only).
    package let trader: TraderID?
    /// True: open ones only; false: closed ones only; nil: both.
    package let isOpen: Bool?
    package let before: Int64?
    package let limit: Int

    package init(trader: TraderID?, isOpen: Bool?, before: Int64?, limit: Int) {
        self.trader = trader
        self.isOpen = isOpen
        self.before = before
        self.limit = limit
    }
}

/// An alert as it is kept.
package struct StoredAlert: Sendable, Equatable {
    package let id: Int64
    package let alert: Alert
    package let timesSeen: Int
    package let openedAt: Timestamp
    package let seenAt: Timestamp
    package let closedAt: Timestamp?
    package let acknowledgedAt: Timestamp?
    package let acknowledgedBy: UserID?

    package init(
        id: Int64,
        alert: Alert,
        timesSeen: Int,
        openedAt: Timestamp,
        seenAt: Timestamp,
        closedAt: Timestamp?,
        acknowledgedAt: Timestamp?,
        acknowledgedBy: UserID?
    ) {
        self.id = id
        self.alert = alert
        self.timesSeen = timesSeen
        self.openedAt = openedAt
        self.seenAt = seenAt
        self.closedAt = closedAt
        self.acknowledgedAt = acknowledgedAt
        self.acknowledgedBy = acknowledgedBy
    }
}
