import Desk
import DeskTesting
import Testing
import Trading

@Suite("Hints, quotes and instrument masters", .timeLimit(.minutes(2)))
struct HintsAndQuotesTests {
    @Test("Hints become looks at our own orders, each once; strangers' are ignored")
    func hints() async throws {
        let world = DeskWorld()
        let job = try await world.plannedOrder()
        try await world.accepted(job)
        let reference = try #require(world.dhan.placements.first?.reference)
        let hints = TakeHints(store: world.store, queue: world.queue, clock: world.clock)
        hints([reference, "SOMEBODY-ELSES"])
        hints([reference])
        try await hints.flush()
        #expect(world.queue.published == [.look(.dhan, [job])])
        try await hints.flush()
        #expect(world.queue.published.count == 1)
        #expect(world.store.count(of: "jobs") == 1)
    }

    @Test("An order that a message names by the broker's id is found at that broker alone")
    func numbers() async throws {
        let world = DeskWorld()
        let job = try await world.plannedOrder()
        try await world.accepted(job)
        let live = try await world.store.liveOrders([job.intent])
        let id = try #require(live.first?.brokerOrderID)
        let hints = TakeHints(store: world.store, queue: world.queue, clock: world.clock)
        hints([.numbered(id)], of: .groww)
        hints([.numbered("SOMEBODY-ELSES")], of: .dhan)
        try await hints.flush()
        #expect(world.queue.published.isEmpty)
        hints([.numbered(id), .numbered(id)], of: .dhan)
        try await hints.flush()
        #expect(world.queue.published == [.look(.dhan, [job])])
    }

    @Test("A burst of hints costs one query for a thousand")
    func burst() async throws {
        let world = DeskWorld()
        let hints = TakeHints(store: world.store, queue: world.queue, clock: world.clock)
        hints((0..<2_500).map { "R\($0)" })
        try await hints.flush()
        #expect(world.store.count(of: "jobs") == 3)
    }

