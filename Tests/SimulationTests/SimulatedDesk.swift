import Desk
import DeskTesting
import Trading

/// The desk's use cases in one process, put together as the programs do.
struct SimulatedDesk: Sendable {
    private let process: SimulatedProcess
    private let world: World
    private let store: SimulatedStore
    private let publisher: SimulatedPublisher
    private let clock: SimulatedClock
    private let complete: CompleteTrades

    init(_ process: SimulatedProcess, in world: World) {
        self.process = process
        self.world = world
        store = SimulatedStore(
            process: process,
            tables: world.tables,
            server: world.server,
            bug: world.bug,
            sweepsForgotten: world.plot.sweepsForgotten
        )
        publisher = SimulatedPublisher(process: process, queue: world.queue)
        clock = SimulatedClock(process: process)
        complete = CompleteTrades(store: store, board: NoBoard())
    }

    private var brokers: Brokers {
        var broker = SimulatedBroker(
            process,
            world.venue,
            findsByReference: world.plot.findsByReference
        )
        broker.guesses = world.bug == .cancelGuessed
        for (index, instrument) in world.instruments.enumerated() {
            broker.listing["\(instrument.id)"] = index
        }
        let sender: any Broker =
            world.bug == .resendAfterTimeout ? ResendingBroker(honest: broker) : broker
        return Brokers([sender], gate: SimulatedGate(process: process))
    }

    // MARK: The web server's

    var submit: SubmitTrade { SubmitTrade(store: store, queue: publisher, outbox: store) }
    var cancel: SubmitCancel { SubmitCancel(store: store, queue: publisher, complete: complete) }
    var hints: TakeHints { TakeHints(store: store, queue: publisher, clock: clock) }

    // MARK: The scheduler's and the relay's

    /// Sweeps and relays whenever there is something to: what is in vain is left out.
    func sweep() async {
        let sweep = SweepOrders(
            store: store,
            trades: store,
            queue: publisher,
            backlog: SimulatedBacklog(process: process, queue: world.queue),
            complete: complete,
            clock: clock
        )
        let relay = RelayOutbox(outbox: store, queue: publisher, clock: clock, age: .seconds(1))
        while !process.isDead {
            let pause = world.kernel.within(250_000...4 * Microseconds.second)
            await process.pass(pause)
            if let next = world.tables.nextSweep, next <= clock.now() {
                _ = try? await sweep.sweep(patiently: world.kernel.below(20) > 0)
            }
            if world.tables.outboxCount > 0 { _ = try? await relay.relay() }
        }
    }

    // MARK: The worker's

    /// Works on all queues.
    func work() async {
        let limits = ExecutionLimits()
        let catalog = TradeCatalog(store: store)
        let pacer = SimulatedPacer(process: process)
        let quotes = SimulatedQuotes(world: world, process: process)
        let claims = ClaimOrders(
            store: store,
            catalog: catalog,
            quotes: quotes,
            market: .always,
            clock: clock,
            lease: Lease(worker: process.name, duration: limits.lease),
            priceAge: .seconds(60)
        )
        let records = RecordOutcomes(
            store: store,
            accounts: world.tables,
            complete: complete
        )
        let pace = Batcher<PaceRequest, PaceAnswer>(limit: 512, lanes: 1, executor: process) {
            await pacer.take($0)
        }
        let claim = Batcher<OrderJob, Claim>(limit: 256, lanes: 1, executor: process) {
            try await claims($0)
        }
        let record = Batcher<AttemptOutcome, Bool>(limit: 256, lanes: 1, executor: process) {
            try await records($0)
        }
        let cancels = RecordCancels(orders: store, cancels: store, complete: complete)
        let readToCancel = Batcher<IntentID, LiveOrder?>(limit: 256, lanes: 1, executor: process) {
            try await store.ordersToCancel($0)
        }
        let recordCancel = Batcher<CancelOutcome, Void>(limit: 256, lanes: 1, executor: process) {
            try await cancels($0)
            return $0.map { _ in }
        }
        let brokers = brokers
        let duties = SimulatedDuties(
            plan: PlanTrade(
                store: store,
                queue: publisher,
                quotes: quotes,
                market: .always,
                clock: clock,
                complete: complete,
                // So that trades of these few clients come in both kinds of messages.
                largeFrom: 3
            ),
            execute: ExecuteOrder(
                pace: pace,
                claim: claim,
                record: record,
                pacer: pacer,
                brokers: brokers,
                halts: HaltWatch(clock: clock) { [tables = world.tables] in
                    Halts(try await tables.halts().map(\.scope))
                },
                clock: clock,
                limits: limits
            ),
            cancel: ExecuteCancel(
                pace: pace,
                read: readToCancel,
                record: recordCancel,
                pacer: pacer,
                accounts: world.tables,
                brokers: brokers,
                market: .always,
                clock: clock,
                limits: limits
            ),
            look: LookAtOrders(
                store: store,
                accounts: world.tables,
                brokers: brokers,
                complete: complete,
                market: .always,
                clock: clock
            ),
            resolve: ResolveDoubts(
                store: store,
                catalog: catalog,
                queue: publisher,
                brokers: brokers,
                complete: complete,
                schedule: DoubtSchedule(),
                market: .always,
                clock: clock
            )
        )
        await withDiscardingTaskGroup { group in
            group.addTask { await pace.run() }
            group.addTask { await claim.run() }
            group.addTask { await record.run() }
            group.addTask { await readToCancel.run() }
            group.addTask { await recordCancel.run() }
            for lane in SimulatedQueue.Lane.allCases {
                let queue = workQueue(lane, duties)
                group.addTask { try? await queue.run() }
            }
        }
    }

