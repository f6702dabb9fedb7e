import Desk
import DeskTesting
import Testing
import Trading

@Suite("Conditional orders: sent once, and found", .timeLimit(.minutes(2)))
struct TendConditionalsTests {
    @Test("One is sent once, and looked at until it has fired")
    func lives() async throws {
        let world = ConditionalWorld()
        let id = try await world.asked()
        try await world.tend()
        #expect(world.state(id) == .waiting)
        try await world.tend(rounds: 3, after: .seconds(40))
        #expect(world.broker.placed.count == 1)
        world.broker.move(to: .triggered, orders: ["O1"])
        world.broker.list(world.fired("O1"))
        try await world.tend(after: .seconds(40))
        #expect(world.state(id) == .triggered)
        #expect(world.store.record(id)?.orders == ["O1"])
        #expect(world.store.record(id)?.dueAt == nil)
    }

    @Test("A lost answer is never sent again: the list is asked, and has it")
    func lostAnswer() async throws {
        for showsReferences in [true, false] {
            let world = ConditionalWorld(showsReferences: showsReferences)
            let id = try await world.asked()
            world.broker.script(.loseAnswer)
            try await world.tend()
            #expect(world.state(id) == .unknown)
            try await world.tend(after: .seconds(10))
            #expect(world.state(id) == .waiting)
            #expect(world.store.record(id)?.brokerID == "C1")
            #expect(world.broker.placed.count == 1)
        }
    }

    @Test("One that never arrived is given up by two looks past the horizon, and not before")
    func lostOrder() async throws {
        let world = ConditionalWorld()
        let id = try await world.asked()
        world.broker.script(.loseOrder)
        try await world.tend()
        try await world.tend(after: .seconds(3))
        #expect(world.state(id) == .unknown)
        #expect(world.store.record(id)?.absences == 0)
        try await world.tend(after: .seconds(20))
        #expect(world.store.record(id)?.absences == 1)
        try await world.tend(after: .seconds(60))
        #expect(world.state(id) == .rejected)
        #expect(world.store.record(id)?.reason == .provenNotPlaced)
        #expect(world.broker.placed.count == 1)
    }

    @Test("A list of active ones alone proves no absence")
    func noTestimony() async throws {
        let world = ConditionalWorld(listsEnded: false)
        let id = try await world.asked()
        world.broker.script(.loseOrder)
        try await world.tend()
        try await world.tend(rounds: 10, after: .seconds(400))
        #expect(world.state(id) == .unknown)
        #expect(world.broker.placed.count == 1)
    }

    @Test("Of two that are alike none is taken for ours")
    func ambiguous() async throws {
        let world = ConditionalWorld()
        let id = try await world.asked()
        world.broker.script(.loseAnswer)
        try await world.tend()
        let ours = try #require(world.broker.orders.first)
        world.broker.add(
            ConditionalReport(
                brokerID: "BY HAND",
                reference: nil,
                status: .waiting,
                content: ours.content,
                createdAt: world.clock.now(),
                orders: [],
                message: nil
            )
        )
        try await world.tend(rounds: 5, after: .seconds(400))
        #expect(world.state(id) == .unknown)
        #expect(world.store.record(id)?.words?.contains("a person must tell") == true)
    }

    @Test("Two of ours that are alike, both answers lost, become one each")
    func twins() async throws {
        let world = ConditionalWorld(showsReferences: true)
        let first = try await world.asked(key: "1")
        let second = try await world.asked(key: "2")
        world.broker.script(.loseAnswer, .loseAnswer)
        try await world.tend()
        try await world.tend(after: .seconds(10))
        let ids = [first, second].map { world.store.record($0)?.brokerID }
        #expect(Set(ids) == ["C1", "C2"])
    }

    @Test("A worker that died while it sent leaves a doubt, and its late answer is dropped")
    func takenOver() async throws {
        let world = ConditionalWorld()
        let id = try await world.asked()
        let lease = Lease(worker: "dead", duration: .seconds(60))
        let attempt = try #require(try await world.store.claim(id, lease: lease))
        #expect(try await world.store.claim(id, lease: lease) == nil)
        #expect(world.state(id) == .sending)
        try await world.tend(after: .seconds(70))
        #expect(world.state(id) == .unknown)
        let now = world.clock.now()
        let late = try await world.store.change(id, fence: attempt.fence, by: Actor(user: nil)) {
            $0.record(.accepted(brokerOrderID: "LATE"), at: now)
        }
        #expect(late == nil)
        #expect(world.broker.placed.isEmpty)
        try await world.tend(rounds: 3, after: .seconds(100))
        #expect(world.state(id) == .rejected)
        #expect(world.broker.placed.isEmpty)
    }

    @Test("What provably never left is sent again, and given up after twenty times")
    func notSent() async throws {
        let world = ConditionalWorld()
        let id = try await world.asked()
        world.broker.script(.notSent)
        try await world.tend()
        #expect(world.state(id) == .ready)
        try await world.tend(after: .seconds(10))
        #expect(world.state(id) == .waiting)
        let other = try await world.asked(key: "2")
        for _ in 0..<30 {
            world.broker.script(.notSent, .notSent)
            try await world.tend(after: .seconds(301))
        }
        #expect(world.state(other) == .rejected)
        #expect(world.store.record(other)?.reason == .neverSent)
        #expect(world.store.record(other)?.tries == ConditionalSchedule.mostTries)
    }

    @Test("What keeps orders back keeps it from leaving, with its reason")
    func halted() async throws {
        let world = ConditionalWorld()
        let id = try await world.asked()
        world.stand(.haltedClient)
        try await world.tend()
        #expect(world.state(id) == .rejected)
        #expect(world.store.record(id)?.reason == .haltedClient)
        #expect(world.broker.placed.isEmpty)
    }

    @Test("A broker that is left alone is not called, and nothing is claimed")
    func breaker() async throws {
        let world = ConditionalWorld()
        let id = try await world.asked()
        world.gate.set(.seconds(7), for: .dhan)
        try await world.tend()
        #expect(world.state(id) == .ready)
        world.gate.set(nil, for: .dhan)
        try await world.tend(after: .seconds(8))
        #expect(world.state(id) == .waiting)
    }

    @Test("A refusal is final")
    func refused() async throws {
        let world = ConditionalWorld()
        let id = try await world.asked()
        world.broker.script(.refuse)
        try await world.tend()
        try await world.tend(rounds: 3, after: .seconds(400))
        #expect(world.state(id) == .rejected)
        #expect(world.broker.placed.count == 1)
    }
}
