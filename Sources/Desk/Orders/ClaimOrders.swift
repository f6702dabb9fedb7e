package import Trading

/// Claims a batch of orders: finds each one's trade and price, and lets the store write the attempts.
package struct ClaimOrders: Sendable {
    let store: any OrderStore
    let catalog: TradeCatalog
    let quotes: any QuoteSource
    let market: MarketHours
    let clock: any WallClock
    let lease: Lease
    /// A reference price older than this is asked for anew.
    let priceAge: Duration
    /// Where the later slices of what was claimed go; nil: the sweep brings them.
    let queue: (any OrderQueue)?

    package init(
        store: any OrderStore,
        catalog: TradeCatalog,
        quotes: any QuoteSource,
        market: MarketHours,
        clock: any WallClock,
        lease: Lease,
        priceAge: Duration,
        queue: (any OrderQueue)? = nil
    ) {
        self.store = store
        self.catalog = catalog
        self.quotes = quotes
        self.market = market
        self.clock = clock
        self.lease = lease
        self.priceAge = priceAge
        self.queue = queue
    }

    /// The claims in the order of the jobs.
    package func callAsFunction(_ jobs: [OrderJob]) async throws -> [Claim] {
        let now = clock.now()
        let isOpen = market.isOpen(at: now)
        var prices: [TaskID: (BulkTrade, SizingPrice)] = [:]
        var requests: [ClaimRequest] = []
        requests.reserveCapacity(jobs.count)
        for job in jobs {
            if prices[job.task] == nil, let trade = try await catalog.trade(job.task) {
                prices[job.task] = (trade, await price(of: trade, at: now))
            }
            guard let (trade, price) = prices[job.task] else {
                throw StoreFailure.broken("order \(job.intent) belongs to no bulk trade")
            }
            requests.append(
                ClaimRequest(
                    job: job,
                    trade: trade,
                    price: price.price,
                    priceObstacle: price.obstacle,
                    obstacle: isOpen ? nil : .marketClosed,
                    obstacleToResend: trade.onDoubt.obstacle(
                        toResendAt: now,
                        acceptedAt: trade.acceptedAt,
                        marketIsOpen: isOpen
                    )
                )
            )
        }
        Failpoint.executeBeforeClaim.pass()
        let claims = try await store.claim(requests, lease: lease)
        await publishSlices(of: claims)
        return claims
    }

    /// What is lost here, the sweep finds: these orders are READY as all others are.
    private func publishSlices(of claims: [Claim]) async {
        let slices = claims.flatMap { claim -> [OrderJob] in
            if case .send(let attempt) = claim { attempt.slices } else { [] }
        }
        guard !slices.isEmpty, let queue else { return }
        Failpoint.sliceBeforePublish.pass()
        _ = await queue.publish(slices.map { .order($0, small: true) })
    }

    /// A price, or why there is none.
    private struct SizingPrice {
        let price: Price?
        var obstacle = Reason.noPrice
    }

    /// One that is too old is no price to size by; where the size is fixed it is good enough to hold
    /// money by.
    private func price(of trade: BulkTrade, at now: Timestamp) async -> SizingPrice {
        if let stated = trade.terms.price ?? trade.terms.trigger {
            return SizingPrice(price: stated)
        }
        if let reference = trade.referencePrice, let planned = trade.plannedAt,
            planned.duration(to: now) < priceAge
        {
            return SizingPrice(price: reference)
        }
        if let fresh = await quotes.lastPrice(trade.terms.instrument, for: trade.trader) {
            return SizingPrice(price: fresh)
        }
        guard let stale = await quotes.stalePrice(trade.terms.instrument) else {
            return SizingPrice(price: nil)
        }
        if case .quantity = trade.sizing { return SizingPrice(price: stale) }
        return SizingPrice(price: nil, obstacle: .stalePrice)
    }
}
