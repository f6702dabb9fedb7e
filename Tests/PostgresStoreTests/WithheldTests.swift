import Desk
import ServerTesting
import Testing
import Trading

@testable import PostgresStore

@Suite("Orders that a halt held back in the last moment", .needs(.postgres))
struct WithheldTests {
    @Test("They end unsent, with their money free and the halt as their reason")
    func withheld() async throws {
        try await OrdersDesk.open { desk in
            let client = try await desk.clients(1)[0]
            let attempt = try await desk.sending(client: client)
            #expect(try await desk.funds(client).held > .zero)
            #expect(try await desk.record(attempt, .withheld(.haltedSymbol)))
            let order = try await desk.order(attempt)
            #expect(order.state == .skipped && order.reason == .haltedSymbol)
            #expect(order.held == .zero)
            #expect(try await desk.funds(client).held == .zero)
            #expect(try await desk.looksIn(attempt) == nil)
            #expect(
                try await desk.number(
                    "SELECT count(*) FROM order_attempt WHERE state = 'NOT_SENT'"
                ) == 1
            )
            #expect(try await desk.audit(attempt).last?.hasPrefix("ORDER_WITHHELD") == true)
            #expect(try await desk.trades.complete([attempt.job.task]) == [attempt.job.task])
            // Whoever writes it again is too late.
            #expect(try await !desk.record(attempt, .withheld(.haltedSymbol)))
            try await desk.expectBalance()
        }
    }

    @Test("A halt of a symbol declines its orders at the claim, and those of no other")
    func symbol() async throws {
        try await OrdersDesk.open { desk in
            let client = try await desk.clients(1)[0]
            let accounts = PostgresAccountStore(pool: desk.pool, secrets: desk.secrets)
            let (trade, jobs) = try await desk.planned(clients: .named([client]))
            let actor = Actor(user: desk.user)
            try await accounts.setHalt(.symbol(ID(999)), on: true, why: "x", by: actor)
            try await accounts.setHalt(.symbol(desk.share.id), on: true, why: "x", by: actor)
            #expect(
                Set(try await accounts.halts().map(\.symbol)) == [desk.share.symbol, nil]
            )
            let claims = try await desk.orders.claim(
                desk.requests(jobs, of: trade),
                lease: OrdersDesk.lease
            )
            guard case .declined(.haltedSymbol) = claims[0] else {
                Issue.record("\(claims[0])")
                return
            }
            try await accounts.setHalt(.symbol(desk.share.id), on: false, why: "", by: actor)
            let (again, more) = try await desk.planned(clients: .named([client]))
            #expect(try await desk.attempts(more, of: again).count == 1)
        }
    }
}
