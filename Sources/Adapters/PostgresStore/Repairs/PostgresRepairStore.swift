package import Desk
import JSON
package import Postgres
package import Trading

/// Repairs and undoings in PostgreSQL.
///
/// 1. A repair and an undoing of one bulk trade wait for each other at the trade's row, so that what a
///    repair reads of it stays true until its rows are written.
/// 2. `task_repair` holds each order of a repaired trade once: the database itself refuses a second.
package struct PostgresRepairStore: RepairStore {
    private let pool: PostgresPool
    /// The brokers for which there is an adapter.
    private let brokers: [BrokerName]
    /// Whether clients are skipped whose account has no address or proxy of its own.
    private let requiresEgress: Bool

    package init(pool: PostgresPool, brokers: [BrokerName], requiresEgress: Bool = false) {
        self.pool = pool
        self.brokers = brokers
        self.requiresEgress = requiresEgress
    }

    package func repairRows(of task: TaskID, marketOpen: Bool) async throws(StoreFailure)
        -> [RepairRow]
    {
        let (statement, values) = read(task, marketOpen)
        return try RepairRow.reading(try await pool.ask(statement, values))
    }

    private func read(_ task: TaskID, _ marketOpen: Bool) -> Call {
        (
            RepairStatements.rows,
            [
                .int(task.raw), .bool(marketOpen), .texts(brokers.map(\.rawValue)),
                .bool(requiresEgress),
            ]
        )
    }

    package func repair(_ request: RepairRequest) async throws(StoreFailure) -> Repaired {
        let task = PostgresValue.int(request.task.raw)
        let earlier: Call = (
            TradeStatements.withKey,
            [.int(request.trader.raw), .text(request.idempotencyKey)]
        )
        return try await pool.transact { transaction in
            let locked = try await transaction.begin([(RepairStatements.lock, [task]), earlier])
            if let made = locked[1].first {
                try await transaction.commit([])
                return try request.repeated(made)
            }
            guard let isUndone = locked[0].first?.bool(0), !isUndone else {
                try await transaction.commit([])
                return .undone
            }
            // Under the lock: whoever repaired before has committed.
            let rows = try await transaction.go([read(request.task, request.marketOpen)])
            let missing = try RepairRow.reading(rows[0]).filter { $0.verdict == .place }
            let clients = Set(missing.map(\.client.raw)).sorted()
            // Of an order that was cut, the slices that are missing; the others were placed.
            let slices = Dictionary(
                missing.compactMap { row in row.slice.map { (row.client.raw, $0) } },
                uniquingKeysWith: +
            ).sorted { $0.key < $1.key }
            guard !clients.isEmpty else {
                try await transaction.commit([])
                return .nothing
            }
            let insert: Call = (
                RepairStatements.repair,
                [
                    task, .ints(clients), .int(request.user.raw), .text(request.idempotencyKey),
                    .bytes(request.bodyHash), .ints(slices.map(\.key)),
                    .ints(slices.map(\.value.raw)), .ints(missing.map(\.order.raw)),
                ]
            )
            let stored = try await transaction.commit([insert, earlier])
            guard let made = stored[1].first else {
                throw StoreFailure.broken("a repair is not there")
            }
            guard !stored[0].isEmpty else { return try request.repeated(made) }
            return .created(try BulkTrade.stored(made).trade, orders: clients.count)
        }
    }

    package func undo(of task: TaskID) async throws(StoreFailure) -> UndoRecord? {
        try await pool.ask(RepairStatements.undo, [.int(task.raw)]).first.map(UndoRecord.init)
    }

    package func beginUndo(of task: TaskID, cancellation: CancellationID, by actor: Actor)
        async throws(StoreFailure) -> UndoRecord
    {
        try await pool.transact { transaction in
            let rows = try await transaction.begin([
                (RepairStatements.lock, [.int(task.raw)]),
                (RepairStatements.beginUndo, [.int(task.raw), .int(cancellation.raw)]),
                (RepairStatements.undo, [.int(task.raw)]),
            ])
            guard let row = rows[2].first else { throw StoreFailure.broken("an undo is not there") }
            let record = UndoRecord(row)
            let audit = AuditEntry(.undoAsked) { detail in
                detail.field("task", task.raw)
                detail.field("cancellation", record.cancellation.raw)
            }
            try await transaction.commit(
                rows[1].isEmpty ? [] : [AuditEntry.write([audit], by: actor)]
            )
            return record
        }
    }

    package func confirmUndo(_ request: UndoRequest) async throws(StoreFailure) -> UndoConfirmed {
        let task = PostgresValue.int(request.trade.id.raw)
        return try await pool.transact { transaction in
            let rows = try await transaction.begin([(RepairStatements.lockUndo, [task])])
            guard let row = rows[0].first else {
                try await transaction.commit([])
                return .notSettled
            }
            if let made = row.optionalInt(0) {
                let trades = try await transaction.commit([(TradeStatements.trade, [.int(made)])])
                guard let trade = trades[0].first else {
                    throw StoreFailure.broken("an undo's trade is not there")
                }
                var columns = Columns(trade)
                return .repeated(try BulkTrade(reading: &columns))
            }
            guard !row.bool(1), !request.quantities.isEmpty else {
                try await transaction.commit([])
                return .notSettled
            }
            // No caller's key has a space in it.
            let key = "undo \(request.trade.id)"
            let stored = try await transaction.commit([
                (
                    RepairStatements.confirmUndo,
                    [
                        task, .ints(request.quantities.map(\.client.raw)),
                        .ints(request.quantities.map(\.shares.raw)), .int(request.user.raw),
                        .text(key),
                    ]
                ), (TradeStatements.withKey, [.int(request.trade.trader.raw), .text(key)]),
            ])
            guard let made = stored[1].first else {
                throw StoreFailure.broken("an undo's trade is not there")
            }
            return .created(try BulkTrade.stored(made).trade)
        }
    }
}

