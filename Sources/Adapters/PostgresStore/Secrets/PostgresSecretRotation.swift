package import Desk
import JSON
package import Postgres
package import Secrets

/// Seals every stored secret with the newest key, batch by batch, while everything goes on.
///
/// 1. A batch is one transaction with its audit line: stopped anywhere, what is done stays done.
/// 2. What is under the newest key already is left alone, so a second run goes on where one stopped.
/// 3. What opens with no key is left as it is, and told of.
package struct PostgresSecretRotation: Sendable {
    /// What a run found.
    package struct Report: Sendable, Equatable {
        /// Sealed anew.
        package var resealed = 0
        /// Under the newest key before.
        package var current = 0
        /// Such as `broker_account 17`.
        package var unreadable: [String] = []
    }

    private let pool: PostgresPool
    private let secrets: SecretBox
    private let batch: Int

    /// A rotation in transactions of so many rows.
    package init(pool: PostgresPool, secrets: SecretBox, batch: Int = 500) {
        precondition(batch > 0, "a batch holds one row at least")
        self.pool = pool
        self.secrets = secrets
        self.batch = batch
    }

    /// Goes through all columns that hold secrets.
    package func callAsFunction(by actor: Actor) async throws(StoreFailure) -> Report {
        var report = Report()
        for column in SealedColumn.all {
            var after: Int64 = 0
            while let last = try await reseal(column, after: after, by: actor, &report) {
                after = last
            }
        }
        return report
    }

    /// One batch; the last id in it, nil where there was none.
    private func reseal(
        _ column: SealedColumn,
        after: Int64,
        by actor: Actor,
        _ report: inout Report
    ) async throws(StoreFailure) -> Int64? {
        let (found, last) = try await pool.transact { transaction in
            let rows = try await transaction.begin([
                (column.lock, [.int(after), .int(Int64(batch))])
            ])[0]
            let (found, changed) = sort(column, rows)
            guard !changed.isEmpty else {
                await transaction.rollBack()
                return (found, rows.last?.int(0))
            }
            let audit = AuditEntry(.secretsRotated) {
                $0.field("column", column.name)
                $0.field("rows", changed.count)
                $0.field("first_id", changed.first?.id ?? 0)
                $0.field("last_id", changed.last?.id ?? 0)
            }
            try await transaction.commit([
                (column.write, [.ints(changed.map(\.id)), .byteArrays(changed.map(\.sealed))]),
                AuditEntry.write([audit], by: actor),
            ])
            return (found, rows.last?.int(0))
        }
        report.resealed += found.resealed
        report.current += found.current
        report.unreadable += found.unreadable
        return last
    }

    private func sort(_ column: SealedColumn, _ rows: PostgresRows)
        -> (Report, changed: [(id: Int64, sealed: [UInt8])])
    {
        var report = Report()
        var changed: [(id: Int64, sealed: [UInt8])] = []
        for row in rows {
            let (id, sealed) = (row.int(0), row.bytes(1))
            let context = column.context(id)
            if secrets.isSealedWithNewestKey(sealed, context: context) {
                report.current += 1
            } else if let plain = try? secrets.open(sealed, context: context) {
                changed.append((id, secrets.seal(plain, context: context)))
                report.resealed += 1
            } else {
                report.unreadable.append("\(column.table) \(id)")
            }
        }
        return (report, changed)
    }
}
