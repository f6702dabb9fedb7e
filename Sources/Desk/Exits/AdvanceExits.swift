import Trading

/// Brings exits nearer to their end: cancels, waits for that, sells, waits for the sales.
///
/// Every step may be repeated: cancel and sales are asked for under keys that follow from the exit's
/// id, which nobody can send over HTTP since they hold spaces. One process of the cluster does this.
package struct AdvanceExits: Sendable {
    let store: any ExitStore
    let cancels: any CancelStore
    let trades: any TradeStore
    let submitCancel: SubmitCancel
    let submitTrade: SubmitTrade
    let clock: any WallClock

    package init(
        store: any ExitStore,
        cancels: any CancelStore,
        trades: any TradeStore,
        submitCancel: SubmitCancel,
        submitTrade: SubmitTrade,
        clock: any WallClock
    ) {
        self.store = store
        self.cancels = cancels
        self.trades = trades
        self.submitCancel = submitCancel
        self.submitTrade = submitTrade
        self.clock = clock
    }

    /// One round over all that have not ended; how many these are.
    ///
    /// - Throws: what the store throws; the next round goes on from there.
    @discardableResult
    package func callAsFunction() async throws(StoreFailure) -> Int {
        let open = try await store.openExits(limit: 100)
        for exit in open { try await advance(exit) }
        return open.count
    }

    private func advance(_ exit: PositionExit) async throws(StoreFailure) {
        switch exit.state {
        case .cancelling:
            guard let cancellation = try await cancel(exit) else { return }
            let isOver = try await cancels.cancellation(cancellation)?.isOver ?? true
            let isLate = exit.askedAt.duration(to: clock.now()) > ExitState.patience
            guard isOver || isLate else { return }
            let sales = try await sell(exit)
            Failpoint.exitBeforeNote.pass()
            try await store.note(sales, of: exit.id)
        case .selling:
            for sale in exit.sales {
                // One that nobody approved has sold nothing, and never will.
                guard try await trades.trade(sale)?.state.isOver == true else { return }
            }
            Failpoint.exitBeforeComplete.pass()
            try await store.complete(exit.id)
        case .complete: break
        }
    }

    /// Asks for the cancel, unless that was done; nil where there is nothing of that name any more.
    func cancel(_ exit: PositionExit) async throws(StoreFailure) -> CancellationID? {
        if let made = exit.cancellation { return made }
        let key = "exit \(exit.id)"
        let asked = try await submitCancel(
            CancelRequest(
                trader: exit.trader,
                user: exit.user,
                idempotencyKey: key,
                bodyHash: Array(key.utf8),
                scope: exit.scope.cancels
            )
        )
        let id: CancellationID
        switch asked {
        case .created(let head, _, _), .repeated(let head): id = head.id
        case .conflict(let other): id = other
        case .notFound: return nil
        }
        Failpoint.exitBeforeNoteOfCancel.pass()
        try await store.note(id, of: exit.id)
        return id
    }

    /// One bulk trade for each kind of shares, of all that is free at each client.
    private func sell(_ exit: PositionExit) async throws(StoreFailure) -> [TaskID] {
        var sales: [TaskID] = []
        for lot in try await store.lots(of: exit) {
            let key = exit.key(of: lot.terms.shares)
            let submitted = try await submitTrade(
                Submission(
                    trader: exit.trader,
                    user: exit.user,
                    idempotencyKey: key,
                    // One sale of such shares for each exit, whoever holds them by then.
                    bodyHash: Array(key.utf8),
                    terms: lot.terms,
                    sizing: .part(.whole),
                    clients: .named(lot.clients),
                    isExit: true
                )
            )
            switch submitted {
            case .created(let trade), .repeated(let trade):
                sales.append(trade.id)
                Failpoint.exitAfterSale.pass()
            case .conflict(let other): sales.append(other)
            // The clients were the trader's a moment ago; the next round asks again.
            case .unknownClients, .preflightUsed: continue
            }
        }
        return sales
    }
}

extension PositionExit {
    /// What the sale of such shares is known by: no exit makes two of them.
    fileprivate func key(of shares: ShareKey) -> String {
        let own = "exit \(id) \(shares.instrument)"
        return shares.product == .delivery ? own : own + " \(shares.product.rawValue)"
    }
}
