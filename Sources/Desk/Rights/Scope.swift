package import Trading

/// What kinds of requests an API key may make; a key may do less than its user, and never more.
package enum Scope: String, Sendable, CaseIterable {
    /// Look at clients, orders, portfolios, the audit log.
    case read
    /// Submit and cancel trades, halt and resume.
    case trade
    /// Make and change clients, and connect their broker accounts.
    case clients
    /// Keys, users, settings, and decisions about orders in doubt.
    case admin
}

/// Within which bounds an API key works.
package struct KeyLimits: Sendable, Equatable {
    package let scopes: Set<Scope>
    /// From when on it no longer works; nil: it works until it is revoked.
    package let expiresAt: Timestamp?
    /// The only client whom it concerns: the key then does what this client's user might.
    package let client: ClientID?

    package init(
        scopes: Set<Scope> = Set(Scope.allCases),
        expiresAt: Timestamp? = nil,
        client: ClientID? = nil
    ) {
        self.scopes = scopes
        self.expiresAt = expiresAt
        self.client = client
    }
}
