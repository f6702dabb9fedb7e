import Desk
import JSON
import Postgres
import Trading

/// Writes down what an operator decides of one order that is UNKNOWN or whose fills nobody saw, under the
/// order's lock.
struct DecisionBatch {
    private var orders: OrderBatch
    private var decisions: [Call] = []

    init(orders: OrderBatch) { self.orders = orders }

    /// Decides, unless the books or somebody else came first.
    mutating func decide(
        _ decision: OrderDecision,
        _ known: DoubtRecord?,
        by actor: Actor
    ) throws -> DecisionOutcome {
        guard var intent = orders.intents[decision.intent] else { return .notFound }
        if decision.verdict == .ended { return try end(intent, decision, by: actor) }
        guard intent.state == .unknown, var attempt = orders.attempts[intent.id],
            attempt.state == .unknown, let known
        else { return .notUnknown(intent.state) }
        switch decision.verdict {
        case .placed(let brokerOrderID):
            try intent.apply(.accepted)
            attempt.state = .accepted
            attempt.brokerOrderID = brokerOrderID
            intent.brokerOrderID = brokerOrderID
            intent.reason = nil
            intent.note = nil
            intent.lookIn = .zero
        case .notPlaced:
            try intent.apply(.decidedNotPlaced)
            attempt.state = .absent
            intent.reason = .decidedNotPlaced
            intent.note = decision.reason
            intent.lookIn = nil
            orders.book.releaseAll(of: &intent)
        case .ended: break
        }
        orders.put(attempt)
        orders.put(intent)
        decisions += Self.calls(decision, known, intent, by: actor)
        return .decided(intent.state, intent.job)
    }

    /// Ends an order of which no book can tell, with the fills that are known.
    private mutating func end(_ untold: IntentRow, _ decision: OrderDecision, by actor: Actor)
        throws
        -> DecisionOutcome
    {
        var intent = untold
        guard intent.state.isLive, intent.reason == .fillsUntold else {
            return .notUnknown(intent.state)
        }
        try intent.apply(.reported(.expired, filled: intent.filled))
        intent.reason = .dayEnded
        intent.note = decision.reason
        intent.lookIn = nil
        orders.book.releaseAll(of: &intent)
        orders.put(intent)
        let line = "ORDER_DECIDED: \(intent.orderText) has \(decision.verdict.word)"
        let detail = AuditText.object(line) { detail in
            detail.field("verdict", decision.verdict.word)
            detail.field("filled", intent.filled.raw)
            detail.field("reason", decision.reason)
        }
        decisions.append(Self.audit(intent, detail, by: actor))
        return .decided(intent.state, intent.job)
    }

    private static func audit(_ intent: IntentRow, _ detail: String, by actor: Actor) -> Call {
        (
            UnknownStatements.auditDecision,
            [
                .optional(actor.user?.raw), actor.address.map { .text($0) } ?? .null,
                .int(intent.trader.raw), .int(intent.client.raw), .int(intent.task.raw),
                .int(intent.id.raw), .text(intent.state.rawValue), .json(detail),
            ]
        )
    }

    private static func calls(
        _ decision: OrderDecision,
        _ known: DoubtRecord,
        _ intent: IntentRow,
        by actor: Actor
    ) -> [Call] {
        let line = "ORDER_DECIDED: \(intent.orderText) was \(decision.verdict.word)"
        let detail = AuditText.object(line) { detail in
            detail.field("verdict", decision.verdict.word)
            detail.fieldOrNull("broker_order_id", decision.verdict.brokerOrderID)
            detail.field("reason", decision.reason)
            detail.key("known")
            detail.beginObject()
            known.write(to: &detail)
            detail.endObject()
        }
        let knownText = AuditText.object("what was known") { known.write(to: &$0) }
        return [
            (
                UnknownStatements.insertDecision,
                [
                    .int(intent.id.raw), .int(Int64(known.attempt)), .optional(actor.user?.raw),
                    .text(decision.verdict.word),
                    decision.verdict.brokerOrderID.map { .text($0) } ?? .null,
                    .text(decision.reason), .json(knownText),
                ]
            ),
            audit(intent, detail, by: actor),
        ]
    }

    /// The calls that write what was decided; none where nothing was.
    func writes() throws(StoreFailure) -> [Call] { try orders.writes() + decisions }
}

extension OrderDecision.Verdict {
    /// How the verdict is stored.
    fileprivate var word: String {
        switch self {
        case .placed: "placed"
        case .notPlaced: "not_placed"
        case .ended: "ended"
        }
    }

    fileprivate var brokerOrderID: String? {
        switch self {
        case .placed(let id): id
        case .notPlaced, .ended: nil
        }
    }
}
