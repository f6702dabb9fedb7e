import Desk
import DeskTesting
import Testing
import Trading

@Suite("Conditional orders: what comes of them is ours", .timeLimit(.minutes(2)))
struct FiredOrdersTests {
    /// One that has been placed and seen to wait.
    private func waiting(_ world: ConditionalWorld, _ condition: Condition? = nil) async throws
        -> ConditionalID
    {
        let id = try await world.asked(condition ?? ConditionalWorld.single)
        try await world.tend()
        try await world.tend(after: .seconds(40))
        return id
    }

    private func ids(_ world: ConditionalWorld, _ id: ConditionalID) -> [String] {
        world.store.record(id)?.fired.map(\.brokerOrderID) ?? []
    }

    @Test("An order that is alike is taken where the broker names none, once however often seen")
    func byItsLooks() async throws {
        let world = ConditionalWorld()
        let id = try await waiting(world)
        world.broker.move(to: .triggered)
        world.broker.list(
            world.fired("OTHER SIDE", .sell),
            world.fired("OTHER PRICE", price: 2_906),
            world.fired("OTHER SIZE", quantity: 4),
            world.fired("OLD", after: .seconds(-1_000)),
            world.fired("OURS")
        )
        try await world.tend(rounds: 4, after: .seconds(40))
        #expect(ids(world, id) == ["OURS"])
        #expect(world.store.record(id)?.dueAt == nil)
    }

    @Test("What the broker names is taken, and nothing that only looks like it")
    func byItsName() async throws {
        let world = ConditionalWorld(namesOrders: true)
        let id = try await waiting(world)
        world.broker.list(world.fired("LIKE IT"))
        world.broker.move(to: .triggered)
        try await world.tend(after: .seconds(40))
        #expect(ids(world, id).isEmpty)
        world.broker.list(world.fired("LIKE IT"), world.fired("NAMED", price: 2_800))
        world.broker.move(to: .triggered, orders: ["NAMED"])
        // What has fired is not looked at again; a name that comes late comes by hand.
        let decision = ConditionalDecision(
            conditional: id,
            verdict: .fired(brokerOrderID: "NAMED"),
            reason: "asked"
        )
        _ = try await world.store.decide(decision, by: Actor(user: UserID(1)))
        try await world.tend(after: .seconds(1))
        #expect(ids(world, id) == ["NAMED"])
        #expect(world.store.record(id)?.dueAt == nil)
    }

