import Desk
import DeskTesting
import Testing
import Trading

/// Brackets at a broker that has OCOs and no brackets.
@Suite("Brackets where the broker has none", .timeLimit(.minutes(2)))
struct EmulateBracketsTests {
    private func world() -> ConditionalWorld { ConditionalWorld(kinds: [.oneCancelsOther]) }

    private func entered(_ world: ConditionalWorld) async throws -> (ConditionalID, TaskID) {
        let id = try await world.asked(ConditionalWorld.bracket)
        try await world.tend()
        let task = try #require(world.store.record(id)?.entryTask)
        return (id, task)
    }

    private func set(
        _ world: ConditionalWorld,
        _ task: TaskID,
        _ state: OrderState,
        filled: Int64
    ) {
        world.store.set(
            ConditionalEntry(
                intent: IntentID(77),
                state: state,
                filled: Quantity(filled),
                reason: nil
            ),
            of: task
        )
    }

    private func exits(_ world: ConditionalWorld, of id: ConditionalID) -> [ConditionalRecord] {
        world.store.all.filter { $0.parent == id }
    }

    @Test("The entry is an ordinary order, submitted once")
    func entry() async throws {
        let world = world()
        let (id, task) = try await entered(world)
        #expect(world.state(id) == .waiting)
        let trade = try #require(try await world.desk.trade(task))
        #expect(trade.terms.type == .limit)
        #expect(trade.terms.price == ConditionalWorld.price(2_940))
        #expect(trade.sizing == .quantity(Quantity(5)))
        try await world.tend(rounds: 3, after: .seconds(5))
        #expect(try await world.desk.trades(of: nil, before: nil, limit: 10).count == 1)
        #expect(world.broker.placed.isEmpty)
        #expect(exits(world, of: id).isEmpty)
    }

    @Test("A worker that died after the submit finds the same entry")
    func diedAfterSubmit() async throws {
        let world = world()
        let id = try await world.asked(ConditionalWorld.bracket)
        let now = world.clock.now()
        _ = try await world.store.change(id, fence: nil, by: Actor(user: nil)) {
            $0.claim(reference: "", lease: .seconds(60), at: now)
        }
        try await world.tend(rounds: 3, after: .seconds(70))
        #expect(world.store.record(id)?.entryTask != nil)
        #expect(try await world.desk.trades(of: nil, before: nil, limit: 10).count == 1)
    }

    @Test("What is filled is protected by one OCO, and grows with the fills")
    func protects() async throws {
        let world = world()
        let (id, task) = try await entered(world)
        set(world, task, .partlyFilled, filled: 2)
        try await world.tend(rounds: 2, after: .seconds(5))
        #expect(world.state(id) == .entered)
        let first = try #require(exits(world, of: id).first)
        #expect(first.terms.side == .sell)
        #expect(first.terms.quantity == Quantity(2))
        #expect(first.state == .waiting)
        set(world, task, .filled, filled: 5)
        try await world.tend(rounds: 3, after: .seconds(5))
        #expect(exits(world, of: id).count == 1)
        #expect(world.broker.placed.count == 1)
        #expect(world.broker.changes.map(\.quantity) == [Quantity(5)])
        #expect(exits(world, of: id).first?.terms.quantity == Quantity(5))
    }

    @Test("Once an exit has fired the bracket is over")
    func fires() async throws {
        let world = world()
        let (id, task) = try await entered(world)
        set(world, task, .filled, filled: 5)
        try await world.tend(rounds: 2, after: .seconds(5))
        world.broker.move(to: .triggered)
        try await world.tend(rounds: 3, after: .seconds(40))
        #expect(world.state(id) == .triggered)
        #expect(world.store.record(id)?.dueAt == nil)
    }

    @Test("What is filled after an exit has fired is told as unprotected")
    func filledTooLate() async throws {
        let world = world()
        let (id, task) = try await entered(world)
        set(world, task, .partlyFilled, filled: 2)
        try await world.tend(rounds: 2, after: .seconds(5))
        world.broker.move(to: .triggered)
        // What has fired cannot be changed.
        world.broker.refuse(changes: true)
        set(world, task, .cancelled, filled: 3)
        try await world.tend(rounds: 4, after: .seconds(40))
        #expect(world.state(id) == .triggered)
        #expect(world.store.record(id)?.words?.hasPrefix("1 of the shares") == true)
    }

    @Test("An entry that ends unfilled leaves nothing behind")
    func unfilled() async throws {
        for (state, end) in [
            (OrderState.expired, ConditionalState.expired), (.rejected, .rejected),
            (.skipped, .rejected), (.cancelled, .cancelled),
        ] {
            let world = world()
            let (id, task) = try await entered(world)
            set(world, task, state, filled: 0)
            try await world.tend(rounds: 2, after: .seconds(5))
            #expect(world.state(id) == end)
            #expect(exits(world, of: id).isEmpty)
        }
    }

    @Test("Its cancel cancels the exits, and ends once they have")
    func cancels() async throws {
        let world = world()
        let (id, task) = try await entered(world)
        set(world, task, .filled, filled: 5)
        try await world.tend(rounds: 2, after: .seconds(5))
        try await world.cancel(id)
        try await world.tend(rounds: 4, after: .seconds(5))
        #expect(world.broker.cancels == 1)
        #expect(exits(world, of: id).first?.state == .cancelled)
        #expect(world.state(id) == .cancelled)
    }
}
