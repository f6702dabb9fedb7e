import DeskTesting
import Testing
import Trading

@testable import Desk

@Suite("Relaying and sweeping", .timeLimit(.minutes(2)))
struct RelayAndSweepTests {
    private func sweep(_ world: DeskWorld, limit: Int = 2_000) -> SweepOrders {
        SweepOrders(
            store: world.store,
            trades: world.store,
            queue: world.queue,
            backlog: world.queue,
            complete: world.complete,
            clock: world.clock,
            limit: limit
        )
    }

    private func relay(_ world: DeskWorld) -> RelayOutbox {
        RelayOutbox(outbox: world.store, queue: world.queue, clock: world.clock, age: .seconds(2))
    }

    @Test("The relay deletes only what the queue holds")
    func relayDeletes() async throws {
        let world = DeskWorld()
        for id in 1...4 { world.store.addOutboxRow(.plan(TaskID(Int64(id)))) }
        world.clock.advance(by: .seconds(2))
        world.queue.refuse { $0 == .plan(TaskID(2)) || $0 == .plan(TaskID(3)) }
        #expect(try await relay(world).relay() == 2)
        #expect(world.store.outboxMessages == [.plan(TaskID(2)), .plan(TaskID(3))])
        world.queue.refuse(nil)
        #expect(try await relay(world).relay() == 2)
        #expect(try await relay(world).relay() == 0)
        #expect(world.store.outboxMessages.isEmpty)
    }

    @Test("The relay leaves young rows to the process that wrote them")
    func relayWaits() async throws {
        let world = DeskWorld()
        world.store.addOutboxRow(.plan(TaskID(1)))
        #expect(try await relay(world).relay() == 0)
        #expect(world.queue.published.isEmpty)
    }

    @Test("The relay runs at every bell, reports what goes wrong, and goes on")
    func relayRuns() async throws {
        let world = DeskWorld(skipsSleeps: false)
        let failures = Recorder<String>()
        world.store.fail("pending", with: .unavailable("gone"), times: 1)
        let relay = relay(world)
        let running = Task { await relay.run { failures.note("\($0)") } }
        world.store.addOutboxRow(.plan(TaskID(1)))
        try await until {
            world.clock.advance(by: .seconds(1))
            return failures.count == 1
        }
        try await until {
            world.store.addOutboxRow(.plan(TaskID(2)))
            world.clock.advance(by: .seconds(1))
            return world.queue.published.contains(.plan(TaskID(1)))
        }
        running.cancel()
        await running.value
        #expect(failures.count == 1)
    }

    @Test("Looks are asked for in messages of at most 64 orders of one broker")
    func lookMessages() {
        let jobs = (1...200).map { number in
            OrderJob(
                intent: IntentID(Int64(number)),
                task: TaskID(1),
                broker: number.isMultiple(of: 3) ? .zerodha : .dhan,
                account: nil
            )
        }
        let messages = SweepOrders.lookMessages(jobs)
        #expect(messages.count == 3 + 2)
        var seen: [OrderJob] = []
        for message in messages {
            guard case .look(let broker, let orders) = message else {
                Issue.record("not a look")
                continue
            }
            #expect((1...64).contains(orders.count))
            #expect(orders.allSatisfy { $0.broker == broker })
            seen += orders
        }
        #expect(Set(seen) == Set(jobs))
        #expect(seen.count == jobs.count)
    }

