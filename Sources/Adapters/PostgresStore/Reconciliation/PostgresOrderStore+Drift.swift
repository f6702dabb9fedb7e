package import Desk
import Postgres
package import Trading

extension PostgresOrderStore: DriftStore {
    package func accountsToCompare(since: Timestamp) async throws(StoreFailure)
        -> [ComparedAccount]
    {
        let moment = PostgresValue.timestamp(since.microseconds)
        var accounts: [ComparedAccount] = []
        for row in try await pool.ask(DriftStatements.accounts, [moment]) {
            var columns = Columns(row)
            accounts.append(try ComparedAccount(reading: &columns))
        }
        return accounts
    }

    package func ourBook(of account: ComparedAccount, since: Timestamp)
        async throws(StoreFailure) -> OurBook
    {
        let mark = try await mark()
        let attempts = try await pool.ask(
            DriftStatements.attempts,
            [
                .int(account.account.raw), .int(account.client.raw),
                .timestamp(since.microseconds),
            ]
        )
        let shares = try await pool.ask(DriftStatements.shares, [.int(account.client.raw)])
        let cash = try await pool.ask(DriftStatements.cash, [.int(account.client.raw)])
        var ours: [OurAttempt] = []
        for row in attempts { ours.append(try OurAttempt(reading: row)) }
        return OurBook(
            attempts: ours,
            // No row where the client has several accounts.
            shares: cash.isEmpty
                ? nil : Dictionary(shares.map { ($0.text(0), Quantity($0.int(1))) }) { $0 + $1 },
            cash: cash.first.map { Money(paise: $0.int(0)) },
            mark: mark
        )
    }

    package func store(_ drifts: [Drift], of account: ComparedAccount)
        async throws(StoreFailure) -> [Drift]
    {
        // One statement may touch a row once only.
        let names = drifts.map { DriftName(kind: $0.kind, subject: AuditText.foreign($0.subject)) }
        let known = Dictionary(zip(names, drifts)) { first, _ in first }
        let sorted = known.keys.sorted {
            ($0.kind.rawValue, $0.subject) < ($1.kind.rawValue, $1.subject)
        }
        let open = Self.open(sorted.compactMap { name in known[name].map { (name, $0) } }, account)
        let close: Call = (
            DriftStatements.close,
            [
                .int(account.account.raw), .texts(sorted.map(\.kind.rawValue)),
                .texts(sorted.map(\.subject)),
            ]
        )
        let rows = try await pool.transact { transaction in
            try await transaction.commit([(Transaction.beginning, []), close, open])[2]
        }
        var new: [Drift] = []
        for row in rows where row.bool(2) {
            guard let kind = DriftKind(rawValue: row.text(0)) else { continue }
            if let drift = known[DriftName(kind: kind, subject: row.text(1))] { new.append(drift) }
        }
        return new
    }

    private static func open(_ drifts: [(DriftName, Drift)], _ account: ComparedAccount) -> Call {
        (
            DriftStatements.open,
            [
                .int(account.account.raw), .int(account.client.raw), .int(account.trader.raw),
                .texts(drifts.map(\.0.kind.rawValue)), .texts(drifts.map(\.0.subject)),
                .optionalInts(drifts.map { $0.1.intent?.raw }),
                .optionalTexts(drifts.map { $0.1.ours?.state }),
                .optionalInts(drifts.map { $0.1.ours?.storedNumber }),
                .optionalInts(drifts.map { $0.1.ours?.filled?.raw }),
                .optionalTexts(drifts.map { $0.1.theirs?.state }),
                .optionalInts(drifts.map { $0.1.theirs?.storedNumber }),
                .optionalInts(drifts.map { $0.1.theirs?.filled?.raw }),
            ]
        )
    }

    package func drifts(_ query: DriftQuery) async throws(StoreFailure) -> [StoredDrift] {
        let rows = try await pool.ask(
            DriftStatements.list,
            [
                .int(query.before ?? .max), .optional(query.trader?.raw),
                .optional(query.client?.raw), query.isOpen.map { .bool($0) } ?? .null,
                query.kind.map { .text($0.rawValue) } ?? .null, .int(Int64(query.limit)),
            ]
        )
        var drifts: [StoredDrift] = []
        for row in rows { drifts.append(try StoredDrift(reading: row)) }
        return drifts
    }

    package func openDrifts() async throws(StoreFailure) -> [DriftKind: Int] {
        var counts: [DriftKind: Int] = [:]
        for row in try await pool.ask(DriftStatements.counts) {
            if let kind = DriftKind(rawValue: row.text(0)) { counts[kind] = Int(row.int(1)) }
        }
        return counts
    }
}

/// What names a difference within its account.
private struct DriftName: Hashable {
    let kind: DriftKind
    let subject: String
}

extension ComparedAccount {
    fileprivate init(reading columns: inout Columns) throws(StoreFailure) {
        self.init(
            account: columns.id(),
            client: columns.id(),
            trader: columns.id(),
            broker: try columns.word()
        )
    }
}

extension OurAttempt {
    fileprivate init(reading row: PostgresRow) throws(StoreFailure) {
        var columns = Columns(row)
        let intent: IntentID = columns.id()
        let task: TaskID = columns.id()
        let (reference, brokerOrderID) = (columns.text(), columns.optionalText())
        let state: OrderState = try columns.word()
        let (quantity, filled) = (columns.quantity(), columns.quantity())
        let (isDead, isLatest) = (columns.bool(), columns.bool())
        let age = Duration.microseconds(columns.int())
        let side: Side? = try columns.optionalWord()
        let symbol = columns.optionalText()
        self.init(
            intent: intent,
            task: task,
            reference: reference,
            brokerOrderID: brokerOrderID,
            state: state,
            quantity: quantity,
            filled: filled,
            isDead: isDead,
            isLatest: isLatest,
            age: age,
            untold: side.map { Untold(side: $0, symbol: symbol) }
        )
    }
}

extension StoredDrift {
    fileprivate init(reading row: PostgresRow) throws(StoreFailure) {
        var columns = Columns(row)
        let id = columns.int()
        let account = try ComparedAccount(reading: &columns)
        let kind: DriftKind = try columns.word()
        let subject = columns.text()
        let intent: IntentID? = columns.optionalID()
        let ours = BookSide(reading: &columns, isCash: kind == .cashShort)
        let theirs = BookSide(reading: &columns, isCash: kind == .cashShort)
        self.init(
            id: id,
            account: account,
            drift: Drift(kind: kind, subject: subject, intent: intent, ours: ours, theirs: theirs),
            timesSeen: Int(columns.int()),
            openedAt: columns.timestamp(),
            seenAt: columns.timestamp(),
            closedAt: columns.optionalTimestamp()
        )
    }
}

extension BookSide {
    /// Shares, or paise.
    fileprivate var storedNumber: Int64 { cash?.paise ?? quantity.raw }

    fileprivate init?(reading columns: inout Columns, isCash: Bool) {
        let state = columns.optionalText()
        let quantity = columns.optionalInt()
        let filled = columns.optionalInt()
        guard let quantity else { return nil }
        guard !isCash else {
            self.init(cash: Money(paise: quantity))
            return
        }
        self.init(state: state, quantity: Quantity(quantity), filled: filled.map { Quantity($0) })
    }
}
