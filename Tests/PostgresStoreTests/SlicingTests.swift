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
                try await desk.number("SELECT count(*) FROM order_intent WHERE slice > 0") == 6
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

    @Test("A cancel finds the slices that a claim makes while it waits")
    func cancelMeanwhile() async throws {
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
                        scope: .task(trade.id)
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