    @Test("A sweep brings back live orders, doubts and what no message carries")
    func sweepBringsBack() async throws {
        let world = DeskWorld()
        let live = try await world.plannedOrder("LIVE")
        let lost = try await world.plannedOrder("LOST")
        let forgotten = try await world.plannedOrder("FORGOTTEN")
        try await world.accepted(live)
        try await world.lostAnswer(lost)
        // So long after its plan an order that nobody took counts as forgotten.
        world.clock.advance(by: .seconds(30))
        #expect(try await sweep(world).sweep() == 1)
        #expect(
            world.queue.published == [
                .look(.dhan, [live]), .doubt(lost), .order(forgotten, small: true),
            ]
        )
        // Put off: the next sweep finds nothing yet.
        #expect(try await sweep(world).sweep() == 0)
        world.clock.advance(by: .seconds(15))
        #expect(try await sweep(world).sweep() == 1)
        #expect(world.queue.published.count == 5)
        // A message that was published anew is given longer: the queue may be slow.
        world.clock.advance(by: .seconds(105))
        #expect(try await sweep(world).sweep() == 1)
        #expect(world.queue.published.count == 8)
    }

    @Test("Behind a backlog orders wait, and are not taken for forgotten until patience ends")
    func sweepIsPatient() async throws {
        let world = DeskWorld()
        let waiting = try await world.plannedOrder("WAITING")
        world.clock.advance(by: .seconds(60))
        for backlog in [100, nil] {
            world.queue.pretendBacklog(backlog)
            #expect(try await sweep(world).sweep() == 0)
        }
        #expect(world.queue.published.isEmpty)
        world.queue.pretendBacklog(100)
        #expect(try await sweep(world).sweep(patiently: false) == 0)
        #expect(world.queue.published == [.order(waiting, small: true)])
    }

    @Test("A plan that no message carries is brought back, unless the queue still has some")
    func sweepPlans() async throws {
        let world = DeskWorld()
        let task = try await world.accept(world.order())
        #expect(try await sweep(world).sweepPlans() == 0)
        world.clock.advance(by: .seconds(60))
        // Its outbox row tells of it: that is the relay's.
        #expect(try await sweep(world).sweepPlans() == 0)
        try await world.store.delete(planOf: task)
        world.queue.pretendBacklog(1)
        #expect(try await sweep(world).sweepPlans() == 0)
        world.queue.pretendBacklog(0)
        #expect(try await sweep(world).sweepPlans() == 1)
        #expect(world.queue.published == [.plan(task)])
        _ = try await world.store.plan(task, referencePrice: nil, marketOpen: true)
        #expect(try await sweep(world).sweepPlans() == 0)
    }

    @Test("While many looks wait to be worked on, no more are added")
    func sweepAddsNoLooks() async throws {
        let world = DeskWorld()
        let live = try await world.plannedOrder("LIVE")
        try await world.accepted(live)
        world.clock.advance(by: .seconds(5))
        world.queue.pretendBacklog(32)
        #expect(try await sweep(world).sweep() == 0)
        #expect(world.queue.published.isEmpty)
        world.queue.pretendBacklog(31)
        #expect(try await sweep(world).sweep() == 1)
        #expect(world.queue.published == [.look(.dhan, [live])])
    }

    @Test("The sweep goes on while it comes back full")
    func sweepGoesOn() async throws {
        let world = DeskWorld(skipsSleeps: false)
        _ = world.addClients(25)
        let jobs = try await world.planned(world.order())
        world.clock.advance(by: .seconds(30))
        let sweep = sweep(world, limit: 10)
        let running = Task { await sweep.run(every: .seconds(60)) { _ in } }
        await world.clock.waitForSleepers(1)
        // Three sweeps without a pause: 10, 10 and the last 5.
        #expect(world.queue.published.count == 25)
        let brought = world.queue.published.compactMap { message in
            if case .order(let job, _) = message { job } else { nil }
        }
        #expect(Set(brought) == Set(jobs))
        // Of live ones, doubts, forgotten ones, cancels and changes each.
        #expect(world.store.count(of: "due") == 15)
        running.cancel()
        await running.value
    }

    @Test("A sweep that fails is reported, and the next one comes")
    func sweepFails() async throws {
        let world = DeskWorld(skipsSleeps: false)
        let failures = Recorder<String>()
        world.store.fail("due", with: .unavailable("gone"), times: 1)
        let sweep = sweep(world)
        let running = Task { await sweep.run(every: .seconds(1)) { failures.note("\($0)") } }
        await world.clock.waitForSleepers(1)
        #expect(failures.count == 1)
        world.clock.advance(by: .seconds(1))
        try await until { world.store.count(of: "unfinished") == 1 }
        running.cancel()
        await running.value
        #expect(failures.count == 1)
    }
}
