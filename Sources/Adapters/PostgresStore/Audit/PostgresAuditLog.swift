package import Desk
package import Postgres

/// The upkeep of the audit log, whose rows nobody may change.
package struct PostgresAuditLog: Sendable {
    private static let prepare = PostgresStatement("SELECT audit_log_prepare(3)")
    private let pool: PostgresPool

    package init(pool: PostgresPool) { self.pool = pool }

    /// Makes the partitions of this month and of the three to come.
    package func prepareMonths() async throws(StoreFailure) {
        _ = try await pool.ask(Self.prepare)
    }
}
