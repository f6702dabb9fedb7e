import Desk
import DeskTesting
import Paper
import Synchronization
import Testing
import Trading

@Suite("Conditional orders on paper", .timeLimit(.minutes(2)))
struct PaperConditionalTests {
    /// A client without a broker, and a last price that the test sets.
    private struct World: Sendable {
        let clock = ManualClock()
        let desk: MemoryStore
        let store: MemoryConditionals
        let queue = MemoryQueue()
        let price = LastPrice()
        let client: ClientID
        let instrument: Instrument

        final class LastPrice: Sendable {
            private let held = Mutex<Price?>(nil)
            var now: Price? {
                get { held.withLock { $0 } }
                set { held.withLock { $0 = newValue } }
            }
        }

        init() {
            desk = MemoryStore(clock: clock)
            let trader = desk.addTrader()
            client = desk.addClient("ONE", of: trader)
            instrument = desk.addInstrument("RELIANCE")
            store = MemoryConditionals(
                clock: clock,
                session: BrokerSession(
                    account: nil,
                    brokerClientID: "",
                    token: Secret(""),
                    egress: nil,
                    instrument: BrokerInstrument(
                        instrument: instrument.id,
                        segment: "NSE",
                        code: "RELIANCE"
                    )
                )
            )
            store.add(
                client,
                ConditionalStanding(trader: trader, account: nil, broker: .paper, obstacle: nil)
            )
        }

        func set(_ rupees: Int64) { price.now = Price(raw: rupees * 10_000) }

        func asked(_ condition: Condition, _ side: Side, key: String = "k") async throws
            -> ConditionalID
        {
            let submitted = try await store.submit(
                ConditionalSubmission(
                    client: client,
                    user: UserID(1),
                    address: nil,
                    idempotencyKey: key,
                    bodyHash: [1],
                    account: nil,
                    broker: .paper,
                    terms: ConditionalTerms(
                        instrument: instrument,
                        side: side,
                        product: .delivery,
                        quantity: Quantity(5),
                        condition: condition
                    )
                )
            )
            guard case .created(let record) = submitted else {
                throw NotCreated()
            }
            return record.id
        }

        func tend(rounds: Int = 1, after wait: Duration = .seconds(3)) async throws {
            let pace = Batcher<PaceRequest, PaceAnswer>(limit: 64, lanes: 1) { requests in
                requests.map { _ in .now }
            }
            let lane = Task { await pace.run() }
            defer { lane.cancel() }
            let broker = PaperBroker(lastPrice: { [price] _ in price.now }, clock: clock)
            let tend = TendConditionals(
                store: store,
                accounts: desk,
                pace: pace,
                brokers: Brokers([broker], gate: MemoryGate()),
                brackets: EmulateBrackets(
                    store: store,
                    submit: SubmitTrade(store: desk, queue: queue, outbox: desk),
                    cancel: SubmitCancel(
                        store: desk,
                        queue: queue,
                        complete: CompleteTrades(store: desk, board: MemoryBoard(clock: clock))
                    ),
                    clock: clock,
                    lease: .seconds(60)
                ),
                clock: clock,
                limits: ExecutionLimits(),
                worker: "test"
            )
            for _ in 0..<rounds {
                clock.advance(by: wait)
                _ = try await tend(limit: 10)
            }
        }

        func trades() async throws -> [BulkTrade] {
            try await desk.trades(of: nil, before: nil, limit: 10)
        }
    }

    struct NotCreated: Error {}

    private static func leg(_ trigger: Int64, _ price: Int64?) -> TriggeredLeg {
        TriggeredLeg(
            trigger: Price(raw: trigger * 10_000),
            price: price.map { Price(raw: $0 * 10_000) }
        )
    }

