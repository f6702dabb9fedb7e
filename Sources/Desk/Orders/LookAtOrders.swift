package import Trading

/// Reads live orders from their broker's books and books what it finds.
///
/// Postbacks, streams and timers only hint; this is what they lead to. Repeating it changes nothing.
package struct LookAtOrders: Sendable {
    let store: any OrderStore
    let accounts: any AccountStore
    let brokers: Brokers
    let complete: CompleteTrades
    /// Hears of orders that outlive their day though somebody wishes them cancelled.
    let cancels: (any CancelStore)?
    let market: MarketHours
    let clock: any WallClock
    /// Reads at once per batch.
    let concurrency: Int
    /// Commits what the books said.
    let book: @Sendable ([BookedOrder]) async throws -> Void

    /// Without `book`, each call commits what it found by itself.
    package init(
        store: any OrderStore,
        accounts: any AccountStore,
        brokers: Brokers,
        complete: CompleteTrades,
        cancels: (any CancelStore)? = nil,
        market: MarketHours,
        clock: any WallClock,
        concurrency: Int = 32,
        book: (@Sendable ([BookedOrder]) async throws -> Void)? = nil
    ) {
        self.store = store
        self.accounts = accounts
        self.brokers = brokers
        self.complete = complete
        self.cancels = cancels
        self.market = market
        self.clock = clock
        self.concurrency = concurrency
        self.book = book ?? { try await store.apply($0) }
    }

    /// Looks at these orders; those that the broker does not tell of now are looked at again later.
    package func callAsFunction(_ jobs: [OrderJob]) async throws {
        let orders = try await store.liveOrders(jobs.map(\.intent))
        guard !orders.isEmpty else { return }
        let news = await read(orders)
        if !news.ended.isEmpty { try await accounts.markExpired(news.ended) }
        guard !news.booked.isEmpty else { return }
        Failpoint.fillBeforeCommit.pass()
        try await book(news.booked)
        Failpoint.fillAfterCommit.pass()
        // Their brokers were asked for nothing since their day was over.
        if !news.kept.isEmpty {
            try await cancels?.note(
                news.kept.map { CancelOutcome(job: $0, answer: .noRoom(.zero)) }
            )
        }
        await complete(Set(orders.map(\.job.task)))
    }

    /// What a batch of looks has found.
    private struct News {
        var booked: [BookedOrder] = []
        var ended: [BrokerSession] = []
        /// Alive in a book of today's though their day is over and somebody wishes them cancelled.
        var kept: [OrderJob] = []
    }

    private func read(_ orders: [LiveOrder]) async -> News {
        await withTaskGroup(of: Reading.self) { group in
            var news = News()
            var rest = orders[...]
            var (answers, silences) = (0, 0)
            for order in rest.prefix(concurrency) { group.addTask { await look(at: order) } }
            rest = rest.dropFirst(concurrency)
            for await reading in group {
                switch reading {
                case .booked(let order, let kept):
                    news.booked.append(order)
                    if let kept { news.kept.append(kept) }
                    answers += 1
                case .sessionEnded(let session):
                    news.ended.append(session)
                    answers += 1
                case .silence: silences += 1
                case .nothing: answers += 1
                }
                // Nobody has answered so far: the rest is not asked now, and holds no place in which
                // other brokers' orders could be looked at.
                if silences >= concurrency, answers == 0 { rest = [] }
                if let next = rest.popFirst() { group.addTask { await look(at: next) } }
            }
            return news
        }
    }

    private enum Reading: Sendable {
        case booked(BookedOrder, kept: OrderJob?)
        case sessionEnded(BrokerSession)
        /// The broker did not answer.
        case silence
        case nothing
    }

    private func look(at order: LiveOrder) async -> Reading {
        guard let broker = brokers[order.job.broker] else { return .nothing }
        let over = order.endOfDay(in: market, at: clock.now())
        do {
            guard let over else {
                let (report, trades) = try await broker.look(order)
                let booked = BookedOrder(intent: order.job.intent, report: report, trades: trades)
                return .booked(booked, kept: nil)
            }
            let look = LookBack(order: order, broker: broker, over: over, market: market)
            let booked = try await look()
            let isKept = order.isCancelAsked && order.isKept(as: booked.report)
            return .booked(booked, kept: isKept ? order.job : nil)
        } catch .sessionEnded {
            return .sessionEnded(order.session)
        } catch {
            // Unreachable or limited: the order's next look is scheduled already.
            if case .unreachable = error { return .silence }
            return .nothing
        }
    }
}
