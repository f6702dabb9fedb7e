import Desk
import Postgres
import PostgresStore
import ServerTesting
import Testing
import Trading

/// Changes of orders in the real store: what is held, what is released, who may send.
@Suite("Changes of orders in PostgreSQL", .needs(.postgres), .timeLimit(.minutes(5)))
struct ModificationTests {
    private static let lease = Lease(worker: "test", duration: .seconds(60))
    private static let expired = Lease(worker: "dead", duration: .zero)

    @Test("A raise holds the difference, and the books end it; every balance is explained")
    func raised() async throws {
        try await OrdersDesk.open { desk in
            let (client, attempt) = try await desk.resting()
            let before = try await desk.funds(client)
            let change = try await desk.modified(attempt, WishedShape(quantity: Quantity(15)))
            #expect(change.state == .asked && change.heldMore == .rupees("12250"))
            #expect(try await desk.funds(client).held == before.held + .rupees("12250"))
            try await desk.expectBalance()
            let open = try await desk.open(attempt)
            #expect(try await desk.orders.claim([open], obstacle: nil, lease: Self.lease) == [1])
            // One worker wins.
            #expect(try await desk.orders.claim([open], obstacle: nil, lease: Self.lease) == [nil])
            try await desk.orders.note([
                ModificationNews(open, tries: 1, .answered(.taken))
            ])
            let sent = try await desk.open(attempt)
            #expect(sent.state == .unknown && sent.brokerSpoke && sent.sentAt != nil)
            try await desk.orders.note([ModificationNews(sent, .shown(.changed))])
            let done = try #require(try await desk.orders.modification(change.id))
            #expect(done.state == .applied && done.released == .zero && done.endedAt != nil)
            #expect(try await desk.order(attempt).quantity == Quantity(15))
            let live = try #require(
                try await desk.orders.liveOrders([attempt.job.intent]).first
            )
            #expect(live.quantity == Quantity(15) && !live.isBeingModified)
            try await desk.expectBalance()
            #expect(
                try await desk.audit(attempt).suffix(4).map { $0.prefix { $0 != ":" } } == [
                    "ORDER_MODIFY_ASKED", "ORDER_MODIFY_SENDING", "ORDER_MODIFY_SENT",
                    "ORDER_MODIFY_APPLIED",
                ]
            )
        }
    }

    @Test(
        "Once its order's day is over an unsent change ends, and an unknown one ends with the order"
    )
    func dayOver() async throws {
        try await OrdersDesk.open { desk in
            let (client, attempt) = try await desk.resting()
            let before = try await desk.funds(client)
            let unsent = try await desk.modified(attempt, WishedShape(quantity: Quantity(15)))
            let open = try await desk.open(attempt)
            #expect(open.takenAt != nil)
            try await desk.orders.note([ModificationNews(open, .dayOver(.unclear))])
            let ended = try #require(try await desk.orders.modification(unsent.id))
            #expect(ended.state == .withdrawn && ended.reason == .dayEnded)
            #expect(try await desk.funds(client) == before)
            let wish = WishedShape(quantity: Quantity(20))
            let change = try await desk.modified(attempt, wish, key: "second")
            try await desk.ended(attempt, .dayOver(.unclear))
            // The order lives by our books, so enough is held for either shape.
            #expect(try await desk.open(attempt).state == .unknown)
            #expect(try await desk.funds(client).held == before.held + change.heldMore)
            try await desk.apply(attempt, .expired, filled: 0)
            let late = try await desk.open(attempt)
            try await desk.orders.note([ModificationNews(late, .dayOver(.unclear))])
            let done = try #require(try await desk.orders.modification(change.id))
            #expect(done.state == .unchanged && done.reason == .dayEnded)
            #expect(done.words == ModificationNews.untold)
            try await desk.run("UPDATE modification SET due_at = due_at - interval '1 h'")
            #expect(try await desk.orders.due(.modification, limit: 9).isEmpty)
            #expect(try await desk.funds(client).held == .zero)
            try await desk.expectBalance()
        }
    }

    @Test(
        "A change that a halt held back in the last moment is withdrawn, and what it held is free"
    )
    func withheld() async throws {
        try await OrdersDesk.open { desk in
            let (client, attempt) = try await desk.resting()
            let before = try await desk.funds(client)
            let change = try await desk.modified(attempt, WishedShape(quantity: Quantity(15)))
            #expect(
                try await desk.open(attempt).owner
                    == OrderOwner(trader: desk.trader, client: client)
            )
            try await desk.ended(attempt, .answered(.withheld(.haltedSymbol)))
            let done = try #require(try await desk.orders.modification(change.id))
            #expect(done.state == .withdrawn && done.reason == .haltedSymbol)
            #expect(try await desk.funds(client) == before)
            #expect(try await desk.order(attempt).quantity == Quantity(10))
            try await desk.expectBalance()
        }
    }

    @Test("The audit log tells of an order that is filled after all its fills were booked")
    func filledWithoutAFill() async throws {
        try await OrdersDesk.open { desk in
            let (_, attempt) = try await desk.resting()
            _ = try await desk.modified(attempt, WishedShape(quantity: Quantity(15)))
            // All there was; whether the change came in time is not known yet.
            try await desk.apply(attempt, .open, filled: 10, [desk.trade(attempt, "T1", 10)])
            #expect(try await desk.order(attempt).state == .partlyFilled)
            try await desk.apply(attempt, .filled, filled: 10, [desk.trade(attempt, "T1", 10)])
            #expect(try await desk.order(attempt).state == .filled)
            #expect(try await desk.audit(attempt).last?.hasPrefix("ORDER_FILLED") == true)
        }
    }

    @Test("Less is released when the change ends, also at another price and kind")
    func lowered() async throws {
        try await OrdersDesk.open { desk in
            let (client, attempt) = try await desk.resting()
            let before = try await desk.funds(client)
            _ = try await desk.modified(
                attempt,
                WishedShape(quantity: Quantity(4), price: Price(raw: 9_000_000))
            )
            let live = try #require(
                try await desk.orders.liveOrders([attempt.job.intent]).first
            )
            #expect(live.isBeingModified && live.terms.price == OrdersDesk.price)
            #expect(try await desk.funds(client) == before)
            try await desk.ended(attempt, .shown(.changed))
            let after = try await desk.funds(client)
            #expect(after.held == .rupees("3600"))
            let changed = try #require(
                try await desk.orders.liveOrders([attempt.job.intent]).first
            )
            #expect(changed.terms.price == Price(raw: 9_000_000) && changed.terms.type == .limit)
            #expect(changed.quantity == Quantity(4))
            try await desk.expectBalance()
        }
    }

    @Test("Refused, unchanged or never sent: the order is as it was, and so is its money")
    func undone() async throws {
        try await OrdersDesk.open { desk in
            let (client, attempt) = try await desk.resting()
            let before = try await desk.funds(client)
            for (number, event) in [
                ModificationNews.Event.answered(.refused(.brokerRefused, words: "no")),
                .shown(.asBefore),
            ].enumerated() {
                let change = try await desk.modified(
                    attempt,
                    WishedShape(quantity: Quantity(30)),
                    key: "undone \(number)"
                )
                #expect(try await desk.funds(client).held > before.held)
                try await desk.ended(attempt, event)
                let ended = try #require(try await desk.orders.modification(change.id))
                #expect(ended.state == (number == 0 ? .refused : .unchanged))
                #expect(ended.released == change.heldMore)
                #expect(try await desk.funds(client) == before)
            }
            let last = try await desk.modified(
                attempt,
                WishedShape(quantity: Quantity(30)),
                key: "last"
            )
            let open = try await desk.open(attempt)
            #expect(
                try await desk.orders.claim([open], obstacle: .marketClosed, lease: Self.lease)
                    == [nil]
            )
            let withdrawn = try #require(try await desk.orders.modification(last.id))
            #expect(withdrawn.state == .withdrawn && withdrawn.reason == .marketClosed)
            #expect(try await desk.funds(client) == before)
            try await desk.expectBalance()
        }
    }

    @Test("A sale reserves what it grows by and gives back what it shrinks by")
    func sale() async throws {
        try await OrdersDesk.open { desk in
            let client = try await desk.clients(1)[0]
            try await desk.give(client, shares: 20, cost: 100_000)
            let attempt = try await desk.accepted(
                terms: desk.terms(.sell, .limit, price: OrdersDesk.price),
                client: client
            )
            #expect(try await desk.holding(client).reserved == Quantity(10))
            _ = try await desk.modified(attempt, WishedShape(quantity: Quantity(18)))
            #expect(try await desk.holding(client).reserved == Quantity(18))
            try await desk.ended(attempt, .shown(.changed))
            #expect(try await desk.holding(client).reserved == Quantity(18))
            _ = try await desk.modified(attempt, WishedShape(quantity: Quantity(5)), key: "less")
            #expect(try await desk.holding(client).reserved == Quantity(18))
            try await desk.ended(attempt, .shown(.changed))
            #expect(try await desk.holding(client).reserved == Quantity(5))
            let more = try await desk.orders.askToModify(
                desk.request(attempt, WishedShape(quantity: Quantity(21)), key: "too many")
            )
            guard case .refused(.obstacle(.sharesReserved)) = more else {
                throw Unexpected("\(more)")
            }
            try await desk.expectBalance()
        }
    }

    @Test("What a dead worker claimed is a doubt once its lease is over; its late word is dropped")
    func abandoned() async throws {
        try await OrdersDesk.open { desk in
            let (_, attempt) = try await desk.resting()
            let change = try await desk.modified(attempt, WishedShape(quantity: Quantity(12)))
            let open = try await desk.open(attempt)
            #expect(
                try await desk.orders.claim([open], obstacle: nil, lease: Self.expired) == [1]
            )
            let left = try await desk.open(attempt)
            #expect(left.state == .sending && left.isAbandoned)
            try await desk.orders.note([
                ModificationNews(left, .stillUnknown(asBefore: true, lookAgainIn: .zero))
            ])
            #expect(try await desk.open(attempt).looks == 1)
            try await desk.orders.note([
                ModificationNews(left, .answered(.refused(.brokerRefused, words: "")))
            ])
            #expect(try await desk.open(attempt).state == .unknown)
            #expect(try await desk.orders.due(.modification, limit: 9) == [attempt.job])
            try await desk.orders.note([ModificationNews(left, .shown(.changed))])
            #expect(try await desk.orders.modification(change.id)?.state == .applied)
            #expect(try await desk.orders.due(.modification, limit: 9).isEmpty)
            try await desk.expectBalance()
        }
    }

    @Test("Shares beyond the first quantity may fill while the change is open")
    func filledMeanwhile() async throws {
        try await OrdersDesk.open { desk in
            let (client, attempt) = try await desk.resting()
            _ = try await desk.modified(attempt, WishedShape(quantity: Quantity(20)))
            let raw = OrdersDesk.price.raw
            try await desk.apply(
                attempt,
                .partlyFilled,
                filled: 12,
                [desk.traded(attempt, "T1", 12, raw)]
            )
            #expect(try await desk.order(attempt).state == .partlyFilled)
            try await desk.ended(attempt, .shown(.changed))
            #expect(try await desk.funds(client).held == .rupees("19600"))
            try await desk.apply(
                attempt,
                .filled,
                filled: 20,
                [desk.traded(attempt, "T2", 8, raw)]
            )
            let order = try await desk.order(attempt)
            #expect(order.state == .filled && order.quantity == Quantity(20))
            #expect(try await desk.funds(client).held == .zero)
            try await desk.expectBalance()
        }
    }

    @Test("An order that ends takes its change with it")
    func ended() async throws {
        try await OrdersDesk.open { desk in
            let (client, attempt) = try await desk.resting()
            let change = try await desk.modified(attempt, WishedShape(quantity: Quantity(20)))
            #expect(try await desk.orders.endedOrders([attempt.job.intent]).isEmpty)
            try await desk.apply(attempt, .cancelled, filled: 0)
            #expect(try await desk.orders.liveOrders([attempt.job.intent]).isEmpty)
            let over = try await desk.orders.endedOrders([attempt.job.intent])
            #expect(over.map(\.job) == [attempt.job])
            #expect(try await desk.funds(client).held == .zero)
            let open = try await desk.open(attempt)
            try await desk.orders.note([ModificationNews(open, .orderEnded(.unclear))])
            #expect(try await desk.orders.modification(change.id)?.state == .withdrawn)
            #expect(try await desk.order(attempt).quantity == Quantity(10))
            try await desk.expectBalance()
        }
    }

    @Test("Many ask at once with many keys: one change is taken, and held for once")
    func crowd() async throws {
        try await OrdersDesk.open { desk in
            let (client, attempt) = try await desk.resting()
            let before = try await desk.funds(client)
            let taken = try await withThrowingTaskGroup(of: Bool.self) { group in
                for number in 0..<12 {
                    group.addTask {
                        let asked = try await desk.orders.askToModify(
                            desk.request(
                                attempt,
                                WishedShape(quantity: Quantity(11)),
                                key: "k\(number % 6)"
                            )
                        )
                        if case .created = asked { return true }
                        return false
                    }
                }
                return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
            }
            #expect(taken == 1)
            #expect(try await desk.funds(client).held == before.held + .rupees("2450"))
            try await desk.expectBalance()
        }
    }

    @Test("One order is listed for its client, with all that happened to it")
    func reading() async throws {
        try await OrdersDesk.open { desk in
            let (client, attempt) = try await desk.resting()
            _ = try await desk.modified(attempt, WishedShape(price: Price(raw: 9_000_000)))
            try await desk.ended(attempt, .shown(.changed))
            let second = try await desk.accepted(
                terms: desk.terms(.buy, .limit, price: OrdersDesk.price),
                client: client
            )
            let all = try await desk.orders.orders(ClientOrdersQuery(client: client, limit: 9))
            #expect(all.map(\.result.intent.id) == [second.job.intent, attempt.job.intent])
            #expect(all.map(\.terms.price) == [OrdersDesk.price, Price(raw: 9_000_000)])
            let rest = try await desk.orders.orders(
                ClientOrdersQuery(
                    client: client,
                    after: .init(task: second.job.task, leg: 0),
                    limit: 9
                )
            )
            #expect(rest.map(\.result.intent.id) == [attempt.job.intent])
            let none = ClientOrdersQuery(client: client, states: [.filled], limit: 9)
            #expect(try await desk.orders.orders(none).isEmpty)
            let one = try #require(try await desk.orders.order(attempt.job.intent))
            #expect(one.trader == desk.trader && one.result.intent.quantity == Quantity(10))
            let kinds = try await desk.orders.events(of: attempt.job.intent).map(\.kind)
            #expect(
                kinds == [.accepted, .planned, .sent, .answered, .modifyAsked, .modifyEnded]
            )
            #expect(try await desk.orders.order(IntentID(999_999)) == nil)
        }
    }
}