    @Test("It waits until the last price reaches its trigger, and then sends one order")
    func fires() async throws {
        let world = World()
        let id = try await world.asked(.single(.falls, Self.leg(2_900, 2_905)), .buy)
        // No price is no reason to fire.
        try await world.tend(rounds: 3)
        #expect(world.store.record(id)?.state == .waiting)
        world.set(2_901)
        try await world.tend(rounds: 3)
        #expect(try await world.trades().isEmpty)
        world.set(2_900)
        try await world.tend()
        // There and back again.
        world.set(2_950)
        try await world.tend(rounds: 3)
        world.set(2_890)
        try await world.tend(rounds: 3)
        let trades = try await world.trades()
        #expect(trades.count == 1)
        #expect(trades.first?.terms.type == .limit)
        #expect(trades.first?.terms.price == Price(raw: 29_050_000))
        #expect(trades.first?.sizing == .quantity(Quantity(5)))
        let record = try #require(world.store.record(id))
        #expect(record.state == .triggered && record.entryTask == trades.first?.id)
        #expect(record.dueAt == nil)
    }

    @Test(
        "Of a target and a stop the one that is reached is sent",
        arguments: [
            (Side.sell, Int64(3_000), Int64(2_995)), (.sell, 2_900, 2_890),
            (.buy, 2_900, 2_995), (.buy, 3_000, 2_890),
        ]
    )
    func pair(_ side: Side, _ last: Int64, _ limit: Int64) async throws {
        let world = World()
        let (target, stop) =
            side == .sell
            ? (Self.leg(3_000, 2_995), Self.leg(2_900, 2_890))
            : (Self.leg(2_900, 2_995), Self.leg(3_000, 2_890))
        _ = try await world.asked(.oneCancelsOther(target: target, stop: stop), side)
        world.set(2_950)
        try await world.tend(rounds: 3)
        #expect(try await world.trades().isEmpty)
        world.set(last)
        try await world.tend(rounds: 3)
        let trades = try await world.trades()
        #expect(trades.map(\.terms.price) == [Price(raw: limit * 10_000)])
        #expect(trades.map(\.terms.side) == [side])
    }

    @Test("A cancelled one fires no more; a changed one at its new price; one lives for a year")
    func ends() async throws {
        let world = World()
        let cancelled = try await world.asked(.single(.falls, Self.leg(2_900, nil)), .buy, key: "1")
        let changed = try await world.asked(.single(.falls, Self.leg(2_900, nil)), .buy, key: "2")
        world.set(2_950)
        try await world.tend(rounds: 2)
        let now = world.clock.now()
        _ = try await world.store.change(cancelled, fence: nil, by: Actor(user: nil)) {
            $0.askToCancel(at: now)
        }
        let terms = try #require(world.store.record(changed)?.terms)
        let lower = ConditionalTerms(
            instrument: terms.instrument,
            side: terms.side,
            product: terms.product,
            quantity: Quantity(7),
            condition: .single(.falls, Self.leg(2_800, nil))
        )
        _ = try await world.store.change(changed, fence: nil, by: Actor(user: nil)) {
            $0.askToChange(lower, at: now)
        }
        world.set(2_890)
        try await world.tend(rounds: 3)
        #expect(world.store.record(cancelled)?.state == .cancelled)
        #expect(world.store.record(changed)?.state == .waiting)
        #expect(try await world.trades().isEmpty)
        world.set(2_800)
        try await world.tend(rounds: 2)
        let trades = try await world.trades()
        #expect(trades.map(\.sizing) == [.quantity(Quantity(7))])
        #expect(trades.map(\.terms.type) == [.market])
        let old = try await world.asked(.single(.falls, Self.leg(2_700, nil)), .buy, key: "3")
        try await world.tend()
        try await world.tend(after: .seconds(366 * 86_400))
        #expect(world.store.record(old)?.state == .expired)
    }

    @Test("A worker that died between the claim and its record leaves one that waits")
    func crash() async throws {
        let world = World()
        let id = try await world.asked(.single(.falls, Self.leg(2_900, nil)), .buy)
        let lease = Lease(worker: "dead", duration: .seconds(60))
        _ = try #require(try await world.store.claim(id, lease: lease))
        try await world.tend(rounds: 3, after: .seconds(70))
        #expect(world.store.record(id)?.state == .waiting)
    }
}
