import Desk
import DeskTesting
import Testing
import Trading

/// Dhan's own exit from positions at a profit or a loss of the day.
@Suite("Profit exit", .timeLimit(.minutes(20)))
struct ProfitExitTests {
    @Test(
        "An exit fires once the day's profit or loss comes to its limit, and only once",
        arguments: [("3000.00", 50), ("2900.00", -50)]
    )
    func profitExitFires(_ price: String, _ move: Int64) async throws {
        try await Outside.visit(.dhan) { outside in
            let exit = try #require(outside.broker.services.profitExit)
            let session = outside.session()
            let bought = try await outside.claimed(limit: nil)
            _ = try #require(await outside.broker.place(bought).brokerOrderID)
            let resting = try await outside.claimed(limit: "2800.00")
            _ = try #require(await outside.broker.place(resting).brokerOrderID)
            let rule = ProfitExitRule(
                profit: Money(paise: 20_000),
                loss: Money(paise: 20_000),
                products: [.delivery],
                killsAfter: true
            )
            try await exit.setProfitExit(rule, session)
            // 5 shares that moved by 20 each way are half of what is needed.
            try await outside.price(move > 0 ? "2970.00" : "2930.00")
            #expect(try await exit.profitExit(session) == rule)
            #expect(try await outside.broker.positions(session).contains { $0.netQuantity == 5 })
            try await outside.price(price)
            #expect(try await exit.profitExit(session) == nil)
            #expect(
                try await outside.broker.positions(session).allSatisfy { $0.netQuantity == 0 }
            )
            let book = try await outside.broker.orders(session)
            #expect(book.count == 3 && book.allSatisfy(\.status.isFinal))
            #expect(book.count { $0.status == .cancelled } == 1)
            let control = try #require(outside.broker.services.killSwitch)
            #expect(try await control.killSwitch(session).allSatisfy(\.isOn))
        }
    }

    @Test("An exit at a profit or a loss is about its own products, and about its own day")
    func profitExitBounds() async throws {
        try await Outside.visit(.dhan) { outside in
            let exit = try #require(outside.broker.services.profitExit)
            let bought = try await outside.claimed(limit: nil)
            _ = try #require(await outside.broker.place(bought).brokerOrderID)
            func rule(_ product: Product) -> ProfitExitRule {
                let limit = Money(paise: 20_000)
                return ProfitExitRule(
                    profit: limit,
                    loss: limit,
                    products: [product],
                    killsAfter: false
                )
            }
            try await exit.setProfitExit(rule(.intraday), outside.session())
            try await outside.price("3000.00")
            #expect(try await exit.profitExit(outside.session()) == rule(.intraday))
            // Past its limit already, another one fires at once.
            try await exit.setProfitExit(rule(.delivery), outside.session())
            #expect(try await exit.profitExit(outside.session()) == nil)
            #expect(try await outside.ledger().count == 2)
            try await exit.setProfitExit(rule(.intraday), outside.session())
            outside.clock.advance(by: .seconds(86_400))
            try await outside.connect(token: Outside.token)
            #expect(try await exit.profitExit(outside.session()) == nil)
        }
    }

    @Test("An exit at a profit or a loss is kept as it was set, and can be taken back")
    func profitExit() async throws {
        try await Outside.visit(.dhan) { outside in
            let exit = try #require(outside.broker.services.profitExit)
            let session = outside.session()
            #expect(try await exit.profitExit(session) == nil)
            let rule = ProfitExitRule(
                profit: Money(paise: 150_050),
                loss: Money(paise: 50_000),
                products: [.intraday, .delivery],
                killsAfter: true
            )
            try await exit.setProfitExit(rule, session)
            #expect(try await exit.profitExit(session) == rule)
            try await exit.clearProfitExit(session)
            #expect(try await exit.profitExit(session) == nil)
        }
    }
}
