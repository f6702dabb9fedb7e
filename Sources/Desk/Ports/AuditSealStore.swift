package import Trading

/// The seals over the audit log, and the log as sealing and verifying see it.
///
/// Ids of rows are given out before their transactions commit, so rows appear out of order. A range
/// of ids may be sealed only when every transaction that may still bring a row of it is over.
package protocol AuditSealStore: Sendable {
    /// The highest id that was given out, and the transactions that may hold any up to it.
    func horizon() async throws(StoreFailure) -> AuditHorizon

    /// Whether all transactions of the horizon are over: no row up to its id can appear any more.
    func hasPassed(_ horizon: AuditHorizon) async throws(StoreFailure) -> Bool

    /// The newest seal.
    func lastSeal() async throws(StoreFailure) -> AuditSeal?

    /// All rows with these ids and times that can be seen now, by id; a fresh look each time.
    func rows(_ ids: ClosedRange<Int64>, _ times: ClosedRange<Timestamp>)
        async throws(StoreFailure) -> [AuditRecord]

    /// Stores a seal.
    ///
    /// - Returns: false where there is a seal of this number already.
    func add(_ seal: AuditSeal, marks: [UInt8]) async throws(StoreFailure) -> Bool

    /// Seals beyond a number, in order.
    func seals(after number: Int64, limit: Int) async throws(StoreFailure) -> [AuditSeal]

    /// The marks of a seal.
    func marks(of number: Int64) async throws(StoreFailure) -> [UInt8]

    /// A row within these times, sealed by its id, that no seal covers by its time; nil where there
    /// is none.
    func strayRow(within times: Range<Timestamp>) async throws(StoreFailure) -> AuditStray?

    /// Whether any row of the whole log has this id.
    func hasRow(_ id: Int64) async throws(StoreFailure) -> Bool

    /// How many rows lie beyond an id, and the time of the oldest; none is looked for before
    /// `since`.
    func unsealed(after id: Int64, since: Timestamp) async throws(StoreFailure) -> UnsealedAudit
}

/// How far the log may be sealed, and when.
package struct AuditHorizon: Sendable, Equatable {
    package let highestID: Int64
    /// Transactions that were writing audit rows when the highest id was read, as the store names
    /// them.
    package let writers: [String]

    package init(highestID: Int64, writers: [String]) {
        self.highestID = highestID
        self.writers = writers
    }
}

/// A row that is not where its seal says.
package struct AuditStray: Sendable, Equatable {
    package let id: Int64
    /// The seal of its id; nil where no id like it was ever given out.
    package let seal: Int64?

    package init(id: Int64, seal: Int64?) {
        self.id = id
        self.seal = seal
    }
}

/// Rows that no seal covers yet.
package struct UnsealedAudit: Sendable, Equatable {
    package let count: Int64
    /// The time of the oldest; nil where there is none.
    package let oldest: Timestamp?

    package init(count: Int64, oldest: Timestamp?) {
        self.count = count
        self.oldest = oldest
    }
}
