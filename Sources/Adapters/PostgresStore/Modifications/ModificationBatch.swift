import Desk
import JSON
import Postgres
import Trading

/// Claims changes of orders, and writes down what became of them.
///
/// 1. What an order holds for its change is released in the transaction that ends the change, down to
///    what the shape that it then has needs.
/// 2. News of a try that is not the latest, or of a change that has ended, is dropped.
struct ModificationBatch {
    /// So often is one that provably did not leave sent again.
    private static let mostTries = 20
    /// The wait until one that did not leave is sent again.
    private static let again: Duration = .seconds(5)

    private var orders: OrderBatch
    private var rows: [ModificationID: ModificationRow] = [:]
    private var changed: Set<ModificationID> = []
    private var reshaped: [IntentID: OrderShape] = [:]
    private var lease: Lease?

    init(orders: OrderBatch, rows: PostgresRows, lease: Lease? = nil) throws(StoreFailure) {
        self.orders = orders
        self.lease = lease
        for row in rows {
            let row = try ModificationRow(reading: row)
            self.rows[row.id] = row
        }
    }

    /// The number of the try that is now to be sent; nil where none is.
    mutating func claim(_ change: OpenModification, obstacle: Reason?) throws -> Int? {
        guard var row = rows[change.id], row.state == .asked,
            var intent = orders.intents[row.intent]
        else { return nil }
        let isOpen =
            intent.state == .accepted || intent.state == .open || intent.state == .partlyFilled
        let isAbove = row.wanted.quantity > intent.filled
        guard isOpen, isAbove, obstacle == nil else {
            row.reason = obstacle ?? .orderNotOpen
            try end(&row, &intent, .stopped, as: row.before)
            return nil
        }
        try row.apply(.sendingStarted)
        row.tries += 1
        row.dueIn = lease?.duration
        put(row)
        let detail = describe("ORDER_MODIFY_SENDING", row, intent)
        orders.audit("ORDER_MODIFY_SENDING", intent, detail)
        return row.tries
    }

    /// Writes down one piece of news.
    mutating func note(_ news: ModificationNews) throws {
        guard var row = rows[news.id], row.state.isOpen, row.tries == news.tries,
            var intent = orders.intents[row.intent]
        else { return }
        switch news.event {
        case .later(let wait):
            guard row.state == .asked else { return }
            row.dueIn = wait
            put(row)
        case .answered(let answer):
            guard row.state == .sending else { return }
            row.isAnswered = true
            try take(answer, &row, &intent)
        case .stillUnknown(let asBefore, let wait):
            guard try isUnknown(&row) else { return }
            row.looks += asBefore ? 1 : 0
            row.dueIn = wait
            put(row)
        case .shown(let evidence):
            guard try isUnknown(&row) else { return }
            try endAsShown(&row, &intent, evidence)
        case .orderEnded(let evidence): try endWithOrder(&row, &intent, evidence)
        case .dayOver(let evidence): try endWithDay(&row, &intent, evidence)
        }
    }

    /// Whether the books are to tell; what its worker has left becomes UNKNOWN here.
    private func isUnknown(_ row: inout ModificationRow) throws -> Bool {
        if row.state == .sending, row.leaseIsOver { try row.apply(.leaseEnded) }
        return row.state == .unknown
    }

    private mutating func take(
        _ answer: ModificationAnswer,
        _ row: inout ModificationRow,
        _ intent: inout IntentRow
    ) throws {
        switch answer {
        case .done: try end(&row, &intent, .shownApplied, as: row.wanted)
        case .refused(let reason, let words):
            row.reason = reason
            row.words = words.isEmpty ? nil : AuditText.foreign(words)
            try end(&row, &intent, .refused, as: row.before)
        case .notSent(let why):
            row.words = AuditText.foreign(why)
            try row.apply(.notSent)
            guard row.tries < Self.mostTries else {
                row.reason = .neverSent
                try end(&row, &intent, .stopped, as: row.before)
                return
            }
            row.dueIn = Self.again
            put(row)
        case .withheld(let reason):
            try row.apply(.notSent)
            row.reason = reason
            try end(&row, &intent, .stopped, as: row.before)
        case .taken: try doubt(&row, intent, spoke: true, nil)
        case .unanswered(let cause, let words):
            try doubt(&row, intent, spoke: words != nil, AuditText.foreign(words ?? cause))
        }
    }

    private mutating func doubt(
        _ row: inout ModificationRow,
        _ intent: IntentRow,
        spoke: Bool,
        _ words: String?
    ) throws {
        try row.apply(.sent)
        row.spoke = spoke
        row.words = words
        row.dueIn = .seconds(1)
        put(row)
        orders.audit("ORDER_MODIFY_SENT", intent, describe("ORDER_MODIFY_SENT", row, intent))
    }

    private mutating func endAsShown(
        _ row: inout ModificationRow,
        _ intent: inout IntentRow,
        _ evidence: ModificationEvidence
    ) throws {
        switch evidence {
        case .changed: try end(&row, &intent, .shownApplied, as: row.wanted)
        case .asBefore: try end(&row, &intent, .shownUnchanged, as: row.before)
        case .unclear: put(row)
        }
    }

