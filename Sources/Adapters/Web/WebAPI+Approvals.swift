import Desk
import HTTPServer
import JSON
import Telemetry
import Trading

extension WebAPI {
    /// Trades that are too large for one person: seen, approved and rejected by another.
    var approvalRoutes: [HTTPRoute] {
        [
            route("GET", "/api/v1/approvals") { try await listApprovals($0) },
            route("POST", "/api/v1/approvals/{id}/approve") {
                try await decideApproval($0, isApproved: true)
            },
            route("POST", "/api/v1/approvals/{id}/reject") {
                try await decideApproval($0, isApproved: false)
            },
        ]
    }

    private func listApprovals(_ request: HTTPServerRequest) async throws -> HTTPServerResponse {
        let caller = try await authentication.caller(request, .admin, .trader)
        let limit = try request.limit(default: 50, most: 200)
        let found = try await stores.trades.waitingApprovals(
            of: caller.trader,
            before: try request.cursor("before").map { TaskID($0) },
            limit: limit
        )
        return .json { body in
            body.beginObject()
            body.key("approvals")
            body.beginArray()
            for waiting in found {
                body.beginObject()
                body.field("trader_id", waiting.trade.trader.raw)
                body.field("maker_id", waiting.maker.raw)
                body.field("maker_name", waiting.makerName)
                body.field("is_mine", waiting.maker == caller.user)
                body.field("clients", waiting.size.clients)
                body.fieldOrNull("largest_amount", waiting.size.amount?.rupees)
                body.field("asked_at", TimestampText.text(waiting.askedAt))
                body.field("expires_at", TimestampText.text(waiting.expiresAt))
                body.key("trade")
                body.beginObject()
                body.tradeFields(waiting.trade)
                body.endObject()
                body.key("basket_legs")
                body.beginArray()
                for leg in waiting.basket {
                    body.beginObject()
                    body.tradeFields(leg)
                    body.endObject()
                }
                body.endArray()
                body.endObject()
            }
            body.endArray()
            body.fieldOrNull("next", found.count == limit ? found.last?.trade.id.raw : nil)
            body.endObject()
        }
    }

    private func decideApproval(_ request: HTTPServerRequest, isApproved: Bool) async throws
        -> HTTPServerResponse
    {
        let caller = try await authentication.caller(request, .admin, .trader)
        // Whose it is comes before what is asked of it.
        let task = try await ownTrade(request, caller).id
        var reason: String?
        if !isApproved || !request.body.isEmpty {
            var fields = try Fields(of: request)
            reason = fields.text("reason", limit: 500, required: !isApproved)
            try fields.finish()
        }
        let outcome = try await decideTrade(
            ApprovalDecision(
                task: task,
                isApproved: isApproved,
                reason: reason,
                user: caller.user,
                address: request.remoteAddress,
                trader: caller.trader
            )
        )
        switch outcome {
        case .notFound: throw Problem.notFound
        case .ownTrade:
            throw Problem(
                403,
                "own_trade",
                "Somebody else than who asked for the trade must approve it."
            )
        case .over(let verdict):
            throw Problem(409, "decided_already", "This was decided before: it is \(verdict).")
        case .decided(let trade):
            logger.notice(
                isApproved ? "a trade was approved" : "a trade was rejected",
                [LogField("task", task), LogField("user", caller.user)]
            )
            return .json { body in
                body.beginObject()
                body.field("task_id", trade.id.raw)
                body.field("state", trade.state.rawValue)
                body.field("status_url", "/api/v1/bulk-trades/\(trade.id)")
                body.endObject()
            }
        }
    }
}
