import JSON
import ServerTesting
import StackTesting
import Testing
import Trading

/// What clients see of their trades, held against what the simulated exchange did.
@Suite(.needs(.postgres), .needs(.rabbitMQ), .needs(.redis), .serialized, .timeLimit(.minutes(20)))
struct PortfolioTests {
    /// One client with what the exchange's ledger says of its two orders.
    private struct Expected {
        let client: Int64
        let bought: Price
        let sold: Price

        /// Ten shares, bought in one order.
        var cost: Money { bought.value(of: Quantity(10)) }
        var costOfSold: Money { Money(paise: cost.paise * 5 / 10) }
        var invested: Money { cost - costOfSold }
        var realised: Money { sold.value(of: Quantity(5)) - costOfSold }
        func unrealised(at price: Price) -> Money { price.value(of: Quantity(5)) - invested }
    }

    private static let last = Price(raw: 31_000_000)

    @Test func `ten bought, five sold at another price: portfolios show the exchange's numbers`()
        async throws
    {
        try await Stack.with { stack in
            try stack.start("worker")
            try stack.start("scheduler")
            try stack.start("relay")
            try await stack.startAPI()
            // Four brokers in turn, and everyone takes part.
            try await stack.run(["demo", "load", "--clients", "8"])
            try await price("2950.00", stack)
            let purchase = try await submit("buy", "10", stack)
            try await price("3010.00", stack)
            let sale = try await submit("sell", "5", stack)
            try await price("3100.00", stack)
            let clients = try await expected(stack)
            #expect(clients.count == 8)

            // Prices are remembered for some seconds.
            try await eventually {
                let answer = try await stack.json(["portfolio"])
                return answer["holdings"]?.array?.first?["last_price"]?.string == "3100.00"
            }
            for client in clients { try await check(client, purchase, stack) }
            try await checkTotals(clients, stack)
            try await checkProfit(clients, purchase, sale, stack)
            let text = try await stack.run(["portfolio", "--client", "\(clients[0].client)"])
            #expect(text.contains("RELIANCE") && text.contains(clients[0].invested.rupees))
            try await stack.run(["admin", "check-ledger"])
        }
    }

    private func price(_ rupees: String, _ stack: Stack) async throws {
        // So deep that an order fills at one price.
        let body =
            #"{"symbol":"RELIANCE","price":"\#(rupees)","frozen":true,"depth":1000000}"#
        _ = try await stack.sandboxJSON("POST", "/control/prices", body)
    }

    /// Submits and waits until every order is filled; the task's number.
    private func submit(_ side: String, _ quantity: String, _ stack: Stack) async throws -> Int64 {
        let done = try await stack.json([
            "submit", "RELIANCE", side, "--quantity", quantity, "--exact", "--watch",
        ])
        let task = try #require(done["task_id"]?.int64)
        try await eventually {
            try await stack.json(["status", "\(task)"])["states"]?["FILLED"]?.int64 == 8
        }
        return task
    }

    /// The average price of each client's two orders, as the exchange's ledger has it.
    private func expected(_ stack: Stack) async throws -> [Expected] {
        let ledger = try await stack.sandboxJSON("GET", "/control/ledger")
        let orders = try #require(ledger["orders"]?.array)
        #expect(orders.count == 16)
        let clients = try await stack.json(["clients", "list"])["clients"]?.array ?? []
        return try clients.map { client in
            let account = client["broker_accounts"]?.array?.first?["broker_client_id"]?.string
            func average(_ side: String) throws -> Price {
                let order = try #require(
                    orders.first {
                        $0["account"]?.string == account && $0["side"]?.string == side
                    }
                )
                #expect(order["status"]?.string == "TRADED")
                return try #require(order["average_price"]?.string.flatMap { Price(rupees: $0) })
            }
            return Expected(
                client: try #require(client["id"]?.int64),
                bought: try average("BUY"),
                sold: try average("SELL")
            )
        }
    }

    private func check(_ expected: Expected, _ purchase: Int64, _ stack: Stack) async throws {
        let portfolio = try await stack.json(["portfolio", "--client", "\(expected.client)"])
        let held = try #require(portfolio["holdings"]?.array?.first)
        #expect(held["quantity"]?.int64 == 5)
        #expect(held["invested"]?.string == expected.invested.rupees)
        #expect(held["realised"]?.string == expected.realised.rupees)
        #expect(held["matches_ledger"]?.bool == true)
        #expect(held["last_price"]?.string == "3100.00")
        let unrealised = expected.unrealised(at: Self.last)
        #expect(held["unrealised"]?.string == unrealised.rupees)
        let lots = held["tasks"]?.array ?? []
        #expect(lots.allSatisfy { $0["task_id"]?.int64 == purchase })
        #expect(lots.reduce(0) { $0 + ($1["quantity"]?.int64 ?? 0) } == 5)
        let position = try #require(portfolio["positions"]?.array?.first)
        #expect(position["bought_value"]?.string == expected.cost.rupees)
        #expect(position["realised"]?.string == expected.realised.rupees)
        #expect(position["change"]?.string == (expected.realised + unrealised).rupees)

        let listed = try await stack.json(["transactions", "--client", "\(expected.client)"])
        var net = Money.zero
        for row in listed["transactions"]?.array ?? [] {
            let amount = try #require(row["amount"]?.string.flatMap { Money(rupees: $0) })
            net += row["side"]?.string == "BUY" ? -amount : amount
        }
        #expect(net == expected.sold.value(of: Quantity(5)) - expected.cost)
    }

    private func checkTotals(_ clients: [Expected], _ stack: Stack) async throws {
        let all = try await stack.json(["portfolio"])
        let total = try #require(all["total"])
        #expect(total["clients"]?.int64 == 8)
        let invested = clients.reduce(Money.zero) { $0 + $1.invested }
        let realised = clients.reduce(Money.zero) { $0 + $1.realised }
        let unrealised = clients.reduce(Money.zero) { $0 + $1.unrealised(at: Self.last) }
        #expect(total["invested"]?.string == invested.rupees)
        #expect(total["realised"]?.string == realised.rupees)
        #expect(total["unrealised"]?.string == unrealised.rupees)
    }

    /// The purchase earned on the five shares that were sold; so did the sale.
    private func checkProfit(
        _ clients: [Expected],
        _ purchase: Int64,
        _ sale: Int64,
        _ stack: Stack
    ) async throws {
        let realised = clients.reduce(Money.zero) { $0 + $1.realised }
        let unrealised = clients.reduce(Money.zero) { $0 + $1.unrealised(at: Self.last) }
        for (task, open) in [(purchase, unrealised), (sale, .zero)] {
            let profit = try await stack.json(["pnl", "\(task)"])
            let total = try #require(profit["total"])
            #expect(total["clients"]?.int64 == 8)
            #expect(total["realised"]?.string == realised.rupees)
            #expect(total["unrealised"]?.string == open.rupees)
            #expect(total["clients_not_matching_ledger"]?.int64 == 0)
        }
    }
}