    @Test("Of two that are alike neither is taken; an operator names the one")
    func ambiguous() async throws {
        let world = ConditionalWorld()
        let id = try await waiting(world)
        world.broker.move(to: .triggered)
        world.broker.list(world.fired("A"), world.fired("B"))
        try await world.tend(rounds: 40, after: .seconds(301))
        #expect(ids(world, id).isEmpty)
        let record = try #require(world.store.record(id))
        #expect(record.reason == .firedOrderUnclear && record.dueAt == nil)
        #expect(record.words?.contains("2 orders") == true)
        let decision = ConditionalDecision(
            conditional: id,
            verdict: .fired(brokerOrderID: "B"),
            reason: "the client's app shows A as placed by hand"
        )
        let outcome = try await world.store.decide(decision, by: Actor(user: UserID(1)))
        guard case .decided = outcome else { throw ConditionalWorld.NotCreated() }
        try await world.tend(after: .seconds(1))
        #expect(ids(world, id) == ["B"])
        #expect(world.store.record(id)?.reason == nil)
        // There is nothing left to decide.
        #expect(
            try await world.store.decide(decision, by: Actor(user: UserID(1)))
                == .notOpen(.triggered)
        )
    }

    @Test("A book that cannot be read is asked again, and what another has is not taken")
    func laterAgain() async throws {
        let world = ConditionalWorld()
        let first = try await waiting(world)
        world.broker.list(world.fired("ONE"))
        world.broker.move(to: .triggered)
        try await world.tend(rounds: 2, after: .seconds(40))
        #expect(ids(world, first) == ["ONE"])
        let second = try await world.asked(key: "2")
        try await world.tend()
        try await world.tend(after: .seconds(40))
        world.broker.move(to: .triggered)
        world.broker.fail(.unreachable("down"))
        try await world.tend(rounds: 3, after: .seconds(40))
        world.broker.fail(nil)
        try await world.tend(rounds: 2, after: .seconds(301))
        // The one order that is alike came of the first.
        #expect(ids(world, second).isEmpty)
        world.broker.list(world.fired("ONE"), world.fired("TWO"))
        try await world.tend(after: .seconds(301))
        #expect(ids(world, second) == ["TWO"])
    }

    @Test("Until what fired must be shown, an order like it is left alone, as is its twin later")
    func notYetShown() async throws {
        let world = ConditionalWorld()
        let id = try await waiting(world)
        world.broker.move(to: .triggered)
        world.broker.list(world.fired("HAND"))
        try await world.tend(after: .seconds(40))
        #expect(world.state(id) == .triggered && ids(world, id).isEmpty)
        // Within the broker's lag the one that fired appears: nobody can tell them apart.
        world.broker.list(world.fired("HAND"), world.fired("FIRED"))
        try await world.tend(rounds: 30, after: .seconds(301))
        #expect(ids(world, id).isEmpty)
        #expect(world.store.record(id)?.reason == .firedOrderUnclear)
    }

    @Test("Where the broker says when it fired, the order of that moment is taken at once")
    func atItsMoment() async throws {
        let world = ConditionalWorld()
        let id = try await waiting(world)
        world.broker.list(world.fired("HAND"), world.fired("FIRED", after: .seconds(90)))
        world.broker.move(
            to: .triggered,
            firedAt: world.clock.now().advanced(by: .seconds(89))
        )
        try await world.tend(after: .seconds(95))
        #expect(ids(world, id) == ["FIRED"])
    }

    @Test("What fired on an earlier day is found in the past trades if it is said to have filled")
    func earlierDay() async throws {
        for hasFilled in [true, false] {
            let world = ConditionalWorld(historyNamesOrders: true)
            let id = try await waiting(world)
            world.broker.tellPast(
                world.past("OLD", 2),
                world.past("SMALLER", 4),
                world.past("OLD", 3),
                world.past("SOLD", 5, .sell)
            )
            world.broker.move(to: .triggered, hasFilled: hasFilled)
            try await world.tend(rounds: 2, after: .seconds(86_400))
            #expect(ids(world, id) == (hasFilled ? ["OLD"] : []))
            guard !hasFilled else { continue }
            // One that never filled is in no such list: the one that is alike may be another.
            #expect(world.store.record(id)?.reason == .firedOrderUnclear)
            #expect(world.store.record(id)?.words?.contains("may be another's") == true)
            // A person who names it is believed, and the past tells of it.
            let decision = ConditionalDecision(
                conditional: id,
                verdict: .fired(brokerOrderID: "OLD"),
                reason: "the client's app shows it"
            )
            _ = try await world.store.decide(decision, by: Actor(user: UserID(1)))
            try await world.tend(after: .seconds(1))
            #expect(ids(world, id) == ["OLD"])
            #expect(world.store.record(id)?.reason == nil)
        }
    }

    @Test("Of the past and of today together two that are alike stay unclear")
    func pastAndToday() async throws {
        let world = ConditionalWorld(historyNamesOrders: true)
        let id = try await waiting(world)
        world.broker.tellPast(world.past("OLD", 5))
        world.broker.move(to: .triggered, hasFilled: true)
        world.broker.list(world.fired("TODAY", after: .seconds(86_400)))
        try await world.tend(rounds: 3, after: .seconds(86_400))
        #expect(ids(world, id).isEmpty)
        #expect(world.store.record(id)?.words?.contains("2 orders") == true)
    }

    @Test("A hint brings the next look forward, and a flood of them costs one look in two seconds")
    func hastened() async throws {
        let world = ConditionalWorld()
        let id = try await waiting(world)
        let seen = try #require(world.store.record(id)?.seenAt)
        let hints: [ConditionalHint] = [
            .named(.dhan, "C1"), .unheard(AccountID(9)),
            .referred(try #require(world.store.record(id)?.reference)),
            .foreignOrder(.dhan, client: world.session.brokerClientID, code: "2885"),
        ]
        let due = try #require(world.store.record(id)?.dueAt)
        try await world.store.hasten([
            .named(.upstox, "C1"), .named(.dhan, "C2"), .unheard(AccountID(8)),
            .referred("SOMEBODY-ELSES"),
        ])
        #expect(world.store.record(id)?.dueAt == due)
        for hint in hints {
            try await world.store.hasten([hint])
            #expect(
                world.store.record(id)?.dueAt
                    == seen.advanced(by: ConditionalSchedule.hintPause),
                "\(hint)"
            )
        }
        world.broker.move(to: .triggered)
        try await world.tend(after: ConditionalSchedule.hintPause)
        #expect(world.state(id) == .triggered)
        // What has fired is not hastened: its looks are counted.
        let next = world.store.record(id)?.dueAt
        try await world.store.hasten(hints)
        #expect(world.store.record(id)?.dueAt == next)
    }

    @Test("A bracket's entry is ours while its exits wait, and its exit once it has closed")
    func bracket() async throws {
        let world = ConditionalWorld()
        let id = try await waiting(world, ConditionalWorld.bracket)
        world.broker.list(world.fired("ENTRY", price: 2_940))
        world.broker.move(to: .entered, orders: ["ENTRY"])
        try await world.tend(after: .seconds(40))
        #expect(world.state(id) == .entered)
        #expect(ids(world, id) == ["ENTRY"])
        world.broker.list(
            world.fired("ENTRY", price: 2_940),
            world.fired("EXIT", .sell, price: 3_000)
        )
        world.broker.move(to: .triggered)
        try await world.tend(rounds: 2, after: .seconds(40))
        #expect(ids(world, id) == ["ENTRY", "EXIT"])
        #expect(world.store.record(id)?.fired.map(\.side) == [.buy, .sell])
        #expect(world.store.record(id)?.dueAt == nil)
    }

    @Test("An operator settles one that is UNKNOWN, and nobody settles it twice")
    func decide() async throws {
        let world = ConditionalWorld(listsEnded: false)
        let ids = [try await world.asked(key: "1"), try await world.asked(key: "2")]
        world.broker.script(.loseOrder, .loseOrder)
        try await world.tend()
        #expect(ids.map(world.state) == [.unknown, .unknown])
        func decide(_ id: ConditionalID, _ verdict: ConditionalDecision.Verdict) async throws
            -> ConditionalDecided
        {
            try await world.store.decide(
                ConditionalDecision(conditional: id, verdict: verdict, reason: "asked"),
                by: Actor(user: UserID(1))
            )
        }
        _ = try await decide(ids[0], .placed(brokerID: "C9"))
        #expect(world.state(ids[0]) == .waiting)
        #expect(try await decide(ids[1], .placed(brokerID: "C9")) == .taken)
        _ = try await decide(ids[1], .notPlaced)
        #expect(world.state(ids[1]) == .rejected)
        #expect(world.store.record(ids[1])?.reason == .decidedNotPlaced)
        #expect(try await decide(ids[1], .notPlaced) == .notOpen(.rejected))
        #expect(try await decide(ids[0], .notPlaced) == .notOpen(.waiting))
    }
}
