import Desk
import DeskTesting
import Synchronization
import Testing
import Trading

@Suite("Market feeds and stale prices", .timeLimit(.minutes(2)))
struct MarketFeedTests {
    private static func tick(_ instrument: Int64, _ price: Int64) -> Tick {
        Tick(instrument: InstrumentID(instrument), price: Price(raw: price))
    }

    @Test("Of each instrument the newest tick is kept, however slowly they are taken")
    func newest() {
        let board = TickBoard()
        for price in 1...1_000 { board.put([Self.tick(1, Int64(price)), Self.tick(2, 7)]) }
        #expect(board.take() == [Self.tick(1, 1_000), Self.tick(2, 7)])
        #expect(board.take().isEmpty)
    }

    @Test("A subscription rings at once, and once for whatever changed meanwhile")
    func subscription() async {
        let instrument = FeedInstrument(instrument: InstrumentID(1), segment: "S", code: "1")
        let subscription = FeedSubscription()
        var bells = subscription.changes().makeAsyncIterator()
        subscription.want([instrument])
        subscription.want([])
        subscription.want([instrument])
        await bells.next()
        #expect(subscription.wanted == [instrument])
        subscription.want([])
        await bells.next()
        #expect(subscription.wanted.isEmpty)
    }

    /// A feed that a test speaks for.
    private final class ScriptedFeed: MarketFeed {
        struct Followed: Sendable {
            let session: BrokerSession
            let subscription: FeedSubscription
            let listener: FeedListener
        }

        let broker: BrokerName
        let room: Int
        private let state = Mutex<[Followed]>([])

        init(_ broker: BrokerName, room: Int = 10) {
            self.broker = broker
            self.room = room
        }

        var followed: [Followed] { state.withLock { $0 } }

        func follow(
            _ session: BrokerSession,
            _ subscription: FeedSubscription,
            _ listener: FeedListener
        ) async {
            state.withLock {
                $0.append(
                    Followed(session: session, subscription: subscription, listener: listener)
                )
            }
            let (stream, continuation) = AsyncStream.makeStream(of: Never.self)
            for await _ in stream {}
            continuation.finish()
        }
    }

    private final class ScriptedStore: FeedStore {
        let sessions = Mutex<[BrokerName: [BrokerSession]]>([:])
        let wanted = Mutex<[BrokerName: [FeedInstrument]]>([:])

        func wantedInstruments(at brokers: [BrokerName], limit: Int) async throws(StoreFailure)
            -> [BrokerName: [FeedInstrument]]
        {
            wanted.withLock { $0 }
        }

        func feedSessions(at brokers: [BrokerName], limit: Int) async throws(StoreFailure)
            -> [BrokerName: [BrokerSession]]
        {
            sessions.withLock { $0 }
        }
    }

    private static func session(_ number: Int64) -> BrokerSession {
        BrokerSession(
            account: AccountID(number),
            brokerClientID: "\(number)",
            token: Secret("t\(number)"),
            egress: nil,
            instrument: nil
        )
    }

    private static func named(_ numbers: [Int64]) -> [FeedInstrument] {
        numbers.map { FeedInstrument(instrument: InstrumentID($0), segment: "S", code: "\($0)") }
    }