extension RepairRequest {
    /// The answer where the key has made a trade already.
    fileprivate func repeated(_ row: PostgresRow) throws(StoreFailure) -> Repaired {
        let (hash, trade) = try BulkTrade.stored(row)
        return hash == bodyHash ? .repeated(trade) : .conflict(trade.id)
    }
}

extension BulkTrade {
    /// What `TradeStatements.withKey` read.
    static func stored(_ row: PostgresRow) throws(StoreFailure) -> (hash: [UInt8], trade: BulkTrade)
    {
        var columns = Columns(row)
        let hash = columns.bytes()
        return (hash, try BulkTrade(reading: &columns))
    }
}

extension RepairRow {
    /// What `RepairStatements.rows` read.
    fileprivate static func reading(_ rows: PostgresRows) throws(StoreFailure) -> [RepairRow] {
        var found: [RepairRow] = []
        found.reserveCapacity(rows.count)
        for row in rows {
            var columns = Columns(row)
            found.append(try RepairRow(reading: &columns))
        }
        return found
    }

    private init(reading columns: inout Columns) throws(StoreFailure) {
        let order: IntentID = columns.id()
        let client: ClientID = columns.id()
        let code = columns.text()
        let state: OrderState = try columns.word()
        let reason: Reason? = try columns.optionalWord()
        var verdict = RepairVerdict(
            state: state,
            reason: reason,
            filled: columns.quantity(),
            mayBeAlive: columns.bool()
        )
        let hindrance: Reason? = try columns.optionalWord()
        let repairedBy: TaskID? = columns.optionalID()
        if verdict == .place, repairedBy != nil {
            verdict = .repaired
        } else if verdict == .place, hindrance != nil {
            verdict = .stillHindered
        }
        self.init(
            order: order,
            client: client,
            clientCode: code,
            state: state,
            reason: reason,
            verdict: verdict,
            hindrance: verdict == .stillHindered ? hindrance : nil,
            repairedBy: repairedBy,
            slice: columns.optionalInt().map { Quantity($0) }
        )
    }
}

extension UndoRecord {
    /// What `RepairStatements.undo` read.
    fileprivate init(_ row: PostgresRow) {
        var columns = Columns(row)
        self.init(
            task: columns.id(),
            cancellation: columns.id(),
            askedAt: columns.timestamp(),
            undoTask: columns.optionalID(),
            repairs: columns.ints().map { ID($0) }
        )
    }
}
