import Desk
import DeskTesting
import Synchronization
import Testing
import Trading

@Suite("Comparing accounts with their brokers", .timeLimit(.minutes(2)))
struct ReconcileAccountsTests {
    /// One pass, and the kinds of what was new.
    private func pass(_ world: DeskWorld) async throws -> (ReconcileSummary, [DriftKind]) {
        let new = Mutex<[DriftKind]>([])
        let summary = try await world.reconcile { _, drift in new.withLock { $0.append(drift.kind) }
        }
        return (summary, new.withLock { $0.sorted { $0.rawValue < $1.rawValue } })
    }

    private static func report(
        _ id: String,
        _ reference: String?,
        _ status: OrderReport.Status = .open,
        filled: Int64 = 0
    ) -> OrderReport {
        OrderReport(
            brokerOrderID: id,
            reference: reference,
            status: status,
            quantity: Quantity(10),
            filled: Quantity(filled),
            message: nil
        )
    }

    private static func trade(_ id: String) -> TradeReport {
        TradeReport(
            brokerOrderID: id,
            tradeID: "T-" + id,
            quantity: Quantity(10),
            price: Price(raw: 990_000),
            at: ManualClock.morning
        )
    }

    private func open(_ world: DeskWorld) async throws -> [DriftKind] {
        let query = DriftQuery(
            trader: nil,
            client: nil,
            isOpen: true,
            kind: nil,
            before: nil,
            limit: 99
        )
        return try await world.store.drifts(query).map(\.drift.kind)
    }

    @Test("What a look would mend is mended, and no difference remains")
    func mends() async throws {
        let world = DeskWorld()
        let job = try await world.plannedOrder()
        try await world.accepted(job)
        let reference = try #require(world.dhan.placements.first?.reference)
        let id = "B" + reference
        world.dhan.set { script in
            script.orders = { _ in [Self.report(id, reference, .filled, filled: 10)] }
            script.trades = { _ in [Self.trade(id), Self.trade("other")] }
        }
        let (summary, new) = try await pass(world)
        #expect(new.isEmpty && summary.mended == 1 && summary.compared == 1)
        let intent = try #require(world.store.intent(job.intent))
        #expect(intent.state == .filled && intent.filled == Quantity(10))
        #expect(try await open(world).isEmpty)
    }

    @Test("A difference is opened once, kept while it lasts, and closed when it is gone")
    func life() async throws {
        let world = DeskWorld()
        let job = try await world.plannedOrder()
        try await world.accepted(job)
        let reference = try #require(world.dhan.placements.first?.reference)
        world.clock.advance(by: .seconds(60))
        #expect(try await pass(world).1 == [.missingAtBroker])
        #expect(try await pass(world).1.isEmpty)
        #expect(try await open(world) == [.missingAtBroker])
        world.dhan.set { $0.orders = { _ throws(BrokerFailure) in throw .unreachable("down") } }
        let (unasked, _) = try await pass(world)
        #expect(unasked.unasked == 1 && unasked.compared == 0)
        #expect(try await open(world) == [.missingAtBroker])
        world.dhan.set { $0.orders = { _ in [Self.report("B" + reference, reference)] } }
        #expect(try await pass(world).1.isEmpty)
        #expect(try await open(world).isEmpty)
        #expect(world.dhan.placements.count == 1)
    }

    @Test("A contradiction that the second comparison does not see again is none")
    func flicker() async throws {
        let world = DeskWorld()
        let job = try await world.plannedOrder()
        try await world.accepted(job)
        let reference = try #require(world.dhan.placements.first?.reference)
        let looks = Mutex(0)
        world.clock.advance(by: .seconds(60))
        world.dhan.set { script in
            script.orders = { _ in
                let look = looks.withLock { looks in
                    looks += 1
                    return looks
                }
                return look == 1 ? [] : [Self.report("B" + reference, reference)]
            }
        }
        let (summary, new) = try await pass(world)
        #expect(new.isEmpty && summary.mended == 1)
        #expect(looks.withLock { $0 } == 2)
    }

