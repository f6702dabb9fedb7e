import Desk
import DeskTesting
import Trading

/// The desk's use cases in one process, put together as the programs do.
struct SimulatedDesk: Sendable {
    private let process: SimulatedProcess
    let world: World
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
        broker.guessesChanges = world.bug == .changeGuessed
        for (index, instrument) in world.instruments.enumerated() {
            broker.listing["\(instrument.id)"] = index
        }
        let resends = world.bug == .resendAfterTimeout || world.bug == .changeResent
        let sender: any Broker =
            resends
            ? ResendingBroker(honest: broker, resendsChanges: world.bug == .changeResent) : broker
        return Brokers([sender], gate: SimulatedGate(process: process))
    }

    // MARK: The web server's

    var submit: SubmitTrade { SubmitTrade(store: store, queue: publisher, outbox: store) }
    var cancel: SubmitCancel { SubmitCancel(store: store, queue: publisher, complete: complete) }
    var modify: SubmitModification {
        SubmitModification(
            orders: store,
            trades: store,
            store: store,
            queue: publisher,
            quotes: SimulatedQuotes(world: world, process: process),
            brokers: [SimulatedBroker(process, world.venue, findsByReference: false).traits],
            market: .always,
            clock: clock
        )
    }
    var exit: SubmitExit { SubmitExit(store: store, advance: advance) }
    var repair: RepairTrade { RepairTrade(store: store, queue: publisher, outbox: store) }
    private var advance: AdvanceExits {
        AdvanceExits(
            store: store,
            cancels: store,
            trades: store,
            submitCancel: cancel,
            submitTrade: submit,
            clock: clock
        )
    }
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
            if world.tables.storedExits.contains(where: { $0.state != .complete }) {
                _ = try? await advance()
            }
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
            priceAge: .seconds(60),
            queue: publisher
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
            world.mayHalt()
            return try await claims($0)
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
        let change = ChangeLanes(store, process, lease: limits.lease, world)
        let brokers = brokers
        let halts = HaltWatch(
            clock: clock,
            bound: world.bug == .haltRemembered ? limits.lease : HaltWatch.bound
        ) { try await store.halts() }
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
                halts: halts,
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
            modify: ExecuteModification(
                pace: pace,
                read: change.read,
                claim: change.claim,
                note: change.note,
                orders: store,
                accounts: world.tables,
                pacer: pacer,
                brokers: brokers,
                halts: halts,
                schedule: DoubtSchedule(),
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
            group.addTask { await change.read.run() }
            group.addTask { await change.claim.run() }
            group.addTask { await change.note.run() }
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
