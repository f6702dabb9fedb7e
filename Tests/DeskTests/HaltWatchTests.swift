import Desk
import DeskTesting
import Synchronization
import Testing
import Trading

@Suite("Halts in the last moment before a send", .timeLimit(.minutes(2)))
struct HaltWatchTests {
    private static let order = HaltSubject(
        trader: TraderID(1),
        client: ClientID(2),
        broker: .dhan,
        instrument: InstrumentID(3)
    )

    /// A monotonic clock that a test moves.
    private struct SteadyClock: WallClock {
        let manual = ManualClock(skipsSleeps: true)
        private let start = ContinuousClock.now

        func now() -> Timestamp { manual.now() }
        func monotonicNow() -> ContinuousClock.Instant {
            start.advanced(by: ManualClock.morning.duration(to: manual.now()))
        }
        func sleep(for duration: Duration) async throws {
            try await manual.sleep(for: duration)
        }
    }

    /// What a test lets the authority say; nil: it does not answer.
    private final class Authority: Sendable {
        let halts = Mutex<Halts?>(Halts([]))
        let readings = Mutex(0)

        func read() throws -> Halts {
            readings.withLock { $0 += 1 }
            guard let halts = halts.withLock(\.self) else { throw StoreFailure.unavailable("cut") }
            return halts
        }
    }

    @Test("Memory is trusted for the bound and not a moment longer")
    func bound() async {
        let clock = SteadyClock()
        let authority = Authority()
        let watch = HaltWatch(clock: clock) { try authority.read() }
        #expect(watch.word(on: Self.order) == .unknown)
        #expect(await watch.freshWord(on: Self.order) == .free)
        authority.halts.withLock { $0 = Halts([.client(ClientID(2))]) }
        clock.manual.advance(by: HaltWatch.bound - .milliseconds(1))
        #expect(watch.word(on: Self.order) == .free)
        #expect(authority.readings.withLock(\.self) == 1)
        clock.manual.advance(by: .milliseconds(1))
        #expect(watch.word(on: Self.order) == .unknown)
        #expect(await watch.freshWord(on: Self.order) == .halted(.haltedClient))
    }

    @Test("Where the switches cannot be read, nothing is free")
    func closed() async {
        let clock = SteadyClock()
        let authority = Authority()
        let watch = HaltWatch(clock: clock) { try authority.read() }
        #expect(await watch.freshWord(on: Self.order) == .free)
        authority.halts.withLock { $0 = nil }
        clock.manual.advance(by: HaltWatch.bound)
        #expect(await watch.freshWord(on: Self.order) == .unknown)
        let brake = SendBrake(watch, on: Self.order)
        #expect(brake.obstacle() != nil)
        #expect(brake.wasStoppedBy == .unknown)
    }

    @Test("A reading that took longer than the bound tells nothing")
    func slowReading() async {
        let clock = SteadyClock()
        let watch = HaltWatch(clock: clock) {
            clock.manual.advance(by: HaltWatch.bound)
            return Halts([])
        }
        #expect(await watch.freshWord(on: Self.order) == .unknown)
    }

    @Test("Orders that ask at once share a reading")
    func shared() async {
        let clock = SteadyClock()
        let authority = Authority()
        let gate = Latch()
        let watch = HaltWatch(clock: clock) {
            await gate.pass()
            return try authority.read()
        }
        await withTaskGroup(of: HaltWatch.Word.self) { group in
            for _ in 0..<50 { group.addTask { await watch.freshWord(on: Self.order) } }
            gate.open()
            for await word in group { #expect(word == .free) }
        }
        #expect(authority.readings.withLock(\.self) == 1)
    }

    @Test("A halt between the claim and the send ends the order unsent, and its money is free")
    func betweenClaimAndSend() async throws {
        let world = DeskWorld()
        let job = try await world.plannedOrder()
        // The claim saw no switch; the last look does.
        let watch = HaltWatch(clock: world.clock) { Halts([.trader(world.trader)]) }
        let ending = try await world.executing(halts: watch) { try await $0(job) }
        #expect(ending == .done)
        #expect(world.dhan.placements.isEmpty)
        let intent = try #require(world.store.intent(job.intent))
        #expect(intent.state == .skipped && intent.reason == .haltedTrader)
        #expect(intent.held == .zero)
        #expect(world.store.funds(of: intent.client)?.held == .zero)
    }

    @Test("A halt that the brake meets while the order waits for its connection ends it unsent")
    func atTheBrake() async throws {
        let world = DeskWorld()
        let job = try await world.plannedOrder()
        let clock = SteadyClock()
        let authority = Authority()
        let watch = HaltWatch(clock: clock) { try authority.read() }
        world.dhan.set { script in
            script.place = { attempt in
                // While it waited, the switch came and memory was read anew.
                authority.halts.withLock { $0 = Halts([.everything]) }
                clock.manual.advance(by: HaltWatch.bound)
                return attempt.brake?.obstacle().map(PlacementAnswer.notSent)
                    ?? .accepted(brokerOrderID: "B")
            }
        }
        _ = try await world.executing(halts: watch) { try await $0(job) }
        let intent = try #require(world.store.intent(job.intent))
        #expect(intent.state == .skipped && intent.reason == .haltedAll && intent.held == .zero)
        #expect(world.gate.silences.isEmpty)
    }

    @Test(
        "A halt between the claim of a change and its send withdraws it, and what it held is free"
    )
    func changeWithheld() async throws {
        let world = DeskWorld()
        let job = try await world.plannedOrder()
        try await world.accepted(job)
        let before = try world.funds(job)
        let change = try await world.modify(job, WishedShape(quantity: Quantity(15)))
        // The claim saw no switch; the last look does.
        let watch = HaltWatch(clock: world.clock) { Halts([.client(change.client)]) }
        let answer = try await world.modifying(halts: watch) { try await $0(job) }
        #expect(answer == .withheld(.haltedClient))
        #expect(world.dhan.modifications.isEmpty && world.gate.silences.isEmpty)
        let done = try #require(try await world.store.modification(change.id))
        #expect(done.state == .withdrawn && done.reason == .haltedClient)
        #expect(try world.funds(job) == before)
    }

    @Test("While nobody can read the switches the order waits, and goes once somebody can")
    func waits() async throws {
        let world = DeskWorld()
        let job = try await world.plannedOrder()
        let failures = Mutex(7)
        let watch = HaltWatch(clock: world.clock) {
            let fails = failures.withLock { left in
                defer { left -= 1 }
                return left > 0
            }
            if fails { throw StoreFailure.unavailable("cut") }
            return Halts([])
        }
        _ = try await world.executing(halts: watch) { try await $0(job) }
        #expect(world.store.intent(job.intent)?.state == .accepted)
        #expect(world.dhan.placements.count == 1)
    }
}
