package import Trading

/// Takes a change of one order from the queue to a known outcome.
///
/// As with orders, nothing is sent twice: a change that arrives late would undo a later one.
///
/// 1. *Read* the change that has not ended; what is SENDING and not abandoned is another worker's.
/// 2. *Pace*: a call from the account's allowance, in the same windows as orders.
/// 3. *Claim*: one transaction looks at order, client and halts once more and writes SENDING.
/// 4. *Send*: once, after a last look at the halt switches; past its deadline not at all.
/// 5. *Record* what the broker said. Taken or not known: only the books can tell.
/// 6. *Look*: the books show the order changed, or past any doubt as it was. Then it ends, and what
///    is no longer needed is released.
/// 7. Once the order's day is over nothing is sent, for its number may be another order's by then. What
///    was not sent ends; what is not known is looked for once more when the order has ended, and ends too.
///
/// A process may be killed between any two lines: before 3 the message comes again; after 3 the
/// change is found SENDING, its lease runs out, and the books are asked.
package struct ExecuteModification: Sendable {
    let pace: Batcher<PaceRequest, PaceAnswer>
    let read: Batcher<IntentID, OpenModification?>
    let claim: Batcher<OpenModification, Int?>
    let note: Batcher<ModificationNews, Void>
    let orders: any OrderStore
    let accounts: any AccountStore
    let pacer: any Pacer
    let brokers: Brokers
    let halts: HaltWatch
    let schedule: DoubtSchedule
    let market: MarketHours
    let clock: any WallClock
    let limits: ExecutionLimits

    package init(
        pace: Batcher<PaceRequest, PaceAnswer>,
        read: Batcher<IntentID, OpenModification?>,
        claim: Batcher<OpenModification, Int?>,
        note: Batcher<ModificationNews, Void>,
        orders: any OrderStore,
        accounts: any AccountStore,
        pacer: any Pacer,
        brokers: Brokers,
        halts: HaltWatch,
        schedule: DoubtSchedule,
        market: MarketHours,
        clock: any WallClock,
        limits: ExecutionLimits
    ) {
        self.pace = pace
        self.read = read
        self.claim = claim
        self.note = note
        self.orders = orders
        self.accounts = accounts
        self.pacer = pacer
        self.brokers = brokers
        self.halts = halts
        self.schedule = schedule
        self.market = market
        self.clock = clock
        self.limits = limits
    }

    /// Does what can be done now; what the broker answered, where it was asked.
    ///
    /// - Throws: where what came of it could not be written; the message must come again.
    @discardableResult
    package func callAsFunction(_ job: OrderJob) async throws -> ModificationAnswer? {
        guard let change = try await read(job.intent), let broker = brokers[job.broker] else {
            return nil
        }
        if let taken = change.takenAt,
            let over = market.endOfBooks(ofOrderTakenAt: taken, ifBy: clock.now())
        {
            try await endWithDay(change, over, at: broker)
            return nil
        }
        guard let order = try await orders.liveOrders([job.intent]).first else {
            try await end(change, at: broker)
            return nil
        }
        switch change.state {
        case .asked: return try await send(change, of: order, at: broker)
        case .sending where !change.isAbandoned: return nil
        case .sending, .unknown: try await look(change, of: order, at: broker)
        case .applied, .refused, .unchanged, .withdrawn: break
        }
        return nil
    }

    private func send(_ change: OpenModification, of order: LiveOrder, at broker: any Broker)
        async throws -> ModificationAnswer?
    {
        if let wait = try await roomFor(change.job, at: broker) {
            try await write(ModificationNews(change, .later(wait)))
            return nil
        }
        // Counted from before the claim, so that it ends well before the lease does.
        let deadline = clock.monotonicNow().advanced(by: limits.sendWithin)
        guard let tries = try await claim(change) else { return nil }
        Failpoint.modifyBeforeSend.pass()
        let answer = await halts.guarding(
            change.haltSubject(order),
            before: deadline,
            pause: limits.haltWait
        ) { brake in
            var order = order
            order.brake = brake
            return await broker.modify(order, to: change.wanted, sendBefore: deadline)
        }
        Failpoint.modifyAfterSend.pass()
        await tell(answer, of: order, isLate: clock.monotonicNow() >= deadline)
        try await write(ModificationNews(change, tries: tries, .answered(answer)))
        guard answer.leavesDoubt, let again = try await read(change.job.intent),
            again.id == change.id, again.state == .unknown
        else { return answer }
        Failpoint.modifyBeforeLook.pass()
        try await look(again, of: order, at: broker)
        return answer
    }

    /// Nil where the broker may be asked now; waits here for short whiles.
    private func roomFor(_ job: OrderJob, at broker: any Broker) async throws -> Duration? {
        guard let account = job.account else { return nil }
        if let closed = brokers.wait(for: job.broker) { return closed }
        let request = PaceRequest(
            account: account,
            broker: job.broker,
            limits: broker.traits.orderLimits
        )
        return try await limits.room(for: request, from: pace, isUrgent: true, by: clock)
    }

    private func tell(_ answer: ModificationAnswer, of order: LiveOrder, isLate: Bool) async {
        // That we came too late ourselves says nothing of the broker.
        if case .notSent = answer, isLate { return }
        brokers.noteChange(answer, of: order.job.broker)
        if case .unanswered(BrokerLimit.cause, _) = answer, let account = order.job.account {
            await pacer.pause(account, broker: order.job.broker, for: limits.pauseAfterLimit)
        }
        if case .refused(.sessionExpired, _) = answer {
            // The order's own looks say so too, should this not be written.
            try? await accounts.markExpired([order.session])
        }
    }

    /// Its order has ended, or nobody can ask for it before somebody logs in: the store knows.
    ///
    /// Whoever booked the order's end looked for its fills, not for the change; and of a change of the
    /// price fills tell nothing. What the books show of it now, they will show for good.
    private func end(_ change: OpenModification, at broker: any Broker) async throws {
        var evidence = ModificationEvidence.unclear
        if change.state == .unknown || change.isAbandoned,
            let order = try await orders.endedOrders([change.job.intent]).first
        {
            do {
                evidence = try await broker.look(order).0
                    .evidence(of: change.wanted, from: change.before)
            } catch .sessionEnded, .refused {
                // No book shows it any more to whom may ask.
            } catch {
                let wait = schedule.delay(afterLooks: change.looks)
                try await write(
                    ModificationNews(change, .stillUnknown(asBefore: false, lookAgainIn: wait))
                )
                return
            }
        }
        try await write(ModificationNews(change, .orderEnded(evidence)))
    }

    /// What nobody can be asked for any more is not asked for again and again.
    private func endWithDay(_ change: OpenModification, _ over: Timestamp, at broker: any Broker)
        async throws
    {
        let isUnknown = change.state == .unknown || change.isAbandoned
        guard isUnknown || change.state == .asked else { return }
        var evidence = ModificationEvidence.unclear
        if isUnknown, let order = try await orders.endedOrders([change.job.intent]).first {
            let look = LookBack(order: order, broker: broker, over: over, market: market)
            if let told = try? await look.byID() {
                evidence = told.report.evidence(of: change.wanted, from: change.before)
            }
        }
        try await write(ModificationNews(change, .dayOver(evidence)))
    }

    /// Asks the books; what they say of the order is booked first, so that what is then released is
    /// what its fills have left.
    private func look(_ change: OpenModification, of order: LiveOrder, at broker: any Broker)
        async throws
    {
        let report: OrderReport
        do {
            let (found, trades) = try await broker.look(order)
            report = found
            try await orders.apply(
                [BookedOrder(intent: order.job.intent, report: found, trades: trades)]
            )
        } catch let failure as StoreFailure {
            throw failure
        } catch {
            let wait = schedule.delay(afterLooks: change.looks)
            try await write(
                ModificationNews(change, .stillUnknown(asBefore: false, lookAgainIn: wait))
            )
            return
        }
        try await write(
            ModificationNews(change, event(change, report, lag: broker.traits.visibilityLag))
        )
    }

    private func event(_ change: OpenModification, _ report: OrderReport, lag: Duration)
        -> ModificationNews.Event
    {
        let evidence = report.evidence(of: change.wanted, from: change.before)
        switch (evidence, report.status) {
        case (_, .filled), (_, .cancelled), (_, .rejected), (_, .expired):
            return .orderEnded(evidence)
        case (.changed, _): return .shown(.changed)
        case (.unclear, _):
            return .stillUnknown(
                asBefore: false,
                lookAgainIn: schedule.delay(afterLooks: change.looks)
            )
        case (.asBefore, _):
            let age = (change.sentAt ?? clock.now()).duration(to: clock.now())
            let isProven = schedule.provesAbsence(
                absences: change.looks + 1,
                age: age,
                lag: lag,
                brokerSpoke: change.brokerSpoke
            )
            guard !isProven else { return .shown(.asBefore) }
            return .stillUnknown(
                asBefore: true,
                lookAgainIn: schedule.delay(afterLooks: change.looks)
            )
        }
    }

    /// Writing twice is harmless.
    private func write(_ news: ModificationNews) async throws {
        Failpoint.modifyBeforeCommit.pass()
        try await limits.commit(by: clock) { try await note(news) }
        Failpoint.modifyAfterCommit.pass()
    }
}

extension ModificationAnswer {
    /// Whether only the books can tell what came of it.
    fileprivate var leavesDoubt: Bool {
        switch self {
        case .taken, .unanswered: true
        case .done, .refused, .notSent, .withheld: false
        }
    }
}

extension OpenModification {
    /// What a halt switch may know its order by.
    fileprivate func haltSubject(_ order: LiveOrder) -> HaltSubject {
        HaltSubject(
            trader: owner.trader,
            client: owner.client,
            broker: job.broker,
            instrument: order.terms.instrument.id
        )
    }
}

extension ModificationStore {
    /// For each of these orders the change that has not ended, if any.
    package func changes(of orders: [IntentID]) async throws(StoreFailure) -> [OpenModification?] {
        let open = try await openModifications(Array(Set(orders)))
        let byOrder = Dictionary(open.map { ($0.job.intent, $0) }) { first, _ in first }
        return orders.map { byOrder[$0] }
    }
}
