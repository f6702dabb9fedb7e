import Desk
import HTTPServer
import JSON
import Telemetry
import Trading

extension WebAPI {
    /// Who did what: the audit log in pages, and as a file.
    var auditRoutes: [HTTPRoute] {
        [
            route("GET", "/api/v1/audit") { try await listAudit($0) },
            route("GET", "/api/v1/audit.csv") { try await exportAudit($0) },
        ]
    }

    private static let exportPage = 1_000

    private func listAudit(_ request: HTTPServerRequest) async throws -> HTTPServerResponse {
        let caller = try await authentication.caller(request, .admin, .trader)
        let limit = try request.limit(default: 100, most: 1_000)
        let asked = try AuditRequest(request, caller, now: clock.now(), limit: limit)
        let rows = try await stores.audit.entries(asked.query)
        return .json { body in
            body.beginObject()
            body.key("entries")
            body.beginArray()
            for row in rows { body.auditRow(row) }
            body.endArray()
            let next = rows.count == limit ? rows.last.map(AuditRequest.cursor(after:)) : nil
            body.fieldOrNull("next", next)
            body.endObject()
        }
    }

    /// All rows that are asked for, as CSV; one that was cut short does not end as HTTP wants it.
    private func exportAudit(_ request: HTTPServerRequest) async throws -> HTTPServerResponse {
        let caller = try await authentication.caller(request, .admin, .trader)
        let asked = try AuditRequest(request, caller, now: clock.now(), limit: Self.exportPage)
        // Before the answer begins, so that a failure can still be told as one.
        let first = try await stores.audit.entries(asked.query)
        return HTTPServerResponse(
            status: 200,
            headers: [
                ("Content-Type", "text/csv; charset=utf-8"),
                ("Content-Disposition", "attachment; filename=\"audit.csv\""),
                ("Cache-Control", "no-store"),
            ],
            body: .stream { writer in
                var query = asked.query
                var page = first
                try await writer.write(AuditCSV.header)
                while let last = page.last {
                    try await writer.write(page.flatMap(AuditCSV.line))
                    guard page.count == query.limit else { return }
                    query.before = AuditQuery.Place(at: last.at, id: last.id)
                    do {
                        page = try await stores.audit.entries(query)
                    } catch {
                        logger.warning(
                            "an export of the audit log was cut short",
                            [LogField("cause", "\(error)")]
                        )
                        throw error
                    }
                }
            }
        )
    }
}

/// Audit rows as lines of CSV (RFC 4180).
enum AuditCSV {
    private static let columns = [
        "id", "at", "user_id", "address", "action", "trader_id", "client_id", "task_id", "order_id",
        "state", "detail",
    ]
    static let header = Array((columns.joined(separator: ",") + "\r\n").utf8)

    static func line(_ row: AuditRecord) -> [UInt8] {
        let cells = [
            "\(row.id)", TimestampText.exactText(row.at), row.user?.description, row.address,
            row.action, row.trader?.description, row.client?.description, row.task?.description,
            row.intent?.description, row.state, row.detail,
        ]
        return Array((cells.map { cell($0 ?? "") }.joined(separator: ",") + "\r\n").utf8)
    }

    private static func cell(_ text: String) -> String {
        let needsQuotes = text.utf8.contains { byte in
            byte == UInt8(ascii: ",") || byte == UInt8(ascii: "\"") || byte < 32
        }
        guard needsQuotes else { return text }
        let doubled = text.split(separator: "\"", omittingEmptySubsequences: false)
            .joined(separator: "\"\"")
        return "\"\(doubled)\""
    }
}

extension JSONWriter {
    fileprivate mutating func auditRow(_ row: AuditRecord) {
        beginObject()
        field("id", row.id)
        field("at", TimestampText.exactText(row.at))
        fieldOrNull("user_id", row.user?.raw)
        fieldOrNull("address", row.address)
        field("action", row.action)
        fieldOrNull("trader_id", row.trader?.raw)
        fieldOrNull("client_id", row.client?.raw)
        fieldOrNull("task_id", row.task?.raw)
        fieldOrNull("order_id", row.intent?.raw)
        fieldOrNull("state", row.state)
        if let detail = row.detail, let tree = try? JSONValue(parsing: Array(detail.utf8)) {
            field("detail", tree)
        } else {
            fieldOrNull("detail", row.detail)
        }
        endObject()
    }
}
