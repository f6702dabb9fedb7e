import Desk
import JSON
import Postgres
import Trading

extension DoubtRecord {
    /// The columns that `init(reading:)` reads, of `order_attempt o`; all null where there is none.
    static let columns = """
        o.number, o.reference, coalesce(o.unknown_since, o.sent_at), o.outcome, o.broker_words,
        o.looks, o.absences, o.looked_at, o.look_answer
        """

    init?(reading columns: inout Columns) {
        let number = columns.optionalInt()
        let reference = columns.optionalText()
        let since = columns.optionalTimestamp()
        let outcome = columns.optionalText()
        let words = columns.optionalText()
        let looks = columns.optionalInt()
        let absences = columns.optionalInt()
        let lookedAt = columns.optionalTimestamp()
        let answer = columns.optionalText()
        guard let number, let reference, let since else { return nil }
        self.init(
            attempt: Int16(number),
            reference: reference,
            since: since,
            outcome: outcome,
            brokerWords: words,
            looks: Int(looks ?? 0),
            absences: Int(absences ?? 0),
            lookedAt: lookedAt,
            lastAnswer: answer
        )
    }

    /// What is known, as fields of a JSON object.
    func write(to detail: inout JSONWriter) {
        detail.field("attempt", Int64(attempt))
        detail.field("reference", reference)
        detail.field("since_microseconds", since.microseconds)
        detail.fieldOrNull("outcome", outcome)
        detail.fieldOrNull("broker_words", brokerWords)
        detail.field("looks", looks)
        detail.field("absences", absences)
        detail.fieldOrNull("last_answer", lastAnswer)
    }
}

extension UnknownOrder {
    /// The columns that `init(reading:)` reads.
    static let columns = """
        i.id, i.task_id, i.broker, i.account_id, i.client_id, c.code, a.broker_client_id,
        n.symbol, t.side, i.quantity, i.held, \(DoubtRecord.columns)
        """
    /// Where they come from: `order_attempt o` of intents that are UNKNOWN.
    static let joins = """
        JOIN order_intent i
            ON i.id = o.intent_id AND i.attempts = o.number AND i.state = 'UNKNOWN'
        JOIN bulk_task t ON t.id = i.task_id
        JOIN instrument n ON n.id = t.instrument_id
        JOIN client c ON c.id = i.client_id
        LEFT JOIN broker_account a ON a.id = i.account_id
        """

    init(reading row: PostgresRow) throws(StoreFailure) {
        var columns = Columns(row)
        let (intent, task): (IntentID, TaskID) = (columns.id(), columns.id())
        let broker: BrokerName = try columns.word()
        let account: AccountID? = columns.optionalID()
        let client: ClientID = columns.id()
        let code = columns.text()
        let brokerClientID = columns.optionalText()
        let symbol = columns.text()
        let side: Side = try columns.word()
        let (quantity, held) = (columns.quantity(), columns.money())
        guard let doubt = DoubtRecord(reading: &columns) else {
            throw .broken("the UNKNOWN order \(intent) has no attempt")
        }
        self.init(
            job: OrderJob(intent: intent, task: task, broker: broker, account: account),
            client: client,
            clientCode: code,
            brokerClientID: brokerClientID,
            symbol: symbol,
            side: side,
            quantity: quantity,
            held: held,
            doubt: doubt
        )
    }
}
