import Desk
import DeskTesting
import Trading

extension SimulatedStore: ModificationStore {
    func askToModify(_ request: ModificationRequest) async throws(StoreFailure)
        -> ModificationAsked
    {
        let asked = try await transact("askToModify") { store async throws(StoreFailure) in
            try await store.askToModify(request)
        }
        if case .created(let change, _) = asked {
            process.tell("is asked to change order \(change.order) to \(change.wanted.word)")
        }
        return asked
    }

    func openModifications(_ orders: [IntentID]) async throws(StoreFailure) -> [OpenModification] {
        try await transact("openModifications") { store async throws(StoreFailure) in
            try await store.openModifications(orders)
        }
    }

    func claim(_ changes: [OpenModification], obstacle: Reason?, lease: Lease)
        async throws(StoreFailure) -> [Int?]
    {
        let kernel = process.kernel
        let tries = try await transact("claimChanges") { store async throws(StoreFailure) in
            let tries = try await store.claim(changes, obstacle: obstacle, lease: lease)
            for (change, number) in zip(changes, tries) where number != nil {
                guard let missing = store.cashMissing(for: change) else { continue }
                kernel.violate("the change of \(change.job.intent) lacks \(missing)")
            }
            return tries
        }
        for (change, number) in zip(changes, tries) {
            let word = number.map { "try \($0)" } ?? "not to be sent"
            process.tell("claims the change of \(change.job.intent): \(word)")
        }
        return tries
    }

    func note(_ news: [ModificationNews]) async throws(StoreFailure) {
        try await transact("noteChanges") { store async throws(StoreFailure) in
            try await store.note(news)
        }
        for piece in news {
            process.tell("notes of the change of \(piece.job.intent): \(piece.event)")
        }
    }

    func modification(_ id: ModificationID) async throws(StoreFailure) -> Modification? {
        try await tables.modification(id)
    }

    func modifications(of order: IntentID) async throws(StoreFailure) -> [Modification] {
        try await tables.modifications(of: order)
    }
}

extension SimulatedStore: ExitStore {
    func askToExit(_ request: ExitRequest) async throws(StoreFailure) -> ExitAsked {
        let asked = try await transact("askToExit") { store async throws(StoreFailure) in
            try await store.askToExit(request)
        }
        process.tell("is asked to leave \(request.scope)")
        return asked
    }

    func openExits(limit: Int) async throws(StoreFailure) -> [PositionExit] {
        let exits = try await transact("openExits") { store async throws(StoreFailure) in
            try await store.openExits(limit: limit)
        }
        return bug == .exitInHaste ? exits.map { $0.asked(before: .seconds(100)) } : exits
    }

    func lots(of exit: PositionExit) async throws(StoreFailure) -> [ExitLot] {
        try await transact("lots") { store async throws(StoreFailure) in
            try await store.lots(of: exit)
        }
    }

    func note(_ cancellation: CancellationID, of exit: ExitID) async throws(StoreFailure) {
        try await transact("noteExitCancel") { store async throws(StoreFailure) in
            try await store.note(cancellation, of: exit)
        }
    }

    func note(_ sales: [TaskID], of exit: ExitID) async throws(StoreFailure) {
        try await transact("noteExitSales") { store async throws(StoreFailure) in
            try await store.note(sales, of: exit)
        }
        process.tell("notes that exit \(exit) sells by \(sales)")
    }

    func complete(_ exit: ExitID) async throws(StoreFailure) {
        try await transact("completeExit") { store async throws(StoreFailure) in
            try await store.complete(exit)
        }
        process.tell("completes exit \(exit)")
    }

    func positionExit(_ id: ExitID) async throws(StoreFailure) -> PositionExit? {
        try await tables.positionExit(id)
    }

    func positionExits(of trader: TraderID?, before: ExitID?, limit: Int)
        async throws(StoreFailure) -> [PositionExit]
    {
        try await tables.positionExits(of: trader, before: before, limit: limit)
    }
}

extension SimulatedStore: RepairStore {
    func repair(_ request: RepairRequest) async throws(StoreFailure) -> Repaired {
        if bug == .repairForgotten { tables.forgetRepairs() }
        let repaired = try await transact("repair") { store async throws(StoreFailure) in
            try await store.repair(request)
        }
        if case .created(let trade, let orders) = repaired {
            process.tell("repairs \(orders) orders of trade \(request.task) by trade \(trade.id)")
        }
        return repaired
    }

    func repairRows(of task: TaskID, marketOpen: Bool) async throws(StoreFailure) -> [RepairRow] {
        try await tables.repairRows(of: task, marketOpen: marketOpen)
    }

    func undo(of task: TaskID) async throws(StoreFailure) -> UndoRecord? {
        try await tables.undo(of: task)
    }

    func beginUndo(of task: TaskID, cancellation: CancellationID, by actor: Actor)
        async throws(StoreFailure) -> UndoRecord
    {
        try await tables.beginUndo(of: task, cancellation: cancellation, by: actor)
    }

    func confirmUndo(_ request: UndoRequest) async throws(StoreFailure) -> UndoConfirmed {
        try await tables.confirmUndo(request)
    }
}

extension SimulatedStore {
    /// Which halts are on.
    func halts() async throws(StoreFailure) -> Halts {
        let active = try await transact("halts") { store async throws(StoreFailure) in
            try await store.halts()
        }
        return Halts(active.map(\.scope))
    }
}

extension OrderShape {
    fileprivate var word: String { "x\(quantity) @ \(price.map { "\($0)" } ?? "market")" }
}

extension MemoryStore {
    /// What a purchase must still hold, before it may become what it is to be; nil: nothing.
    fileprivate func cashMissing(for change: OpenModification) -> Money? {
        guard let intent = intent(change.job.intent), let price = change.wanted.price,
            storedTrades.first(where: { $0.id == intent.task })?.terms.side == .buy,
            change.wanted.quantity > intent.filled
        else { return nil }
        let needed = price.cost(of: change.wanted.quantity - intent.filled)
        return needed > intent.held ? needed - intent.held : nil
    }
}
