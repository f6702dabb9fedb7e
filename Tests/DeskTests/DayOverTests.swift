import Desk
import DeskTesting
import Testing
import Trading

@Suite("Changes and cancels of orders whose day is over", .timeLimit(.minutes(2)))
struct DayOverTests {
    private static let nextMorning: Duration = .seconds(24 * 3_600)
    private static let silence: BrokerFailure = .unreachable("HTTP 502")

    /// An order for ten shares that its broker took, with a change to twenty.
    private func changed() async throws -> (DeskWorld, OrderJob, Modification) {
        let world = DeskWorld(historyNamesOrders: true)
        let job = try await world.plannedOrder()
        try await world.accepted(job)
        return (world, job, try await world.modify(job, WishedShape(quantity: Quantity(20))))
    }

    /// An order that its broker took and somebody wishes cancelled.
    private func wished() async throws -> (DeskWorld, OrderJob) {
        let world = DeskWorld(historyNamesOrders: true)
        let job = try await world.plannedOrder()
        try await world.accepted(job)
        _ = try await world.cancel(.order(job.intent))
        return (world, job)
    }

    private func look(_ world: DeskWorld, _ job: OrderJob) async throws {
        try await world.looking(market: .always)([job])
    }

    /// Nobody answers.
    private func silent(_ world: DeskWorld) {
        world.dhan.set { script in
            script.look = { _ async throws(BrokerFailure) in throw Self.silence }
            script.orders = { _ throws(BrokerFailure) in throw Self.silence }
        }
    }

    /// Neither today's book nor past trades know the order.
    private func absent(_ world: DeskWorld) {
        world.dhan.set { script in
            script.look = { _ async throws(BrokerFailure) in
                throw .refused(code: "none", words: "no such order")
            }
            script.orders = { _ throws(BrokerFailure) in [] }
        }
    }

    /// Today's book shows one order of our order's number, under this reference.
    private func shows(_ world: DeskWorld, _ job: OrderJob, reference: String?) throws {
        let id = try #require(world.store.intent(job.intent)?.brokerOrderID)
        let report = OrderReport(
            brokerOrderID: id,
            reference: reference,
            status: .open,
            quantity: Quantity(10),
            filled: .zero,
            message: nil
        )
        world.dhan.set { script in
            script.look = { _ async throws(BrokerFailure) in (report, []) }
            script.orders = { _ throws(BrokerFailure) in [report] }
        }
    }

    private func reference(_ world: DeskWorld) throws -> String {
        try #require(world.dhan.placements.first?.reference)
    }

    private func due(_ world: DeskWorld, _ kind: DueKind) async throws -> [OrderJob] {
        world.clock.advance(by: .seconds(3_600))
        return try await world.store.due(kind, limit: 9)
    }

    // MARK: Changes

    @Test("A change that was not sent by the end of its order's day is not sent the day after")
    func unsentChange() async throws {
        let (world, job, change) = try await changed()
        let before = try world.funds(job).held - change.heldMore
        world.clock.advance(by: Self.nextMorning)
        // A next-day order of the same number would take it.
        try shows(world, job, reference: "ANOTHER")
        _ = try await world.modifying { try await $0(job) }
        #expect(world.dhan.modifications.isEmpty)
        let ended = try #require(try await world.store.modification(change.id))
        #expect(ended.state == .withdrawn && ended.reason == .dayEnded)
        #expect(try world.funds(job).held == before)
        #expect(try await due(world, .modification).isEmpty)
    }

    @Test("A change that nobody could be asked about ends with its order, in words")
    func unknownChange() async throws {
        let (world, job, change) = try await changed()
        world.dhan.set { $0.modify = { _, _ in .unanswered(cause: "timeout", words: nil) } }
        silent(world)
        _ = try await world.modifying { try await $0(job) }
        let held = try world.funds(job).held
        world.clock.advance(by: Self.nextMorning)
        // The order lives by our books, so either shape may have been filled.
        _ = try await world.modifying { try await $0(job) }
        #expect(try await world.state(change) == .unknown)
        #expect(try world.funds(job).held == held)
        #expect(try await due(world, .modification) == [job])
        // Today's book shows nothing of it.
        absent(world)
        try await look(world, job)
        #expect(world.store.intent(job.intent)?.state == .expired)
        silent(world)
        _ = try await world.modifying { try await $0(job) }
        let ended = try #require(try await world.store.modification(change.id))
        #expect(ended.state == .unchanged && ended.reason == .dayEnded)
        #expect(ended.words?.contains("before the broker's books could tell") == true)
        #expect(try await due(world, .modification).isEmpty)
        #expect(world.dhan.modifications.count == 1)
        #expect(try world.funds(job).held == .zero)
    }

