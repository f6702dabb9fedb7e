import Desk
import DeskTesting
import Synchronization
import Trading

/// One simulated world: a trader, its desk of several processes, the servers they lean on, and the
/// broker, all from one seed and on one thread.
final class World: Sendable {
    /// What a world came to.
    struct Ending: Sendable {
        let seed: UInt64
        let violations: [String]
        let story: [String]
        let steps: Int
    }
    struct State {
        var processes: [SimulatedProcess?]
        var generation = 0
        var hints: TakeHints?
        /// Keys of the submissions that were answered.
        var answered: Set<String> = []
        /// What each wish is about, once that is decided.
        var targets: [String: any Sendable] = [:]
        /// Which trade was made of which order.
        var trades: [String: TaskID] = [:]
        var trap: Plot.Trap?
        /// So many halts more while orders are claimed.
        var haltsLeft = 8
        var isOver = false
    }

    let seed: UInt64
    let plot: Plot
    let bug: Bug?
    let kernel: Kernel
    let tables: MemoryStore
    let queue: SimulatedQueue
    let venue: Venue
    let server: SimulatedProcess
    let trader: TraderID
    let instruments: [Instrument]
    let clients: [ClientID]
    let halts = HaltLog()
    let state: Mutex<State>
    /// The way from the broker's messages to the desk, which is there only once the world is.
    private let hintSink: HintSink

    /// 10:00 in India on a Monday on which the exchange trades.
    private static let morning = ManualClock.morning.microseconds
    /// How long after the calm everything must be settled.
    private static let patience = 1_200 * Microseconds.second

    init(seed: UInt64, bug: Bug? = nil, tellsStory: Bool = false) {
        self.seed = seed
        self.bug = bug
        let plot = Plot(seed: seed)
        self.plot = plot
        let kernel = Kernel(seed: seed, at: Self.morning, tellsStory: tellsStory)
        self.kernel = kernel
        let tables = MemoryStore(clock: WorldClock(kernel: kernel))
        self.tables = tables
        queue = SimulatedQueue(kernel, bug: bug)
        server = SimulatedProcess("store", in: kernel)
        let sink = HintSink()
        hintSink = sink
        venue = Venue(kernel: kernel, seed: seed, prices: plot.prices, freezes: plot.freezes) {
            sink.take($0)
        }
        let trader = tables.addTrader(usualPart: BasisPoints(5_000))
        self.trader = trader
        let instruments = plot.prices.indices.map {
            tables.addInstrument("S\($0)", freeze: plot.freezes[$0])
        }
        self.instruments = instruments
        clients = plot.clients.enumerated().map { number, client in
            let id = tables.addClient(
                "C\(number)",
                of: trader,
                capital: Money(paise: client.capital),
                broker: .dhan
            )
            for (index, shares) in client.shares.enumerated() where shares > 0 {
                tables.addHolding(Quantity(shares), of: instruments[index].id, to: id)
            }
            return id
        }
        state = Mutex(
            State(processes: Array(repeating: nil, count: plot.slots), trap: plot.trap)
        )
        for (number, client) in plot.clients.enumerated() {
            let shares = client.shares.enumerated().map { ($0.offset, $0.element) }
            venue.openAccount("DC\(number)", shares: Dictionary(uniqueKeysWithValues: shares))
        }
        sink.connect(self)
    }

    /// Lives through the whole plot and looks at what came of it.
    func run() -> Ending {
        kernel.set(plot.weather)
        plan()
        kernel.run(upTo: plot.calmAt + Self.patience)
        if kernel.violations.isEmpty { check() }
        end()
        return Ending(
            seed: seed,
            violations: kernel.violations,
            story: kernel.story,
            steps: kernel.steps
        )
    }

    private func plan() {
        for index in plot.prices.indices { venue.setDepth(20, of: index) }
        for slot in 0..<plot.slots { open(slot) }
        for order in plot.orders { kernel.after(order.at) { [self] in ask(for: order) } }
        for (at, instrument, depth) in plot.depths {
            kernel.after(at) { [venue] in venue.setDepth(depth, of: instrument) }
        }
        for at in plot.cancels { kernel.after(at) { [self] in cancelSomething() } }
        for wish in plot.wishes { kernel.after(wish.at) { [self] in ask(to: wish) } }
        for change in plot.changes { kernel.after(change.at) { [self] in ask(for: change) } }
        for exit in plot.exits { kernel.after(exit.at) { [self] in ask(for: exit) } }
        for repair in plot.repairs { kernel.after(repair.at) { [self] in ask(for: repair) } }
        for one in plot.halts { kernel.after(one.at) { [self] in halt(one.choice, one.length) } }
        for strike in plot.strikes {
            kernel.after(strike.at) { [self] in self.strike(strike.slot, strike.blow) }
        }
        kernel.after(plot.calmAt) { [self] in calm() }
    }

    /// The weather clears, and everything runs again.
    private func calm() {
        guard !isOver else { return }
        kernel.tell("nothing goes wrong any more")
        kernel.set(.calm)
        for slot in 0..<plot.slots {
            if let process = process(slot) {
                if process.isFrozen { process.thaw() }
            } else {
                open(slot)
            }
        }
        // Not at once: those who stood still have something to say first.
        kernel.after(Microseconds.second) { [self] in evening() }
    }

