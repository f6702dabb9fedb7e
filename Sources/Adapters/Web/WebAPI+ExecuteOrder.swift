import Desk
import HTTPServer
import JSON
import Trading

extension WebAPI {
    /// `POST /api/admin/execute-order` in the shape of seed 000: camel case, waits for the summary.
    var executeOrder: [HTTPRoute] {
        [route("POST", "/api/admin/execute-order") { try await executeAndWait($0) }]
    }

    /// How long the answer waits for the last order; then it is 202 with the task id.
    private static let longestWait: Duration = .seconds(25)

    private func executeAndWait(_ request: HTTPServerRequest) async throws -> HTTPServerResponse {
        let caller = try await authentication.caller(request, .admin, .trader)
        let trader = try await trader(of: caller, request)
        let key = try Self.idempotencyKey(request)
        let body = try BulkTradeBody(try Self.inOurWords(request))
        let trade: BulkTrade
        switch try await accept(body, for: trader, by: caller, key: key) {
        case .created(let accepted), .repeated(let accepted): trade = accepted
        case .conflict(let task):
            throw Problem(
                409,
                "idempotency_key_reused",
                "This Idempotency-Key was used for another trade, task \(task)."
            )
        case .preflightUsed: throw Problem.notFound
        case .unknownClients:
            throw Problem.invalid("clients", "unknown_client", "Some clients are not yours.")
        }
        let deadline = ContinuousClock.now.advanced(by: Self.longestWait)
        // What waits for approval waits for longer than anybody wants to hold the line.
        while trade.state != .awaitingApproval, ContinuousClock.now < deadline {
            if try await progress.status(of: trade).state == .complete {
                return try await summary(of: trade)
            }
            try await clock.sleep(for: .milliseconds(100))
        }
        return .json(202) { answer in
            answer.beginObject()
            answer.field("message", "Bulk order execution goes on")
            answer.field("executionId", trade.id.description)
            answer.field("task_id", trade.id.raw)
            answer.field("status_url", "/api/v1/bulk-trades/\(trade.id)")
            answer.endObject()
        }
    }

    /// The seed's words for ours; everything else stays, so that unknown fields are refused.
    private static func inOurWords(_ request: HTTPServerRequest) throws(Problem)
        -> HTTPServerRequest
    {
        let words = [
            "transactionType": "side", "orderType": "order_type", "productType": "product",
            "triggerPrice": "trigger_price",
        ]
        guard let object = (try? JSONValue(parsing: request.body))?.object else {
            // Not JSON, or no object: refused where every body is read.
            return request
        }
        var ours = JSONWriter()
        ours.beginObject()
        for member in object {
            var value = member.value
            if member.key == "productType", value.string == "MIS" { value = "INTRADAY" }
            ours.field(words[member.key] ?? member.key, value)
        }
        ours.endObject()
        var translated = request
        translated.body = ours.bytes
        return translated
    }

    private func summary(of trade: BulkTrade) async throws -> HTTPServerResponse {
        var rows: [ClientResult] = []
        var after: IntentID?
        repeat {
            let page = try await stores.trades.results(
                trade.id,
                ResultPage(after: after, limit: 5_000, states: [], client: nil)
            )
            rows += page
            after = page.count == 5_000 ? page.last?.intent.id : nil
        } while after != nil
        return .json { body in
            body.beginObject()
            body.field("message", "Bulk order execution completed")
            body.field("executionId", trade.id.description)
            body.field("task_id", trade.id.raw)
            body.field("totalSubscribers", rows.count)
            body.field(
                "successfulExecutions",
                rows.count { $0.intent.state.outcome == .success }
            )
            body.field("failedExecutions", rows.count { $0.intent.state.outcome == .failed })
            body.field("skippedExecutions", rows.count { $0.intent.state.outcome == .skipped })
            body.key("results")
            body.beginArray()
            for row in rows { body.execution(row, symbol: trade.terms.instrument.symbol) }
            body.endArray()
            body.endObject()
        }
    }
}

extension JSONWriter {
    /// One row in the seed's shape.
    fileprivate mutating func execution(_ row: ClientResult, symbol: String) {
        let intent = row.intent
        beginObject()
        field("id", intent.id.description)
        field("userId", intent.client.description)
        fieldOrNull("userEmail", row.clientEmail)
        field("symbol", symbol)
        field("status", intent.state.outcome.rawValue.uppercased())
        field("executedQuantity", intent.quantity.raw)
        field("broker", intent.broker == .paper ? "Mock" : intent.broker.rawValue.capitalizedWord)
        fieldOrNull("orderId", intent.brokerOrderID)
        fieldOrNull("errorCode", intent.reason?.rawValue)
        fieldOrNull("errorReason", intent.reason?.sentence)
        if intent.broker == .paper { field("note", "Mock execution - broker not connected") }
        endObject()
    }
}

extension String {
    fileprivate var capitalizedWord: String { prefix(1).uppercased() + dropFirst() }
}
