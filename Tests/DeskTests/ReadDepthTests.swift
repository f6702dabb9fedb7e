import Desk
import DeskTesting
import Testing
import Trading

@Suite("Order books for people", .timeLimit(.minutes(5)))
struct ReadDepthTests {
    private static let book = MarketDepth(
        bids: [MarketDepth.Level(price: Price(raw: 500), quantity: Quantity(1))],
        asks: [],
        lastPrice: Price(raw: 505)
    )

    /// A broker whose answers wait until they are let go.
    private final class Slow: DepthSource {
        let asked = Latch()
        let mayAnswer = Latch()
        let calls = Recorder<BrokerInstrument>()

        func depth(_ instrument: BrokerInstrument, _ session: BrokerSession)
            async throws(BrokerFailure) -> MarketDepth
        {
            calls.note(instrument)
            asked.open()
            await mayAnswer.pass()
            return ReadDepthTests.book
        }
    }

    private struct Failing: DepthSource {
        let failure: BrokerFailure

        func depth(_ instrument: BrokerInstrument, _ session: BrokerSession)
            async throws(BrokerFailure) -> MarketDepth
        { throw failure }
    }

    /// Answers nobody until somebody gives up on it.
    private struct Silent: DepthSource {
        func depth(_ instrument: BrokerInstrument, _ session: BrokerSession)
            async throws(BrokerFailure) -> MarketDepth
        {
            try? await Task.sleep(for: .seconds(86_400))
            throw .unreachable("no answer")
        }
    }

    private func reader(
        _ world: DeskWorld,
        _ source: (any DepthSource)?,
        cache: MemoryDepthCache? = nil,
        prices: MemoryQuoteCache? = nil,
        patience: Duration = .seconds(600)
    ) -> ReadDepth {
        world.dhan.set { $0.services.depth = source }
        return ReadDepth(
            cache: cache ?? MemoryDepthCache(clock: world.clock),
            prices: prices ?? MemoryQuoteCache(clock: world.clock),
            asking: AskSessions(
                sessions: world.store,
                brokers: world.brokers,
                pacer: world.pacer
            ),
            clock: world.clock,
            patience: patience
        )
    }

    private func services(_ depth: MarketDepth = book) -> MemoryBrokerServices {
        let services = MemoryBrokerServices()
        services.set { $0.depth = depth }
        return services
    }

    @Test("A book serves everybody for a second, and tells its price besides")
    func cached() async throws {
        let world = DeskWorld()
        _ = world.addClients(1)
        let broker = services()
        let prices = MemoryQuoteCache(clock: world.clock)
        let cache = MemoryDepthCache(clock: world.clock)
        let read = reader(world, broker, cache: cache, prices: prices)
        let first = try await read(world.instrument.id, for: world.trader).get()
        #expect(first == ToldDepth(Self.book, by: .dhan, at: world.clock.now()))
        world.clock.advance(by: .seconds(1))
        // Another trader without any session sees the same market.
        let other = world.store.addTrader()
        #expect(try await read(world.instrument.id, for: other).get() == first)
        #expect(try await read(world.instrument.id, for: world.trader).get() == first)
        #expect(broker.now.depthCalls == 1)
        let price = await prices.price(world.instrument.id, maximumAge: .seconds(1))
        #expect(price == Self.book.lastPrice)
        world.clock.advance(by: .milliseconds(1))
        _ = try await read(world.instrument.id, for: world.trader).get()
        #expect(broker.now.depthCalls == 2)
        #expect(
            await read(world.instrument.id, for: other)
                == .success(
                    ToldDepth(Self.book, by: .dhan, at: world.clock.now())
                )
        )
        cache.setDown(true)
        _ = try await read(world.instrument.id, for: world.trader).get()
        #expect(broker.now.depthCalls == 3)
    }

    @Test("Who asks while another asks gets that one's answer: many users cost one call")
    func shared() async throws {
        let world = DeskWorld()
        _ = world.addClients(1)
        let source = Slow()
        let read = reader(world, source)
        let began = Recorder<Int>()
        try await withThrowingTaskGroup(of: MarketDepth.self) { group in
            for number in 0..<50 {
                group.addTask {
                    began.note(number)
                    return try await read(world.instrument.id, for: world.trader).get().depth
                }
            }
            await source.asked.pass()
            try await until { began.count == 50 }
            source.mayAnswer.open()
            for try await depth in group { #expect(depth == Self.book) }
        }
        #expect(source.calls.count == 1)
    }

    @Test("Who asked for all and is called off leaves the others an answer all the same")
    func calledOff() async throws {
        let world = DeskWorld()
        _ = world.addClients(1)
        let source = Slow()
        let read = reader(world, source)
        let first = Task { await read(world.instrument.id, for: world.trader) }
        await source.asked.pass()
        let began = Recorder<Int>()
        try await withThrowingTaskGroup(of: MarketDepth.self) { group in
            for number in 0..<20 {
                group.addTask {
                    began.note(number)
                    return try await read(world.instrument.id, for: world.trader).get().depth
                }
            }
            try await until { began.count == 20 }
            first.cancel()
            source.mayAnswer.open()
            _ = await first.value
            for try await depth in group { #expect(depth == Self.book) }
        }
    }

    @Test("Nobody tells it: without a session, by refusal, or where the account may not ask")
    func untold() async throws {
        let world = DeskWorld()
        let read = reader(world, services())
        func ask() async -> AskSessions.Untold? {
            guard case .failure(let untold) = await read(world.instrument.id, for: world.trader)
            else { return nil }
            return untold
        }
        #expect(await ask() == .noSession)
        _ = world.addClients(1)
        let failure = BrokerFailure.refused(code: "806", words: "no data plan")
        world.dhan.set { $0.services.depth = Failing(failure: failure) }
        #expect(await ask() == .failed(failure))
        world.dhan.set { $0.services.depth = nil }
        #expect(await ask() != nil)
        let account = try #require(world.pacer.taken.last?.account)
        world.dhan.set { [services] in $0.services.depth = services(Self.book) }
        world.pacer.script([.after(.seconds(1))], for: account)
        #expect(await ask() == .failed(.limited(retryAfter: .seconds(1))))
        #expect(await ask() == nil)
        // Brokers count quotes apart, and more strictly than other reads.
        let limits = [RateLimit(calls: 3, seconds: 1)]
        #expect(world.pacer.taken.allSatisfy { $0.purpose == .read && $0.limits == limits })
    }

    @Test("A broker that does not answer holds nobody for longer than the patience")
    func silent() async {
        let world = DeskWorld()
        _ = world.addClients(3)
        let read = reader(world, Silent(), patience: .milliseconds(50))
        #expect(
            await read(world.instrument.id, for: world.trader) == .failure(.timeUp)
        )
        for untold in [AskSessions.Untold.timeUp, .noSession, .failed(.unreachable("x"))] {
            #expect(!untold.words.isEmpty)
        }
    }
}
