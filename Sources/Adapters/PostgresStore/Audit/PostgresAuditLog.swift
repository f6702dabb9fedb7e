package import Desk
package import Postgres
import Trading

/// The audit log, whose rows nobody may change: its upkeep, its pages and its seals.
package struct PostgresAuditLog: Sendable {
    private static let prepare = PostgresStatement("SELECT audit_log_prepare(3)")
    let pool: PostgresPool

    package init(pool: PostgresPool) { self.pool = pool }

    /// Makes the partitions of this month and of the three to come.
    package func prepareMonths() async throws(StoreFailure) {
        _ = try await pool.ask(Self.prepare)
    }
}

extension AuditRecord {
    /// The columns of ``init(reading:)``, of a table named `a`.
    static let columns = """
        a.id, a.at, a.user_id, a.address, a.action, a.trader_id, a.client_id, a.task_id,
        a.intent_id, a.state, a.detail::text
        """

    init(reading row: PostgresRow) {
        var columns = Columns(row)
        self.init(
            id: columns.int(),
            at: columns.timestamp(),
            user: columns.optionalID(),
            address: columns.optionalText(),
            action: columns.text(),
            trader: columns.optionalID(),
            client: columns.optionalID(),
            task: columns.optionalID(),
            intent: columns.optionalID(),
            state: columns.optionalText(),
            detail: columns.optionalText()
        )
    }
}
