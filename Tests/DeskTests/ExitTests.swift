import Desk
import DeskTesting
import Testing
import Trading

@Suite("Leaving positions", .timeLimit(.minutes(2)))
struct ExitTests {
    @Test("What is open is cancelled first; then one trade for each instrument sells what is free")
    func exit() async throws {
        let world = DeskWorld()
        let job = try await world.plannedOrder()
        try await world.accepted(job)
        let client = world.client(job)
        world.store.give(client, world.instrument.id, Quantity(7))
        let exit = try await world.exit(.client(client))
        #expect(world.store.intent(job.intent)?.state == .cancelRequested)
        try await world.advanceExits()
        // The cancel is not over: nothing is sold yet.
        #expect(try await world.store.positionExit(exit.id)?.state == .cancelling)
        world.dhan.set { script in
            script.cancel = { _ async throws(BrokerFailure) in }
            script.look = { order async throws(BrokerFailure) in (order.saying(.cancelled), []) }
        }
        _ = try await world.cancelling { try await $0(job) }
        for _ in 0..<2 { try await world.advanceExits() }
        let selling = try #require(try await world.store.positionExit(exit.id))
        #expect(selling.state == .selling && selling.sales.count == 1)
        let sale = try #require(try await world.store.trade(selling.sales[0]))
        #expect(sale.terms.side == .sell && sale.terms.type == .market)
        #expect(sale.clients == .named([client]) && sale.sizing == .part(.whole))
        try await world.plan()(sale.id)
        let sold = try #require(world.store.intents(of: sale.id).first)
        _ = try await world.executing {
            try await $0(
                OrderJob(
                    intent: sold.id,
                    task: sale.id,
                    broker: sold.broker,
                    account: sold.account
                )
            )
        }
        #expect(world.dhan.placements.last?.quantity == Quantity(7))
        try await world.advanceExits()
        #expect(try await world.store.positionExit(exit.id)?.state == .complete)
    }

    @Test("Where nothing is held, an exit is over with its cancels")
    func nothing() async throws {
        let world = DeskWorld()
        _ = world.addClients(2)
        let exit = try await world.exit(.everything)
        try await world.advanceExits()
        let done = try #require(try await world.store.positionExit(exit.id))
        #expect(done.state == .complete && done.sales.isEmpty && done.endedAt != nil)
    }

    @Test("A step that is repeated sells nothing twice")
    func repeated() async throws {
        let world = DeskWorld()
        let client = world.addClients(1)[0]
        world.store.give(client, world.instrument.id, Quantity(7))
        let exit = try await world.exit(.instrument(world.instrument.id))
        // Killed after the sales were submitted and before that was written down.
        world.store.fail("noteExitSales", with: .unavailable("test"), times: 1)
        await #expect(throws: StoreFailure.self) { try await world.advanceExits() }
        try await world.advanceExits()
        let selling = try #require(try await world.store.positionExit(exit.id))
        #expect(selling.sales.count == 1)
        #expect(try await world.store.trades(of: world.trader, before: nil, limit: 9).count == 1)
    }

    @Test("An exit sells at once, above whatever limit, and each product as what it is held")
    func aboveLimit() async throws {
        let world = DeskWorld()
        let client = world.addClients(1)[0]
        world.store.give(client, world.instrument.id, Quantity(7))
        world.store.addLentHolding(
            Quantity(5),
            of: world.instrument.id,
            to: client,
            cost: Money(paise: 500_000)
        )
        let limit = ApprovalLimit(amount: .zero, clients: 0)
        try await world.store.setApprovalLimit(limit, of: world.trader, by: Actor(user: nil))
        let exit = try await world.exit(.client(client))
        for _ in 0..<2 { try await world.advanceExits() }
        let selling = try #require(try await world.store.positionExit(exit.id))
        var sold: [Product: BulkTrade.State] = [:]
        for task in selling.sales {
            let sale = try #require(try await world.store.trade(task))
            sold[sale.terms.product] = sale.state
        }
        #expect(sold == [.delivery: .accepted, .marginFunding: .accepted])
    }

    @Test("Sales that were planned before anybody could write them down are not forgotten")
    func planned() async throws {
        let world = DeskWorld()
        let client = world.addClients(1)[0]
        world.store.give(client, world.instrument.id, Quantity(7))
        let exit = try await world.exit(.instrument(world.instrument.id))
        world.store.fail("noteExitSales", with: .unavailable("test"), times: 1)
        await #expect(throws: StoreFailure.self) { try await world.advanceExits() }
        let trades = try await world.store.trades(of: world.trader, before: nil, limit: 9)
        let sale = try #require(trades.first)
        // What it sells is promised by now, so the next round finds nothing that is free.
        try await world.plan()(sale.id)
        let sold = try #require(world.store.intents(of: sale.id).first)
        let job = OrderJob(
            intent: sold.id,
            task: sale.id,
            broker: sold.broker,
            account: sold.account
        )
        _ = try await world.executing { try await $0(job) }
        try await world.advanceExits()
        let selling = try #require(try await world.store.positionExit(exit.id))
        #expect(selling.state == .selling && selling.sales == [sale.id])
    }

    @Test("A sale that comes when another round found nothing to sell is noted all the same")
    func late() async throws {
        let world = DeskWorld()
        _ = world.addClients(1)
        let exit = try await world.exit(.everything)
        try await world.advanceExits()
        #expect(try await world.store.positionExit(exit.id)?.state == .complete)
        try await world.store.note([TaskID(77)], of: exit.id)
        let selling = try #require(try await world.store.positionExit(exit.id))
        #expect(selling.state == .selling && selling.sales == [TaskID(77)])
        #expect(selling.endedAt == nil)
    }

    @Test("A cancel that does not end keeps an exit waiting for a minute, and no longer")
    func patience() async throws {
        let world = DeskWorld()
        let job = try await world.plannedOrder()
        try await world.accepted(job)
        let exit = try await world.exit(.everything)
        try await world.advanceExits()
        #expect(try await world.store.positionExit(exit.id)?.state == .cancelling)
        world.clock.advance(by: ExitState.patience + .seconds(1))
        try await world.advanceExits()
        #expect(try await world.store.positionExit(exit.id)?.state == .complete)
    }
}

extension DeskWorld {
    private var advance: AdvanceExits {
        AdvanceExits(
            store: store,
            cancels: store,
            trades: store,
            submitCancel: submitCancel,
            submitTrade: submit,
            clock: clock
        )
    }

    func advanceExits() async throws { try await advance() }

    /// Asks for an exit that must be new.
    func exit(_ scope: ExitScope) async throws -> PositionExit {
        let asked = try await SubmitExit(store: store, advance: advance)(
            ExitRequest(
                trader: trader,
                user: UserID(1),
                idempotencyKey: "exit",
                bodyHash: [1],
                scope: scope,
                product: nil
            )
        )
        guard case .created(let exit) = asked else { throw NotCreated() }
        return exit
    }
}