    /// Ends what is open at the exchange, and replays dead letters, until all is known.
    private func evening() {
        guard !isOver else { return }
        for index in plot.prices.indices { venue.setDepth(1_000, of: index) }
        // What somebody wished cancelled is the desk's own to end.
        // And one that is being changed rests until somebody knows what became of that.
        let changing = Set(tables.storedModifications.filter(\.state.isOpen).map(\.order))
        let left = tables.storedOrders.filter { $0.isWished || changing.contains($0.intent.id) }
        let kept = Set(left.flatMap(\.references))
        for order in venue.allOrders where order.isOpen && !kept.contains(order.reference) {
            venue.end(order.number)
        }
        queue.replayDeadLetters()
        guard !isSettled else { return kernel.stop() }
        kernel.after(5 * Microseconds.second) { [self] in evening() }
    }

    var isOver: Bool { state.withLock { $0.isOver } }

    private var isSettled: Bool {
        let asked =
            plot.orders.count + plot.wishes.count + plot.changes.count + plot.exits.count
            + plot.repairs.count
        guard state.withLock({ $0.answered.count }) == asked, queue.isEmpty,
            venue.underway == 0, tables.outboxCount == 0
        else { return false }
        return tables.storedTrades.allSatisfy { $0.state == .complete }
            && tables.storedOrders.allSatisfy(\.intent.state.isFinal)
            && tables.storedModifications.allSatisfy { !$0.state.isOpen }
            && tables.storedExits.allSatisfy { $0.state == .complete }
    }

    private func cancelSomething() {
        let open = venue.allOrders.filter(\.isOpen)
        guard !open.isEmpty else { return }
        let order = open[Int(kernel.below(Int64(open.count)))]
        kernel.tell("somebody cancels \(order.number) at the broker")
        venue.end(order.number)
    }

    /// Lets every task run to its end, so that nothing is left of this world.
    private func end() {
        state.withLock { $0.isOver = true }
        kernel.set(.calm)
        for slot in 0..<plot.slots { kill(slot) }
        server.kill()
        hintSink.connect(nil)
        kernel.goOn()
        kernel.run(upTo: .max / 4)
    }
}

// MARK: Processes

extension World {
    func process(_ slot: Int) -> SimulatedProcess? { state.withLock { $0.processes[slot] } }

    /// The role that a slot's process has: one web server, some workers, some schedulers.
    private func role(_ slot: Int) -> String {
        slot == 0 ? "api" : slot <= plot.workers ? "worker \(slot)" : "scheduler \(slot)"
    }

    private func open(_ slot: Int) {
        let generation = state.withLock { state in
            state.generation += 1
            return state.generation
        }
        let process = SimulatedProcess("\(role(slot))#\(generation)", in: kernel)
        process.expectPeril { [weak self] process, blow in
            if self?.process(slot) === process { self?.strike(slot, blow) }
        }
        process.expectPassage { [weak self] process, place in self?.spring(process, at: place) }
        state.withLock { $0.processes[slot] = process }
        let desk = SimulatedDesk(process, in: self)
        if slot == 0 {
            state.withLock { $0.hints = desk.hints }
            process.start {}
        } else if slot <= plot.workers {
            process.start { await desk.work() }
        } else {
            process.start { await desk.sweep() }
        }
    }

    private func kill(_ slot: Int) {
        guard let process = process(slot) else { return }
        state.withLock { $0.processes[slot] = nil }
        process.kill()
        queue.forget(process)
        queue.loseChannel(of: process)
    }

    /// Kills a process where the plot wants it, between two of its steps.
    private func spring(_ process: SimulatedProcess, at place: Failpoint) {
        let slot = state.withLock { state -> Int? in
            guard let trap = state.trap, trap.failpoint == place, !state.isOver else { return nil }
            state.trap = trap.pass > 1 ? Plot.Trap(failpoint: place, pass: trap.pass - 1) : nil
            guard trap.pass <= 1 else { return nil }
            return state.processes.firstIndex { $0 === process }
        }
        guard let slot else { return }
        kernel.tell("\(process.name) dies at \(place.rawValue)")
        strike(slot, .kill(downFor: kernel.below(10 * Microseconds.second)))
    }

    private func strike(_ slot: Int, _ blow: Plot.Blow) {
        guard let process = process(slot), !process.isFrozen else { return }
        switch blow {
        case .kill(let downFor):
            kernel.tell("\(process.name) is killed")
            kill(slot)
            kernel.after(downFor) { [self] in
                if !isOver, self.process(slot) == nil { open(slot) }
            }
        case .freeze(let length):
            kernel.tell("\(process.name) stands still for \(length / 1_000) ms")
            process.freeze()
            // A queue hears no heartbeat, and gives the messages to others.
            kernel.after(5 * Microseconds.second) { [queue] in
                if process.isFrozen { queue.loseChannel(of: process) }
            }
            kernel.after(length) { [kernel] in
                guard process.isFrozen else { return }
                kernel.tell("\(process.name) goes on")
                process.thaw()
            }
        }
    }
}
