import Desk
import DeskTesting
import Testing
import Trading

@Suite("Pacing, breakers and recording of an order", .timeLimit(.minutes(2)))
struct ExecuteOrderPacingTests {
    @Test("A short wait is waited for, then the order goes")
    func shortWait() async throws {
        let world = DeskWorld()
        let job = try await world.plannedOrder()
        let account = try #require(job.account)
        world.pacer.script([.after(.milliseconds(200)), .after(.milliseconds(300))], for: account)
        let ending = try await world.executing { try await $0(job) }
        #expect(ending == .done)
        #expect(world.clock.slept == [.milliseconds(200), .milliseconds(300)])
        #expect(world.dhan.placements.count == 1)
        #expect(world.pacer.taken.map(\.account) == [account, account, account])
        #expect(world.pacer.taken.first?.limits == world.dhan.traits.orderLimits)
    }

    @Test("A long wait sends the message back, with nothing claimed")
    func longWait() async throws {
        let world = DeskWorld()
        let job = try await world.plannedOrder()
        world.pacer.script([.after(.seconds(20))], for: try #require(job.account))
        let ending = try await world.executing { try await $0(job) }
        #expect(ending == .later(.seconds(20)))
        #expect(world.store.count(of: "claim") == 0)
        #expect(world.dhan.placements.isEmpty)
        #expect(world.store.intent(job.intent)?.state == .ready)
    }

    @Test("Short waits are not waited for without end")
    func manyShortWaits() async throws {
        let world = DeskWorld()
        let job = try await world.plannedOrder()
        let limits = ExecutionLimits()
        world.pacer.script(
            Array(repeating: .after(.milliseconds(900)), count: 50),
            for: try #require(job.account)
        )
        let ending = try await world.executing { try await $0(job) }
        #expect(ending == .later(limits.shortWait))
        #expect(world.clock.slept.count == limits.shortWaits)
        #expect(world.store.count(of: "claim") == 0)
    }

    @Test("An open breaker sends the message back: no call counted, nothing claimed")
    func breakerOpen() async throws {
        let world = DeskWorld()
        let job = try await world.plannedOrder()
        world.gate.set(.seconds(7), for: .dhan)
        let ending = try await world.executing { try await $0(job) }
        #expect(ending == .later(.seconds(7)))
        #expect(world.pacer.taken.isEmpty)
        #expect(world.store.count(of: "claim") == 0)
        world.gate.set(nil, for: .dhan)
        #expect(try await world.executing { try await $0(job) } == .done)
        #expect(world.dhan.placements.count == 1)
    }

    @Test("A paper order is not paced")
    func paper() async throws {
        let world = DeskWorld()
        let client = world.store.addClient("PAPER", of: world.trader)
        let jobs = try await world.planned(world.order(clients: .named([client])))
        let job = try #require(jobs.first)
        let paper = ScriptedBroker(.paper)
        let brokers = Brokers([paper], gate: world.gate)
        _ = try await world.executing(brokers: brokers) { try await $0(job) }
        #expect(world.pacer.taken.isEmpty)
        #expect(paper.placements.count == 1)
    }

    @Test("A broker's `too many calls` rests the account, and is no silence of the broker")
    func limited() async throws {
        let world = DeskWorld()
        let job = try await world.plannedOrder()
        let account = try #require(job.account)
        world.dhan.set { $0.place = { _ in .unanswered(cause: BrokerLimit.cause, words: nil) } }
        _ = try await world.executing { try await $0(job) }
        let pauses = world.pacer.pauses
        #expect(pauses.map(\.account) == [account])
        #expect(pauses.map(\.broker) == [.dhan])
        #expect(pauses.map(\.duration) == [ExecutionLimits().pauseAfterLimit])
        #expect(world.gate.answers == [.dhan])
        #expect(world.gate.silences.isEmpty)
    }

    private static let noted: [(PlacementAnswer, isAnswer: Bool)] = [
        (.accepted(brokerOrderID: "1"), true),
        (.refused(.brokerRefused, words: ""), true),
        (.notSent("no route"), false),
        (.unanswered(cause: "timeout", words: nil), false),
        (.claimed(words: "seen before"), true),
    ]

    @Test("The breaker hears of answers and of silence", arguments: noted)
    func breakerHears(_ answer: PlacementAnswer, _ isAnswer: Bool) async throws {
        let world = DeskWorld()
        let job = try await world.plannedOrder()
        world.dhan.set { $0.place = { _ in answer } }
        _ = try await world.executing { try await $0(job) }
        #expect(world.gate.answers == (isAnswer ? [.dhan] : []))
        #expect(world.gate.silences == (isAnswer ? [] : [.dhan]))
        #expect(world.pacer.pauses.isEmpty)
    }

    @Test("An order that we sent too late says nothing of its broker")
    func ownLateness() async throws {
        let world = DeskWorld()
        let job = try await world.plannedOrder()
        world.dhan.set { $0.place = { _ in .notSent("too late to send") } }
        var limits = ExecutionLimits()
        limits.sendWithin = .zero
        _ = try await world.executing(limits: limits) { try await $0(job) }
        #expect(world.gate.silences.isEmpty)
        #expect(world.store.intent(job.intent)?.state == .ready)
        // In time, the same answer means that the broker could not be reached.
        _ = try await world.executing { try await $0(job) }
        #expect(world.gate.silences == [.dhan])
    }

    @Test("Recording outlives short absences of the database, and nothing is sent twice")
    func recordRetried() async throws {
        let world = DeskWorld()
        let job = try await world.plannedOrder()
        world.store.fail("record", with: .unavailable("gone"), times: 3)
        var limits = ExecutionLimits()
        limits.recordWithin = .seconds(3_600)
        let ending = try await world.executing(limits: limits) { try await $0(job) }
        #expect(ending == .done)
        #expect(world.store.count(of: "record") == 4)
        #expect(world.clock.slept == Array(repeating: limits.shortWait, count: 3))
        #expect(world.dhan.placements.count == 1)
        #expect(world.store.intent(job.intent)?.state == .accepted)
    }

    @Test("Recording is given up in time; the order stays SENDING, and its message is not done")
    func recordGivenUp() async throws {
        let world = DeskWorld()
        let job = try await world.plannedOrder()
        world.store.fail("record", with: .unavailable("gone"))
        var limits = ExecutionLimits()
        limits.recordWithin = .zero
        try await world.executing(limits: limits) { execute in
            await #expect(throws: StoreFailure.self) { try await execute(job) }
            world.store.heal()
            // The message comes again and finds it: nothing is sent.
            let again = try await execute(job)
            #expect(again == .done)
        }
        #expect(world.dhan.placements.count == 1)
        #expect(world.store.intent(job.intent)?.state == .sending)
        // Once the lease has run out the order is brought to the doubt queue.
        #expect(try await world.store.due(.doubt, limit: 10).isEmpty)
        world.clock.advance(by: limits.lease + .seconds(5))
        #expect(try await world.store.due(.doubt, limit: 10) == [job])
    }

    @Test("An outcome that comes after another worker took the attempt over is dropped")
    func lateRecord() async throws {
        let world = DeskWorld()
        let job = try await world.plannedOrder()
        let latch = Latch()
        world.dhan.set { script in
            script.place = { attempt in
                await latch.pass()
                return .accepted(brokerOrderID: "LATE" + attempt.reference)
            }
        }
        try await world.executing { execute in
            async let ending = execute(job)
            try await until { world.dhan.placements.count == 1 }
            world.clock.advance(by: ExecutionLimits().lease)
            #expect(try await world.store.doubts([job.intent]).count == 1)
            latch.open()
            let ended = try await ending
            #expect(ended == .done)
        }
        #expect(world.store.intent(job.intent)?.state == .unknown)
        #expect(world.store.intent(job.intent)?.brokerOrderID == nil)
    }
}
