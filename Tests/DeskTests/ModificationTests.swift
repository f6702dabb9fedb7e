import Desk
import DeskTesting
import Testing
import Trading

@Suite("Changing orders", .timeLimit(.minutes(2)))
struct ModificationTests {
    @Test("More is held before anything is sent; the books end the change and keep the hold")
    func raised() async throws {
        let world = DeskWorld()
        let job = try await world.plannedOrder()
        try await world.accepted(job)
        let before = try world.funds(job)
        let change = try await world.modify(job, WishedShape(quantity: Quantity(15)))
        #expect(change.heldMore == Money(paise: 50_000) && world.dhan.modifications.isEmpty)
        #expect(try world.funds(job).held == before.held + change.heldMore)
        #expect(world.queue.published.last == .modify(job))
        world.books { $0.showing(change.wanted) }
        _ = try await world.modifying { try await $0(job) }
        #expect(world.dhan.modifications == [change.wanted])
        let done = try #require(try await world.store.modification(change.id))
        #expect(done.state == .applied && done.released == .zero)
        let order = try #require(world.store.intent(job.intent))
        #expect(order.quantity == Quantity(15) && order.state == .open)
        #expect(try world.funds(job).held == before.held + change.heldMore)
        // Whoever comes again finds nothing to do.
        _ = try await world.modifying { try await $0(job) }
        #expect(world.dhan.modifications.count == 1)
        #expect(try await world.store.due(.modification, limit: 9).isEmpty)
    }

    @Test("Less is released once the books have shown it, and not before")
    func lowered() async throws {
        let world = DeskWorld()
        let job = try await world.plannedOrder()
        try await world.accepted(job)
        let before = try world.funds(job)
        let change = try await world.modify(job, WishedShape(quantity: Quantity(4)))
        world.books { $0.showing(change.before) }
        _ = try await world.modifying { try await $0(job) }
        #expect(try await world.state(change) == .unknown)
        #expect(try world.funds(job) == before)
        world.books { $0.showing(change.wanted) }
        world.clock.advance(by: .seconds(5))
        _ = try await world.modifying { try await $0(job) }
        #expect(try await world.state(change) == .applied)
        let after = try world.funds(job)
        #expect(after.held == Money(paise: 40_000) && after.isBalanced)
        #expect(after.available == before.available + Money(paise: 60_000))
        // The look is asked again; the wish never.
        #expect(world.dhan.modifications.count == 1)
    }

    @Test("A proven refusal ends the change at once, and what it held is free again")
    func refused() async throws {
        let world = DeskWorld()
        let job = try await world.plannedOrder()
        try await world.accepted(job)
        let before = try world.funds(job)
        let change = try await world.modify(job, WishedShape(quantity: Quantity(20)))
        world.dhan.set { $0.modify = { _, _ in .refused(.brokerRefused, words: "no") } }
        _ = try await world.modifying { try await $0(job) }
        let ended = try #require(try await world.store.modification(change.id))
        #expect(ended.state == .refused && ended.words == "no")
        #expect(ended.released == change.heldMore)
        #expect(try world.funds(job) == before)
        #expect(world.store.intent(job.intent)?.quantity == Quantity(10))
    }

    @Test("An answer that is lost is a doubt: never sent again, and the books tell")
    func lost() async throws {
        for isApplied in [true, false] {
            let world = DeskWorld()
            let job = try await world.plannedOrder()
            try await world.accepted(job)
            let before = try world.funds(job)
            let change = try await world.modify(job, WishedShape(quantity: Quantity(20)))
            world.dhan.set { $0.modify = { _, _ in .unanswered(cause: "timeout", words: nil) } }
            world.books { $0.showing(change.before) }
            _ = try await world.modifying { try await $0(job) }
            #expect(try await world.state(change) == .unknown)
            // Enough is held for either.
            #expect(try world.funds(job).held == before.held + change.heldMore)
            world.books { $0.showing(isApplied ? change.wanted : change.before) }
            for _ in 0..<8 {
                world.clock.advance(by: .seconds(60))
                for due in try await world.store.due(.modification, limit: 9) {
                    _ = try await world.modifying { try await $0(due) }
                }
            }
            #expect(try await world.state(change) == (isApplied ? .applied : .unchanged))
            let held = isApplied ? before.held + change.heldMore : before.held
            #expect(try world.funds(job).held == held)
            #expect(world.dhan.modifications.count == 1)
        }
    }

    @Test("The book's old state right after the send is no proof")
    func tooEarly() async throws {
        let world = DeskWorld()
        let job = try await world.plannedOrder()
        try await world.accepted(job)
        let change = try await world.modify(job, WishedShape(price: Price(raw: 990_000)))
        world.books { $0.showing(change.before) }
        _ = try await world.modifying { try await $0(job) }
        for _ in 0..<3 { _ = try await world.modifying { try await $0(job) } }
        #expect(try await world.state(change) == .unknown)
    }

