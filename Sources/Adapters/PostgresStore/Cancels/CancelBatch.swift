import Desk
import JSON
import Postgres
import Trading

/// Writes down what asking brokers for cancels came to.
struct CancelBatch {
    private struct Tried {
        var tries: Int
        var refusals: Int
        var isRefused = false
        var words: String?
        var dueIn: Duration?
    }

    private var orders: OrderBatch
    private var tried: [IntentID: Tried] = [:]
    private var changed: Set<IntentID> = []
    private var forgotten: Set<IntentID> = []

    /// `rows`: what `CancelStatements.tries` read.
    init(orders: OrderBatch, tries rows: PostgresRows) {
        self.orders = orders
        for row in rows {
            tried[ID(row.int(0))] = Tried(tries: Int(row.int(1)), refusals: Int(row.int(2)))
        }
    }

    /// Writes one; where the order has ended, only what the broker said.
    mutating func note(_ outcome: CancelOutcome) throws {
        guard var intent = orders.intents[outcome.job.intent], var tried = tried[intent.id] else {
            return
        }
        switch outcome.answer {
        case .noRoom, .dayOver: break
        case .taken, .refused, .unanswered, .limited, .sessionEnded: tried.tries += 1
        }
        tried.words = outcome.answer.said.map { AuditText.foreign($0) }
        if intent.state == .cancelRequested {
            try goOn(&intent, &tried, outcome)
        } else {
            tried.dueIn = nil
        }
        self.tried[intent.id] = tried
        changed.insert(intent.id)
    }

    private mutating func goOn(
        _ intent: inout IntentRow,
        _ tried: inout Tried,
        _ outcome: CancelOutcome
    ) throws {
        switch outcome.answer {
        case .noRoom(let wait): tried.dueIn = wait
        case .dayOver: tried.dueIn = nil
        case .limited(let wait): tried.dueIn = max(wait, .seconds(1))
        case .sessionEnded: tried.dueIn = CancelSchedule.withoutSession
        case .unanswered: tried.dueIn = CancelSchedule.delay(afterTries: tried.tries)
        case .taken:
            tried.dueIn = CancelSchedule.delay(afterTaken: tried.tries)
            lookSoon(&intent)
        case .refused:
            if outcome.showsOrderAlive { tried.refusals += 1 }
            guard tried.refusals >= CancelSchedule.refusalsForGood else {
                tried.dueIn = CancelSchedule.delay(afterTries: tried.tries)
                lookSoon(&intent)
                return
            }
            tried.isRefused = true
            tried.dueIn = nil
            try giveUp(&intent, outcome, tried.words)
        }
    }

    private mutating func lookSoon(_ intent: inout IntentRow) {
        intent.lookIn = .seconds(1)
        orders.put(intent)
    }

    /// The broker means it: the order is again what the books say.
    private mutating func giveUp(
        _ intent: inout IntentRow,
        _ outcome: CancelOutcome,
        _ words: String?
    ) throws {
        try intent.apply(.cancelRefused)
        if let report = outcome.booked?.report {
            try intent.apply(.reported(report.status, filled: intent.filled))
        }
        intent.cancelWish = nil
        forgotten.insert(intent.id)
        let line = "ORDER_CANCEL_REFUSED: \(intent.orderText)"
        let detail = AuditText.object(line) { detail in
            detail.fieldOrNull("broker_words", words)
        }
        lookSoon(&intent)
        orders.audit("ORDER_CANCEL_REFUSED", intent, detail)
    }

    /// The calls that write what was noted.
    func writes() throws(StoreFailure) -> [Call] {
        let ids = changed.sorted()
        let rows = ids.compactMap { tried[$0] }
        let noted: Call = (
            CancelStatements.note,
            [
                .ints(ids.map(\.raw)), .ints(rows.map { Int64($0.tries) }),
                .ints(rows.map { Int64($0.refusals) }), .bools(rows.map(\.isRefused)),
                .optionalTexts(rows.map(\.words)),
                .optionalInts(rows.map { $0.dueIn?.microseconds }),
            ]
        )
        let forgetting: Call = (
            CancelStatements.forgetWish, [.ints(forgotten.sorted().map(\.raw))]
        )
        return try orders.writes() + (forgotten.isEmpty ? [] : [forgetting])
            + (ids.isEmpty ? [] : [noted])
    }
}