    @Test("Each instrument is subscribed to once, at a feed with room; a lost feed's go to another")
    func shares() async throws {
        let clock = ManualClock(skipsSleeps: false)
        let cache = MemoryQuoteCache(clock: clock)
        let first = ScriptedFeed(.zerodha, room: 2)
        let second = ScriptedFeed(.dhan)
        let store = ScriptedStore()
        store.sessions.withLock {
            $0 = [.zerodha: [Self.session(1), Self.session(2)], .dhan: [Self.session(3)]]
        }
        store.wanted.withLock {
            $0 = [.zerodha: Self.named([1, 2, 3]), .dhan: Self.named([1, 2, 3, 4])]
        }
        let follow = FollowMarketFeeds(
            feeds: [first, second],
            store: store,
            quotes: cache,
            clock: clock
        )
        let running = Task { await follow.run { _ in } }
        func wanted(_ feed: ScriptedFeed) -> [Int64] {
            (feed.followed.last?.subscription.wanted ?? []).map(\.instrument.raw).sorted()
        }
        try await until { wanted(first) == [1, 2] && wanted(second) == [3, 4] }
        // A tick reaches the cache with the next batch.
        await clock.waitForSleepers(2)
        first.followed[0].listener.ticked([Self.tick(1, 500)])
        clock.advance(by: .milliseconds(250))
        try await until { await cache.quote(InstrumentID(1), maximumAge: .zero) != nil }
        // Lost once: it may come back, but what it should bring another feed brings.
        first.followed[0].listener.lost("gone", .seconds(1))
        await clock.waitForSleepers(2)
        clock.advance(by: .seconds(10))
        try await until { wanted(second) == [1, 2, 3, 4] && wanted(first).isEmpty }
        #expect(first.followed.count == 1)
        // Again and again: the next session is tried.
        first.followed[0].listener.lost("gone", .seconds(1))
        first.followed[0].listener.lost("gone", .seconds(1))
        try await until { first.followed.count == 2 }
        #expect(first.followed[1].session.account == AccountID(2))
        first.followed[1].listener.heard()
        await clock.waitForSleepers(2)
        clock.advance(by: .seconds(10))
        try await until { wanted(first) == [1, 2] }
        running.cancel()
        await running.value
    }

    @Test(
        "A price too old sizes nothing; where the size is fixed it holds money",
        arguments: [true, false]
    )
    func stale(_ isFixed: Bool) async throws {
        let world = DeskWorld()
        let quotes = StaleQuotes(price: DeskWorld.price)
        let client = world.store.addClient("A", of: world.trader, broker: .dhan)
        let fixed = world.order(type: .market, price: nil, clients: .named([client]))
        let order = Submission(
            trader: fixed.trader,
            user: fixed.user,
            idempotencyKey: fixed.idempotencyKey,
            bodyHash: fixed.bodyHash,
            terms: fixed.terms,
            sizing: isFixed ? fixed.sizing : .part(BasisPoints(1_000)),
            clients: fixed.clients
        )
        let task = try await world.accept(order)
        let jobs = try await world.store.plan(task, referencePrice: nil, marketOpen: true)
        let claims = try await ClaimOrders(
            store: world.store,
            catalog: TradeCatalog(store: world.store),
            quotes: quotes,
            market: .always,
            clock: world.clock,
            lease: Lease(worker: "test", duration: .seconds(60)),
            priceAge: .seconds(15)
        )(jobs)
        switch claims.first {
        case .send(let attempt): #expect(isFixed && attempt.quantity == Quantity(10))
        case .declined(let reason): #expect(!isFixed && reason == .stalePrice)
        default: Issue.record("\(claims)")
        }
    }

    private struct StaleQuotes: QuoteSource {
        let price: Price

        func lastPrice(_ instrument: Instrument, for trader: TraderID) async -> Price? { nil }
        func stalePrice(_ instrument: Instrument) async -> Price? { price }
    }

    @Test("Quotes are asked for within what the account may read, else of another account")
    func pacedReads() async throws {
        let world = DeskWorld()
        let accounts = [
            try #require(try await world.plannedOrder("A").account),
            try #require(try await world.plannedOrder("B").account),
        ]
        let asked = Recorder<AccountID?>()
        world.dhan.set { script in
            script.quotes = { instruments, session in
                asked.note(session.account)
                return [instruments[0].instrument: Price(raw: 500)]
            }
        }
        world.pacer.script([.after(.seconds(1))], for: accounts[0])
        let quotes = CachedQuotes(
            cache: MemoryQuoteCache(clock: world.clock),
            asking: AskSessions(
                sessions: world.store,
                brokers: world.brokers,
                pacer: world.pacer
            ),
            maximumAge: .seconds(2),
            trustsMaster: false
        )
        #expect(await quotes.lastPrice(world.instrument, for: world.trader) == Price(raw: 500))
        #expect(asked.all == [accounts[1]])
        #expect(world.pacer.taken.allSatisfy { $0.purpose == .read })
        world.clock.advance(by: .seconds(3))
        world.pacer.script([.after(.seconds(1))], for: accounts[0])
        world.pacer.script([.after(.seconds(1))], for: accounts[1])
        #expect(await quotes.lastPrice(world.instrument, for: world.trader) == nil)
        #expect(await quotes.stalePrice(world.instrument) == Price(raw: 500))
    }
}
