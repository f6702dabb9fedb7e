import Desk
import DeskTesting
import Testing
import Trading

@Suite("Conditional orders: changes and cancels", .timeLimit(.minutes(2)))
struct ConditionalChangeTests {
    @Test("Cancelled before it is sent, it never is")
    func cancelledBefore() async throws {
        let world = ConditionalWorld()
        let id = try await world.asked()
        try await world.cancel(id)
        try await world.tend(rounds: 3, after: .seconds(60))
        #expect(world.state(id) == .cancelled)
        #expect(world.broker.placed.isEmpty)
    }

    @Test("Cancelled at the broker, by its list")
    func cancelled() async throws {
        let world = ConditionalWorld()
        let id = try await world.asked()
        try await world.tend()
        try await world.cancel(id)
        #expect(world.state(id) == .cancelRequested)
        try await world.tend()
        #expect(world.state(id) == .cancelled)
        #expect(world.broker.cancels == 1)
    }

    @Test("A cancel of one whose answer was lost is made once it is found")
    func cancelOfDoubt() async throws {
        let world = ConditionalWorld()
        let id = try await world.asked()
        world.broker.script(.loseAnswer)
        try await world.tend()
        try await world.cancel(id)
        #expect(world.state(id) == .unknown)
        try await world.tend(rounds: 3, after: .seconds(10))
        #expect(world.state(id) == .cancelled)
        #expect(world.broker.cancels == 1)
    }

    @Test("One that fires before the cancel has fired")
    func firedFirst() async throws {
        let world = ConditionalWorld()
        let id = try await world.asked()
        try await world.tend()
        try await world.cancel(id)
        world.broker.refuse(cancels: true)
        world.broker.move(to: .triggered)
        try await world.tend()
        #expect(world.state(id) == .triggered)
    }

    @Test("A broker that refuses to cancel three times means it")
    func cancelRefused() async throws {
        let world = ConditionalWorld()
        let id = try await world.asked()
        try await world.tend()
        world.broker.refuse(cancels: true)
        try await world.cancel(id)
        try await world.tend(rounds: 2, after: .seconds(60))
        #expect(world.state(id) == .cancelRequested)
        try await world.tend(rounds: 1, after: .seconds(60))
        #expect(world.state(id) == .waiting)
        #expect(world.store.record(id)?.words?.contains("no cancel") == true)
        try await world.tend(rounds: 2, after: .seconds(400))
        #expect(world.broker.cancels == 3)
    }

    @Test("A change is the broker's once it has taken it, and dropped where it refuses")
    func changed() async throws {
        for isRefused in [false, true] {
            let world = ConditionalWorld()
            let id = try await world.asked()
            try await world.tend()
            world.broker.refuse(changes: isRefused)
            let wished = world.terms(quantity: 7)
            let now = world.clock.now()
            _ = try await world.store.change(id, fence: nil, by: Actor(user: UserID(1))) {
                $0.askToChange(wished, at: now)
            }
            #expect(world.store.record(id)?.terms == world.terms())
            try await world.tend()
            let record = try #require(world.store.record(id))
            #expect(record.wished == nil)
            #expect(record.terms == (isRefused ? world.terms() : wished))
            #expect(record.state == .waiting)
            #expect(world.broker.changes.count == (isRefused ? 0 : 1))
        }
    }

    @Test("A broker that does not answer is asked again, and nothing is believed")
    func silence() async throws {
        let world = ConditionalWorld()
        let id = try await world.asked()
        try await world.tend()
        world.broker.fail(.unreachable("down"))
        try await world.tend(rounds: 3, after: .seconds(400))
        #expect(world.state(id) == .waiting)
        #expect(world.store.record(id)?.dueAt != nil)
        world.broker.fail(nil)
        world.broker.move(to: .expired)
        try await world.tend(after: .seconds(400))
        #expect(world.state(id) == .expired)
    }
}
