package import Trading

/// Makes the orders of a bulk trade and puts each in its queue; may be repeated at any point.
package struct PlanTrade: Sendable {
    let store: any TradeStore
    let queue: any OrderQueue
    let quotes: any QuoteSource
    let market: MarketHours
    let clock: any WallClock
    let complete: CompleteTrades
    let largeFrom: Int

    /// `largeFrom`: from how many orders on a trade takes the lane of large ones.
    package init(
        store: any TradeStore,
        queue: any OrderQueue,
        quotes: any QuoteSource,
        market: MarketHours,
        clock: any WallClock,
        complete: CompleteTrades,
        largeFrom: Int = BulkTrade.smallestLargeTrade
    ) {
        self.store = store
        self.queue = queue
        self.quotes = quotes
        self.market = market
        self.clock = clock
        self.complete = complete
        self.largeFrom = largeFrom
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
        let small = jobs.count < largeFrom
        let held = await queue.publish(
            small ? jobs.map { .order($0, small: true) } : Self.messages(of: jobs)
        )
        guard held.allSatisfy(\.self) else { throw QueueFailure.notHeld }
        Failpoint.planAfterPublish.pass()
        try await store.markPublished(task)
        Failpoint.planAfterMark.pass()
        await complete([task])
    }

    /// Orders of a large trade, several to a message, each message of one broker.
    static func messages(of jobs: [OrderJob]) -> [QueueMessage] {
        QueueMessage.byBroker(jobs, atMost: ordersPerMessage).map { .orders($0, $1) }
    }

    /// Many enough that the queue's work hardly counts beside the orders', and few enough that workers
    /// get even shares of a trade.
    package static let ordersPerMessage = 8

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
