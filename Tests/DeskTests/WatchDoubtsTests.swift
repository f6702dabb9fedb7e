import Desk
import DeskTesting
import Synchronization
import Testing
import Trading

@Suite("UNKNOWN orders: alerts, decisions, the day's end", .timeLimit(.minutes(2)))
struct WatchDoubtsTests {
    private func watch(_ world: DeskWorld, market: MarketHours = .always) -> WatchDoubts {
        WatchDoubts(
            store: world.store,
            market: market,
            clock: world.clock,
            alertAge: .seconds(10)
        )
    }

    private func resolve(_ world: DeskWorld) -> ResolveDoubts {
        ResolveDoubts(
            store: world.store,
            catalog: TradeCatalog(store: world.store),
            queue: world.queue,
            brokers: world.brokers,
            complete: world.complete,
            schedule: DoubtSchedule(),
            market: .always,
            clock: world.clock
        )
    }

    private func decide(_ world: DeskWorld) -> DecideOrder {
        DecideOrder(store: world.store, queue: world.queue, complete: world.complete)
    }

    /// What was told, in short.
    private final class Told: Sendable {
        private let words = Mutex<[String]>([])

        func hear(_ notice: WatchDoubts.Notice) {
            words.withLock { words in
                switch notice {
                case .counts(let counts, _):
                    words.append("counts \(counts.map(\.count).reduce(0, +))")
                case .unknown(let order): words.append("unknown \(order.doubt.reference)")
                case .dayClosing(let count): words.append("closing \(count)")
                case .leftOver(let counts): words.append("left \(counts.map(\.count))")
                case .failed(let error): words.append("failed \(error)")
                }
            }
        }

        func take() -> [String] {
            words.withLock { words in
                defer { words = [] }
                return words
            }
        }
    }

    @Test("Each order is told of once, after the first look that did not settle it")
    func once() async throws {
        let world = DeskWorld()
        let told = Told()
        let job = try await world.plannedOrder()
        try await world.lostAnswer(job)
        let reference = try #require(world.dhan.placements.first?.reference)
        try await watch(world).watch { told.hear($0) }
        #expect(told.take() == ["counts 1"])
        for _ in 0..<3 {
            world.clock.advance(by: .seconds(2))
            try await resolve(world)([job])
        }
        try await watch(world).watch { told.hear($0) }
        #expect(told.take() == ["counts 1", "unknown \(reference)"])
        try await resolve(world)([job])
        try await watch(world).watch { told.hear($0) }
        #expect(told.take() == ["counts 1"])
    }

    @Test("An order that nobody could look at is told of by its age")
    func unlooked() async throws {
        let world = DeskWorld()
        let told = Told()
        let job = try await world.plannedOrder()
        try await world.lostAnswer(job)
        world.clock.advance(by: .seconds(10))
        try await watch(world).watch { told.hear($0) }
        #expect(told.take().count == 2)
    }

    @Test("A decision is taken once, by the first who takes it, and only of what is UNKNOWN")
    func decisions() async throws {
        let world = DeskWorld()
        let job = try await world.plannedOrder()
        let notPlaced = OrderDecision(
            intent: job.intent,
            verdict: .notPlaced,
            reason: "the broker's desk said so"
        )
        let placed = OrderDecision(
            intent: job.intent,
            verdict: .placed(brokerOrderID: "X-1"),
            reason: "seen in the app"
        )
        let admin = Actor(user: UserID(1))
        #expect(try await decide(world)(notPlaced, by: admin) == .notUnknown(.ready))
        try await world.lostAnswer(job)
        #expect(try await decide(world)(placed, by: admin) == .decided(.accepted, job))
        #expect(try await decide(world)(notPlaced, by: admin) == .notUnknown(.accepted))
        #expect(world.store.intent(job.intent)?.brokerOrderID == "X-1")
        #expect(world.queue.published.contains(.look(.dhan, [job])))
        let nobody = OrderDecision(intent: IntentID(999), verdict: .notPlaced, reason: "x")
        #expect(try await decide(world)(nobody, by: admin) == .notFound)
    }

    @Test("Decided not to be placed, an order ends, its funds are free, and its trade completes")
    func notPlaced() async throws {
        let world = DeskWorld()
        let job = try await world.plannedOrder()
        try await world.lostAnswer(job)
        let decision = OrderDecision(intent: job.intent, verdict: .notPlaced, reason: "asked")
        _ = try await decide(world)(decision, by: Actor(user: UserID(1)))
        let intent = try #require(world.store.intent(job.intent))
        #expect(intent.state == .rejected && intent.reason == .decidedNotPlaced)
        #expect(intent.held == .zero)
        #expect(try await world.store.trade(job.task)?.state == .complete)
        // What the books say of the doubt now comes too late to change the decision.
        try await resolve(world)([job])
        #expect(world.store.intent(job.intent)?.state == .rejected)
    }

    @Test("After the close every UNKNOWN order is looked for, and what is left is reported")
    func dayEnds() async throws {
        let world = DeskWorld(skipsSleeps: false)
        let told = Told()
        let job = try await world.plannedOrder()
        try await world.lostAnswer(job)
        // Not due for an hour: the day's end must not wait for that.
        let later = DoubtFinding.Result.stillUnknown(lookAgainIn: .seconds(86_400))
        let doubt = try #require(try await world.store.doubts([job.intent]).first)
        try await world.store.resolve([DoubtFinding(doubt: doubt, result: later)])
        let running = Task {
            await watch(world, market: .exchange).run(every: .seconds(60)) { told.hear($0) }
        }
        await world.clock.waitForSleepers(1)
        #expect(!told.take().contains { $0.hasPrefix("closing") })
        #expect(try await world.store.due(.doubt, limit: 9).isEmpty)
        // 10:00 to 15:31, then 15:32, then on to 15:47, and a minute more.
        let steps = [(331 * 60, nil), (60, "closing 1"), (900, "left [1]"), (60, nil)]
        for (seconds, expected) in steps {
            world.clock.advance(by: .seconds(seconds))
            await world.clock.waitForSleepers(1)
            let words = told.take()
            if let expected {
                #expect(words.contains(expected), "\(words)")
            } else {
                #expect(words == ["counts 1"], "\(words)")
            }
            if expected == "closing 1" {
                #expect(try await world.store.due(.doubt, limit: 9) == [job])
            }
        }
        running.cancel()
        await running.value
    }

    @Test("Whoever begins to lead after the close makes good what the day still needs")
    func beginsLate() async throws {
        let world = DeskWorld(skipsSleeps: false)
        let told = Told()
        let job = try await world.plannedOrder()
        try await world.lostAnswer(job)
        // 18:00 in India.
        world.clock.advance(by: .seconds(8 * 3_600))
        let running = Task {
            await watch(world, market: .exchange).run(every: .seconds(60)) { told.hear($0) }
        }
        await world.clock.waitForSleepers(1)
        #expect(told.take().contains("closing 1"))
        running.cancel()
        await running.value
    }
}
