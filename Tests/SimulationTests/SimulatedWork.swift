import Desk
import Trading

/// Which use case each message asks for, as in the worker.
struct SimulatedDuties: Sendable {
    let plan: PlanTrade
    let execute: ExecuteOrder
    let cancel: ExecuteCancel
    let modify: ExecuteModification
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
        case .modify(let job):
            try await modify(job)
            return .done
        }
    }
}

/// The places where changes of orders travel together.
struct ChangeLanes: Sendable {
    let read: Batcher<IntentID, OpenModification?>
    let claim: Batcher<OpenModification, Int?>
    let note: Batcher<ModificationNews, Void>

    init(_ store: SimulatedStore, _ process: SimulatedProcess, lease: Duration, _ world: World) {
        read = Batcher(limit: 256, lanes: 1, executor: process) { try await store.changes(of: $0) }
        claim = Batcher(limit: 256, lanes: 1, executor: process) { changes in
            world.mayHalt(within: 6 * Microseconds.millisecond)
            let lease = Lease(worker: process.name, duration: lease)
            return try await store.claim(changes, obstacle: nil, lease: lease)
        }
        note = Batcher(limit: 256, lanes: 1, executor: process) { news in
            try await store.note(news)
            return news.map { _ in }
        }
    }
}

struct SimulatedPacer: Pacer {
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

struct SimulatedGate: BrokerGate {
    let process: SimulatedProcess

    func wait(for broker: BrokerName) -> Duration? {
        process.kernel.happens(.gateClosed) ? .seconds(2) : nil
    }
    func noteAnswer(_ broker: BrokerName) {}
    func noteSilence(_ broker: BrokerName) {}
}

struct SimulatedQuotes: QuoteSource {
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
struct NoBoard: ProgressBoard {
    func ring(_ tasks: [TaskID]) async {}
    func bells(_ task: TaskID) -> AsyncStream<Void> { AsyncStream { $0.finish() } }
    func progress(_ task: TaskID, maximumAge: Duration) async -> [UInt8]? { nil }
    func keep(_ progress: [UInt8], of task: TaskID) async {}
}
