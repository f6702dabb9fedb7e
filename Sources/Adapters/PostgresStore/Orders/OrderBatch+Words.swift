import JSON
import Trading

extension OrderBatch {
    /// Takes over an order that the broker has under our reference.
    mutating func adopt(
        _ intent: inout IntentRow,
        _ attempt: inout AttemptRow,
        _ foundID: String
    ) {
        let brokerOrderID = AuditText.foreign(foundID)
        attempt.state = .accepted
        attempt.brokerOrderID = brokerOrderID
        attempt.isAnswered = true
        intent.brokerOrderID = brokerOrderID
        intent.reason = nil
        intent.note = nil
        let line = "ORDER_FOUND: \(intent.orderText), broker order \(brokerOrderID)"
        let detail = AuditText.object(line) { detail in
            detail.field("reference", attempt.reference)
            detail.field("broker_order_id", brokerOrderID)
        }
        audit("ORDER_FOUND", intent, detail)
    }
}

extension IntentRow {
    /// `BUY RELIANCE x50 @ ₹2,450`.
    var orderText: String {
        guard let sizingPrice else { return "\(side.rawValue) \(symbol)" }
        return "\(side.rawValue) \(AuditText.trade(symbol, quantity, sizingPrice))"
    }
}

extension AttemptRow {
    /// What an attempt's end says in the audit log.
    func detail(_ action: String, _ intent: IntentRow, _ reason: Reason?) -> String {
        let why = reason?.rawValue ?? outcome ?? ""
        let line = "\(action): \(intent.orderText)\(why.isEmpty ? "" : ", \(why)")"
        return AuditText.object(line) { detail in
            detail.field("reference", reference)
            if let reason { detail.field("reason", reason.rawValue) }
            if let outcome { detail.field("outcome", outcome) }
            if let brokerWords { detail.field("broker_words", brokerWords) }
        }
    }
}
