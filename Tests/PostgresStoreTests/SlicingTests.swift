import Desk
import Postgres
import PostgresStore
import ServerTesting
import Testing
import Trading

@Suite("Slices in PostgreSQL", .needs(.postgres), .timeLimit(.minutes(5)))
struct SlicingTests {
    @Test("A claim cuts an order, holds for the first slice, and makes the others READY once")
    func sliced() async throws {
        try await OrdersDesk.open { desk in
            try await desk.run("UPDATE instrument SET freeze_quantity = 4")
            let clients = try await desk.clients(2)
            let (trade, jobs) = try await desk.planned()
            let first = try await desk.attempts(jobs, of: trade)
            #expect(first.map(\.quantity) == [Quantity(4), Quantity(4)])
            #expect(first.map(\.slices.count) == [2, 2])
            #expect(Set(first.flatMap(\.slices)).count == 4)
            #expect(first[0].slices.allSatisfy { $0.account == jobs[0].account })
            try await desk.expectBalance()
            let later = try await desk.attempts(first.flatMap(\.slices), of: trade)
            #expect(later.map(\.quantity.raw).sorted() == [2, 2, 4, 4])
            #expect(later.allSatisfy { $0.slices.isEmpty })
            let held = try await desk.funds(clients[0]).held
            // Ten shares with room for the market to move.
            #expect(held >= OrdersDesk.price.cost(of: Quantity(10)))
            #expect(
                try await desk.number("SELECT count(*) FROM order_intent WHERE is_slice") == 6
            )
            try await desk.expectBalance()
            let sums = try await desk.orders.sums(of: trade.id, after: nil, limit: 9)
            #expect(sums.map(\.client) == clients && sums.map(\.orders) == [3, 3])
            #expect(sums.allSatisfy { $0.quantity == Quantity(10) && $0.states == [.sending] })
            let rest = try await desk.orders.sums(of: trade.id, after: clients[0], limit: 9)
            #expect(rest.map(\.client) == [clients[1]])
        }
    }

    @Test("A first slice that did not leave is the same slice when it is claimed again")
    func again() async throws {
        try await OrdersDesk.open { desk in
            try await desk.run("UPDATE instrument SET freeze_quantity = 4")
            _ = try await desk.clients(1)
            let (trade, jobs) = try await desk.planned()
            let first = try #require(try await desk.attempts(jobs, of: trade).first)
            #expect(try await desk.record(first, .notSent("no route")))
            let again = try #require(try await desk.attempts(jobs, of: trade).first)
            #expect(again.quantity == Quantity(4) && again.slices.isEmpty)
            #expect(try await desk.number("SELECT count(*) FROM order_intent") == 3)
            try await desk.expectBalance()
        }
    }

    @Test("One wish cancels every slice of an order that is open, and tells of each")
    func cancelAll() async throws {
        try await OrdersDesk.open { desk in
            try await desk.run("UPDATE instrument SET freeze_quantity = 4")
            let clients = try await desk.clients(2)
            let (trade, jobs) = try await desk.planned()
            let first = try await desk.attempts(jobs, of: trade)
            let own = first[0]
            // Of the first client's three slices one is filled, one is at the broker, one is READY.
            #expect(try await desk.record(own, .accepted(brokerOrderID: "B\(own.job.intent)")))
            let fill = desk.traded(own, "T1", 4, OrdersDesk.price.raw)
            try await desk.apply(own, .filled, filled: 4, [fill])
            let second = try #require(try await desk.attempts([own.slices[0]], of: trade).first)
            #expect(
                try await desk.record(second, .accepted(brokerOrderID: "B\(second.job.intent)"))
            )
            let (head, asked) = try await desk.cancel(.order(own.slices[1].intent))
            #expect(asked == [second.job])
            let told = try await desk.results(of: head)
            #expect(told.map(\.order.intent.leg) == [0, 1, 2])
            #expect(told.map(\.result) == [.alreadyFinal, .asked, .withdrawn])
            #expect(told.allSatisfy { $0.order.intent.client == clients[0] })
            // The other client's order goes on.
            #expect(try await desk.order(first[1]).state == .sending)
            try await desk.apply(second, .cancelled, filled: 0)
            let over = try #require(try await desk.orders.cancellation(head.id))
            #expect(over.isOver && over.counts == [.alreadyFinal: 1, .cancelled: 1, .withdrawn: 1])
            #expect(try await desk.funds(clients[0]).held == .zero)
            try await desk.expectBalance()
        }
    }

    @Test("A repair places the slices that are missing, and one that is refused later by another")
    func repair() async throws {
        try await OrdersDesk.open { desk in
            try await desk.run("UPDATE instrument SET freeze_quantity = 4")
            let client = try await desk.clients(1)[0]
            let (trade, jobs) = try await desk.planned()
            let first = try #require(try await desk.attempts(jobs, of: trade).first)
            let later = try await desk.attempts(first.slices, of: trade)
            // 4 refused, 4 accepted, 2 in doubt.
            #expect(try await desk.record(first, .refused(.brokerRefused, words: "no")))
            #expect(try await desk.record(later[0], .accepted(brokerOrderID: "B1")))
            #expect(try await desk.record(later[1], .unanswered(cause: "504", words: nil)))
            let store = PostgresRepairStore(pool: desk.pool, brokers: [.dhan])
            let rows = try await store.repairRows(of: trade.id, marketOpen: true)
            #expect(rows.map(\.verdict) == [.place, .placed, .unknown])
            #expect(rows.map(\.slice) == [Quantity(4), Quantity(4), Quantity(2)])

            let made = try await repaired(store, desk, trade.id, key: "r")
            let placed = try await placing(made, desk)
            #expect(placed.map(\.quantity) == [Quantity(4)])
            let after = try await store.repairRows(of: trade.id, marketOpen: true)
            #expect(after.map(\.verdict) == [.repaired, .placed, .unknown])

            // The doubt ends: that slice was never placed either.
            let doubt = try #require(try await desk.orders.doubts([later[1].job.intent]).first)
            let absent = DoubtFinding.Result.absentProven(.end(.provenNotPlaced))
            try await desk.orders.resolve([DoubtFinding(doubt: doubt, result: absent)])
            let last = try await store.repairRows(of: trade.id, marketOpen: true)
            #expect(last.map(\.verdict) == [.repaired, .placed, .place])
            let more = try await repaired(store, desk, trade.id, key: "s")
            #expect(try await placing(more, desk).map(\.quantity) == [Quantity(2)])
            let none = try await store.repair(
                RepairRequest(
                    task: trade.id,
                    trader: desk.trader,
                    user: desk.user,
                    idempotencyKey: "t",
                    bodyHash: [1],
                    marketOpen: true
                )
            )
            guard case .nothing = none else { throw Unexpected("\(none)") }
            #expect(
                try await desk.number(
                    """
                    SELECT sum(quantity)::bigint FROM order_intent
                    WHERE client_id = $1 AND state IN ('SENDING', 'ACCEPTED')
                    """,
                    [.int(client.raw)]
                ) == 10
            )
            try await desk.expectBalance()
        }
    }

    private func repaired(
        _ store: PostgresRepairStore,
        _ desk: OrdersDesk,
        _ task: TaskID,
        key: String
    ) async throws -> BulkTrade {
        let asked = try await store.repair(
            RepairRequest(
                task: task,
                trader: desk.trader,
                user: desk.user,
                idempotencyKey: key,
                bodyHash: [1],
                marketOpen: true
            )
        )
        guard case .created(let made, orders: 1) = asked else { throw Unexpected("\(asked)") }
        return made
    }

    /// Plans a trade and claims its orders, but for slices that come later.
    private func placing(_ trade: BulkTrade, _ desk: OrdersDesk) async throws -> [Attempt] {
        let jobs = try await desk.trades.plan(
            trade.id,
            referencePrice: OrdersDesk.price,
            marketOpen: true
        )
        return try await desk.attempts(jobs, of: trade)
    }

    @Test(
        "A cancel finds the slices that a claim makes while it waits",
        arguments: [false, true]
    )
    func cancelMeanwhile(isOfOrder: Bool) async throws {
        try await OrdersDesk.open { desk in
            try await desk.run("UPDATE instrument SET freeze_quantity = 4")
            for round in 0..<10 {
                let client = try await desk.clients(1)[0]
                let (trade, jobs) = try await desk.planned(clients: .named([client]))
                async let claims = desk.orders.claim(
                    desk.requests(jobs, of: trade),
                    lease: OrdersDesk.lease
                )
                _ = try await desk.orders.askToCancel(
                    CancelRequest(
                        trader: desk.trader,
                        user: desk.user,
                        idempotencyKey: "cancel \(round)",
                        bodyHash: [1],
                        scope: isOfOrder ? .order(jobs[0].intent) : .task(trade.id)
                    )
                )
                _ = try await claims
                // Whoever came first: no slice is left that would still be sent.
                #expect(
                    try await desk.number(
                        "SELECT count(*) FROM order_intent WHERE task_id = $1 AND state = 'READY'",
                        [.int(trade.id.raw)]
                    ) == 0
                )
            }
            try await desk.expectBalance()
        }
    }
}