    @Test(
        "The books' word on an ended order's change counts, and no other order's of its number"
    )
    func evidence() async throws {
        for isOurs in [true, false] {
            let (world, job, change) = try await changed()
            world.dhan.set { $0.modify = { _, _ in .unanswered(cause: "timeout", words: nil) } }
            silent(world)
            _ = try await world.modifying { try await $0(job) }
            world.clock.advance(by: Self.nextMorning)
            absent(world)
            try await look(world, job)
            let ours = try reference(world)
            world.dhan.set { script in
                script.look = { order async throws(BrokerFailure) in
                    let shown = order.showing(change.wanted).0
                    let report = OrderReport(
                        brokerOrderID: shown.brokerOrderID,
                        reference: isOurs ? ours : "ANOTHER",
                        status: .cancelled,
                        quantity: shown.quantity,
                        filled: .zero,
                        message: nil,
                        reported: shown.reported
                    )
                    return (report, [])
                }
            }
            _ = try await world.modifying { try await $0(job) }
            #expect(try await world.state(change) == (isOurs ? .applied : .unchanged))
        }
    }

    // MARK: Cancels

    @Test("A cancel is asked for no more once the order's day is over and nobody shows it alive")
    func silentCancel() async throws {
        let (world, job) = try await wished()
        silent(world)
        world.clock.advance(by: Self.nextMorning)
        let outcome = try await world.cancelling { try await $0(job) }
        #expect(outcome?.answer == .dayOver && world.dhan.cancels.isEmpty)
        #expect(try await due(world, .cancel).isEmpty)
        let order = try #require(world.store.intent(job.intent))
        #expect(order.state == .cancelRequested)
        #expect(try world.funds(job).held > .zero)
        // Its own looks go on, and end it.
        #expect(try await due(world, .live) == [job])
        absent(world)
        try await look(world, job)
        #expect(world.store.intent(job.intent)?.state == .expired)
        #expect(try world.funds(job).held == .zero)
    }

    @Test("A next-day order of the same number is neither cancelled nor taken for ours")
    func otherOrder() async throws {
        for reference in ["ANOTHER", nil] {
            let (world, job) = try await wished()
            world.clock.advance(by: Self.nextMorning)
            try shows(world, job, reference: reference)
            let outcome = try await world.cancelling { try await $0(job) }
            #expect(outcome?.answer == .dayOver && world.dhan.cancels.isEmpty)
            // Of one that shows no reference nobody can tell; it is left alone.
            let state = world.store.intent(job.intent)?.state
            #expect(state == (reference == nil ? .cancelRequested : .expired))
        }
    }

    @Test("Fills of a next-day order of the same number are not booked to ours")
    func otherFills() async throws {
        let world = DeskWorld(historyNamesOrders: true)
        let job = try await world.plannedOrder()
        try await world.accepted(job)
        world.clock.advance(by: Self.nextMorning)
        let now = world.clock.now()
        world.dhan.set { script in
            script.look = { order async throws(BrokerFailure) in
                let trade = TradeReport(
                    brokerOrderID: order.brokerOrderID,
                    tradeID: "T9",
                    quantity: Quantity(10),
                    price: Price(raw: 990_000),
                    at: now
                )
                return (order.saying(.filled, filled: 10), [trade])
            }
            script.orders = { _ throws(BrokerFailure) in [] }
        }
        try await look(world, job)
        let order = try #require(world.store.intent(job.intent))
        #expect(order.state == .expired && order.filled == .zero)
    }

    @Test(
        "What the broker keeps for the next day is cancelled, also where it was silent first"
    )
    func kept() async throws {
        let (world, job) = try await wished()
        silent(world)
        world.clock.advance(by: Self.nextMorning)
        _ = try await world.cancelling { try await $0(job) }
        #expect(try await due(world, .cancel).isEmpty)
        try shows(world, job, reference: try reference(world))
        try await look(world, job)
        #expect(try await due(world, .cancel) == [job])
        world.dhan.set { $0.cancel = { _ async throws(BrokerFailure) in } }
        let outcome = try await world.cancelling { try await $0(job) }
        #expect(outcome?.answer == .taken && world.dhan.cancels.count == 1)
    }
}
