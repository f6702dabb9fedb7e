package import Trading

/// Takes a wish to change one order: holds what it needs more, and lets the broker be asked.
///
/// The answer does not wait for the broker, nor for the queue: what it does not take, a sweep brings.
package struct SubmitModification: Sendable {
    let orders: any OrderStore
    let trades: any TradeStore
    let store: any ModificationStore
    let queue: any OrderQueue
    let quotes: any QuoteSource
    let brokers: [BrokerTraits]
    let market: MarketHours
    let clock: any WallClock

    package init(
        orders: any OrderStore,
        trades: any TradeStore,
        store: any ModificationStore,
        queue: any OrderQueue,
        quotes: any QuoteSource,
        brokers: [BrokerTraits],
        market: MarketHours,
        clock: any WallClock
    ) {
        self.orders = orders
        self.trades = trades
        self.store = store
        self.queue = queue
        self.quotes = quotes
        self.brokers = brokers
        self.market = market
        self.clock = clock
    }

    /// Does it, once per (user, idempotency key).
    package func callAsFunction(_ request: ModificationRequest) async throws(StoreFailure)
        -> ModificationAsked
    {
        var request = request
        for traits in brokers { request.rules[traits.name] = traits.modifications }
        request.obstacle = market.isOpen(at: clock.now()) ? nil : .marketClosed
        if request.wish.type == .market { request.market = try await price(of: request) }
        Failpoint.modifySubmitBeforeCommit.pass()
        let asked = try await store.askToModify(request)
        Failpoint.modifySubmitAfterCommit.pass()
        guard case .created(_, let job) = asked else { return asked }
        _ = await queue.publish([.modify(job)])
        return asked
    }

    /// What the market last paid, which decides only where the order is to state no price itself.
    private func price(of request: ModificationRequest) async throws(StoreFailure) -> Price? {
        guard let order = try await orders.liveOrders([request.order]).first,
            let trade = try await trades.trade(order.job.task)
        else { return nil }
        return await quotes.lastPrice(trade.terms.instrument, for: trade.trader)
    }
}
