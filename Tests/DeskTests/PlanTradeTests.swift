import Desk
import DeskTesting
import Testing
import Trading

@Suite("Submitting, planning and completing a bulk trade", .timeLimit(.minutes(2)))
struct PlanTradeTests {
    @Test("A submitted trade's plan goes to the queue, and its outbox row is deleted")
    func submit() async throws {
        let world = DeskWorld()
        guard case .created(let trade) = try await world.submit(world.order()) else {
            Issue.record("not created")
            return
        }
        #expect(world.queue.published == [.plan(trade.id)])
        #expect(world.store.outboxMessages.isEmpty)
        guard case .repeated(let again) = try await world.submit(world.order()) else {
            Issue.record("not repeated")
            return
        }
        #expect(again.id == trade.id)
        #expect(world.queue.published.count == 1)
    }

    @Test("With the queue down a trade is accepted all the same, and waits in the outbox")
    func submitWithoutQueue() async throws {
        let world = DeskWorld()
        world.queue.refuse { _ in true }
        guard case .created(let trade) = try await world.submit(world.order()) else {
            Issue.record("not created")
            return
        }
        #expect(world.store.outboxMessages == [.plan(trade.id)])
        #expect(world.store.count(of: "deletePlan") == 0)
    }

    @Test("A row that cannot be deleted does no harm to the answer")
    func submitWithoutDelete() async throws {
        let world = DeskWorld()
        world.store.fail("deletePlan", with: .unavailable("gone"))
        guard case .created(let trade) = try await world.submit(world.order()) else {
            Issue.record("not created")
            return
        }
        #expect(world.store.outboxMessages == [.plan(trade.id)])
    }

    @Test("Up to 50 orders take the small lane, 51 the large one", arguments: [1, 50, 51])
    func lanes(_ count: Int) async throws {
        let world = DeskWorld()
        _ = world.addClients(count)
        let task = try await world.accept(world.order())
        try await world.plan()(task)
        let jobs = world.store.intents(of: task).map { intent in
            OrderJob(intent: intent.id, task: task, broker: .dhan, account: intent.account)
        }
        #expect(jobs.count == count)
        if count <= 50 {
            #expect(world.queue.published == jobs.map { .order($0, small: true) })
        } else {
            let parts = stride(from: 0, to: count, by: PlanTrade.ordersPerMessage).map { start in
                Array(jobs[start..<min(start + PlanTrade.ordersPerMessage, count)])
            }
            #expect(world.queue.published == parts.map { .orders(.dhan, $0) })
        }
        #expect(world.store.isPublished(task))
    }

    @Test("Where one order is not known to be in the queue the plan must come again")
    func notHeld() async throws {
        let world = DeskWorld()
        let clients = world.addClients(3)
        let task = try await world.accept(world.order())
        let store = world.store
        world.queue.refuse { message in
            guard case .order(let job, _) = message else { return false }
            return store.intent(job.intent)?.client == clients[1]
        }
        await #expect(throws: QueueFailure.self) { try await world.plan()(task) }
        #expect(!world.store.isPublished(task))
        world.queue.refuse(nil)
        try await world.plan()(task)
        #expect(world.store.isPublished(task))
        // Two the first time, all three the second; still one intent each.
        #expect(world.queue.published.count == 5)
        #expect(world.store.intents(of: task).map(\.client) == clients)
    }

    @Test("A repeated plan publishes what is still READY, and makes nothing new")
    func repeated() async throws {
        let world = DeskWorld()
        _ = world.addClients(2)
        let task = try await world.accept(world.order())
        try await world.plan()(task)
        let first = world.queue.published
        try await world.plan()(task)
        #expect(world.queue.published == first + first)
        #expect(world.store.intents(of: task).count == 2)
    }

    @Test("A trade that is unknown or complete is left alone")
    func leftAlone() async throws {
        let world = DeskWorld()
        try await world.plan()(TaskID(999))
        let task = try await world.accept(world.order())
        try await world.plan()(task)
        #expect(try await world.store.trade(task)?.state == .complete)
        try await world.plan()(task)
        #expect(world.store.count(of: "plan") == 1)
    }

    @Test("A stated price is the reference, and nobody is asked for another")
    func statedPrice() async throws {
        let world = DeskWorld()
        _ = world.addClients(1)
        let limit = try await world.accept(world.order(key: "a", price: Price(raw: 2_000_000)))
        let stop = try await world.accept(
            world.order(key: "b", type: .stopMarket, price: nil, trigger: Price(raw: 3_000_000))
        )
        try await world.plan()(limit)
        try await world.plan()(stop)
        #expect(try await world.store.trade(limit)?.referencePrice == Price(raw: 2_000_000))
        #expect(try await world.store.trade(stop)?.referencePrice == Price(raw: 3_000_000))
        #expect(world.quotes.asked.isEmpty)
    }

    @Test("A MARKET order's reference is the last price, asked for once and then kept")
    func marketPrice() async throws {
        let world = DeskWorld()
        _ = world.addClients(1)
        let task = try await world.accept(world.order(type: .market, price: nil))
        try await world.plan()(task)
        world.quotes.set(Price(raw: 7), of: world.instrument.id)
        try await world.plan()(task)
        #expect(try await world.store.trade(task)?.referencePrice == DeskWorld.price)
        #expect(world.quotes.asked.count == 1)
    }

    @Test("Clients who cannot trade are skipped with their reason and not queued")
    func skipped() async throws {
        let world = DeskWorld()
        let good = world.addClients(1)
        _ = world.store.addClient("IDLE", of: world.trader, status: .inactive, broker: .dhan)
        _ = world.store.addClient("KYC", of: world.trader, status: .pending, broker: .dhan)
        _ = world.store.addClient("GONE", of: world.trader, status: .archived, broker: .dhan)
        _ = world.store.addClient(
            "OLD",
            of: world.trader,
            broker: .dhan,
            sessionEnds: ManualClock.morning
        )
        let task = try await world.accept(world.order())
        try await world.plan()(task)
        let intents = world.store.intents(of: task)
        #expect(
            intents.map(\.reason) == [nil, .clientInactive, .clientPending, .sessionExpired]
        )
        #expect(world.queue.published.count == 1)
        #expect(intents.first?.client == good.first)
    }

    @Test("Of two who complete a trade one does, and watchers are rung for")
    func completeOnce() async throws {
        let world = DeskWorld()
        _ = world.addClients(1)
        let task = try await world.accept(world.order())
        let jobs = try await world.store.plan(task, referencePrice: nil, marketOpen: true)
        await world.complete([task])
        #expect(try await world.store.trade(task)?.state == .running)
        try await world.accepted(try #require(jobs.first))
        #expect(try await world.store.trade(task)?.state == .complete)
        #expect(try await world.store.complete([task]).isEmpty)
        #expect(Set(world.board.rung) == [task])
    }

    @Test("Completing fails softly, and the sweep finds the trade later")
    func completeFails() async throws {
        let world = DeskWorld()
        let task = try await world.accept(world.order())
        _ = try await world.store.plan(task, referencePrice: nil, marketOpen: true)
        world.store.fail("complete", with: .unavailable("gone"), times: 1)
        await world.complete([task])
        #expect(try await world.store.trade(task)?.state == .running)
        try await world.complete.sweep()
        #expect(try await world.store.trade(task)?.state == .complete)
        await world.complete([])
        #expect(world.store.count(of: "complete") == 2)
    }
}
