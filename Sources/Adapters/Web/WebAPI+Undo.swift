import Desk
import HTTPServer
import JSON
import Secrets
import Telemetry
import Trading

extension WebAPI {
    /// Undo: cancel what is open, then offer reverse orders, which somebody confirms as they were shown.
    var undoRoutes: [HTTPRoute] {
        [
            route("POST", "/api/v1/bulk-trades/{id}/undo") { try await askUndo($0) },
            route("GET", "/api/v1/bulk-trades/{id}/undo") { request in
                let caller = try await authentication.caller(request, .admin, .trader)
                let trade = try await ownTrade(request, caller)
                return try await showUndo(trade, request, status: 200)
            },
            route("POST", "/api/v1/bulk-trades/{id}/undo/confirm") { try await confirmUndo($0) },
        ]
    }

    private func askUndo(_ request: HTTPServerRequest) async throws -> HTTPServerResponse {
        let caller = try await authentication.caller(request, .admin, .trader)
        let trade = try await ownTrade(request, caller)
        if !request.body.isEmpty {
            var fields = try Fields(of: request)
            try fields.finish()
        }
        guard
            try await undoTrade.ask(
                trade.id,
                trade.trader,
                caller.user,
                address: request.remoteAddress
            ) != nil
        else { throw Problem.notFound }
        logger.notice("undo asked", [LogField("task", trade.id), LogField("user", caller.user)])
        return try await showUndo(trade, request, status: 202)
    }

    private func showUndo(_ trade: BulkTrade, _ request: HTTPServerRequest, status: Int)
        async throws -> HTTPServerResponse
    {
        guard let record = try await stores.repairs.undo(of: trade.id) else {
            throw Problem(404, "no_undo", "Nobody has asked to undo this trade.")
        }
        let limit = try request.limit(default: 500, most: 5_000)
        let after = try request.cursor() ?? 0
        let offer = try await undoTrade.offer(trade)
        let page = Array(offer.rows.filter { $0.client.raw > after }.prefix(limit))
        let side: Side = trade.terms.side == .buy ? .sell : .buy
        return .json(status) { body in
            body.beginObject()
            body.field("task_id", trade.id.raw)
            body.field("state", Self.undoState(record, offer))
            body.field("cancellation_id", record.cancellation.raw)
            body.field("cancel_url", "/api/v1/cancels/\(record.cancellation)")
            body.fieldOrNull("undo_task_id", record.undoTask?.raw)
            body.key("repair_task_ids")
            body.beginArray()
            for task in record.repairs { body.integer(task.raw) }
            body.endArray()
            // Only what cannot change any more can be confirmed.
            body.fieldOrNull("preflight", offer.isSettled ? Self.mark(of: offer) : nil)
            body.field("side", side.rawValue)
            body.field("symbol", trade.terms.instrument.symbol)
            body.field("product", trade.terms.product.rawValue)
            body.field("order_type", OrderType.market.rawValue)
            body.field("total_quantity", offer.rows.reduce(0) { $0 + $1.reverse.raw })
            body.key("clients")
            body.beginArray()
            for row in page { body.undoRow(row) }
            body.endArray()
            body.fieldOrNull("next", page.count == limit ? page.last?.client.raw : nil)
            body.endObject()
        }
    }

    private func confirmUndo(_ request: HTTPServerRequest) async throws -> HTTPServerResponse {
        let caller = try await authentication.caller(request, .admin, .trader)
        let trade = try await ownTrade(request, caller)
        var fields = try Fields(of: request)
        let seen = fields.text("preflight", limit: 100)
        try fields.finish()
        guard let record = try await stores.repairs.undo(of: trade.id) else {
            throw Problem(409, "not_settled", "Ask to undo this trade first.")
        }
        if let done = record.undoTask, let made = try await stores.trades.trade(done) {
            return Self.accepted(made, repeated: true)
        }
        let offer = try await undoTrade.offer(trade)
        guard offer.isSettled else {
            throw Problem(
                409,
                "not_settled",
                "Some order of this trade may still change; wait until its cancel is complete."
            )
        }
        guard seen == Self.mark(of: offer) else {
            throw Problem(409, "preflight_changed", "This is not what was shown; look again.")
        }
        guard !offer.isEmpty else {
            throw Problem(409, "nothing_to_undo", "Nothing of this trade is left to reverse.")
        }
        switch try await undoTrade.confirm(trade, offer, by: caller.user) {
        case .created(let made):
            logger.notice(
                "undo confirmed",
                [
                    LogField("task", trade.id), LogField("undo", made.id),
                    LogField("user", caller.user),
                ]
            )
            return Self.accepted(made, repeated: false)
        case .repeated(let made): return Self.accepted(made, repeated: true)
        case .notSettled:
            throw Problem(409, "not_settled", "Some order of this trade may still change.")
        }
    }

    private static func undoState(_ record: UndoRecord, _ offer: UndoOffer) -> String {
        if record.undoTask != nil { return "CONFIRMED" }
        guard offer.isSettled else { return "CANCELLING" }
        return offer.isEmpty ? "NOTHING_LEFT" : "READY"
    }

    /// What tells the offer that was seen from any other.
    private static func mark(of offer: UndoOffer) -> String {
        Tokens.base64URL(Array(Tokens.sha256(Array(offer.canonical.utf8)).prefix(12)))
    }
}

extension JSONWriter {
    fileprivate mutating func undoRow(_ row: UndoRow) {
        beginObject()
        field("client_id", row.client.raw)
        field("client_code", row.code)
        field("filled_quantity", row.filled.raw)
        field("sold_since", row.soldSince.raw)
        field("reserved_quantity", row.reserved.raw)
        field("reverse_quantity", row.reverse.raw)
        endObject()
    }
}
