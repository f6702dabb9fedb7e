import JSON
import Postgres
import Trading

/// What a wish to cancel does to an order as soon as the order's state allows.
extension OrderBatch {
    /// The order after its wish is followed.
    ///
    /// READY again is withdrawn, at the broker is to be cancelled there. UNKNOWN and SENDING wait for
    /// what is known of them.
    mutating func followWish(of intent: IntentRow) -> IntentRow {
        var intent = intent
        switch intent.state {
        case .ready:
            move(&intent, by: .declined)
            intent.reason = intent.cancelWish
            intent.lookIn = nil
            cancels[intent.id] = false
            writeDown("ORDER_SKIPPED", intent)
        case .accepted, .open, .partlyFilled:
            move(&intent, by: .cancelAsked)
            cancels[intent.id] = true
            writeDown("ORDER_CANCEL_REQUESTED", intent)
        case .filled, .cancelled, .rejected, .expired, .skipped: cancels[intent.id] = false
        case .sending, .unknown, .cancelRequested: break
        }
        return intent
    }

    private func move(_ intent: inout IntentRow, by event: OrderEvent) {
        do {
            try intent.apply(event)
        } catch {
            preconditionFailure("a wish to cancel leads nowhere: \(error)")
        }
    }

    private mutating func writeDown(_ action: String, _ intent: IntentRow) {
        let line = "\(action): \(intent.orderText), as was wished before"
        let detail = AuditText.object(line) { detail in
            if let reason = intent.cancelWish { detail.field("wish", reason.rawValue) }
        }
        audit(action, intent, detail)
    }

    /// The call that makes cancels due, or due no more.
    var cancelsWrite: Call {
        let ids = cancels.keys.sorted()
        return (
            CancelStatements.setDue,
            [.ints(ids.map(\.raw)), .bools(ids.map { cancels[$0] ?? false })]
        )
    }
}
