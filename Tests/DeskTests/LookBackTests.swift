import Desk
import DeskTesting
import Testing
import Trading

@Suite("Orders whose day is over", .timeLimit(.minutes(2)))
struct LookBackTests {
    private static let nextMorning: Duration = .seconds(22 * 3_600)
    private static let afterClose: Duration = .seconds(5 * 3_600 + 35 * 60)

    private func look(_ world: DeskWorld, _ market: MarketHours = .exchange) -> LookAtOrders {
        world.looking(market: market)
    }

    /// An order for ten shares that its broker took on a Monday at 10:00.
    private func taken(historyNamesOrders: Bool = true) async throws -> (DeskWorld, OrderJob) {
        let world = DeskWorld(historyNamesOrders: historyNamesOrders)
        let job = try await world.plannedOrder()
        try await world.accepted(job)
        return (world, job)
    }

    private func says(
        _ world: DeskWorld,
        look:
            @escaping @Sendable (LiveOrder) throws(BrokerFailure) -> (
                OrderReport, [TradeReport]
            ) = { _ throws(BrokerFailure) in throw .refused(code: "DH-907", words: "no data") },
        book: @escaping @Sendable (BrokerSession) throws(BrokerFailure) -> [OrderReport] = { _ in
            []
        }
    ) {
        world.dhan.set { script in
            script.look = { order async throws(BrokerFailure) in try look(order) }
            script.orders = book
        }
    }

    private static func report(
        _ id: String,
        _ status: OrderReport.Status,
        filled: Int64 = 0
    ) -> OrderReport {
        OrderReport(
            brokerOrderID: id,
            reference: nil,
            status: status,
            quantity: Quantity(10),
            filled: Quantity(filled),
            message: nil
        )
    }

    private static func trade(_ id: String, _ quantity: Int64) -> TradeReport {
        TradeReport(
            brokerOrderID: id,
            tradeID: "T1",
            quantity: Quantity(quantity),
            price: Price(raw: 990_000),
            at: ManualClock.morning
        )
    }

    private func intent(_ world: DeskWorld, _ job: OrderJob) throws -> OrderIntent {
        try #require(world.store.intent(job.intent))
    }

    @Test("Absent from the whole book of the next morning it has expired, and its money is free")
    func expired() async throws {
        let (world, job) = try await taken()
        says(world)
        // In the night before, books may be anybody's.
        for wait in [Duration.zero, .seconds(14 * 3_600), .seconds(7 * 3_600)] {
            world.clock.advance(by: wait)
            try await look(world)([job])
            #expect(try intent(world, job).state == .accepted)
        }
        world.clock.advance(by: .seconds(3_600))
        try await look(world)([job])
        let order = try intent(world, job)
        #expect(order.state == .expired && order.reason == .dayEnded && order.filled == .zero)
        let funds = try #require(world.store.funds(of: order.client))
        #expect(funds.held == .zero && funds.invested == .zero && funds.isBalanced)
    }

    @Test("What it had filled by then is booked first, be it told by its id or known before")
    func filled() async throws {
        let (world, job) = try await taken()
        world.clock.advance(by: Self.nextMorning)
        says(
            world,
            look: {
                (
                    Self.report($0.brokerOrderID, .partlyFilled, filled: 4),
                    [Self.trade($0.brokerOrderID, 4)]
                )
            }
        )
        try await look(world)([job])
        let order = try intent(world, job)
        #expect(order.state == .expired && order.filled == Quantity(4))
        let funds = try #require(world.store.funds(of: order.client))
        #expect(funds.held == .zero && funds.invested == Money(paise: 39_600))

        let (other, known) = try await taken()
        says(
            other,
            look: {
                (
                    Self.report($0.brokerOrderID, .partlyFilled, filled: 4),
                    [Self.trade($0.brokerOrderID, 4)]
                )
            }
        )
        try await look(other)([known])
        #expect(try intent(other, known).state == .partlyFilled)
        says(other)
        other.clock.advance(by: Self.nextMorning)
        try await look(other)([known])
        #expect(try intent(other, known).state == .expired)
        #expect(try intent(other, known).filled == Quantity(4))
    }

    @Test("What today's book shows lives, and how it ended by its id is believed")
    func alive() async throws {
        let (world, job) = try await taken()
        world.clock.advance(by: Self.nextMorning)
        let id = try #require(try intent(world, job).brokerOrderID)
        says(world, book: { _ in [Self.report("other", .open), Self.report(id, .open)] })
        try await look(world)([job])
        #expect(try intent(world, job).state == .open)
        says(
            world,
            look: { (Self.report($0.brokerOrderID, .cancelled), []) },
            book: { _ throws(BrokerFailure) in throw .unreachable("is not asked") }
        )
        try await look(world)([job])
        #expect(try intent(world, job).state == .cancelled)
    }

    @Test("A broker that could not be asked in full proves nothing")
    func silent() async throws {
        let silence: BrokerFailure = .unreachable("HTTP 502")
        for names in [true, false] {
            let (world, job) = try await taken(historyNamesOrders: names)
            world.clock.advance(by: Self.nextMorning)
            says(world, book: { _ throws(BrokerFailure) in throw silence })
            try await look(world)([job])
            #expect(try intent(world, job).state == .accepted)
            // Past trades that were not read may tell of fills; where there are none, nobody can.
            says(world, look: { _ throws(BrokerFailure) in throw silence })
            try await look(world)([job])
            #expect(try intent(world, job).state == .accepted)
            #expect(try intent(world, job).reason == (names ? nil : .fillsUntold))
            guard names else { continue }
            says(world, look: { _ throws(BrokerFailure) in throw .sessionEnded("over") })
            try await look(world)([job])
            #expect(try intent(world, job).state == .accepted)
        }
    }

    @Test("One that somebody wished cancelled has expired as well")
    func wished() async throws {
        let (world, job) = try await taken(historyNamesOrders: false)
        _ = try await world.cancel(.order(job.intent))
        #expect(try intent(world, job).state == .cancelRequested)
        // After the close, when the book told all that became of it.
        world.clock.advance(by: Self.afterClose)
        says(world, look: { (Self.report($0.brokerOrderID, .open), []) })
        try await look(world)([job])
        world.clock.advance(by: Self.nextMorning - Self.afterClose)
        says(world)
        try await look(world)([job])
        let order = try intent(world, job)
        #expect(order.state == .expired && order.reason == .dayEnded)
    }

    @Test(
        "An order is good for its trading day; one that was taken after the close for the next one"
    )
    func days() {
        let monday = CalendarDay(containing: ManualClock.morning)
        let morning = { (days: Int32) in monday.advanced(by: days).time(8, 0) }
        let exchange = MarketHours.exchange
        #expect(exchange.endOfBooks(ofOrderTakenAt: monday.time(9, 15)) == morning(1))
        #expect(exchange.endOfBooks(ofOrderTakenAt: monday.time(15, 29)) == morning(1))
        // The Tuesday is a holiday.
        #expect(exchange.endOfBooks(ofOrderTakenAt: monday.time(15, 45)) == morning(3))
        let friday = monday.advanced(by: 4)
        #expect(exchange.endOfBooks(ofOrderTakenAt: friday.time(10, 0)) == morning(5))
        #expect(exchange.endOfBooks(ofOrderTakenAt: friday.time(18, 0)) == morning(8))
        let midnight = monday.advanced(by: 1).time(0, 0)
        #expect(MarketHours.always.endOfBooks(ofOrderTakenAt: monday.time(22, 0)) == midnight)
    }
}
