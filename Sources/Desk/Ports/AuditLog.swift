package import Trading

/// Where the audit log is read.
package protocol AuditLog: Sendable {
    /// One page of rows, newest first.
    func entries(_ query: AuditQuery) async throws(StoreFailure) -> [AuditRecord]
}

/// Which audit rows are asked for.
package struct AuditQuery: Sendable {
    /// A place between two rows of a list that is newest first.
    package struct Place: Sendable, Equatable {
        package let at: Timestamp
        package let id: Int64

        package init(at: Timestamp, id: Int64) {
            self.at = at
            self.id = id
        }
    }

    /// From this moment on.
    package let from: Timestamp
    /// Before this moment.
    package let to: Timestamp
    package let action: String?
    /// Nil: of all traders (for admins only).
    package let trader: TraderID?
    package let client: ClientID?
    package let user: UserID?
    /// Rows that are older than this place.
    package var before: Place?
    package let limit: Int

    package init(
        from: Timestamp,
        to: Timestamp,
        action: String? = nil,
        trader: TraderID? = nil,
        client: ClientID? = nil,
        user: UserID? = nil,
        before: Place? = nil,
        limit: Int
    ) {
        self.from = from
        self.to = to
        self.action = action
        self.trader = trader
        self.client = client
        self.user = user
        self.before = before
        self.limit = limit
    }
}
