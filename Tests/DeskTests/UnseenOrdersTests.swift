import Desk
import DeskTesting
import Testing
import Trading

@Suite("Orders that nobody saw to the end of their day", .timeLimit(.minutes(2)))
struct UnseenOrdersTests {
    /// From ten in the morning to a minute before the close, five minutes after it, and the next day.
    private static let beforeClose: Duration = .seconds(5 * 3_600 + 29 * 60)
    private static let afterClose: Duration = .seconds(5 * 3_600 + 35 * 60)
    private static let nextMorning: Duration = .seconds(22 * 3_600)

    /// An order for ten shares that its broker took, and which the book last showed after so long.
    private func taken(lastSeen: Duration?) async throws -> (DeskWorld, OrderJob) {
        let world = DeskWorld()
        let job = try await world.plannedOrder()
        try await world.accepted(job)
        if let lastSeen {
            world.clock.advance(by: lastSeen)
            world.books { ($0.saying(.open), []) }
            try await look(world, job)
        }
        return (world, job)
    }

    private func look(_ world: DeskWorld, _ job: OrderJob) async throws {
        try await world.looking(market: .exchange)([job])
    }

    /// The next morning, when today's book knows nothing of the order.
    private func goToNextMorning(_ world: DeskWorld, after passed: Duration = .zero) {
        world.clock.advance(by: Self.nextMorning - passed)
        world.dhan.set { script in
            script.look = { _ async throws(BrokerFailure) in
                throw .refused(code: "none", words: "no such order")
            }
            script.orders = { _ throws(BrokerFailure) in [] }
        }
    }

    private func untold() async throws -> (DeskWorld, OrderJob) {
        let (world, job) = try await taken(lastSeen: Self.beforeClose)
        goToNextMorning(world, after: Self.beforeClose)
        try await look(world, job)
        return (world, job)
    }

    private func order(_ world: DeskWorld, _ job: OrderJob) throws -> OrderIntent {
        try #require(world.store.intent(job.intent))
    }

    private func watch(_ world: DeskWorld) -> WatchUnseen {
        WatchUnseen(
            store: world.store,
            alerts: world.store,
            brokers: [world.dhan.traits],
            market: .exchange,
            clock: world.clock
        )
    }

    private func openAlerts(_ world: DeskWorld) async throws -> [Alert] {
        _ = try await watch(world)()
        let query = AlertQuery(trader: world.trader, isOpen: true, before: nil, limit: 9)
        return try await world.store.alerts(query).map(\.alert)
    }

    private func reconcile(_ world: DeskWorld, held: Int64) async throws {
        world.dhan.set { script in
            script.holdings = { _ throws(BrokerFailure) in
                [
                    BrokerHolding(
                        symbol: "RELIANCE",
                        isin: nil,
                        quantity: Quantity(held),
                        free: Quantity(held),
                        averagePrice: nil
                    )
                ]
            }
        }
        _ = try await world.reconcile { _, _ in }
    }

    @Test(
        "An order last seen before the close keeps its money and says why; so does one never seen"
    )
    func held() async throws {
        for lastSeen in [Self.beforeClose, nil] {
            let (world, job) = try await taken(lastSeen: lastSeen)
            let before = try order(world, job).state
            goToNextMorning(world, after: lastSeen ?? .zero)
            for _ in 0..<2 {
                try await look(world, job)
                let order = try order(world, job)
                #expect(order.state == before && order.reason == .fillsUntold)
                #expect(order.note?.contains("after the close") == true)
                #expect(try world.funds(job).held > .zero)
            }
            // Looked for again, and seldom.
            world.clock.advance(by: .seconds(3_000))
            #expect(try await world.store.due(.live, limit: 9).isEmpty)
            world.clock.advance(by: .seconds(700))
            #expect(try await world.store.due(.live, limit: 9) == [job])
        }
    }

