package import Trading

/// Makes the orders of a bulk trade and puts each in its queue; may be repeated at any point.
package struct PlanTrade: Sendable {
    let store: any TradeStore
    let queue: any OrderQueue
    let quotes: any QuoteSource
    let market: MarketHours
    let clock: any WallClock
    let complete: CompleteTrades

    package init(
        store: any TradeStore,
        queue: any OrderQueue,
        quotes: any QuoteSource,
        market: MarketHours,
        clock: any WallClock,
        complete: CompleteTrades
    ) {
        self.store = store
        self.queue = queue
        self.quotes = quotes
        self.market = market
        self.clock = clock
        self.complete = complete
    }

    /// Does it.
    ///
    /// - Throws: where not every order is known to be in its queue; the plan message must come again.
    package func callAsFunction(_ task: TaskID) async throws {
        guard let trade = try await store.trade(task), trade.state != .complete else { return }
        let price = try await referencePrice(of: trade)
        Failpoint.planBeforeCommit.pass()
        let jobs = try await store.plan(
            task,
            referencePrice: price,
            marketOpen: market.isOpen(at: clock.now())
        )
        Failpoint.planAfterCommit.pass()
        let small = jobs.count < BulkTrade.smallestLargeTrade
        let held = await queue.publish(jobs.map { .order($0, small: small) })
        guard held.allSatisfy(\.self) else { throw QueueFailure.notHeld }
        Failpoint.planAfterPublish.pass()
        try await store.markPublished(task)
        Failpoint.planAfterMark.pass()
        await complete([task])
    }

    /// One price for all clients, so that each is sized alike however long the trade takes.
    private func referencePrice(of trade: BulkTrade) async throws -> Price? {
        if let planned = trade.referencePrice { return planned }
        if let stated = trade.terms.price ?? trade.terms.trigger { return stated }
        return await quotes.lastPrice(trade.terms.instrument, for: trade.trader)
    }
}

/// Why the queue did not help.
package enum QueueFailure: Error {
    /// Some message is not known to be in the queue.
    case notHeld
}
