import Desk
import JSON
import Postgres
import Secrets
import Trading

extension ConditionalRecord {
    /// What `ConditionalStatements.columns` read.
    init(reading columns: inout Columns) throws(StoreFailure) {
        let id: ConditionalID = columns.id()
        let trader: TraderID = columns.id()
        let client: ClientID = columns.id()
        let user: UserID = columns.id()
        let account: AccountID? = columns.optionalID()
        let broker: BrokerName = try columns.word()
        let kind: ConditionalKind = try columns.word()
        let side: Side = try columns.word()
        let product: Product = try columns.word()
        let direction: TriggerDirection? = try columns.optionalWord()
        let levels = columns.ints()
        let wished = columns.ints()
        let state: ConditionalState = try columns.word()
        let fence = columns.int()
        let reference = columns.optionalText()
        let brokerID = columns.optionalText()
        let orders = columns.texts()
        let fired = try Self.fired(&columns)
        let reason: Reason? = try columns.optionalWord()
        let words = columns.optionalText()
        let tries = Int(columns.int())
        let looks = Int(columns.int())
        let absences = Int(columns.int())
        let startedAt = columns.optionalTimestamp()
        let seenAt = columns.optionalTimestamp()
        let firedAt = columns.optionalTimestamp()
        let hasFilled = columns.bool()
        let isCancelAsked = columns.bool()
        let dueAt = columns.optionalTimestamp()
        let parent: ConditionalID? = columns.optionalID()
        let entryTask: TaskID? = columns.optionalID()
        let createdAt = columns.timestamp()
        let updatedAt = columns.timestamp()
        let instrument = try Instrument(reading: &columns)
        func terms(_ levels: [Int64]) -> ConditionalTerms {
            ConditionalLevels.terms(
                levels,
                instrument: instrument,
                kind: kind,
                side: side,
                product: product,
                direction: direction
            )
        }
        self.init(
            id: id,
            trader: trader,
            client: client,
            user: user,
            account: account,
            broker: broker,
            terms: terms(levels),
            wished: wished.isEmpty ? nil : terms(wished),
            state: state,
            fence: fence,
            reference: reference,
            brokerID: brokerID,
            orders: orders,
            fired: fired,
            reason: reason,
            words: words,
            tries: tries,
            looks: looks,
            absences: absences,
            startedAt: startedAt,
            seenAt: seenAt,
            firedAt: firedAt,
            hasFilled: hasFilled,
            isCancelAsked: isCancelAsked,
            dueAt: dueAt,
            parent: parent,
            entryTask: entryTask,
            createdAt: createdAt,
            updatedAt: updatedAt
        )
    }

    /// The orders that came of it and are ours.
    private static func fired(_ columns: inout Columns) throws(StoreFailure) -> [FiredOrder] {
        let (ids, sides, intents) = (columns.texts(), columns.texts(), columns.ints())
        return try ids.indices.map { place throws(StoreFailure) in
            guard let side = Side(rawValue: sides[place]) else {
                throw .broken("the database holds the unknown side '\(sides[place])'")
            }
            return FiredOrder(
                brokerOrderID: ids[place],
                side: side,
                intent: IntentID(intents[place])
            )
        }
    }

    /// The call that writes all that changes.
    var written: Call {
        (
            ConditionalStatements.write,
            [
                .int(id.raw), .ints(ConditionalLevels.of(terms)),
                wished.map { .ints(ConditionalLevels.of($0)) } ?? .null, .text(state.rawValue),
                .int(fence), .optional(reference), .optional(brokerID), .texts(orders),
                .optional(reason?.rawValue), .optional(words.map { AuditText.foreign($0) }),
                .int(Int64(tries)), .int(Int64(looks)), .int(Int64(absences)),
                .optional(startedAt), .bool(isCancelAsked), .optional(dueAt),
                .optional(entryTask?.raw), .optional(updatedAt), .optional(seenAt),
                .optional(firedAt), .bool(hasFilled),
            ]
        )
    }

    /// The audit line of a change from `old`; nil where nothing changed that people ask about.
    func audit(after old: ConditionalRecord?) -> AuditEntry? {
        let isNews =
            old.map {
                $0.state != state || $0.terms != terms || $0.wished != wished
                    || $0.isCancelAsked != isCancelAsked
            } ?? true
        guard isNews else { return nil }
        return AuditEntry(
            old == nil ? .conditionalAsked : .conditionalChanged,
            trader: trader,
            client: client
        ) { detail in
            detail.field("conditional_order", id.raw)
            detail.field("kind", terms.kind.rawValue)
            detail.field("symbol", terms.instrument.symbol)
            detail.field("side", terms.side.rawValue)
            detail.field("quantity", terms.quantity.raw)
            if let old { detail.field("from", old.state.rawValue) }
            detail.field("to", state.rawValue)
            if let wished { detail.field("wished_quantity", wished.quantity.raw) }
            if isCancelAsked { detail.field("cancel_asked", true) }
            if let brokerID { detail.field("broker_id", brokerID) }
            if let reason { detail.field("reason", reason.rawValue) }
            if let words { detail.field("words", AuditText.foreign(words)) }
        }
    }
}

extension ConditionalJob {
    /// What `ConditionalStatements.jobs` read; the session is nil where its token does not open.
    init(reading row: PostgresRow, _ secrets: SecretBox) throws(StoreFailure) {
        var columns = Columns(row)
        let record = try ConditionalRecord(reading: &columns)
        self.init(
            record: record,
            session: BrokerSession(reading: &columns, of: record, secrets)
        )
    }
}

extension BrokerSession {
    /// What `ConditionalStatements.door` read; nil where the token is gone or does not open.
    ///
    /// On paper there is no account, and nothing to be let in to.
    init?(reading columns: inout Columns, of record: ConditionalRecord, _ secrets: SecretBox) {
        let number = columns.optionalText()
        let sealed = columns.optionalBytes()
        let egress = columns.optionalText()
        let segment = columns.optionalText()
        let code = columns.optionalText()
        guard let account = record.account else {
            self = .paper(record.terms.instrument)
            return
        }
        guard let number, let sealed, let token = try? secrets.open(sealed, of: account) else {
            return nil
        }
        var instrument: BrokerInstrument?
        if let segment, let code {
            instrument = BrokerInstrument(
                instrument: record.terms.instrument.id,
                segment: segment,
                code: code
            )
        }
        self.init(
            account: account,
            brokerClientID: number,
            token: token,
            egress: egress,
            instrument: instrument
        )
    }

    private static func paper(_ instrument: Instrument) -> BrokerSession {
        BrokerSession(
            account: nil,
            brokerClientID: "",
            token: Secret(""),
            egress: nil,
            instrument: BrokerInstrument(
                instrument: instrument.id,
                segment: instrument.exchange.rawValue,
                code: instrument.symbol
            )
        )
    }
}
