import Desk
import Synchronization

/// The message broker: at least once, in any order, and again after every doubt.
final class SimulatedQueue: Sendable {
    enum Lane: Int, Sendable, CaseIterable {
        case plan, order, doubt, look, cancel, modify

        init(_ message: QueueMessage) {
            switch message {
            case .plan: self = .plan
            case .order, .orderLater, .orders, .ordersLater: self = .order
            case .doubt: self = .doubt
            case .look: self = .look
            case .cancel: self = .cancel
            case .modify: self = .modify
            }
        }
    }
    fileprivate struct Item {
        let message: QueueMessage
        var deliveries = 0
    }
    fileprivate struct Held {
        let item: Item
        let reader: SimulatedProcess
    }
    fileprivate struct Parked {
        let reader: SimulatedProcess
        let waking: UnsafeContinuation<[Delivery], Never>
    }
    fileprivate struct State {
        var waiting: [[Item]]
        var parked: [[Parked]]
        var held: [Int: Held] = [:]
        var lastTag = 0
        var onTheWay: [Int]
        var dead: [QueueMessage] = []
    }

    fileprivate let state: Mutex<State>
    fileprivate let kernel: Kernel
    private let bug: Bug?
    /// As in the real queues.
    private static let deliveryLimit = 50

    init(_ kernel: Kernel, bug: Bug?) {
        self.kernel = kernel
        self.bug = bug
        let lanes = Lane.allCases.count
        state = Mutex(
            State(
                waiting: Array(repeating: [], count: lanes),
                parked: Array(repeating: [], count: lanes),
                onTheWay: Array(repeating: 0, count: lanes)
            )
        )
    }

    /// Whether nothing waits, is on its way, or is in anybody's hands.
    var isEmpty: Bool {
        state.withLock { state in
            state.held.isEmpty && state.waiting.allSatisfy(\.isEmpty)
                && state.onTheWay.allSatisfy { $0 == 0 }
        }
    }

    /// How many messages of a lane wait, or will.
    fileprivate func backlog(_ lane: Lane) -> Int {
        state.withLock { $0.waiting[lane.rawValue].count + $0.onTheWay[lane.rawValue] }
    }

    /// An operator puts back what nobody could work on.
    func replayDeadLetters() {
        let dead = state.withLock { state in
            defer { state.dead = [] }
            return state.dead
        }
        for message in dead {
            kernel.tell("an operator replays \(message.word)")
            put(Item(message: message), after: 0)
        }
    }

    /// Takes a message, and delivers it when it has come through.
    fileprivate func accept(_ message: QueueMessage) {
        var delay = kernel.within(100...2_000)
        if kernel.happens(.messageLate) { delay = kernel.below(8 * Microseconds.second) }
        switch message {
        case .orderLater(_, _, let wait), .ordersLater(_, _, let wait):
            delay += wait.microsecondCount
        default: break
        }
        for copy in 0..<(kernel.happens(.messageTwice) ? 2 : 1) {
            // The second comes when the first may be done, or far from it.
            let more = copy == 0 ? 0 : kernel.below(Microseconds.second << kernel.below(6))
            put(Item(message: message), after: delay + more)
        }
    }

    private func put(_ item: Item, after delay: Int64) {
        let lane = Lane(item.message)
        state.withLock { $0.onTheWay[lane.rawValue] += 1 }
        kernel.after(delay) { [self] in
            state.withLock { state in
                state.onTheWay[lane.rawValue] -= 1
                state.waiting[lane.rawValue].append(item)
            }
            dispatch(lane)
        }
    }

    /// Hands what waits to those who wait for it.
    private func dispatch(_ lane: Lane) {
        while let parked = state.withLock({ state -> Parked? in
            guard !state.waiting[lane.rawValue].isEmpty, !state.parked[lane.rawValue].isEmpty else {
                return nil
            }
            let index = Int(kernel.below(Int64(state.parked[lane.rawValue].count)))
            return state.parked[lane.rawValue].remove(at: index)
        }) {
            parked.waking.resume(returning: take(lane, 1, for: parked.reader))
        }
    }

    fileprivate func take(_ lane: Lane, _ atMost: Int, for reader: SimulatedProcess) -> [Delivery] {
        state.withLock { state in
            var taken: [Delivery] = []
            while taken.count < atMost, !state.waiting[lane.rawValue].isEmpty {
                let index = Int(kernel.below(Int64(state.waiting[lane.rawValue].count)))
                var item = state.waiting[lane.rawValue].remove(at: index)
                item.deliveries += 1
                state.lastTag += 1
                let tag = state.lastTag
                if bug != .ackBeforeRecord { state.held[tag] = Held(item: item, reader: reader) }
                let isRepeated = item.deliveries > 1
                taken.append(Delivery(message: item.message, tag: tag, isRepeated: isRepeated))
            }
            return taken
        }
    }

    fileprivate func park(_ reader: SimulatedProcess, _ lane: Lane) async -> [Delivery] {
        await withUnsafeContinuation { waking in
            state.withLock {
                $0.parked[lane.rawValue].append(Parked(reader: reader, waking: waking))
            }
            if reader.isDead { forget(reader) }
        }
    }

