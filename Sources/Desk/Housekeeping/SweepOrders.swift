import Trading

/// Brings what is due back to the queues.
///
/// Live orders to look at, cancels that nobody works on, doubts, orders and plans that no message seems
/// to carry; and it completes trades that nobody completed. One process of the cluster does this.
package struct SweepOrders: Sendable {
    let store: any OrderStore
    let trades: any TradeStore
    let queue: any OrderQueue
    let backlog: any QueueBacklog
    let complete: CompleteTrades
    let clock: any WallClock
    let limit: Int

    /// Most orders that one look message names.
    package static let looksPerMessage = 64

    package init(
        store: any OrderStore,
        trades: any TradeStore,
        queue: any OrderQueue,
        backlog: any QueueBacklog,
        complete: CompleteTrades,
        clock: any WallClock,
        limit: Int = 2_000
    ) {
        self.store = store
        self.trades = trades
        self.queue = queue
        self.backlog = backlog
        self.complete = complete
        self.clock = clock
        self.limit = limit
    }

    /// So many look messages in the queue are enough.
    private static let enoughLooks = 32
    /// So many cancels, or changes, in the queue are enough.
    private static let enoughCancels = 1_000
    /// A sweep of all comes this many intervals after the last one at the earliest.
    private static let rounds = 4
    /// Once in so many intervals, orders are taken for forgotten though the queues are never empty.
    private static let patience = 2_400
    /// Once in so many intervals, plans are looked for that no message carries.
    private static let planRounds = 60
    /// How long nobody must have planned an accepted trade before its message counts as lost: it
    /// may lie among the dead letters, after an absence of the database.
    private static let planAge: Duration = .seconds(60)

    /// Looks every `interval`, and sweeps all every fourth time or more seldom, until cancelled;
    /// `report` hears of what goes wrong.
    ///
    /// Live orders are found by an index; for the others, all that waits is read, so that this is
    /// done the more seldom the longer it takes.
    package func run(every interval: Duration, report: @Sendable (any Error) -> Void) async {
        var round = 0
        var due = (sweep: 0, forgotten: Self.patience, plans: 0)
        while !Task.isCancelled {
            do {
                if round >= due.sweep {
                    let began = clock.now()
                    let isPatient = round < due.forgotten
                    while try await sweep(patiently: isPatient) >= limit {}
                    if !isPatient { due.forgotten = round + Self.patience }
                    if round >= due.plans {
                        _ = try await sweepPlans()
                        due.plans = round + Self.planRounds
                    }
                    let took = began.duration(to: clock.now())
                    let rest = FairRest.after(took, atLeast: interval * Self.rounds)
                    due.sweep = round + Int(rest / interval)
                } else {
                    while try await sweepLive() >= limit {}
                }
                round += 1
                try await clock.sleep(for: interval)
            } catch is CancellationError {
                return
            } catch {
                report(error)
                try? await clock.sleep(for: interval)
            }
        }
    }

    /// One sweep.
    ///
    /// Orders that nobody has claimed for long are forgotten only where the queues have none to hand
    /// out: behind a backlog they only wait, and a second message for each would double it.
    ///
    /// - Parameter patiently: false to bring back some of them all the same.
    /// - Returns: how many orders were brought back.
    /// - Throws: what the store throws; what is due stays due.
    package func sweep(patiently: Bool = true) async throws -> Int {
        let looks = try await sweepLive()
        let doubts = try await store.due(.doubt, limit: limit)
        let isIdle = await backlog.waiting(.orders) == 0
        let forgotten =
            isIdle || !patiently ? try await store.due(.forgotten, limit: limit) : []
        let isAnyDue = !doubts.isEmpty || !forgotten.isEmpty
        if isAnyDue { Failpoint.sweepBeforePublish.pass() }
        _ = await queue.publish(doubts.map(QueueMessage.doubt))
        _ = await queue.publish(forgotten.map { .order($0, small: true) })
        if isAnyDue { Failpoint.sweepAfterPublish.pass() }
        try await complete.sweep()
        return max(looks, doubts.count, isIdle ? forgotten.count : 0)
    }

    /// Brings back plans whose messages are lost; a plan too many changes nothing.
    ///
    /// - Returns: how many were brought back.
    /// - Throws: what the store throws.
    package func sweepPlans() async throws -> Int {
        guard await backlog.waiting(.plans) == 0 else { return 0 }
        let lost = try await trades.unplanned(for: Self.planAge, limit: limit)
        guard !lost.isEmpty else { return 0 }
        _ = await queue.publish(lost.map(QueueMessage.plan))
        return lost.count
    }

    private func sweepLive() async throws -> Int {
        max(try await sweepCancels(), try await sweepModifications(), try await sweepLooks())
    }

    /// A change whose message is lost, or whose books are to be asked again.
    private func sweepModifications() async throws -> Int {
        guard let waiting = await backlog.waiting(.modifications), waiting < Self.enoughCancels
        else { return 0 }
        let changes = try await store.due(.modification, limit: limit)
        guard !changes.isEmpty else { return 0 }
        Failpoint.sweepBeforePublish.pass()
        _ = await queue.publish(changes.map(QueueMessage.modify))
        Failpoint.sweepAfterPublish.pass()
        return changes.count
    }

    /// What was decided with an order's wish is found here, whoever lived to publish it.
    private func sweepCancels() async throws -> Int {
        // A queue that does not answer would take none: they stay due, for when it does.
        guard let waiting = await backlog.waiting(.cancels), waiting < Self.enoughCancels else {
            return 0
        }
        let cancels = try await store.due(.cancel, limit: limit)
        guard !cancels.isEmpty else { return 0 }
        Failpoint.sweepBeforePublish.pass()
        _ = await queue.publish(cancels.map(QueueMessage.cancel))
        Failpoint.sweepAfterPublish.pass()
        return cancels.count
    }

    private func sweepLooks() async throws -> Int {
        guard await (backlog.waiting(.looks) ?? 0) < Self.enoughLooks else { return 0 }
        let looks = try await store.due(.live, limit: limit)
        guard !looks.isEmpty else { return 0 }
        Failpoint.sweepBeforePublish.pass()
        // What the queue does not take now is due again later.
        _ = await queue.publish(Self.lookMessages(looks))
        Failpoint.sweepAfterPublish.pass()
        return looks.count
    }

    /// As few messages as possible, each of one broker.
    static func lookMessages(_ jobs: [OrderJob]) -> [QueueMessage] {
        QueueMessage.byBroker(jobs, atMost: looksPerMessage).map { .look($0, $1) }
    }
}
