import Desk
import JSON
import Postgres
import Trading

/// Books what brokers' books say of a batch of orders.
///
/// 1. A fill moves money exactly when its row was new.
/// 2. A fill is a fact: it is booked in any state, and even where money or shares are missing.
/// 3. No state says more than the trades that were shown: a book that claims more filled than its
///    trades add up to is looked at again.
struct BookBatch {
    var orders: OrderBatch
    /// Fills whose rows were new, by intent.
    private var fills: [IntentID: [NewFill]]

    init(orders: OrderBatch, fills: [NewFill]) {
        self.orders = orders
        self.fills = Dictionary(grouping: fills, by: \.intent)
    }

    /// Books one order; what cannot be is written to the audit log and leaves the order alone.
    mutating func apply(_ booked: BookedOrder) {
        guard var intent = orders.intents[booked.intent] else { return }
        guard !booked.isUntold else { return leaveUntold(intent, booked.report) }
        if intent.reason == .fillsUntold {
            intent.reason = nil
            intent.note = nil
        }
        let new = fills.removeValue(forKey: intent.id) ?? []
        let known = new.reduce(intent.filled) { $0 + $1.quantity }
        let isComplete = booked.report.filled <= known
        let status = status(booked.report, known: known, of: intent, isComplete: isComplete)
        let before = intent.state
        let brokerOrderID = AuditText.foreign(booked.report.brokerOrderID)
        do throws(ImpossibleTransition) {
            if let ours = intent.brokerOrderID, ours != brokerOrderID {
                // Another order under our reference: its fills are facts, its state is not ours.
                contradict(intent, booked.report, "the order is \(ours)")
            } else {
                takeOver(&intent, brokerOrderID, booked.report)
                try intent.apply(.reported(status, filled: known))
            }
        } catch {
            contradict(intent, booked.report, "the order is \(error.state.rawValue)")
            return
        }
        for fill in new { book(fill, to: &intent) }
        if intent.state != before {
            explain(&intent, before, booked.report, isFilledNow: !new.isEmpty)
        }
        if intent.state.isFinal { orders.book.releaseAll(of: &intent) }
        intent.lookIn = intent.state.isLive ? nextLook(intent, isComplete: isComplete) : nil
        intent.isSeen = isComplete
        orders.put(intent)
    }

    /// No book can tell any more what it filled: it keeps its state and its money, and says why.
    private mutating func leaveUntold(_ intent: IntentRow, _ report: OrderReport) {
        guard intent.state.isLive else { return }
        var intent = intent
        let isNew = intent.reason != .fillsUntold
        intent.reason = .fillsUntold
        intent.note = report.message.map { AuditText.foreign($0) }
        intent.lookIn = BookedOrder.untoldLook
        orders.put(intent)
        guard isNew else { return }
        let line = "ORDER_FILLS_UNTOLD: \(intent.orderText), \(intent.filled) filled that are known"
        let detail = AuditText.object(line) { detail in
            detail.field("filled", intent.filled.raw)
            detail.fieldOrNull("note", intent.note)
        }
        orders.audit("ORDER_FILLS_UNTOLD", intent, detail)
    }

    /// The status that the trades shown bear out.
    private func status(
        _ report: OrderReport,
        known: Quantity,
        of intent: IntentRow,
        isComplete: Bool
    ) -> OrderReport.Status {
        let partial: OrderReport.Status = known > .zero ? .partlyFilled : .open
        let asked =
            report.quantity > .zero ? min(report.quantity, intent.quantity) : intent.quantity
        switch report.status {
        case .filled where !isComplete || known < asked:
            return partial
        case .cancelled where !isComplete, .rejected where !isComplete,
            .expired where !isComplete:
            return partial
        case .inTransit where known > .zero: return partial
        case .open, .partlyFilled:
            let most = max(intent.quantity, intent.ceiling ?? .zero)
            return known >= most && known > .zero ? .filled : partial
        case .inTransit, .filled, .cancelled, .rejected, .expired: return report.status
        }
    }