    /// The order has ended by the broker's word; by ours perhaps not yet.
    private mutating func endWithOrder(
        _ row: inout ModificationRow,
        _ intent: inout IntentRow,
        _ evidence: ModificationEvidence
    ) throws {
        guard intent.state.isFinal else {
            if row.state == .asked, intent.state == .cancelRequested {
                row.reason = .orderNotOpen
                return try end(&row, &intent, .stopped, as: row.before)
            }
            row.dueIn = row.state == .asked ? .seconds(60) : .seconds(2)
            return put(row)
        }
        if row.state == .asked {
            row.reason = .orderNotOpen
            return try end(&row, &intent, .stopped, as: row.before)
        }
        guard try isUnknown(&row) else { return }
        if evidence == .changed || row.isShown(byFilled: intent.filled) {
            try end(&row, &intent, .shownApplied, as: row.wanted)
        } else {
            row.reason = .orderNotOpen
            try end(&row, &intent, .shownUnchanged, as: row.before)
        }
    }

    private mutating func endWithDay(
        _ row: inout ModificationRow,
        _ intent: inout IntentRow,
        _ evidence: ModificationEvidence
    ) throws {
        if row.state == .asked {
            row.reason = .dayEnded
            return try end(&row, &intent, .stopped, as: row.before)
        }
        guard try isUnknown(&row) else { return }
        guard intent.state.isFinal else {
            // Its looks end it; until then either shape may have been filled.
            row.dueIn = ModificationNews.orderAwaited
            return put(row)
        }
        if evidence == .changed || row.isShown(byFilled: intent.filled) {
            return try end(&row, &intent, .shownApplied, as: row.wanted)
        }
        row.reason = .dayEnded
        if evidence == .unclear { row.words = ModificationNews.untold }
        try end(&row, &intent, .shownUnchanged, as: row.before)
    }

    /// Ends a change: the order is of this shape from now on, and holds no more than that needs.
    private mutating func end(
        _ row: inout ModificationRow,
        _ intent: inout IntentRow,
        _ event: ModificationEvent,
        as shape: OrderShape
    ) throws {
        try row.apply(event)
        row.dueIn = nil
        let isApplied = row.state == .applied
        intent.ceiling = nil
        intent.quantity = shape.quantity
        if isApplied {
            intent.sizingPrice = row.sizingPrice
            reshaped[intent.id] = shape
        }
        if !intent.state.isFinal {
            let release = ModificationRelease(
                shape,
                intent.side,
                filled: intent.filled,
                held: intent.held,
                reserved: intent.reserved,
                tick: row.tick,
                price: intent.sizingPrice ?? row.sizingPrice
            )
            row.released = release.cash
            row.releasedShares = release.shares
            orders.book.release(release, of: &intent)
            intent.lookIn = .seconds(1)
        }
        orders.put(intent)
        put(row)
        let action = "ORDER_MODIFY_\(row.state.rawValue)"
        orders.audit(action, intent, describe(action, row, intent))
    }

    private mutating func put(_ row: ModificationRow) {
        rows[row.id] = row
        changed.insert(row.id)
    }

    private func describe(_ action: String, _ row: ModificationRow, _ intent: IntentRow)
        -> String
    {
        let line =
            "\(action): \(intent.side.rawValue) \(intent.symbol), \(row.before.text) to "
            + row.wanted.text
        return AuditText.object(line) { detail in
            detail.field("modification", row.id.raw)
            detail.field("try", row.tries)
            if let reason = row.reason { detail.field("reason", reason.rawValue) }
            if let words = row.words { detail.field("broker_words", words) }
            if row.released > .zero { detail.field("released", row.released.rupees) }
        }
    }

    /// The calls that write what has changed.
    func writes() throws(StoreFailure) -> [Call] {
        let rows = changed.sorted().compactMap { self.rows[$0] }
        guard !rows.isEmpty else { return try orders.writes() }
        let ended = rows.filter { !$0.state.isOpen }.map(\.intent)
        let shapes = reshaped.sorted { $0.key < $1.key }
        return try orders.writes() + [
            update(rows),
            (
                ModificationStatements.setCeilings,
                [.ints(ended.map(\.raw)), .optionalInts(ended.map { _ in nil })]
            ),
            (
                ModificationStatements.reshape,
                [
                    .ints(shapes.map(\.key.raw)), .texts(shapes.map(\.value.type.rawValue)),
                    .optionalInts(shapes.map(\.value.price?.raw)),
                    .optionalInts(shapes.map(\.value.trigger?.raw)),
                ]
            ),
        ]
    }

    private func update(_ rows: [ModificationRow]) -> Call {
        (
            ModificationStatements.update,
            [
                .ints(rows.map(\.id.raw)), .texts(rows.map(\.state.rawValue)),
                .ints(rows.map { Int64($0.tries) }), .ints(rows.map { Int64($0.looks) }),
                .bools(rows.map(\.spoke)), .optionalTexts(rows.map(\.reason?.rawValue)),
                .optionalTexts(rows.map(\.words)), .ints(rows.map(\.released.paise)),
                .ints(rows.map(\.releasedShares.raw)), .bools(rows.map(\.isAnswered)),
                .optionalInts(rows.map { $0.dueIn?.microseconds }),
                lease.map { .text($0.worker) } ?? .null,
                .optional(lease?.duration.microseconds),
            ]
        )
    }
}

extension OrderShape {
    /// `x50 LIMIT @ ₹2,450`, for people.
    var text: String {
        let at = price.map { " @ \(AuditText.rupees($0.rupees))" } ?? ""
        let from = trigger.map { " from \(AuditText.rupees($0.rupees))" } ?? ""
        return "x\(quantity) \(type.rawValue)\(at)\(from)"
    }
}