    @Test("Orders placed by hand are counted and listed, and nothing is done about them")
    func externals() async throws {
        let world = DeskWorld()
        let job = try await world.plannedOrder()
        try await world.accepted(job)
        let reference = try #require(world.dhan.placements.first?.reference)
        world.dhan.set { script in
            script.orders = { _ in
                [
                    Self.report("B" + reference, reference), Self.report("H1", nil),
                    Self.report("H2", "my-own-tag", .filled, filled: 10),
                ]
            }
        }
        let (summary, new) = try await pass(world)
        #expect(summary.externals == 2 && new == [.externalOrder, .externalOrder])
        #expect(world.store.count(of: "apply") == 0)
        #expect(world.dhan.placements.count == 1)
        #expect(world.queue.published.allSatisfy { if case .look = $0 { false } else { true } })
    }

    @Test("An order decided not to be placed that turns up is reported, and its fills are booked")
    func contradictedDecision() async throws {
        let world = DeskWorld()
        let job = try await world.plannedOrder()
        try await world.lostAnswer(job)
        let reference = try #require(world.dhan.placements.first?.reference)
        let decision = OrderDecision(intent: job.intent, verdict: .notPlaced, reason: "asked")
        let decide = DecideOrder(store: world.store, queue: world.queue, complete: world.complete)
        _ = try await decide(decision, by: Actor(user: UserID(1)))
        #expect(try await pass(world).1.isEmpty)
        world.dhan.set { script in
            script.orders = { _ in [Self.report("L1", reference, .filled, filled: 10)] }
            script.trades = { _ in [Self.trade("L1")] }
        }
        #expect(try await pass(world).1 == [.placedAfterAll])
        #expect(try await open(world) == [.placedAfterAll])
        let intent = try #require(world.store.intent(job.intent))
        #expect(intent.state == .filled && intent.filled == Quantity(10))
        let funds = try #require(world.store.funds(of: intent.client))
        #expect(funds.isBalanced && funds.invested == Money(paise: 99_000))
    }

    @Test("An UNKNOWN order that the book shows goes its own way")
    func doubt() async throws {
        let world = DeskWorld()
        let job = try await world.plannedOrder()
        try await world.lostAnswer(job)
        let reference = try #require(world.dhan.placements.first?.reference)
        world.dhan.set { $0.orders = { _ in [Self.report("B1", reference)] } }
        #expect(try await pass(world).1.isEmpty)
        #expect(world.queue.published.contains(.doubt(job)))
        #expect(world.store.intent(job.intent)?.state == .unknown)
    }

    @Test("Shares are compared once nothing is on the move: holdings and positions together")
    func shares() async throws {
        let world = DeskWorld()
        let job = try await world.plannedOrder()
        try await world.accepted(job)
        let reference = try #require(world.dhan.placements.first?.reference)
        let id = "B" + reference
        world.dhan.set { script in
            script.orders = { _ in [Self.report(id, reference, .filled, filled: 10)] }
            script.trades = { _ in [Self.trade(id)] }
            script.holdings = { _ in
                [
                    BrokerHolding(
                        symbol: "RELIANCE",
                        isin: nil,
                        quantity: Quantity(4),
                        free: Quantity(4),
                        averagePrice: nil
                    )
                ]
            }
        }
        // Ten are bought here, four are there, and nothing stands in the positions.
        #expect(try await pass(world).1.isEmpty)
        #expect(try await pass(world).1 == [.sharesDiffer])
        world.dhan.set { script in
            script.positions = { _ in
                [
                    BrokerPosition(
                        symbol: "RELIANCE",
                        segment: "NSE_EQ",
                        product: "CNC",
                        netQuantity: 6,
                        buyAverage: nil,
                        sellAverage: nil
                    )
                ]
            }
        }
        #expect(try await pass(world).1.isEmpty)
        #expect(try await open(world).isEmpty)
    }

    @Test("A session that ended marks its account, and keeps what is known")
    func sessionEnded() async throws {
        let world = DeskWorld()
        let job = try await world.plannedOrder()
        try await world.accepted(job)
        world.clock.advance(by: .seconds(60))
        #expect(try await pass(world).1 == [.missingAtBroker])
        world.dhan.set { $0.orders = { _ throws(BrokerFailure) in throw .sessionEnded("DH-901") } }
        #expect(try await pass(world).0.unasked == 1)
        #expect(try await world.store.session(try #require(job.account)) == nil)
        #expect(try await open(world) == [.missingAtBroker])
    }
}