    /// Ties an order to its intent that nobody had heard of accepted.
    private mutating func takeOver(
        _ intent: inout IntentRow,
        _ brokerOrderID: String,
        _ report: OrderReport
    ) {
        guard intent.brokerOrderID == nil, var attempt = orders.attempts[intent.id],
            intent.state != .ready
        else { return }
        switch attempt.state {
        case .sending, .unknown:
            orders.adopt(&intent, &attempt, brokerOrderID)
            orders.put(attempt)
        case .refused, .notSent, .absent:
            contradict(intent, report, "attempt \(attempt.number) was \(attempt.state.rawValue)")
        case .accepted: intent.brokerOrderID = brokerOrderID
        }
    }

    private mutating func book(_ fill: NewFill, to intent: inout IntentRow) {
        intent.filled = intent.filled + fill.quantity
        intent.filledValue += fill.value
        let missing: Quantity
        switch intent.side {
        case .buy:
            orders.book.buy(fill.quantity, for: fill.value, by: &intent)
            missing = .zero
        case .sell: missing = orders.book.sell(fill.quantity, at: fill.price, by: &intent)
        }
        let trade = AuditText.trade(intent.symbol, fill.quantity, fill.price)
        let detail = AuditText.object("FILL_APPLIED: \(trade)") { detail in
            detail.field("trade_id", fill.tradeID)
            detail.field("side", intent.side.rawValue)
            detail.field("quantity", fill.quantity.raw)
            detail.field("price", fill.price.rupees)
            detail.field("value", fill.value.rupees)
        }
        orders.audit("FILL_APPLIED", intent, detail)
        guard missing > .zero else { return }
        let line = "FILL_BEYOND_HOLDING: \(missing) of \(trade) sold that our books do not hold"
        let alert = AuditText.object(line) { detail in
            detail.field("trade_id", fill.tradeID)
            detail.field("missing", missing.raw)
        }
        orders.audit("FILL_BEYOND_HOLDING", intent, alert)
    }

    /// Says why the state changed.
    private mutating func explain(
        _ intent: inout IntentRow,
        _ before: OrderState,
        _ report: OrderReport,
        isFilledNow: Bool
    ) {
        switch intent.state {
        case .cancelled: intent.reason = before == .cancelRequested ? nil : .brokerCancelled
        case .rejected:
            intent.reason = .told(by: report.message, of: intent.side, usual: .brokerRejected)
        case .expired: intent.reason = .dayEnded
        default: intent.reason = nil
        }
        intent.note = intent.reason == nil ? nil : report.message.map { AuditText.foreign($0) }
        // What a fill did, its own line in the audit log says; but a state may also follow from fills
        // that were booked before.
        let isTold = intent.state == .filled || intent.state == .partlyFilled
        guard !(isTold && isFilledNow) else { return }
        let action = "ORDER_\(intent.state.rawValue)"
        let detail = AuditText.object("\(action): \(intent.orderText)") { detail in
            detail.field("filled", intent.filled.raw)
            if let reason = intent.reason { detail.field("reason", reason.rawValue) }
            if let note = intent.note { detail.field("broker_words", note) }
        }
        orders.audit(action, intent, detail)
    }

    private mutating func contradict(
        _ intent: IntentRow,
        _ report: OrderReport,
        _ what: String
    ) {
        let line =
            "BOOK_CONTRADICTS: the broker has \(AuditText.foreign(report.brokerOrderID)) as "
            + "\(report.status.rawValue), but \(what)"
        orders.audit("BOOK_CONTRADICTS", intent, AuditText.object(line))
    }

    /// Young orders are looked at often; trades that the books still owe, soon.
    private func nextLook(_ intent: IntentRow, isComplete: Bool) -> Duration {
        guard isComplete else { return .seconds(1) }
        let age = orders.attempts[intent.id]?.age ?? .zero
        return switch age {
        case ..<Duration.seconds(5): .seconds(1)
        case ..<Duration.seconds(20): .seconds(2)
        case ..<Duration.seconds(60): .seconds(5)
        case ..<Duration.seconds(300): .seconds(10)
        default: .seconds(30)
        }
    }
}

/// A fill whose row was not there before.
struct NewFill {
    let intent: IntentID
    let tradeID: String
    let quantity: Quantity
    let price: Price
    let value: Money
    let at: Timestamp

    /// What `BookStatements.insertFills` made.
    init(reading row: PostgresRow) {
        var columns = Columns(row)
        intent = columns.id()
        tradeID = columns.text()
        quantity = columns.quantity()
        price = columns.price()
        value = columns.money()
        at = columns.timestamp()
    }
}
