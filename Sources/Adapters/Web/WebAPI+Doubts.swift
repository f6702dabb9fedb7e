import Desk
import HTTPServer
import JSON
import Telemetry
import Trading

extension WebAPI {
    /// UNKNOWN orders: what is known of each, and an operator's decision.
    var doubtRoutes: [HTTPRoute] {
        [
            route("GET", "/api/v1/orders/unknown") { try await listUnknown($0) },
            route("POST", "/api/v1/orders/{id}/decision") { try await decideOrder($0) },
        ]
    }

    private func listUnknown(_ request: HTTPServerRequest) async throws -> HTTPServerResponse {
        let caller = try await authentication.caller(request, .admin, .trader)
        let limit = try request.limit(default: 100, most: 1_000)
        let orders = try await stores.orders.unknownOrders(
            UnknownQuery(
                trader: caller.trader,
                after: try request.cursor().map { IntentID($0) },
                limit: limit
            )
        )
        return .json { body in
            body.beginObject()
            body.key("orders")
            body.beginArray()
            for order in orders { body.unknownOrder(order) }
            body.endArray()
            body.fieldOrNull("next", orders.count == limit ? orders.last?.job.intent.raw : nil)
            body.endObject()
        }
    }

    /// Admins only: whoever decides must have asked the broker, and answers for the money.
    private func decideOrder(_ request: HTTPServerRequest) async throws -> HTTPServerResponse {
        let caller = try await authentication.caller(request, .admin)
        let id = try request.id("id", of: IntentID.self)
        let decision = try Self.decision(request, id)
        let outcome = try await decide(
            decision,
            by: Actor(user: caller.user, address: request.remoteAddress)
        )
        switch outcome {
        case .notFound: throw Problem.notFound
        case .notUnknown(let state):
            throw Problem(
                409,
                "not_unknown",
                "The order is \(state.rawValue), so there is nothing to decide, or not in this way."
            )
        case .decided(let state, let job):
            logger.notice(
                "an operator decided an order",
                [
                    LogField("intent", job.intent), LogField("state", state.rawValue),
                    LogField("user", caller.user),
                ]
            )
            return .json { body in
                body.beginObject()
                body.field("order_id", job.intent.raw)
                body.field("task_id", job.task.raw)
                body.field("state", state.rawValue)
                body.endObject()
            }
        }
    }

    private static func decision(_ request: HTTPServerRequest, _ id: IntentID) throws(Problem)
        -> OrderDecision
    {
        var fields = try Fields(of: request)
        let word = fields.text("decision", limit: 20)
        let isPlaced = word == "placed"
        let brokerOrderID = fields.text("broker_order_id", limit: 60, required: isPlaced)
        let reason = fields.text("reason", limit: 500)
        if let word, !["placed", "not_placed", "ended"].contains(word) {
            fields.refuse(
                "decision",
                "unknown_word",
                "decision must be placed, not_placed, or ended."
            )
        } else if !isPlaced, brokerOrderID != nil {
            fields.refuse(
                "broker_order_id",
                "not_allowed",
                "Only an order that was placed gets its id at the broker."
            )
        }
        try fields.finish()
        guard let reason else { throw Problem.invalid("reason", "required", "reason is required.") }
        return OrderDecision(
            intent: id,
            verdict: brokerOrderID.map { .placed(brokerOrderID: $0) }
                ?? (word == "ended" ? .ended : .notPlaced),
            reason: reason
        )
    }
}

extension JSONWriter {
    fileprivate mutating func unknownOrder(_ order: UnknownOrder) {
        beginObject()
        field("order_id", order.job.intent.raw)
        field("task_id", order.job.task.raw)
        field("client_id", order.client.raw)
        field("client_code", order.clientCode)
        field("broker", order.job.broker.rawValue)
        fieldOrNull("broker_client_id", order.brokerClientID)
        field("symbol", order.symbol)
        field("side", order.side.rawValue)
        field("quantity", order.quantity.raw)
        field("held_amount", order.held.rupees)
        key("unknown")
        doubtRecord(order.doubt)
        endObject()
    }

    /// What is known of an order whose outcome is not.
    mutating func doubtRecord(_ doubt: DoubtRecord) {
        beginObject()
        field("attempt", Int64(doubt.attempt))
        field("reference", doubt.reference)
        field("since", TimestampText.text(doubt.since))
        fieldOrNull("outcome", doubt.outcome)
        fieldOrNull("broker_words", doubt.brokerWords)
        field("looks", doubt.looks)
        field("absences", doubt.absences)
        fieldOrNull("last_look_at", doubt.lookedAt.map(TimestampText.text))
        fieldOrNull("last_answer", doubt.lastAnswer)
        endObject()
    }
}