    private func workQueue(_ lane: SimulatedQueue.Lane, _ duties: SimulatedDuties) -> WorkQueue {
        WorkQueue(
            reader: SimulatedReader(process: process, queue: world.queue, lane: lane),
            queue: publisher,
            clock: clock,
            atMost: 8,
            work: { try await duties.work(on: $0) },
            report: { [process] message, error in
                process.tell("cannot work on \(message.word): \(error)")
            }
        )
    }
}

/// Which use case each message asks for, as in the worker.
private struct SimulatedDuties: Sendable {
    let plan: PlanTrade
    let execute: ExecuteOrder
    let cancel: ExecuteCancel
    let look: LookAtOrders
    let resolve: ResolveDoubts

    func work(on message: QueueMessage) async throws -> WorkQueue.Verdict {
        switch message {
        case .plan(let task):
            try await plan(task)
            return .done
        case .order(let job, let small), .orderLater(let job, let small, _):
            switch try await execute(job) {
            case .done: return .done
            case .later(let wait): return .replace([.orderLater(job, small: small, wait)])
            }
        case .orders(let broker, let jobs), .ordersLater(let broker, let jobs, _):
            let later = try await execute(broker, jobs)
            return later.isEmpty ? .done : .replace(later)
        case .doubt(let job):
            try await resolve([job])
            return .done
        case .look(_, let jobs):
            try await look(jobs)
            return .done
        case .cancel(let job):
            _ = try await cancel(job)
            return .done
        case .modify: preconditionFailure("nobody asks for changes here")
        }
    }
}

private struct SimulatedPacer: Pacer {
    let process: SimulatedProcess

    func take(_ requests: [PaceRequest]) async -> [PaceAnswer] {
        await process.pass(process.kernel.within(100...1_000))
        return requests.map { _ in
            guard process.kernel.happens(.paced) else { return .now }
            return .after(.microseconds(process.kernel.below(3 * Microseconds.second)))
        }
    }

    func pause(_ account: AccountID, broker: BrokerName, for duration: Duration) async {}
}

private struct SimulatedGate: BrokerGate {
    let process: SimulatedProcess

    func wait(for broker: BrokerName) -> Duration? {
        process.kernel.happens(.gateClosed) ? .seconds(2) : nil
    }
    func noteAnswer(_ broker: BrokerName) {}
    func noteSilence(_ broker: BrokerName) {}
}

private struct SimulatedQuotes: QuoteSource {
    let world: World
    let process: SimulatedProcess

    func lastPrice(_ instrument: Instrument, for trader: TraderID) async -> Price? {
        await process.pass(process.kernel.within(100...50_000))
        guard !process.kernel.happens(.noPrice),
            let index = world.instruments.firstIndex(where: { $0.id == instrument.id })
        else { return nil }
        return Price(raw: world.plot.prices[index])
    }
}

/// Nobody watches.
private struct NoBoard: ProgressBoard {
    func ring(_ tasks: [TaskID]) async {}
    func bells(_ task: TaskID) -> AsyncStream<Void> { AsyncStream { $0.finish() } }
    func progress(_ task: TaskID, maximumAge: Duration) async -> [UInt8]? { nil }
    func keep(_ progress: [UInt8], of task: TaskID) async {}
}
