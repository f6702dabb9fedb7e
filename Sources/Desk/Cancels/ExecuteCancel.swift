package import Trading

/// Asks a broker to cancel one order, and its books what came of it.
///
/// Unlike an order a cancel may be repeated: twice cancelled is cancelled. So nothing is written
/// before it is sent, and whoever finds it undone does it again.
///
/// 1. *Read*: the order, if it still lives and its cancel is still wished.
/// 2. *Pace*: a call from the account's allowance; cancels have a part of it that orders never use.
/// 3. *Ask* the broker. A broker that does not answer is left alone a moment, and asked all the same.
/// 4. *Look*: whatever the broker says, "traded" or "cancelled" too, only its books end the order.
///    Where the order's day is over they come first: by its number another order might be cancelled.
/// 5. *Record*: the books, and when the broker is asked again where they show the order alive.
package struct ExecuteCancel: Sendable {
    let pace: Batcher<PaceRequest, PaceAnswer>
    let read: Batcher<IntentID, LiveOrder?>
    let record: Batcher<CancelOutcome, Void>
    let pacer: any Pacer
    let accounts: any AccountStore
    let brokers: Brokers
    let egress: (any EgressProbe)?
    let market: MarketHours
    let clock: any WallClock
    let limits: ExecutionLimits

    package init(
        pace: Batcher<PaceRequest, PaceAnswer>,
        read: Batcher<IntentID, LiveOrder?>,
        record: Batcher<CancelOutcome, Void>,
        pacer: any Pacer,
        accounts: any AccountStore,
        brokers: Brokers,
        egress: (any EgressProbe)? = nil,
        market: MarketHours,
        clock: any WallClock,
        limits: ExecutionLimits
    ) {
        self.pace = pace
        self.read = read
        self.record = record
        self.pacer = pacer
        self.accounts = accounts
        self.brokers = brokers
        self.egress = egress
        self.market = market
        self.clock = clock
        self.limits = limits
    }

    /// Does it; nil where there was nothing to ask.
    ///
    /// - Throws: where what came of it could not be written; the message must come again.
    package func callAsFunction(_ job: OrderJob) async throws -> CancelOutcome? {
        guard let order = try await read(job.intent), let broker = brokers[job.broker] else {
            return nil
        }
        if let over = order.endOfDay(in: market, at: clock.now()) {
            let booked = await lookBack(at: order, over, at: broker)
            guard let booked, order.isKept(as: booked.report) else {
                return try await write(CancelOutcome(job: job, answer: .dayOver, booked: booked))
            }
        }
        if let wait = try await roomFor(job, at: broker) {
            return try await write(CancelOutcome(job: job, answer: .noRoom(wait)))
        }
        // Left alone for a moment, not for good: a cancel that waits for the breaker waits in vain
        // where it matters most.
        if let closed = brokers.wait(for: job.broker) {
            try await clock.sleep(for: min(closed, limits.shortWait))
        }
        Failpoint.cancelBeforeSend.pass()
        let answer = await ask(order, at: broker)
        Failpoint.cancelAfterSend.pass()
        let booked = answer.deservesALook ? await look(at: order, at: broker) : nil
        return try await write(CancelOutcome(job: job, answer: answer, booked: booked))
    }

    /// Nil where the broker may be asked now; waits here for short whiles.
    private func roomFor(_ job: OrderJob, at broker: any Broker) async throws -> Duration? {
        guard let account = job.account else { return nil }
        let request = PaceRequest(
            account: account,
            broker: job.broker,
            limits: broker.traits.cancelLimits
        )
        return try await limits.room(for: request, from: pace, isUrgent: true, by: clock)
    }

    private func ask(_ order: LiveOrder, at broker: any Broker) async -> CancelAnswer {
        // An address that this machine lacks says nothing of the broker.
        if let obstacle = await egress?.obstacle(order.session) { return .unanswered(obstacle) }
        let answer: CancelAnswer
        do throws(BrokerFailure) {
            try await broker.cancel(order)
            answer = .taken
        } catch {
            switch error {
            case .refused: answer = .refused(error.words)
            case .unreachable: answer = .unanswered(error.words)
            case .limited(let wait): answer = .limited(wait)
            case .sessionEnded: answer = .sessionEnded(error.words)
            }
        }
        brokers.note(answer, of: order.job.broker)
        if case .limited = answer, let account = order.job.account {
            await pacer.pause(account, broker: order.job.broker, for: limits.pauseAfterLimit)
        }
        if case .sessionEnded = answer {
            // The order's own looks say so too, should this not be written.
            try? await accounts.markExpired([order.session])
        }
        return answer
    }

    /// Nil where the broker could not be asked.
    private func lookBack(at order: LiveOrder, _ over: Timestamp, at broker: any Broker) async
        -> BookedOrder?
    {
        try? await LookBack(order: order, broker: broker, over: over, market: market)()
    }

    private func look(at order: LiveOrder, at broker: any Broker) async -> BookedOrder? {
        guard let (report, trades) = try? await broker.look(order) else { return nil }
        return BookedOrder(intent: order.job.intent, report: report, trades: trades)
    }

    /// Writing twice is harmless.
    private func write(_ outcome: CancelOutcome) async throws -> CancelOutcome {
        try await limits.commit(by: clock) { try await record(outcome) }
        return outcome
    }
}

extension CancelAnswer {
    /// Whether the broker's books may have news now.
    fileprivate var deservesALook: Bool {
        switch self {
        case .taken, .refused: true
        case .unanswered, .limited, .sessionEnded, .noRoom, .dayOver: false
        }
    }
}
