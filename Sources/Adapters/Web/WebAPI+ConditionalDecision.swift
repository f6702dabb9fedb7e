import Desk
import HTTPServer
import JSON
import Telemetry
import Trading

/// UNKNOWN conditional orders: what the broker lists now, and an operator's decision.
extension WebAPI {
    func listCandidates(_ request: HTTPServerRequest) async throws -> HTTPServerResponse {
        let caller = try await authentication.caller(request, .admin, .trader)
        let record = try await conditional(request, caller)
        return try await answering(record.broker) { askBroker in
            let reports = try await askBroker.conditionals(like: record)
            return .json { body in
                body.beginObject()
                body.key("candidates")
                body.beginArray()
                for report in reports { body.candidate(report, for: record) }
                body.endArray()
                body.endObject()
            }
        }
    }

    /// Admins only: whoever decides must have asked the broker, and answers for the money.
    func decideConditional(_ request: HTTPServerRequest) async throws -> HTTPServerResponse {
        let caller = try await authentication.caller(request, .admin)
        let record = try await conditional(request, caller)
        let decision = try Self.decision(request, record.id)
        let outcome = try await stores.conditionals.decide(
            decision,
            by: Actor(user: caller.user, address: request.remoteAddress)
        )
        switch outcome {
        case .notFound: throw Problem.notFound
        case .taken:
            throw Problem(409, "id_is_anothers", "Another order of the account has this id.")
        case .notOpen(let state):
            throw Problem(
                409,
                "nothing_to_decide",
                "The conditional order is \(state.rawValue), so there is nothing to decide."
            )
        case .decided(let record):
            logger.notice(
                "an operator decided a conditional order",
                [
                    LogField("conditional_order", record.id),
                    LogField("verdict", decision.verdict.word),
                    LogField("state", record.state.rawValue), LogField("user", caller.user),
                ]
            )
            return .conditional(record)
        }
    }

    private static func decision(_ request: HTTPServerRequest, _ id: ConditionalID)
        throws(Problem) -> ConditionalDecision
    {
        var fields = try Fields(of: request)
        let word = fields.text("decision", limit: 20)
        let needsID = word == "placed" || word == "fired"
        let brokerID = fields.text("broker_id", limit: 60, required: needsID)
        let reason = fields.text("reason", limit: 500)
        if let word, !["placed", "not_placed", "fired"].contains(word) {
            fields.refuse(
                "decision",
                "unknown_word",
                "decision must be placed, not_placed or fired."
            )
        } else if !needsID, brokerID != nil {
            fields.refuse("broker_id", "not_allowed", "One that was not placed has no id.")
        }
        try fields.finish()
        guard let reason else { throw Problem.invalid("reason", "required", "reason is required.") }
        let verdict: ConditionalDecision.Verdict =
            switch (word, brokerID) {
            case ("placed", let id?): .placed(brokerID: id)
            case ("fired", let id?): .fired(brokerOrderID: id)
            default: .notPlaced
            }
        return ConditionalDecision(conditional: id, verdict: verdict, reason: reason)
    }
}

extension JSONWriter {
    fileprivate mutating func candidate(
        _ report: ConditionalReport,
        for record: ConditionalRecord
    ) {
        let content = report.content
        beginObject()
        field("broker_conditional_id", report.brokerID)
        fieldOrNull("reference", report.reference)
        field("status", report.status.rawValue)
        field("kind", content.kind.rawValue)
        field("side", content.side.rawValue)
        field("quantity", content.quantity.raw)
        key("trigger_prices")
        beginArray()
        for trigger in content.triggers { string(trigger.rupees) }
        endArray()
        fieldOrNull("created_at", report.createdAt.map(TimestampText.text))
        let isOurs = report.reference != nil && report.reference == record.reference
        field("is_alike", isOurs || content == record.terms.content(code: content.code))
        endObject()
    }
}
