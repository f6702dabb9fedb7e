import Desk
import HTTPServer
import JSON
import Secrets
import Telemetry
import Trading

extension WebAPI {
    /// Repair: place what is proven not to have been placed.
    var repairRoutes: [HTTPRoute] {
        [
            route("GET", "/api/v1/bulk-trades/{id}/repair") { request in
                try await showRepair(request)
            },
            route("POST", "/api/v1/bulk-trades/{id}/repair") { request in
                try await repair(request)
            },
        ]
    }

    /// The trade if the caller may act on it; read anew, for whoever acts must be logged in still.
    func ownTrade(_ request: HTTPServerRequest, _ caller: Identity) async throws -> BulkTrade {
        guard let trade = try await stores.trades.trade(try request.id("id", of: TaskID.self)),
            caller.role == .admin || trade.trader == caller.trader
        else { throw Problem.notFound }
        return trade
    }

    /// What would be placed and what not, and why; nothing is placed.
    private func showRepair(_ request: HTTPServerRequest) async throws -> HTTPServerResponse {
        let caller = try await authentication.caller(request, .admin, .trader)
        let trade = try await ownTrade(request, caller)
        let limit = try request.limit(default: 500, most: 5_000)
        let after = try request.cursor() ?? 0
        let rows = try await stores.repairs.repairRows(
            of: trade.id,
            marketOpen: market.isOpen(at: clock.now())
        )
        let page = Array(rows.filter { $0.client.raw > after }.prefix(limit))
        return .json { body in
            body.beginObject()
            body.field("task_id", trade.id.raw)
            body.key("counts")
            body.beginObject()
            for verdict in RepairVerdict.allCases {
                body.field(verdict.rawValue, rows.count { $0.verdict == verdict })
            }
            body.endObject()
            body.key("orders")
            body.beginArray()
            for row in page { body.repairRow(row) }
            body.endArray()
            body.fieldOrNull("next", page.count == limit ? page.last?.client.raw : nil)
            body.endObject()
        }
    }

    private func repair(_ request: HTTPServerRequest) async throws -> HTTPServerResponse {
        let caller = try await authentication.caller(request, .admin, .trader)
        // A misspelt wish must not place more than was meant.
        if !request.body.isEmpty {
            var fields = try Fields(of: request)
            try fields.finish()
        }
        let trade = try await ownTrade(request, caller)
        let repaired = try await repairTrade(
            RepairRequest(
                task: trade.id,
                trader: trade.trader,
                user: caller.user,
                idempotencyKey: try Self.idempotencyKey(request),
                bodyHash: Tokens.sha256(Array("repair \(trade.id)".utf8)),
                marketOpen: market.isOpen(at: clock.now())
            )
        )
        switch repaired {
        case .created(let made, let orders):
            logger.notice(
                "bulk trade repaired",
                [
                    LogField("task", trade.id), LogField("repair", made.id),
                    LogField("orders", orders), LogField("user", caller.user),
                ]
            )
            return Self.accepted(made, repeated: false)
        case .repeated(let made): return Self.accepted(made, repeated: true)
        case .conflict(let task):
            throw Problem(
                409,
                "idempotency_key_reused",
                "This Idempotency-Key was used for another trade, task \(task)."
            )
        case .nothing:
            throw Problem(
                409,
                "nothing_to_repair",
                "No order of this trade is proven not placed and free to be placed now."
            )
        case .undone:
            throw Problem(409, "trade_undone", "This trade is being undone.")
        }
    }
}

extension JSONWriter {
    fileprivate mutating func repairRow(_ row: RepairRow) {
        beginObject()
        field("order_id", row.order.raw)
        field("client_id", row.client.raw)
        field("client_code", row.clientCode)
        field("state", row.state.rawValue)
        fieldOrNull("reason_code", row.reason?.rawValue)
        field("repair", row.verdict.rawValue)
        field("why", row.hindrance?.sentence ?? row.verdict.sentence)
        fieldOrNull("hindrance", row.hindrance?.rawValue)
        fieldOrNull("repaired_by_task_id", row.repairedBy?.raw)
        endObject()
    }
}
