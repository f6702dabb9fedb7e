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
    fileprivate struct State {
        var processes: [SimulatedProcess?]
        var generation = 0
        var hints: TakeHints?
        /// Keys of the submissions that were answered.
        var answered: Set<String> = []
        /// What each wish is about, once that is decided.
        var scopes: [String: CancelScope] = [:]
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
    fileprivate let state: Mutex<State>
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
        venue = Venue(kernel: kernel, seed: seed, prices: plot.prices) { sink.take($0) }
        let trader = tables.addTrader(usualPart: BasisPoints(5_000))
        self.trader = trader
        let instruments = plot.prices.indices.map { tables.addInstrument("S\($0)") }
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
        state = Mutex(State(processes: Array(repeating: nil, count: plot.slots)))
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
        for strike in plot.strikes {
            kernel.after(strike.at) { [self] in self.strike(strike.slot, strike.blow) }
        }
        kernel.after(plot.calmAt) { [self] in calm() }
    }

    /// The weather clears, and everything runs again.
    private func calm() {
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
        let wished = Set(tables.storedOrders.filter(\.isWished).flatMap(\.references))
        for order in venue.allOrders where order.isOpen && !wished.contains(order.reference) {
            venue.cancel(order.number)
        }
        queue.replayDeadLetters()
        guard !isSettled else { return kernel.stop() }
        kernel.after(5 * Microseconds.second) { [self] in evening() }
    }

    private var isOver: Bool { state.withLock { $0.isOver } }

    private var isSettled: Bool {
        let asked = plot.orders.count + plot.wishes.count
        guard state.withLock({ $0.answered.count }) == asked, queue.isEmpty,
            venue.underway == 0, tables.outboxCount == 0
        else { return false }
        return tables.storedTrades.allSatisfy { $0.state == .complete }
            && tables.storedOrders.allSatisfy(\.intent.state.isFinal)
    }

    private func cancelSomething() {
        let open = venue.allOrders.filter(\.isOpen)
        guard !open.isEmpty else { return }
        let order = open[Int(kernel.below(Int64(open.count)))]
        kernel.tell("somebody cancels \(order.number) at the broker")
        venue.cancel(order.number)
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

// MARK: The trader and the broker's messages

extension World {
    /// The trader asks until there is an answer, always under the same key.
    private func ask(for order: Plot.Order) {
        guard !isOver, !state.withLock({ $0.answered.contains(order.key) }) else { return }
        kernel.after(10 * Microseconds.second) { [self] in ask(for: order) }
        guard let api = process(0) else { return }
        let submit = SimulatedDesk(api, in: self).submit
        let submission = submission(order)
        Task(executorPreference: api) { [self] in
            guard let answer = try? await submit(submission), !api.isDead else { return }
            switch answer {
            case .created(let trade), .repeated(let trade):
                kernel.tell("trader hears that \(order.key) is trade \(trade.id)")
                state.withLock { _ = $0.answered.insert(order.key) }
            case .conflict, .unknownClients, .preflightUsed:
                kernel.violate("\(order.key) is refused: \(answer)")
            }
        }
    }

    /// The same of a wish to cancel; what it is about is decided when it is first spoken.
    private func ask(to wish: Plot.Wish) {
        guard !isOver, !state.withLock({ $0.answered.contains(wish.key) }) else { return }
        kernel.after(10 * Microseconds.second) { [self] in ask(to: wish) }
        guard let api = process(0) else { return }
        let known = state.withLock { $0.scopes[wish.key] }
        guard let scope = known ?? scope(of: wish) else { return }
        state.withLock { $0.scopes[wish.key] = scope }
        let cancel = SimulatedDesk(api, in: self).cancel
        let request = CancelRequest(
            trader: trader,
            user: UserID(1),
            idempotencyKey: wish.key,
            bodyHash: Array(wish.key.utf8),
            scope: scope
        )
        Task(executorPreference: api) { [self] in
            guard let answer = try? await cancel(request), !api.isDead else { return }
            switch answer {
            case .created(let head, _, _), .repeated(let head):
                kernel.tell("trader hears that \(wish.key) is cancellation \(head.id)")
                state.withLock { _ = $0.answered.insert(wish.key) }
            case .conflict, .notFound: kernel.violate("\(wish.key) is refused: \(answer)")
            }
        }
    }

    /// Nil where there is nothing of its kind yet.
    private func scope(of wish: Plot.Wish) -> CancelScope? {
        func chosen<Item>(_ items: [Item]) -> Item? {
            items.isEmpty ? nil : items[Int(wish.choice) % items.count]
        }
        return switch wish.scope {
        case .task: chosen(tables.storedTrades).map { .task($0.id) }
        case .order:
            chosen(tables.storedOrders).map { .order($0.intent.id) }
                ?? chosen(tables.storedTrades).map { .task($0.id) }
        case .client: chosen(clients).map { .client($0) }
        case .instrument: chosen(instruments).map { .instrument($0.id) }
        case .everything: .everything
        }
    }

    private func submission(_ order: Plot.Order) -> Submission {
        Submission(
            trader: trader,
            user: UserID(1),
            idempotencyKey: order.key,
            bodyHash: Array(order.key.utf8),
            terms: OrderTerms(
                instrument: instruments[order.instrument],
                side: order.isSale ? .sell : .buy,
                type: order.price == nil ? .market : .limit,
                product: .delivery,
                validity: .day,
                price: order.price.map { Price(raw: $0) },
                trigger: nil
            ),
            sizing: order.sizing,
            clients: order.clients.map { .named($0.map { clients[$0] }) } ?? .all,
            onDoubt: order.resendWithin.map { .resend(withinSeconds: $0) } ?? .ask
        )
    }

    /// The broker tells that an order has changed.
    fileprivate func hint(_ reference: String) {
        guard !kernel.happens(.hintLost) else { return }
        for _ in 0..<(kernel.happens(.hintTwice) ? 2 : 1) {
            kernel.after(kernel.below(Microseconds.second)) { [self] in
                guard let api = process(0), let hints = state.withLock({ $0.hints }) else { return }
                hints([reference])
                Task(executorPreference: api) { try? await hints.flush() }
            }
        }
    }
}

/// Where the broker's messages go.
private final class HintSink: Sendable {
    private struct Link { weak var world: World? }
    private let link = Mutex(Link())

    func connect(_ world: World?) { link.withLock { $0.world = world } }
    func take(_ reference: String) { link.withLock { $0.world }?.hint(reference) }
}