    @Test("What provably did not leave is sent again, and no other change meanwhile is taken")
    func notSent() async throws {
        let world = DeskWorld()
        let job = try await world.plannedOrder()
        try await world.accepted(job)
        let change = try await world.modify(job, WishedShape(price: Price(raw: 990_000)))
        let other = try await world.submitModification(
            world.modification(job, WishedShape(quantity: Quantity(3)), key: "other")
        )
        guard case .refused(.otherOpen(change.id)) = other else {
            Issue.record("\(other)")
            return
        }
        world.dhan.set { $0.modify = { _, _ in .notSent("no route") } }
        _ = try await world.modifying { try await $0(job) }
        #expect(try await world.state(change) == .asked)
        world.dhan.set { $0.modify = { _, _ in .taken } }
        world.books { $0.showing(change.wanted) }
        _ = try await world.modifying { try await $0(job) }
        let done = try #require(try await world.store.modification(change.id))
        #expect(done.state == .applied && done.tries == 2)
    }

    @Test("A worker that dies after its claim leaves a doubt, and its late word is dropped")
    func abandoned() async throws {
        let world = DeskWorld()
        let job = try await world.plannedOrder()
        try await world.accepted(job)
        let change = try await world.modify(job, WishedShape(quantity: Quantity(12)))
        let open = try #require(try await world.store.openModifications([job.intent]).first)
        let lease = Lease(worker: "dead", duration: .seconds(60))
        #expect(try await world.store.claim([open], obstacle: nil, lease: lease) == [1])
        world.books { $0.showing(change.wanted) }
        // Another's, as long as the lease runs.
        _ = try await world.modifying { try await $0(job) }
        #expect(try await world.state(change) == .sending && world.dhan.modifications.isEmpty)
        world.clock.advance(by: .seconds(61))
        _ = try await world.modifying { try await $0(job) }
        #expect(try await world.state(change) == .applied && world.dhan.modifications.isEmpty)
        let late = ModificationNews(open, tries: 1, .answered(.refused(.brokerRefused, words: "")))
        try await world.store.note([late])
        #expect(try await world.state(change) == .applied)
    }

    @Test("A fill while the change is open takes what is held for it, and the rest comes back")
    func filledMeanwhile() async throws {
        let world = DeskWorld()
        let job = try await world.plannedOrder()
        try await world.accepted(job)
        let change = try await world.modify(job, WishedShape(quantity: Quantity(20)))
        world.books { order in
            (
                OrderReport(
                    brokerOrderID: order.brokerOrderID,
                    reference: order.reference,
                    status: .partlyFilled,
                    quantity: Quantity(20),
                    filled: Quantity(10),
                    message: nil,
                    reported: ReportedShape(type: .limit, price: DeskWorld.price, trigger: nil)
                ), [order.trade(10)]
            )
        }
        _ = try await world.modifying { try await $0(job) }
        let order = try #require(world.store.intent(job.intent))
        // Ten of twenty: not filled, though it is all that was ordered at first.
        #expect(order.state == .partlyFilled && order.quantity == Quantity(20))
        #expect(try await world.state(change) == .applied)
        let funds = try world.funds(job)
        #expect(funds.held == Money(paise: 100_000) && funds.isBalanced)
        #expect(funds.invested == order.filledValue)
    }

    @Test("An order that fills whole before the change ends it; nothing stays held")
    func filledBefore() async throws {
        let world = DeskWorld()
        let job = try await world.plannedOrder()
        try await world.accepted(job)
        let change = try await world.modify(job, WishedShape(quantity: Quantity(20)))
        world.dhan.set {
            $0.modify = { _, _ in .unanswered(cause: "HTTP 400", words: "traded") }
        }
        world.books { ($0.saying(.filled, filled: 10), [$0.trade(10)]) }
        _ = try await world.modifying { try await $0(job) }
        #expect(try await world.state(change) == .unchanged)
        let order = try #require(world.store.intent(job.intent))
        #expect(order.state == .filled && order.quantity == Quantity(10))
        let funds = try world.funds(job)
        #expect(funds.held == .zero && funds.isBalanced)
    }

