import Desk
import Postgres
import Trading

/// The intents of one transaction with their money and attempts, and all that is to be written.
struct OrderBatch {
    var book: LedgerBook
    private(set) var intents: [IntentID: IntentRow] = [:]
    private(set) var attempts: [IntentID: AttemptRow] = [:]
    private var changedIntents: Set<IntentID> = []
    private var changedAttempts: Set<IntentID> = []
    private var audit: [AuditRow] = []
    /// Orders whose cancel must be asked for now, or need not be asked for any more.
    var cancels: [IntentID: Bool] = [:]

    private struct AuditRow {
        let action: String
        let intent: IntentRow
        let detail: String
    }

    /// The calls whose rows `init` takes: all locks, in the order of locks, then what they guard.
    ///
    /// `money`: those of the intents whose client's money or shares may move.
    static func reads(_ ids: [IntentID], money: [IntentID]) -> [Call] {
        let all = PostgresValue.ints(ids.map(\.raw))
        let moved = PostgresValue.ints(money.map(\.raw))
        return [
            (LedgerStatements.lockFunds, [moved]), (OrderStatements.lockIntents, [all]),
            (LedgerStatements.holdings, [moved]), (OrderStatements.latestAttempts, [all]),
        ]
    }

    /// What the calls of `reads` read.
    init(_ rows: [PostgresRows]) throws(StoreFailure) {
        try self.init(funds: rows[0], intents: rows[1], holdings: rows[2])
        for row in rows[3] {
            let attempt = try AttemptRow(reading: row)
            attempts[attempt.intent] = attempt
        }
    }

    /// A batch in which no attempt exists yet.
    init(funds: PostgresRows, intents: PostgresRows, holdings: PostgresRows) throws(StoreFailure) {
        book = try LedgerBook(funds: funds, holdings: holdings)
        self.intents.reserveCapacity(intents.count)
        for row in intents {
            let intent = try IntentRow(reading: row)
            self.intents[intent.id] = intent
        }
    }

    /// Will write the intent as it is now.
    mutating func put(_ intent: IntentRow) {
        let intent = intent.cancelWish == nil ? intent : followWish(of: intent)
        intents[intent.id] = intent
        changedIntents.insert(intent.id)
    }

    /// Will write the attempt as it is now.
    mutating func put(_ attempt: AttemptRow) {
        attempts[attempt.intent] = attempt
        changedAttempts.insert(attempt.intent)
    }

    /// Will write a line of the audit log, with the state that the order now has; `detail` is a
    /// JSON object.
    mutating func audit(_ action: String, _ intent: IntentRow, _ detail: String) {
        audit.append(AuditRow(action: action, intent: intent, detail: detail))
    }

    /// The calls that write what has changed.
    func writes() throws(StoreFailure) -> [Call] {
        var calls = try book.writes()
        if !changedIntents.isEmpty { calls.append(intentsWrite) }
        if !changedAttempts.isEmpty { calls.append(attemptsWrite) }
        if !audit.isEmpty { calls.append(auditWrite) }
        if !cancels.isEmpty { calls.append(cancelsWrite) }
        return calls
    }

    private var intentsWrite: Call {
        let rows = changedIntents.sorted().compactMap { intents[$0] }
        return (
            OrderStatements.updateIntents,
            [
                .ints(rows.map(\.id.raw)), .texts(rows.map(\.state.rawValue)),
                .optionalTexts(rows.map(\.reason?.rawValue)), .optionalTexts(rows.map(\.note)),
                .ints(rows.map(\.quantity.raw)), .optionalInts(rows.map(\.sizingPrice?.raw)),
                .ints(rows.map(\.held.paise)), .ints(rows.map(\.reserved.raw)),
                .ints(rows.map(\.filled.raw)), .ints(rows.map(\.filledValue.paise)),
                .ints(rows.map { Int64($0.attempts) }), .optionalTexts(rows.map(\.brokerOrderID)),
                .optionalInts(rows.map { $0.lookIn?.microseconds }),
                .ints(rows.map(\.borrowed.paise)), .bools(rows.map(\.isSeen)),
            ]
        )
    }

    private var attemptsWrite: Call {
        let rows = changedAttempts.sorted().compactMap { attempts[$0] }
        return (
            OrderStatements.updateAttempts,
            [
                .ints(rows.map(\.intent.raw)), .ints(rows.map { Int64($0.number) }),
                .texts(rows.map(\.state.rawValue)), .ints(rows.map(\.fence)),
                .ints(rows.map { Int64($0.looks) }), .bools(rows.map(\.isAnswered)),
                .optionalTexts(rows.map(\.outcome)), .optionalTexts(rows.map(\.brokerWords)),
                .optionalTexts(rows.map(\.brokerOrderID)), .bools(rows.map(\.isClaimed)),
            ]
        )
    }

    private var auditWrite: Call {
        (
            OrderStatements.insertAudit,
            [
                .texts(audit.map(\.action)), .ints(audit.map(\.intent.trader.raw)),
                .ints(audit.map(\.intent.client.raw)), .ints(audit.map(\.intent.task.raw)),
                .ints(audit.map(\.intent.id.raw)), .texts(audit.map(\.intent.state.rawValue)),
                .texts(audit.map(\.detail)),
            ]
        )
    }
}
