package import Desk
package import Trading

/// Repairs and undoings in memory. What stands in an order's way now is not looked at here: that is
/// tested with the real store.
extension MemoryStore: RepairStore {
    package func repairRows(of task: TaskID, marketOpen: Bool) async throws(StoreFailure)
        -> [RepairRow]
    {
        try transact("repairRows") { $0.repairRows(of: task) }
    }

    package func repair(_ request: RepairRequest) async throws(StoreFailure) -> Repaired {
        let now = clock.now()
        return try transact("repair") { state in
            if let made = state.trade(of: request.trader, with: request.idempotencyKey) {
                return made.submission.bodyHash == request.bodyHash
                    ? .repeated(made.trade) : .conflict(made.id)
            }
            guard state.undos[request.task] == nil, let old = state.trades[request.task] else {
                return .undone
            }
            let missing = state.repairRows(of: request.task).filter { $0.verdict == .place }
            let clients = Set(missing.map(\.client)).sorted()
            guard !clients.isEmpty else { return .nothing }
            let id = state.add(
                Submission(
                    trader: request.trader,
                    user: request.user,
                    idempotencyKey: request.idempotencyKey,
                    bodyHash: request.bodyHash,
                    terms: old.submission.terms,
                    sizing: old.submission.sizing,
                    clients: .named(clients),
                    onDoubt: old.submission.onDoubt
                ),
                now: now
            ) { $0.repairs = request.task }
            for row in missing {
                guard let slice = row.slice else { continue }
                let before = state.listed[id]?[row.client] ?? .zero
                state.listed[id, default: [:]][row.client] = before + slice
            }
            for row in missing { state.repairs[request.task, default: [:]][row.order] = id }
            guard let made = state.trades[id]?.trade else { return .nothing }
            return .created(made, orders: clients.count)
        }
    }

    package func undo(of task: TaskID) async throws(StoreFailure) -> UndoRecord? {
        try transact("undo") { $0.undos[task] }
    }

    package func beginUndo(of task: TaskID, cancellation: CancellationID, by actor: Actor)
        async throws(StoreFailure) -> UndoRecord
    {
        let now = clock.now()
        return try transact("beginUndo") { state in
            if let begun = state.undos[task] { return begun }
            let record = UndoRecord(
                task: task,
                cancellation: cancellation,
                askedAt: now,
                undoTask: nil,
                repairs: Set((state.repairs[task] ?? [:]).values).sorted()
            )
            state.undos[task] = record
            return record
        }
    }

    package func confirmUndo(_ request: UndoRequest) async throws(StoreFailure) -> UndoConfirmed {
        let now = clock.now()
        return try transact("confirmUndo") { state in
            let task = request.trade.id
            guard let record = state.undos[task] else { return .notSettled }
            if let made = record.undoTask.flatMap({ state.trades[$0]?.trade }) {
                return .repeated(made)
            }
            let orders = state.intents.values.filter { $0.task == task }
            guard orders.allSatisfy(\.state.isFinal), !request.quantities.isEmpty else {
                return .notSettled
            }
            let old = request.trade.terms
            let id = state.add(
                Submission(
                    trader: request.trade.trader,
                    user: request.user,
                    idempotencyKey: "undo \(task)",
                    bodyHash: [],
                    terms: OrderTerms(
                        instrument: old.instrument,
                        side: old.side == .buy ? .sell : .buy,
                        type: .market,
                        product: old.product,
                        validity: .day,
                        price: nil,
                        trigger: nil
                    ),
                    sizing: .listed,
                    clients: .named(request.quantities.map(\.client))
                ),
                now: now
            ) { $0.undoes = task }
            for (client, shares) in request.quantities {
                state.listed[id, default: [:]][client] = shares
            }
            state.undos[task] = UndoRecord(
                task: task,
                cancellation: record.cancellation,
                askedAt: record.askedAt,
                undoTask: id,
                repairs: record.repairs
            )
            return (state.trades[id]?.trade).map(UndoConfirmed.created) ?? .notSettled
        }
    }
}

extension MemoryState {
    func trade(of trader: TraderID, with key: String) -> MemoryTrade? {
        trades.values.first {
            $0.submission.trader == trader && $0.submission.idempotencyKey == key
        }
    }

    fileprivate func repairRows(of task: TaskID) -> [RepairRow] {
        intents.values.filter { $0.task == task }.sorted { $0.client < $1.client }.map { row in
            let by = repairs[task]?[row.id]
            let verdict = RepairVerdict(
                state: row.state,
                reason: row.reason,
                filled: row.filled,
                mayBeAlive: false
            )
            return RepairRow(
                order: row.id,
                client: row.client,
                clientCode: clients[row.client]?.client.code ?? "",
                state: row.state,
                reason: row.reason,
                verdict: verdict == .place && by != nil ? .repaired : verdict,
                hindrance: nil,
                repairedBy: by,
                slice: row.isSlice ? row.ownQuantity : nil
            )
        }
    }
}
