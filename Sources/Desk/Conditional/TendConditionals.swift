import Trading

/// Does what is due about conditional orders: sends, looks for what was lost, looks at what waits,
/// changes and cancels.
///
/// As with every order: *claim* (one transaction writes SENDING), *send* once, *record*. Whoever finds
/// SENDING or UNKNOWN asks the broker's list and never sends. A process may be killed between any two
/// lines; the lease then runs out, and the list is asked.
package struct TendConditionals: Sendable {
    let store: any ConditionalStore
    let accounts: any AccountStore
    let pace: Batcher<PaceRequest, PaceAnswer>
    let brokers: Brokers
    let brackets: EmulateBrackets
    private let book: BookFired
    let clock: any WallClock
    let limits: ExecutionLimits
    let worker: String

    package init(
        store: any ConditionalStore,
        accounts: any AccountStore,
        pace: Batcher<PaceRequest, PaceAnswer>,
        brokers: Brokers,
        brackets: EmulateBrackets,
        clock: any WallClock,
        limits: ExecutionLimits,
        worker: String
    ) {
        self.store = store
        self.accounts = accounts
        self.pace = pace
        self.brokers = brokers
        self.brackets = brackets
        book = BookFired(store: store, submit: brackets.submit, clock: clock)
        self.clock = clock
        self.limits = limits
        self.worker = worker
    }

    /// Does what is due now, at most so many at once.
    ///
    /// - Returns: how many were due.
    package func callAsFunction(limit: Int) async throws -> Int {
        let jobs = try await store.dueConditionals(limit: limit)
        // One that fails must not break off what others are sending.
        let failure = await withTaskGroup(of: (any Error)?.self) { group in
            for job in jobs {
                group.addTask {
                    do {
                        try await tend(job)
                        return nil
                    } catch {
                        return error
                    }
                }
            }
            return await group.reduce(nil) { $0 ?? $1 }
        }
        if let failure { throw failure }
        return jobs.count
    }

    private func tend(_ job: ConditionalJob) async throws {
        let record = job.record
        guard let broker = brokers[record.broker] as? any Broker & ConditionalOrders else {
            _ = try await change(record) { $0.decline(.brokerNotSupported, at: $1) }
            return
        }
        if record.terms.kind == .bracket, broker.conditionalTraits.kinds[.bracket] == nil {
            return try await brackets(record)
        }
        if let closed = brokers.wait(for: record.broker) {
            return try await putOff(record, closed)
        }
        switch record.state {
        case .ready: try await place(record, at: broker)
        case .sending: _ = try await change(record) { $0.takeOver(at: $1) }
        case .unknown, .waiting, .entered, .cancelRequested:
            guard let session = job.session else {
                _ = try await change(record) { $0.postpone(Reason.noSession.sentence, $1) }
                return
            }
            let attempt = job.attempt(session)
            guard record.state != .unknown else { return try await resolve(attempt, at: broker) }
            guard let id = record.brokerID else { return }
            let live = LiveConditional(
                attempt: attempt,
                brokerID: id,
                isCancelAsked: record.state == .cancelRequested
            )
            if let seen = try await look(record, live, at: broker) {
                try await bookOrders(of: seen, session, at: broker)
            }
        case .triggered, .cancelled, .rejected, .expired:
            guard let session = job.session else {
                _ = try await change(record) { $0.waitForBook(Reason.noSession.sentence, at: $1) }
                return
            }
            try await bookOrders(of: record, session, at: broker)
        }
    }

    private func bookOrders(
        of record: ConditionalRecord,
        _ session: BrokerSession,
        at broker: any Broker & ConditionalOrders
    ) async throws {
        guard record.awaitsOrders else { return }
        guard !broker.conditionalTraits.isEmulated else { return try await book.onPaper(record) }
        Failpoint.fillBeforeCommit.pass()
        try await book(record, session, at: broker)
    }

    private func place(_ record: ConditionalRecord, at broker: any ConditionalOrders) async throws {
        guard let traits = brokers[record.broker]?.traits else { return }
        if let account = record.account {
            let request = PaceRequest(
                account: account,
                broker: record.broker,
                limits: traits.orderLimits
            )
            if let wait = try await limits.room(for: request, from: pace, isUrgent: true, by: clock)
            {
                return try await putOff(record, wait)
            }
        }
        // Counted from before the claim, so that it ends well before the lease does.
        let deadline = clock.monotonicNow().advanced(by: limits.sendWithin)
        let lease = Lease(worker: worker, duration: limits.lease)
        guard let attempt = try await store.claim(record.id, lease: lease) else { return }
        Failpoint.executeBeforeSend.pass()
        let answer = await broker.place(attempt, sendBefore: deadline)
        Failpoint.executeAfterSend.pass()
        brokers.note(answer, of: record.broker)
        try await limits.commit(by: clock) {
            _ = try await store.change(record.id, fence: attempt.fence, by: Actor(user: nil)) {
                [now = clock.now()] in $0.record(answer, at: now)
            }
        }
    }

    private func resolve(_ attempt: ConditionalAttempt, at broker: any ConditionalOrders)
        async throws
    {
        guard let kind = broker.conditionalTraits.kinds[attempt.terms.kind],
            let instrument = attempt.session.instrument
        else { return }
        let search = ConditionalSearch(
            reference: attempt.reference,
            content: attempt.terms.content(code: instrument.code),
            sentAt: attempt.startedAt,
            showsReferences: kind.showsReferences
        )
        // Before the list: what is adopted meanwhile must not be taken for this one.
        var known: Set<String> = []
        if let account = attempt.session.account { known = try await store.knownIDs(of: account) }
        let list: [ConditionalReport]
        do {
            list = try await broker.conditionalOrders(like: attempt)
        } catch {
            return try await note(error, on: attempt)
        }
        let finding = search(list, known: known)
        let lag = broker.conditionalTraits.visibilityLag
        _ = try await change(attempt.id, attempt.fence) {
            $0.resolve(finding, lag: lag, listsEnded: kind.listsEnded, at: $1)
        }
    }

    /// - Returns: the order as it then is; nil where the broker did not tell.
    private func look(
        _ record: ConditionalRecord,
        _ live: LiveConditional,
        at broker: any ConditionalOrders
    ) async throws -> ConditionalRecord? {
        var refusal: String?
        var live = live
        do {
            if record.state == .cancelRequested {
                try await broker.cancel(live)
            } else if let wished = record.wished {
                try await broker.modify(live, to: wished)
                // From now on it is looked at as it was wished.
                if let changed = try await change(
                    record,
                    { $0.noteChange(refused: nil, at: $1) }
                ) {
                    live = LiveConditional(
                        attempt: changed.attempt(live.session),
                        brokerID: live.brokerID
                    )
                }
            }
        } catch {
            guard case .refused = error as? BrokerFailure else {
                try await note(error, on: live.attempt)
                return nil
            }
            refusal = (error as? BrokerFailure)?.words
            if record.state != .cancelRequested, let refusal {
                _ = try await change(record) { $0.noteChange(refused: refusal, at: $1) }
            }
        }
        let report: ConditionalReport
        do {
            report = try await broker.look(live)
        } catch {
            try await note(error, on: live.attempt)
            return nil
        }
        let isCancel = record.state == .cancelRequested
        let pause = broker.conditionalTraits.lookPause
        return try await change(record) { [refusal] record, now in
            let looks = record.looks
            record.see(report, pause: pause, at: now)
            guard isCancel, record.state == .cancelRequested else { return }
            record.looks = looks
            if let refusal {
                record.noteCancelRefused(refusal, at: now)
            } else {
                record.postpone(nil, now)
            }
        }
    }

    /// A broker that does not answer, or a session that has ended: later again.
    private func note(_ error: any Error, on attempt: ConditionalAttempt) async throws {
        guard let failure = error as? BrokerFailure else { throw error }
        if case .sessionEnded = failure { try? await accounts.markExpired([attempt.session]) }
        _ = try await change(attempt.id, attempt.fence) { $0.postpone(failure.words, $1) }
    }

    private func putOff(_ record: ConditionalRecord, _ wait: Duration) async throws {
        _ = try await change(record) { $0.wait(wait, $1) }
    }

    private func change(
        _ record: ConditionalRecord,
        _ body: @escaping @Sendable (inout ConditionalRecord, Timestamp) -> Void
    ) async throws -> ConditionalRecord? {
        try await change(record.id, record.fence, body)
    }

    private func change(
        _ id: ConditionalID,
        _ fence: Int64,
        _ body: @escaping @Sendable (inout ConditionalRecord, Timestamp) -> Void
    ) async throws -> ConditionalRecord? {
        let now = clock.now()
        return try await store.change(id, fence: fence, by: Actor(user: nil)) { body(&$0, now) }
    }
}
