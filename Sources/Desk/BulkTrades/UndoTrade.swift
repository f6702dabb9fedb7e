package import Trading

/// Takes a bulk trade back: cancels what is open, waits until all of it has ended, and then offers reverse
/// orders for exactly what it filled.
///
/// 1. *Ask*: the cancel of the whole trade, then a row that says so. Killed between the two, whoever asks
///    again finds the same cancel by its key.
/// 2. *Offer*: read from the books at any time; it is complete once no order of the trade may change. Of
///    a purchase, what is held of it still by first in, first out, and no more than is free; of a sale,
///    what it sold.
/// 3. *Confirm*: the very offer that was seen, in one transaction with the mark that it was; once.
package struct UndoTrade: Sendable {
    let trades: any TradeStore
    let repairs: any RepairStore
    let portfolios: any PortfolioStore
    let cancel: SubmitCancel
    let queue: any OrderQueue
    let outbox: any Outbox
    /// Clients that are read at once.
    private static let stride = 500

    package init(
        trades: any TradeStore,
        repairs: any RepairStore,
        portfolios: any PortfolioStore,
        cancel: SubmitCancel,
        queue: any OrderQueue,
        outbox: any Outbox
    ) {
        self.trades = trades
        self.repairs = repairs
        self.portfolios = portfolios
        self.cancel = cancel
        self.queue = queue
        self.outbox = outbox
    }

    /// Asks for it; asking again changes nothing.
    ///
    /// - Returns: nil where there is no such trade among the trader's.
    package func ask(_ task: TaskID, _ trader: TraderID, _ user: UserID, address: String?)
        async throws(StoreFailure) -> UndoRecord?
    {
        if let asked = try await repairs.undo(of: task) { return asked }
        // No caller's key has a space in it.
        let key = "undo \(task)"
        let asked = try await cancel(
            CancelRequest(
                trader: trader,
                user: user,
                address: address,
                idempotencyKey: key,
                bodyHash: Array(key.utf8),
                scope: .task(task)
            )
        )
        let cancellation: CancellationID
        switch asked {
        case .created(let head, _, _), .repeated(let head): cancellation = head.id
        case .conflict(let id): cancellation = id
        case .notFound: return nil
        }
        Failpoint.undoBeforeNote.pass()
        let begun = try await repairs.beginUndo(
            of: task,
            cancellation: cancellation,
            by: Actor(user: user, address: address)
        )
        Failpoint.undoAfterNote.pass()
        return begun
    }

    /// What would be reversed now, and whether that may still change.
    package func offer(_ trade: BulkTrade) async throws(StoreFailure) -> UndoOffer {
        let progress = try await trades.progress(trade.id)
        let isSettled =
            progress.map { progress in
                progress.state == .complete
                    && progress.counts.allSatisfy { $0.key.isFinal || $0.value == 0 }
            } ?? false
        var rows: [UndoRow] = []
        var after: ClientID?
        while true {
            let page = try await portfolios.filledClients(
                of: trade.id,
                after: after,
                limit: Self.stride
            )
            rows += page.map { UndoRow(of: trade, $0) }
            guard page.count == Self.stride, let last = page.last else { break }
            after = last.id
        }
        return UndoOffer(isSettled: isSettled, rows: rows)
    }

    /// Places the reverse orders of an offer.
    package func confirm(_ trade: BulkTrade, _ offer: UndoOffer, by user: UserID)
        async throws(StoreFailure) -> UndoConfirmed
    {
        Failpoint.undoConfirmBeforeCommit.pass()
        let confirmed = try await repairs.confirmUndo(
            UndoRequest(
                trade: trade,
                user: user,
                quantities: offer.rows.filter { $0.reverse > .zero }.map { ($0.client, $0.reverse) }
            )
        )
        Failpoint.undoConfirmAfterCommit.pass()
        if case .created(let made) = confirmed, await queue.publish([.plan(made.id)]) == [true] {
            Failpoint.undoConfirmAfterPublish.pass()
            try? await outbox.delete(planOf: made.id)
        }
        return confirmed
    }
}

/// What would be reversed of a bulk trade.
package struct UndoOffer: Sendable, Equatable {
    /// Whether no order of the trade may change any more.
    package let isSettled: Bool
    package let rows: [UndoRow]

    /// Whether there is anything to reverse.
    package var isEmpty: Bool { rows.allSatisfy { $0.reverse == .zero } }

    /// What tells one offer from another: clients and shares.
    package var canonical: String {
        rows.map { "\($0.client):\($0.reverse.raw)" }.joined(separator: "\n")
    }
}

/// What would be reversed for one client.
package struct UndoRow: Sendable, Equatable {
    package let client: ClientID
    package let code: String
    /// What the trade filled.
    package let filled: Quantity
    /// Of a purchase: what of it is sold since, by first in, first out.
    package let soldSince: Quantity
    /// Of a purchase: what of it is promised to other sales.
    package let reserved: Quantity
    /// What the reverse order is for.
    package let reverse: Quantity

    init(of trade: BulkTrade, _ client: FilledClient) {
        self.client = client.id
        code = client.code
        let own = client.fills.filter { $0.task == trade.id }
        filled = own.reduce(.zero) { $0 + $1.quantity }
        guard trade.terms.side == .buy else {
            (soldSince, reserved, reverse) = (.zero, .zero, filled)
            return
        }
        let held = ShareHistory(client.fills).lots.filter { $0.task == trade.id }
            .reduce(Quantity.zero) { $0 + $1.held }
        soldSince = filled - held
        reverse = min(held, client.holding.free)
        reserved = held - reverse
    }
}