    @Test(
        "Where somebody else books the order's end, the books still tell whether a lost change came"
    )
    func endBookedByOthers() async throws {
        for isApplied in [true, false] {
            let world = DeskWorld()
            let job = try await world.plannedOrder()
            try await world.accepted(job)
            let change = try await world.modify(job, WishedShape(price: Price(raw: 990_000)))
            world.dhan.set {
                $0.modify = { _, _ in .unanswered(cause: "timeout", words: nil) }
                $0.look = { _ throws(BrokerFailure) in throw .unreachable("down") }
            }
            _ = try await world.modifying { try await $0(job) }
            let shown = isApplied ? change.wanted : change.before
            let books: @Sendable (LiveOrder) -> (OrderReport, [TradeReport]) = { order in
                let report = OrderReport(
                    brokerOrderID: order.brokerOrderID,
                    reference: order.reference,
                    status: .filled,
                    quantity: shown.quantity,
                    filled: shown.quantity,
                    message: nil,
                    reported: ReportedShape(type: shown.type, price: shown.price, trigger: nil)
                )
                return (report, [order.trade(shown.quantity.raw)])
            }
            let live = try #require(try await world.store.liveOrders([job.intent]).first)
            let (report, trades) = books(live)
            try await world.store.apply([
                BookedOrder(intent: job.intent, report: report, trades: trades)
            ])
            #expect(world.store.intent(job.intent)?.state == .filled)
            #expect(try await world.state(change) == .unknown)
            // As long as the broker does not answer, nobody guesses.
            _ = try await world.modifying { try await $0(job) }
            #expect(try await world.state(change) == .unknown)
            world.books(books)
            _ = try await world.modifying { try await $0(job) }
            #expect(try await world.state(change) == (isApplied ? .applied : .unchanged))
            let ended = try #require(try await world.store.endedOrders([job.intent]).first)
            #expect(ended.terms.price == shown.price)
            #expect(try world.funds(job).held == .zero && world.dhan.modifications.count == 1)
        }
    }

    @Test("A cancel goes before a change that was not sent, and frees what it held")
    func cancelled() async throws {
        let world = DeskWorld()
        let job = try await world.plannedOrder()
        try await world.accepted(job)
        let change = try await world.modify(job, WishedShape(quantity: Quantity(20)))
        _ = try await world.cancel(.order(job.intent))
        _ = try await world.modifying { try await $0(job) }
        #expect(try await world.state(change) == .withdrawn && world.dhan.modifications.isEmpty)
        let order = try #require(world.store.intent(job.intent))
        #expect(order.state == .cancelRequested && order.held == Money(paise: 100_000))
    }

    @Test("A halt or a client who may not trade stops a change at the last moment")
    func halted() async throws {
        let world = DeskWorld()
        let job = try await world.plannedOrder()
        try await world.accepted(job)
        let before = try world.funds(job)
        let change = try await world.modify(job, WishedShape(quantity: Quantity(20)))
        try await world.store.setHalt(
            .everything,
            on: true,
            why: "test",
            by: Actor(user: nil)
        )
        _ = try await world.modifying { try await $0(job) }
        let ended = try #require(try await world.store.modification(change.id))
        #expect(ended.state == .withdrawn && ended.reason == .haltedAll)
        #expect(try world.funds(job) == before && world.dhan.modifications.isEmpty)
        let next = try await world.submitModification(
            world.modification(job, WishedShape(quantity: Quantity(3)), key: "next")
        )
        guard case .refused(.obstacle(.haltedAll)) = next else {
            Issue.record("\(next)")
            return
        }
    }

    @Test("One key is one change; with another wish it is refused, and strangers see none")
    func keys() async throws {
        let world = DeskWorld()
        let job = try await world.plannedOrder()
        try await world.accepted(job)
        let wish = WishedShape(quantity: Quantity(12))
        let change = try await world.modify(job, wish)
        guard
            case .repeated(let same) = try await world.submitModification(
                world.modification(job, wish)
            )
        else { throw DeskWorld.NotCreated() }
        #expect(same.id == change.id)
        guard
            case .conflict(change.id) = try await world.submitModification(
                world.modification(job, WishedShape(quantity: Quantity(13)))
            )
        else { throw DeskWorld.NotCreated() }
        var stranger = world.modification(job, wish, key: "stranger")
        stranger = ModificationRequest(
            trader: TraderID(999),
            user: stranger.user,
            idempotencyKey: "stranger",
            bodyHash: stranger.bodyHash,
            order: job.intent,
            wish: wish
        )
        guard case .notFound = try await world.submitModification(stranger) else {
            throw DeskWorld.NotCreated()
        }
    }

    @Test("A lost message is brought back by the sweep")
    func swept() async throws {
        let world = DeskWorld()
        let job = try await world.plannedOrder()
        try await world.accepted(job)
        _ = try await world.modify(job, WishedShape(quantity: Quantity(12)))
        let published = world.queue.published.count
        world.clock.advance(by: .seconds(2))
        _ = try await world.sweep().sweep()
        #expect(world.queue.published.dropFirst(published).contains(.modify(job)))
    }
}
