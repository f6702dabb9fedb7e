package import Desk
import Postgres
package import Trading

extension PostgresAuditLog: AuditLog {
    // Rows are found by time alone, and the index knows no order: the newest rows of a long time
    // are looked for in stretches, back from the end, so that a page of what happened a moment ago
    // does not read and sort the whole month.
    private static let firstStretch: Duration = .seconds(60)
    private static let longestStretch: Duration = .seconds(86_400)

    package func entries(_ query: AuditQuery) async throws(StoreFailure) -> [AuditRecord] {
        var found: [AuditRecord] = []
        var end = query.to
        if let before = query.before {
            end = min(end, before.at.advanced(by: .microseconds(1)))
        }
        var stretch = Self.firstStretch
        while end > query.from, found.count < query.limit {
            let start = max(query.from, end.advanced(by: .zero - stretch))
            let rows = try await pool.ask(
                AuditStatements.newest,
                [
                    .timestamp(start.microseconds), .timestamp(end.microseconds),
                    .optional(query.action), .optional(query.trader), .optional(query.client),
                    .optional(query.user), .optional(query.before?.at),
                    query.before.map { .int($0.id) } ?? .null,
                    .int(Int64(query.limit - found.count)),
                ]
            )
            found += rows.map { AuditRecord(reading: $0) }
            end = start
            stretch = min(stretch * 4, Self.longestStretch)
        }
        return found
    }
}
