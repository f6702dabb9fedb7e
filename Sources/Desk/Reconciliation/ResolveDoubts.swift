package import Trading

/// Asks the broker's books what became of attempts whose answer was lost.
///
/// 1. Found by our reference: adopted.
/// 2. Absent, by two looks at the whole book and all trades past the horizon: nothing was placed. By
///    the bulk trade's policy the order ends, or is READY for an attempt of its own.
/// 3. Anything else: stays UNKNOWN with its funds held. So does one that the broker said it has, however
///    long the books are silent of it: somebody must decide.
///
/// Nothing is ever sent from here. A book tells of its own day only: what was sent on an earlier day
/// and is absent from today's book is no more known than before.
package struct ResolveDoubts: Sendable {
    let store: any OrderStore
    let catalog: TradeCatalog
    let queue: any OrderQueue
    let brokers: Brokers
    let complete: CompleteTrades
    let schedule: DoubtSchedule
    let market: MarketHours
    let clock: any WallClock

    package init(
        store: any OrderStore,
        catalog: TradeCatalog,
        queue: any OrderQueue,
        brokers: Brokers,
        complete: CompleteTrades,
        schedule: DoubtSchedule,
        market: MarketHours,
        clock: any WallClock
    ) {
        self.store = store
        self.catalog = catalog
        self.queue = queue
        self.brokers = brokers
        self.complete = complete
        self.schedule = schedule
        self.market = market
        self.clock = clock
    }

    /// Looks into these; those still unknown are looked at again by schedule.
    package func callAsFunction(_ jobs: [OrderJob]) async throws {
        let doubts = try await store.doubts(jobs.map(\.intent))
        guard !doubts.isEmpty else { return }
        Failpoint.doubtBeforeLook.pass()
        let findings = await withTaskGroup(of: DoubtFinding.self) { group in
            for doubt in doubts { group.addTask { await look(into: doubt) } }
            return await group.reduce(into: []) { $0.append($1) }
        }
        Failpoint.doubtAfterLook.pass()
        try await store.resolve(findings)
        Failpoint.doubtAfterCommit.pass()
        // At once, since the time for it runs out; should the queue not take it, a sweep brings it.
        let resends = findings.filter(\.allowsResend).map(\.doubt.job)
        if !resends.isEmpty { _ = await queue.publish(resends.map { .order($0, small: true) }) }
        await complete(Set(doubts.map(\.job.task)))
    }

    private func look(into doubt: Doubt) async -> DoubtFinding {
        guard let broker = brokers[doubt.job.broker] else {
            return later(doubt, "Volley cannot ask this broker")
        }
        do {
            if broker.traits.findsByReference, let report = try await broker.find(doubt) {
                return DoubtFinding(doubt: doubt, result: .found(report))
            }
            // The look-up alone may lag: only the whole book can testify that something is absent.
            let book = try await broker.orders(doubt.session)
            if let report = book.first(where: { $0.reference == doubt.reference }) {
                return DoubtFinding(doubt: doubt, result: .found(report))
            }
            let trades = try await broker.trades(doubt.session)
            return try await absent(doubt, broker.traits, book, trades)
        } catch let failure as BrokerFailure {
            guard case .limited(let wait) = failure else { return later(doubt, failure.words) }
            return later(
                doubt,
                failure.words,
                in: schedule.delay(of: doubt.job.intent, afterLimit: wait)
            )
        } catch {
            return later(doubt, "Volley could not read its own books")
        }
    }

    /// What it means that neither look-up nor book show the order.
    private func absent(
        _ doubt: Doubt,
        _ traits: BrokerTraits,
        _ book: [OrderReport],
        _ trades: [TradeReport]
    ) async throws -> DoubtFinding {
        let listed = Set(book.map(\.brokerOrderID))
        guard trades.allSatisfy({ listed.contains($0.brokerOrderID) }) else {
            // A trade whose order is not listed may be ours: this book is not whole.
            return later(doubt, "trades of an order that the book does not list")
        }
        let now = clock.now()
        guard CalendarDay(containing: doubt.sentAt) == CalendarDay(containing: now) else {
            return later(doubt, "the day's book is gone; somebody must decide")
        }
        let isProven = schedule.provesAbsence(
            absences: doubt.absences + 1,
            age: doubt.sentAt.duration(to: now),
            lag: traits.visibilityLag,
            brokerSpoke: doubt.brokerWords != nil,
            brokerClaims: doubt.isClaimed,
            marketHasClosed: market.hasClosed(theDayOf: doubt.sentAt, at: now)
        )
        let place = "in none of \(book.count) orders and \(trades.count) trades"
        let answer = doubt.isClaimed ? place + ", though the broker said that it has it" : place
        guard isProven else { return later(doubt, answer, sawWholeBook: true) }
        let next = try await afterAbsence(of: doubt, at: now)
        return DoubtFinding(doubt: doubt, result: .absentProven(next), answer: answer)
    }

    private func afterAbsence(of doubt: Doubt, at now: Timestamp) async throws
        -> DoubtFinding.AfterAbsence
    {
        // Who said no once is not asked again.
        if let words = doubt.brokerWords {
            return .end(.told(by: words, of: doubt.terms.side, usual: .brokerRefused))
        }
        guard let trade = try await catalog.trade(doubt.job.task) else {
            return .end(.provenNotPlaced)
        }
        let obstacle = trade.onDoubt.obstacle(
            toResendAt: now,
            acceptedAt: trade.acceptedAt,
            marketIsOpen: market.isOpen(at: now)
        )
        return obstacle.map { .end($0) } ?? .resend
    }

    private func later(
        _ doubt: Doubt,
        _ answer: String,
        sawWholeBook: Bool = false,
        in delay: Duration? = nil
    ) -> DoubtFinding {
        DoubtFinding(
            doubt: doubt,
            result: .stillUnknown(
                lookAgainIn: delay ?? schedule.delay(afterLooks: doubt.looks + 1)
            ),
            sawWholeBook: sawWholeBook,
            answer: answer
        )
    }
}

extension DoubtFinding {
    /// Whether the order is READY for another attempt.
    fileprivate var allowsResend: Bool {
        if case .absentProven(.resend) = result { true } else { false }
    }
}