    @Test("A look after the close has told all: the order expires, and its money is free")
    func seen() async throws {
        let (world, job) = try await taken(lastSeen: Self.afterClose)
        goToNextMorning(world, after: Self.afterClose)
        try await look(world, job)
        let order = try order(world, job)
        #expect(order.state == .expired && order.reason == .dayEnded)
        #expect(try world.funds(job).held == .zero)
    }

    @Test("A book that shows it after all takes the reason away")
    func shown() async throws {
        let (world, job) = try await untold()
        world.dhan.set { script in
            script.look = { order async throws(BrokerFailure) in
                let trade = TradeReport(
                    brokerOrderID: order.brokerOrderID,
                    tradeID: "T1",
                    quantity: Quantity(10),
                    price: Price(raw: 990_000),
                    at: ManualClock.morning
                )
                return (order.saying(.filled, filled: 10), [trade])
            }
        }
        try await look(world, job)
        let order = try order(world, job)
        #expect(order.state == .filled && order.reason == nil && order.note == nil)
    }

    @Test(
        "The client is warned after the close while a look could still tell, and no longer than that"
    )
    func warned() async throws {
        let (world, job) = try await taken(lastSeen: Self.beforeClose)
        #expect(try await openAlerts(world).isEmpty)
        world.clock.advance(by: .seconds(3_600))
        let alert = try #require(try await openAlerts(world).first)
        #expect(alert.kind == .ordersUnseen && alert.text.contains("must log in"))
        #expect(try await openAlerts(world).count == 1)
        try await look(world, job)
        #expect(try await openAlerts(world).isEmpty)
    }

    @Test("Of what no book tells the client is told until it is settled")
    func told() async throws {
        let (world, job) = try await untold()
        let alert = try #require(try await openAlerts(world).first)
        #expect(alert.text.contains("no book tells") && !alert.text.contains("log in"))
        let decide = DecideOrder(store: world.store, queue: world.queue, complete: world.complete)
        let decision = OrderDecision(intent: job.intent, verdict: .ended, reason: "asked the desk")
        guard case .decided(.expired, _) = try await decide(decision, by: Actor(user: nil)) else {
            Issue.record("it was not decided")
            return
        }
        #expect(try world.funds(job).held == .zero)
        #expect(try order(world, job).note == "asked the desk")
        #expect(try await openAlerts(world).isEmpty)
        #expect(try await decide(decision, by: Actor(user: nil)) == .notUnknown(.expired))
    }

    @Test("Only what no book tells can be ended by hand, and such an order in no other way")
    func otherDecisions() async throws {
        let (world, job) = try await taken(lastSeen: Self.beforeClose)
        let decide = DecideOrder(store: world.store, queue: world.queue, complete: world.complete)
        let ended = OrderDecision(intent: job.intent, verdict: .ended, reason: "r")
        #expect(try await decide(ended, by: Actor(user: nil)) == .notUnknown(.open))
        goToNextMorning(world, after: Self.beforeClose)
        try await look(world, job)
        let other = OrderDecision(intent: job.intent, verdict: .notPlaced, reason: "r")
        #expect(try await decide(other, by: Actor(user: nil)) == .notUnknown(.open))
        #expect(try world.funds(job).held > .zero)
    }

    @Test(
        "Where the broker holds just what we do it has filled nothing more, and its money is free"
    )
    func compared() async throws {
        let (world, job) = try await untold()
        // Before the market opens these may be the holdings of the day before.
        try await reconcile(world, held: 0)
        #expect(try order(world, job).reason == .fillsUntold)
        let opening = CalendarDay(containing: world.clock.now()).time(9, 15)
        world.clock.advance(by: world.clock.now().duration(to: opening))
        // Three more than we know of: nobody can say at what price.
        try await reconcile(world, held: 3)
        #expect(try order(world, job).reason == .fillsUntold)
        #expect(try world.funds(job).held > .zero)
        try await reconcile(world, held: 0)
        let order = try order(world, job)
        #expect(order.state == .expired && order.reason == .dayEnded)
        #expect(order.note?.contains("nothing more was filled") == true)
        #expect(try world.funds(job).held == .zero)
    }
}
