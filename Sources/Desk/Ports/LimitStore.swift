package import Trading

/// Where limits are kept that orders are held against at the claim; each change is a new version.
package protocol LimitStore: Sendable {
    /// The limits that hold now; nil where none were ever set.
    func limits(of subject: LimitSubject) async throws(StoreFailure) -> SetLimits?

    /// Sets all limits of a subject anew, with who did it and why in the audit log; those that are nil
    /// hold no more.
    func setLimits(_ limits: OrderLimits, of subject: LimitSubject, why: String, by actor: Actor)
        async throws(StoreFailure) -> SetLimits
}

/// Whom limits hold for.
package enum LimitSubject: Sendable, Hashable {
    /// Each of the trader's clients by itself.
    case trader(TraderID)
    case client(ClientID, of: TraderID)
}

/// Limits as they were set last.
package struct SetLimits: Sendable, Equatable {
    package let version: Int
    package let limits: OrderLimits
    package let why: String
    package let at: Timestamp

    package init(version: Int, limits: OrderLimits, why: String, at: Timestamp) {
        self.version = version
        self.limits = limits
        self.why = why
        self.at = at
    }
}
