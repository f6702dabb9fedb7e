import Desk
import DeskTesting
import Testing
import Trading

@Suite("Executing an order", .timeLimit(.minutes(2)))
struct ExecuteOrderTests {
    private static let answers: [(PlacementAnswer, OrderState, isHeld: Bool)] = [
        (.accepted(brokerOrderID: "B-7"), .accepted, true),
        (.refused(.brokerRefused, words: "margin"), .rejected, false),
        (.notSent("no route"), .ready, false),
        (.unanswered(cause: "timeout", words: nil), .unknown, true),
        (.unanswered(cause: "502", words: "gateway"), .unknown, true),
        (.unanswered(cause: BrokerLimit.cause, words: nil), .unknown, true),
        (.claimed(words: "seen before"), .unknown, true),
    ]

    @Test("Each answer of the broker is recorded as what it proves", arguments: answers)
    func answer(_ answer: PlacementAnswer, _ state: OrderState, _ isHeld: Bool) async throws {
        let world = DeskWorld()
        let job = try await world.plannedOrder()
        world.dhan.set { $0.place = { _ in answer } }
        let ending = try await world.executing { try await $0(job) }
        #expect(ending == .done)
        #expect(world.dhan.placements.count == 1)
        let intent = try #require(world.store.intent(job.intent))
        #expect(intent.state == state)
        #expect((intent.held > .zero) == isHeld)
        let funds = try #require(world.store.funds(of: intent.client))
        #expect(funds.held == intent.held)
        #expect(funds.isBalanced)
        if case .accepted(let id) = answer { #expect(intent.brokerOrderID == id) }
    }

    private static let claims: [Claim] = [
        .declined(.haltedAll), .inDoubt, .settled,
    ]

    @Test("Nothing is sent unless the claim says so", arguments: claims.indices)
    func noSend(_ index: Int) async throws {
        let world = DeskWorld()
        let job = try await world.plannedOrder()
        let claim = Self.claims[index]
        let ending = try await world.executing(claims: { jobs in jobs.map { _ in claim } }) {
            try await $0(job)
        }
        #expect(ending == .done)
        #expect(world.dhan.placements.isEmpty)
        #expect(world.store.count(of: "record") == 0)
    }

    @Test("What is found SENDING, UNKNOWN or beyond is never sent again")
    func notAgain() async throws {
        let world = DeskWorld()
        let accepted = try await world.plannedOrder("A")
        let lost = try await world.plannedOrder("B")
        try await world.accepted(accepted)
        try await world.lostAnswer(lost)
        for job in [accepted, lost, accepted, lost] {
            let ending = try await world.executing { try await $0(job) }
            #expect(ending == .done)
        }
        #expect(world.dhan.placements.map(\.job) == [accepted, lost])
    }

    @Test("Where the claim fails nothing is sent and the message must come again")
    func claimFails() async throws {
        let world = DeskWorld()
        let job = try await world.plannedOrder()
        world.store.fail("claim", with: .outcomeUnknown("cut"), times: 1)
        try await world.executing { execute in
            await #expect(throws: StoreFailure.self) { try await execute(job) }
            #expect(world.dhan.placements.isEmpty)
            _ = try await execute(job)
        }
        #expect(world.dhan.placements.count == 1)
    }

    @Test("A closed market skips the order and sends nothing")
    func closedMarket() async throws {
        let world = DeskWorld()
        let job = try await world.plannedOrder()
        world.clock.advance(by: .seconds(12 * 3_600))
        _ = try await world.executing(market: .exchange) { try await $0(job) }
        #expect(world.dhan.placements.isEmpty)
        #expect(world.store.intent(job.intent)?.state == .skipped)
        #expect(world.store.intent(job.intent)?.reason == .marketClosed)
    }

    @Test("A halt that came after the plan keeps the order from leaving")
    func halted() async throws {
        let world = DeskWorld()
        let job = try await world.plannedOrder()
        try await world.store.setHalt(.everything, on: true, why: "test", by: Actor(user: nil))
        _ = try await world.executing { try await $0(job) }
        #expect(world.dhan.placements.isEmpty)
        #expect(world.store.intent(job.intent)?.reason == .haltedAll)
    }

    @Test("A refusal because the session is over marks the account: its next order is not sent")
    func sessionEnded() async throws {
        let world = DeskWorld()
        let job = try await world.plannedOrder()
        let account = try #require(job.account)
        world.dhan.set { $0.place = { _ in .refused(.sessionExpired, words: "DH-901: expired") } }
        _ = try await world.executing { try await $0(job) }
        #expect(world.store.intent(job.intent)?.reason == .sessionExpired)
        #expect(world.store.intent(job.intent)?.held == .zero)
        #expect(try await world.store.session(account) == nil)
        #expect(world.dhan.placements.count == 1)
    }

    @Test("A broker that this process cannot send to refuses, with the money released")
    func unknownBroker() async throws {
        let world = DeskWorld()
        let job = try await world.plannedOrder()
        _ = try await world.executing(brokers: Brokers([], gate: world.gate)) { try await $0(job) }
        let intent = try #require(world.store.intent(job.intent))
        #expect(intent.state == .rejected)
        #expect(intent.reason == .brokerNotSupported)
        #expect(intent.held == .zero)
    }

    @Test("A thousand messages for 200 orders place each order once and keep the money right")
    func concurrentRepetition() async throws {
        let world = DeskWorld()
        let clients = world.addClients(200)
        let jobs = try await world.planned(world.order())
        #expect(jobs.count == 200)
        try await world.executing { execute in
            try await withThrowingTaskGroup(of: ExecuteOrder.Ending.self) { group in
                for _ in 0..<5 {
                    for job in jobs { group.addTask { try await execute(job) } }
                }
                for try await ending in group { #expect(ending == .done) }
            }
        }
        #expect(world.dhan.placements.count == 200)
        #expect(Set(world.dhan.placements.map(\.reference)).count == 200)
        for client in clients {
            let funds = try #require(world.store.funds(of: client))
            #expect(funds.isBalanced)
            #expect(funds.held == DeskWorld.price.cost(of: Quantity(10)))
        }
    }
}