    /// The messages are settled, unless their channel was lost meanwhile.
    fileprivate func settle(_ deliveries: [Delivery], of reader: SimulatedProcess, isDone: Bool) {
        guard !reader.isDead else { return }
        for delivery in deliveries {
            guard let held = state.withLock({ $0.held.removeValue(forKey: delivery.tag) }) else {
                continue
            }
            if isDone {
                reader.tell("acknowledges \(delivery.message.word)")
            } else {
                requeue(held.item)
            }
        }
    }

    private func requeue(_ item: Item) {
        guard item.deliveries < Self.deliveryLimit else {
            kernel.tell("dead letter: \(item.message.word)")
            return state.withLock { $0.dead.append(item.message) }
        }
        put(item, after: kernel.within(100...2_000))
    }

    /// The reader's channel is gone: whatever it has is delivered again.
    func loseChannel(of reader: SimulatedProcess) {
        let lost = state.withLock { state in
            let lost = state.held.filter { $0.value.reader === reader }.sorted { $0.key < $1.key }
            for (tag, _) in lost { state.held[tag] = nil }
            return lost.map(\.value.item)
        }
        if !lost.isEmpty { kernel.tell("queue takes \(lost.count) back from \(reader.name)") }
        for item in lost { requeue(item) }
    }

    /// The reader is dead: nothing is handed to it any more.
    func forget(_ reader: SimulatedProcess) {
        let gone = state.withLock { state in
            state.parked.indices.flatMap { lane in
                let gone = state.parked[lane].filter { $0.reader === reader }
                state.parked[lane].removeAll { $0.reader === reader }
                return gone
            }
        }
        for parked in gone { parked.waking.resume(returning: []) }
    }
}

/// One process's way of putting messages in the queues.
struct SimulatedPublisher: OrderQueue {
    let process: SimulatedProcess
    let queue: SimulatedQueue

    func publish(_ messages: [QueueMessage]) async -> [Bool] {
        guard !process.isDead, !messages.isEmpty else { return messages.map { _ in false } }
        let kernel = process.kernel
        process.stumble()
        await process.pass(kernel.within(100...3_000))
        // Killed while it published: some messages got through.
        let held = messages.map { message in
            if process.isDead ? kernel.below(2) == 0 : kernel.happens(.publishLost) {
                process.tell("\(message.word) does not reach the queue")
                return false
            }
            kernel.tell("queue takes \(message.word)")
            queue.accept(message)
            return !kernel.happens(.publishUnconfirmed)
        }
        await process.pass(kernel.within(100...3_000))
        return process.isDead ? messages.map { _ in false } : held
    }
}

/// One process's reader of one queue.
struct SimulatedReader: QueueReader {
    let process: SimulatedProcess
    let queue: SimulatedQueue
    let lane: SimulatedQueue.Lane

    func next(atMost: Int) async throws -> [Delivery] {
        guard !process.isDead else { return [] }
        let there = queue.take(lane, 1 + Int(process.kernel.below(Int64(atMost))), for: process)
        let deliveries = there.isEmpty ? await queue.park(process, lane) : there
        if process.kernel.happens(.channelLost) { queue.loseChannel(of: process) }
        return process.isDead ? [] : deliveries
    }

    func acknowledge(_ deliveries: [Delivery]) {
        queue.settle(deliveries, of: process, isDone: true)
    }

    func giveBack(_ deliveries: [Delivery]) {
        queue.settle(deliveries, of: process, isDone: false)
    }

    func stop() async {}
}

/// What the queue says of how much lies in it.
struct SimulatedBacklog: QueueBacklog {
    let process: SimulatedProcess
    let queue: SimulatedQueue

    func waiting(_ work: QueuedWork) async -> Int? {
        await process.pass(process.kernel.within(100...2_000))
        guard !process.isDead, !process.kernel.happens(.backlogUnknown) else { return nil }
        return switch work {
        case .plans: queue.backlog(.plan)
        case .orders: queue.backlog(.order)
        case .doubts: queue.backlog(.doubt)
        case .looks: queue.backlog(.look)
        case .cancels: queue.backlog(.cancel)
        case .modifications: queue.backlog(.modify)
        }
    }
}

extension QueueMessage {
    /// For the story.
    var word: String {
        switch self {
        case .plan(let task): "plan \(task)"
        case .order(let job, _): "order \(job.intent)"
        case .orderLater(let job, _, let wait): "order \(job.intent) in \(wait)"
        case .doubt(let job): "doubt \(job.intent)"
        case .cancel(let job): "cancel \(job.intent)"
        case .modify(let job): "modify \(job.intent)"
        case .orders(_, let jobs): "orders \(jobs.map(\.intent))"
        case .ordersLater(_, let jobs, let wait): "orders \(jobs.map(\.intent)) in \(wait)"
        case .look(_, let jobs): "look \(jobs.map(\.intent))"
        }
    }
}
