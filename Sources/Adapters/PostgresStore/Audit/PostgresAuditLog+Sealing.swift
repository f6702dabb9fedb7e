package import Desk
import Postgres
package import Trading

extension PostgresAuditLog: AuditSealStore {
    package func horizon() async throws(StoreFailure) -> AuditHorizon {
        // The id first: who takes an id locks the table before, until its transaction is over. So
        // whoever may still bring a row up to this id is among those that hold the lock after it
        // was read. (Numbers of transactions would not do: an id may be taken before there is one.)
        let answers = try await pool.read([
            (AuditStatements.highestID, []), (AuditStatements.writers, []),
        ])
        return AuditHorizon(
            highestID: answers[0][0].int(0),
            writers: answers[1].map { $0.text(0) }
        )
    }

    package func hasPassed(_ horizon: AuditHorizon) async throws(StoreFailure) -> Bool {
        guard !horizon.writers.isEmpty else { return true }
        // A transaction's rows can be seen before its locks are gone.
        let running = Set(try await pool.ask(AuditStatements.writers).map { $0.text(0) })
        return running.isDisjoint(with: horizon.writers)
    }

    package func lastSeal() async throws(StoreFailure) -> AuditSeal? {
        try await pool.ask(AuditStatements.lastSeal).first.map { AuditSeal(reading: $0) }
    }

    package func rows(_ ids: ClosedRange<Int64>, _ times: ClosedRange<Timestamp>)
        async throws(StoreFailure) -> [AuditRecord]
    {
        let rows = try await patient(
            AuditStatements.rows,
            [
                .int(ids.lowerBound), .int(ids.upperBound),
                .timestamp(times.lowerBound.microseconds),
                .timestamp(times.upperBound.microseconds),
            ]
        )
        return rows.map { AuditRecord(reading: $0) }
    }

    package func add(_ seal: AuditSeal, marks: [UInt8]) async throws(StoreFailure) -> Bool {
        let rows = try await pool.ask(
            AuditStatements.addSeal,
            [
                .int(seal.number), .int(seal.ids.lowerBound), .int(seal.ids.upperBound),
                .int(seal.count), .int(seal.total),
                .timestamp(seal.times.lowerBound.microseconds),
                .timestamp(seal.times.upperBound.microseconds),
                .timestamp(seal.sealedAt.microseconds), .bytes(seal.rowsHash), .bytes(marks),
                .bytes(seal.marksHash), .bytes(seal.previous), .bytes(seal.hash),
            ]
        )
        return !rows.isEmpty
    }

    package func seals(after number: Int64, limit: Int) async throws(StoreFailure)
        -> [AuditSeal]
    {
        try await pool.ask(AuditStatements.seals, [.int(number), .int(Int64(limit))])
            .map { AuditSeal(reading: $0) }
    }

    package func marks(of number: Int64) async throws(StoreFailure) -> [UInt8] {
        try await pool.ask(AuditStatements.marks, [.int(number)]).first?.bytes(0) ?? []
    }

    package func strayRow(within times: Range<Timestamp>) async throws(StoreFailure)
        -> AuditStray?
    {
        try await patient(
            AuditStatements.stray,
            [
                .timestamp(times.lowerBound.microseconds),
                .timestamp(times.upperBound.microseconds),
            ]
        ).first.map { AuditStray(id: $0.int(0), seal: $0.optionalInt(1)) }
    }

    package func hasRow(_ id: Int64) async throws(StoreFailure) -> Bool {
        !(try await patient(AuditStatements.row, [.int(id)])).isEmpty
    }

    package func unsealed(after id: Int64, since: Timestamp) async throws(StoreFailure)
        -> UnsealedAudit
    {
        let row = try await patient(
            AuditStatements.unsealed,
            [.int(id), .timestamp(since.microseconds)]
        )[0]
        return UnsealedAudit(
            count: row.int(0),
            oldest: row.optionalTimestamp(1).map { Timestamp(microseconds: $0) }
        )
    }

    /// A read that may take long: after an upgrade all rows are unsealed, and a check reads years.
    private func patient(_ statement: PostgresStatement, _ values: [PostgresValue])
        async throws(StoreFailure) -> PostgresRows
    {
        try await pool.transact { transaction in
            _ = try await transaction.begin([
                (AuditStatements.takeTime, []), (AuditStatements.sortInMemory, []),
            ])
            return try await transaction.commit([(statement, values)])[0]
        }
    }
}

extension AuditSeal {
    /// The columns of ``init(reading:)``.
    static let columns = """
        number, from_id, to_id, row_count, total, from_at, to_at, sealed_at, rows_hash, marks_hash,
        previous, hash
        """

    fileprivate init(reading row: PostgresRow) {
        var columns = Columns(row)
        let number = columns.int()
        let ids = (columns.int(), columns.int())
        let count = columns.int()
        let total = columns.int()
        let times = (columns.timestamp(), columns.timestamp())
        self.init(
            number: number,
            // Whoever may edit a seal may also drop the checks that keep its ends in order.
            ids: ids.0...max(ids.0, ids.1),
            count: count,
            total: total,
            times: times.0...max(times.0, times.1),
            sealedAt: columns.timestamp(),
            rowsHash: columns.bytes(),
            marksHash: columns.bytes(),
            previous: columns.bytes(),
            hash: columns.bytes()
        )
    }
}