    @Test("What a message speaks of goes to orders, to conditional orders, or to both")
    func kinds() async throws {
        let world = DeskWorld()
        let job = try await world.plannedOrder()
        try await world.accepted(job)
        let reference = try #require(world.dhan.placements.first?.reference)
        let conditionals = MemoryConditionals(clock: world.clock)
        let hints = TakeHints(
            store: world.store,
            live: world.store,
            conditionals: conditionals,
            queue: world.queue,
            clock: world.clock
        )
        hints([.order(reference)], of: .dhan)
        try await hints.flush()
        // An ordinary order's reference is no conditional order's.
        #expect(conditionals.hints.isEmpty && world.queue.published == [.look(.dhan, [job])])
        hints(
            [
                .order("CTST000001"), .conditional("GTT-1"),
                .foreignOrder(client: "1", code: "2885"),
            ],
            of: .upstox
        )
        hints([.conditional("GTT-1")], of: .upstox)
        try await hints.flush()
        #expect(
            Set(conditionals.hints) == [
                .referred("CTST000001"), .named(.upstox, "GTT-1"),
                .foreignOrder(.upstox, client: "1", code: "2885"),
            ]
        )
        #expect(conditionals.hints.count == 3)
        // Something was done to the account: whatever is live there is looked at.
        let account = try #require(job.account)
        hints(account: account)
        try await hints.flush()
        #expect(world.queue.published.count == 2)
        #expect(world.queue.published.last == .look(.dhan, [job]))
        #expect(conditionals.hints.last == .unheard(account))
    }

    @Test("Hints are worked on every moment; a failure is reported and the next go on")
    func hintsRun() async throws {
        let world = DeskWorld(skipsSleeps: false)
        let failures = Recorder<String>()
        let hints = TakeHints(store: world.store, queue: world.queue, clock: world.clock)
        world.store.fail("jobs", with: .unavailable("gone"), times: 1)
        hints(["A"])
        let running = Task { await hints.run { failures.note("\($0)") } }
        await world.clock.waitForSleepers(1)
        world.clock.advance(by: .milliseconds(50))
        try await until { failures.count == 1 }
        await world.clock.waitForSleepers(1)
        hints(["B"])
        world.clock.advance(by: .milliseconds(50))
        try await until { world.store.count(of: "jobs") == 2 }
        running.cancel()
        await running.value
        #expect(failures.count == 1)
    }

    private func quotes(_ world: DeskWorld, _ cache: MemoryQuoteCache, trustsMaster: Bool = false)
        -> CachedQuotes
    {
        CachedQuotes(
            cache: cache,
            asking: AskSessions(sessions: world.store, brokers: world.brokers),
            maximumAge: .seconds(2),
            trustsMaster: trustsMaster
        )
    }

    @Test("A fresh cached price is used; an old one is asked for anew and remembered")
    func cached() async {
        let world = DeskWorld()
        _ = world.addClients(1)
        let cache = MemoryQuoteCache(clock: world.clock)
        let asked = Recorder<[BrokerInstrument]>()
        world.dhan.set { script in
            script.quotes = { instruments, _ in
                asked.note(instruments)
                return [instruments[0].instrument: Price(raw: Int64(asked.count) * 500)]
            }
        }
        let quotes = quotes(world, cache)
        let first = await quotes.lastPrice(world.instrument, for: world.trader)
        let second = await quotes.lastPrice(world.instrument, for: world.trader)
        world.clock.advance(by: .seconds(3))
        let third = await quotes.lastPrice(world.instrument, for: world.trader)
        #expect([first, second, third].map { $0?.raw } == [500, 500, 1_000])
        cache.setDown(true)
        let fourth = await quotes.lastPrice(world.instrument, for: world.trader)
        #expect(fourth == Price(raw: 1_500))
        #expect(asked.all.allSatisfy { $0.map(\.instrument) == [world.instrument.id] })
    }

    @Test("A price that is shown has its age, and is never the master's")
    func shown() async {
        let world = DeskWorld()
        _ = world.addClients(1)
        let cache = MemoryQuoteCache(clock: world.clock)
        world.dhan.set { script in
            script.quotes = { instruments, _ in [instruments[0].instrument: Price(raw: 500)] }
        }
        let quotes = quotes(world, cache, trustsMaster: true)
        func shown(_ instrument: Instrument) async -> Quote? {
            await quotes.quote(instrument.id, for: world.trader, maximumAge: .seconds(15))
        }
        #expect(await shown(world.instrument) == Quote(price: Price(raw: 500), age: .zero))
        world.clock.advance(by: .seconds(9))
        #expect(await shown(world.instrument) == Quote(price: Price(raw: 500), age: .seconds(9)))
        world.clock.advance(by: .seconds(7))
        #expect(await shown(world.instrument)?.age == .zero)
        let unlisted = world.store.addInstrument(
            "TCS",
            masterPrice: Price(raw: 40_000_000),
            listedBy: []
        )
        #expect(await shown(unlisted) == nil)
        #expect(await quotes.lastPrice(unlisted, for: world.trader) == Price(raw: 40_000_000))
    }

    @Test("A session that gives no price is passed over for the next")
    func nextSession() async {
        let world = DeskWorld()
        _ = world.addClients(3)
        let tries = Recorder<String>()
        world.dhan.set { script in
            script.quotes = { instruments, session throws(BrokerFailure) in
                tries.note(session.brokerClientID)
                guard tries.count == 3 else { throw .refused(code: "806", words: "no data plan") }
                return [instruments[0].instrument: Price(raw: 500)]
            }
        }
        let quotes = quotes(world, MemoryQuoteCache(clock: world.clock))
        #expect(await quotes.lastPrice(world.instrument, for: world.trader) == Price(raw: 500))
        #expect(Set(tries.all).count == 3)
    }

    @Test("A session that does not answer holds nobody: another is asked beside it")
    func silentSession() async {
        let world = DeskWorld()
        _ = world.addClients(3)
        let tries = Recorder<String>()
        world.dhan.set { script in
            script.quotes = { instruments, session throws(BrokerFailure) in
                tries.note(session.brokerClientID)
                guard tries.count == 3 else {
                    // Until somebody gives up on it.
                    try? await Task.sleep(for: .seconds(86_400))
                    throw .unreachable("no answer")
                }
                return [instruments[0].instrument: Price(raw: 500)]
            }
        }
        let quotes = quotes(world, MemoryQuoteCache(clock: world.clock))
        #expect(await quotes.lastPrice(world.instrument, for: world.trader) == Price(raw: 500))
        #expect(Set(tries.all).count == 3)
    }

    @Test("The master's price serves only where it is trusted", arguments: [true, false])
    func masterPrice(_ trustsMaster: Bool) async {
        let world = DeskWorld()
        let instrument = world.store.addInstrument("TCS", masterPrice: Price(raw: 40_000_000))
        let quotes = quotes(
            world,
            MemoryQuoteCache(clock: world.clock),
            trustsMaster: trustsMaster
        )
        let price = await quotes.lastPrice(instrument, for: world.trader)
        #expect(price == (trustsMaster ? Price(raw: 40_000_000) : nil))
    }

    private struct Master: InstrumentMaster {
        let broker: BrokerName
        let result: Result<[InstrumentListing], BrokerFailure>

        func list() async throws(BrokerFailure) -> InstrumentList {
            InstrumentList(try result.get())
        }
    }

    private static func listing(
        _ symbol: String,
        name: String? = nil,
        series: String = "EQ",
        tick: Int64 = 500
    ) -> InstrumentListing {
        InstrumentListing(
            exchange: .nse,
            symbol: symbol,
            name: name ?? symbol,
            isin: nil,
            series: series,
            lot: Quantity(1),
            tick: Price(raw: tick),
            freezeQuantity: nil,
            lowerCircuit: nil,
            upperCircuit: nil,
            price: nil,
            segment: "NSE_EQ",
            code: symbol
        )
    }

    @Test("A master that fails or is empty does not keep the others from being loaded")
    func loadInstruments() async throws {
        let store = MemoryStore(clock: ManualClock())
        let load = LoadInstruments(
            masters: [
                Master(broker: .zerodha, result: .failure(.unreachable("404"))),
                Master(broker: .upstox, result: .success([])),
                Master(
                    broker: .dhan,
                    result: .success([Self.listing("INFY"), Self.listing("TCS")])
                ),
            ],
            store: store
        )
        let loaded = await load(by: Actor(user: nil))
        #expect(loaded.map(\.0) == [.zerodha, .upstox, .dhan])
        #expect(loaded.map { try? $0.1.get() } == [nil, nil, 2])
        #expect(store.count(of: "load") == 2)
        #expect(try await store.instrument("infy", at: .nse)?.symbol == "INFY")
        #expect(await load(by: Actor(user: nil)).map { try? $0.1.get() } == [nil, nil, 0])
    }

    @Test("What an instrument is the first list says; the others say how their brokers name it")
    func firstListDescribes() async throws {
        let store = MemoryStore(clock: ManualClock())
        let load = LoadInstruments(
            masters: [
                Master(broker: .dhan, result: .success([Self.listing("INFY", name: "Infosys")])),
                Master(
                    broker: .zerodha,
                    result: .success([
                        Self.listing("INFY", name: "INFOSYS LTD", tick: 100),
                        Self.listing("TCS", name: "TATA CONSULTANCY", tick: 100),
                    ])
                ),
            ],
            store: store
        )
        for pass in 0..<2 {
            let changed = await load(by: Actor(user: nil)).map { try? $0.1.get() }
            // In the first pass each says something new: a share, or how a broker names one.
            #expect(changed == (pass == 0 ? [1, 2] : [0, 0]))
            let infosys = try #require(try await store.instrument("INFY", at: .nse))
            #expect(infosys.name == "Infosys" && infosys.tick == Price(raw: 500))
            let tata = try #require(try await store.instrument("TCS", at: .nse))
            #expect(tata.name == "TATA CONSULTANCY" && tata.tick == Price(raw: 100))
        }
    }

    @Test(
        "A list with less than half of the shares of the last one is refused until it is meant so"
    )
    func shortList() async throws {
        let store = MemoryStore(clock: ManualClock())
        let names = ["INFY", "TCS", "WIPRO", "LT", "ITC"]
        func load(_ count: Int, meant: Bool = false) async -> Result<Int, any Error>? {
            await LoadInstruments(
                masters: [
                    Master(
                        broker: .dhan,
                        result: .success(names.prefix(count).map { Self.listing($0) })
                    )
                ],
                store: store
            )(acceptingShort: meant, by: Actor(user: nil)).first?.1
        }
        #expect(try await load(5)?.get() == 5)
        let refused = await load(2)
        #expect(throws: ShortInstrumentList.self) { try refused?.get() }
        #expect(try await load(3)?.get() == 0)
        #expect(try await load(2)?.get() == 0)
        #expect(throws: ShortInstrumentList.self) { try refused?.get() }
        #expect(try await load(1, meant: true)?.get() == 0)
        #expect(try await load(1)?.get() == 0)
    }

    @Test("A list that breaks off keeps nothing, and the next one may describe what it named")
    func brokenList() async throws {
        let store = MemoryStore(clock: ManualClock())
        let load = LoadInstruments(
            masters: [
                BrokenMaster(listings: [Self.listing("INFY", name: "Half")]),
                Master(
                    broker: .zerodha,
                    result: .success([Self.listing("INFY", name: "Infosys")])
                ),
            ],
            store: store
        )
        let loaded = await load(by: Actor(user: nil))
        #expect(loaded.map { try? $0.1.get() } == [nil, 1])
        #expect(try await store.instrument("INFY", at: .nse)?.name == "Infosys")
    }

    private struct BrokenMaster: InstrumentMaster {
        let listings: [InstrumentListing]
        var broker: BrokerName { .dhan }

        func list() async throws(BrokerFailure) -> InstrumentList {
            InstrumentList(listings, endingWith: .unreachable("cut off"))
        }
    }
}
