import Desk
import JSON
import Trading

/// Writes down what the brokers answered to a batch of attempts.
struct RecordBatch {
    var orders: OrderBatch
    let policy: PostgresOrderStore.Policy

    /// - Returns: false where the attempt is no longer the sender's; nothing is written then.
    mutating func write(_ outcome: AttemptOutcome) throws -> Bool {
        let sent = outcome.attempt
        guard var attempt = orders.attempts[sent.job.intent], attempt.number == sent.number,
            attempt.state == .sending, attempt.fence == sent.fence,
            var intent = orders.intents[sent.job.intent]
        else { return false }
        attempt.isAnswered = true
        switch outcome.answer {
        case .accepted(let brokerOrderID):
            try accept(&intent, &attempt, AuditText.foreign(brokerOrderID))
        case .refused(let reason, let words):
            try refuse(&intent, &attempt, reason, AuditText.foreign(words))
        case .notSent(let why):
            try returnToReady(&intent, &attempt, AuditText.foreign(why))
        case .withheld(let reason): try withhold(&intent, &attempt, reason)
        case .unanswered(let cause, let words):
            try doubt(
                &intent,
                &attempt,
                AuditText.foreign(cause),
                words.map { AuditText.foreign($0) }
            )
        case .claimed(let words):
            attempt.isClaimed = true
            try doubt(
                &intent,
                &attempt,
                "the broker says that it has this order",
                AuditText.foreign(words)
            )
        }
        orders.put(attempt)
        orders.put(intent)
        return true
    }

    private mutating func accept(
        _ intent: inout IntentRow,
        _ attempt: inout AttemptRow,
        _ brokerOrderID: String
    ) throws {
        try intent.apply(.accepted)
        attempt.state = .accepted
        attempt.brokerOrderID = brokerOrderID
        intent.brokerOrderID = brokerOrderID
        intent.lookIn = .seconds(1)
        let line = "ORDER_ACCEPTED: \(intent.orderText), broker order \(brokerOrderID)"
        let detail = AuditText.object(line) { detail in
            detail.field("reference", attempt.reference)
            detail.field("broker_order_id", brokerOrderID)
        }
        orders.audit("ORDER_ACCEPTED", intent, detail)
    }

    private mutating func refuse(
        _ intent: inout IntentRow,
        _ attempt: inout AttemptRow,
        _ reason: Reason,
        _ words: String
    ) throws {
        try intent.apply(.refused)
        attempt.state = .refused
        attempt.brokerWords = words.isEmpty ? nil : words
        attempt.outcome = reason.rawValue
        intent.reason = reason
        intent.note = attempt.brokerWords
        intent.lookIn = nil
        orders.book.releaseAll(of: &intent)
        orders.audit("ORDER_REFUSED", intent, attempt.detail("ORDER_REFUSED", intent, reason))
    }

    /// No byte left: the order may be sent by anybody, a few times.
    private mutating func returnToReady(
        _ intent: inout IntentRow,
        _ attempt: inout AttemptRow,
        _ why: String
    ) throws {
        guard attempt.number < policy.maximumAttempts else {
            try refuse(&intent, &attempt, .neverSent, "")
            attempt.state = .notSent
            attempt.outcome = why
            intent.note = why
            return
        }
        try intent.apply(.notSent)
        attempt.state = .notSent
        attempt.outcome = why
        orders.book.releaseAll(of: &intent)
        intent.quantity = .zero
        intent.sizingPrice = nil
        intent.lookIn = .seconds(5)
        orders.audit("ORDER_NOT_SENT", intent, attempt.detail("ORDER_NOT_SENT", intent, nil))
    }

    /// No byte left, since a halt came after the claim: it ends as it would have at the claim.
    private mutating func withhold(
        _ intent: inout IntentRow,
        _ attempt: inout AttemptRow,
        _ reason: Reason
    ) throws {
        try intent.apply(.notSent)
        try intent.apply(.declined)
        attempt.state = .notSent
        attempt.outcome = reason.rawValue
        orders.book.releaseAll(of: &intent)
        intent.reason = reason
        intent.lookIn = nil
        orders.audit("ORDER_WITHHELD", intent, attempt.detail("ORDER_WITHHELD", intent, reason))
    }

    /// The order may be live: its hold stays until the books tell.
    private mutating func doubt(
        _ intent: inout IntentRow,
        _ attempt: inout AttemptRow,
        _ cause: String,
        _ words: String?
    ) throws {
        try intent.apply(.unanswered)
        attempt.state = .unknown
        attempt.outcome = cause
        attempt.brokerWords = words
        intent.reason = .outcomeUnknown
        intent.note = words
        intent.lookIn = .seconds(2)
        orders.audit("ORDER_UNKNOWN", intent, attempt.detail("ORDER_UNKNOWN", intent, nil))
    }
}
