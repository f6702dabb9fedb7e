import Trading

/// Takes one client's order from the queue to a known outcome.
///
/// The story of every order, and the whole reason why none is placed twice:
///
/// 1. *Pace*: a call is taken from the account's allowance before anything is claimed.
/// 2. *Claim*: one transaction sizes the order, holds the money and writes an attempt as SENDING.
///    One worker wins. Whoever finds SENDING or UNKNOWN never sends.
/// 3. *Send*: once, after a last look at the halt switches. Nothing below this line repeats it.
/// 4. *Record*: accepted, provably refused, provably not sent, or unknown. Only then may the queue forget.
///
/// A process may be killed between any two lines: before 2 the message comes again; after 2 the
/// attempt is found SENDING, its lease runs out, and the broker's books are asked (`ResolveDoubts`).
/// Claims and records of many orders share a transaction (`Batcher`).
package struct ExecuteOrder: Sendable {
    /// What the queue must do with the order's message.
    package enum Ending: Sendable, Equatable {
        /// The outcome is committed: forget the message.
        case done
        /// Not claimed: the account or its broker has no room before this; forget and send again later.
        case later(Duration)
    }

    let pace: Batcher<PaceRequest, PaceAnswer>
    let claim: Batcher<OrderJob, Claim>
    let record: Batcher<AttemptOutcome, Bool>
    let pacer: any Pacer
    let brokers: Brokers
    let halts: HaltWatch
    let egress: (any EgressProbe)?
    let clock: any WallClock
    let limits: ExecutionLimits

    /// `egress`: nil where all ways out are taken for good.
    package init(
        pace: Batcher<PaceRequest, PaceAnswer>,
        claim: Batcher<OrderJob, Claim>,
        record: Batcher<AttemptOutcome, Bool>,
        pacer: any Pacer,
        brokers: Brokers,
        halts: HaltWatch,
        egress: (any EgressProbe)? = nil,
        clock: any WallClock,
        limits: ExecutionLimits
    ) {
        self.halts = halts
        self.pace = pace
        self.claim = claim
        self.record = record
        self.pacer = pacer
        self.brokers = brokers
        self.egress = egress
        self.clock = clock
        self.limits = limits
    }

    /// Does it; an order of a small trade goes before those of large ones.
    ///
    /// - Throws: where nothing was claimed, or the outcome could not be committed; the message must
    ///   come again either way, and will find what happened.
    package func callAsFunction(_ job: OrderJob, isSmall: Bool = false) async throws -> Ending {
        if let wait = try await roomFor(job, isSmall) { return .later(wait) }
        // Counted from before the claim, so that it ends well before the lease does.
        let deadline = clock.monotonicNow().advanced(by: limits.sendWithin)
        switch try await claim(job, isUrgent: isSmall) {
        case .declined, .settled, .inDoubt:
            // In doubt: the scheduler brings it to the doubt queue once its lease has run out.
            return .done
        case .send(let attempt):
            Failpoint.executeBeforeSend.pass()
            let answer = await send(attempt, before: deadline)
            Failpoint.executeAfterSend.pass()
            try await commit(AttemptOutcome(attempt: attempt, answer: answer), isSmall)
            return .done
        }
    }

    /// Nil where the order may go now; waits here for short whiles.
    private func roomFor(_ job: OrderJob, _ isSmall: Bool) async throws -> Duration? {
        guard let account = job.account, let broker = brokers[job.broker] else { return nil }
        if let closed = brokers.wait(for: job.broker) { return closed }
        let request = PaceRequest(
            account: account,
            broker: job.broker,
            limits: broker.traits.orderLimits
        )
        return try await limits.room(for: request, from: pace, isUrgent: isSmall, by: clock)
    }

    private func send(_ attempt: Attempt, before deadline: ContinuousClock.Instant) async
        -> PlacementAnswer
    {
        guard let broker = brokers[attempt.job.broker] else {
            return .refused(.brokerNotSupported, words: "")
        }
        // Nor does an address that this machine lacks; another worker's may have it.
        if let obstacle = await egress?.obstacle(attempt.session) { return .notSent(obstacle) }
        let answer = await halts.guarding(
            attempt.haltSubject,
            before: deadline,
            pause: limits.haltWait
        ) { brake in
            var attempt = attempt
            attempt.brake = brake
            return await broker.place(attempt, sendBefore: deadline)
        }
        // That we came too late ourselves says nothing of the broker.
        if case .notSent = answer, clock.monotonicNow() >= deadline { return answer }
        brokers.note(answer, of: attempt.job.broker)
        if case .unanswered(BrokerLimit.cause, _) = answer, let account = attempt.job.account {
            await pacer.pause(account, broker: attempt.job.broker, for: limits.pauseAfterLimit)
        }
        return answer
    }

    /// Writing twice is harmless: the second finds the attempt no longer SENDING.
    private func commit(_ outcome: AttemptOutcome, _ isSmall: Bool) async throws {
        try await limits.commit(by: clock) { _ = try await record(outcome, isUrgent: isSmall) }
    }
}

/// How long the steps of an execution may take; `sendWithin` plus `brokerTimeout` is shorter than
/// the lease, and so is `recordWithin`.
package struct ExecutionLimits: Sendable {
    /// How long an attempt belongs to its worker.
    package let lease: Duration
    /// How long after the claim a send may begin at the latest.
    package var sendWithin: Duration
    /// How long the broker may take to answer.
    package let brokerTimeout: Duration
    /// How long a worker tries to commit an outcome before it leaves it to the doubt queue.
    package var recordWithin: Duration
    /// Waits up to this are waited for in the worker.
    package var shortWait: Duration = .seconds(1)
    /// How often an order waits in the worker before it goes back to the queue.
    package var shortWaits = 5
    /// How long a send waits for the halt switches to be readable before it looks again.
    package var haltWait: Duration = .milliseconds(20)
    /// How long an account rests after its broker said that it calls too often.
    package var pauseAfterLimit: Duration = .seconds(5)

    /// The limits under a lease: a minute gives 15 s until the send, 10 s for the answer, and 40 s
    /// until it must be recorded.
    package init(lease: Duration = .seconds(60)) {
        self.lease = lease
        sendWithin = lease / 4
        brokerTimeout = lease / 6
        recordWithin = lease * 2 / 3
    }
}

extension Attempt {
    /// What a halt switch may know it by.
    var haltSubject: HaltSubject {
        HaltSubject(
            trader: owner.trader,
            client: owner.client,
            broker: job.broker,
            instrument: terms.instrument.id
        )
    }
}
