import JSON
import ServerTesting
import StackTesting
import Testing

/// Scenario 9: fifty wrong orders wait at their brokers; all are cancelled as one request, and every
/// rupee comes back.
@Suite(.needs(.postgres), .needs(.rabbitMQ), .needs(.redis), .timeLimit(.minutes(20)))
struct Scenario9EmergencyCancel {
    @Test func `fifty pending orders are cancelled and their funds released`() async throws {
        try await Office.open { office in
            try await office.market("TCS", at: "4000.00")
            let brokers = ["dhan", "zerodha", "upstox", "groww"]
            let clients = try await office.admit(
                (0..<50).map { number in
                    .init(
                        name: "Client \(number + 1)",
                        capital: 100_000,
                        broker: brokers[number % 4]
                    )
                }
            )

            // The wrong trade: limits below the market, so that they rest.
            let task = try await office.trade([
                "symbol": "TCS", "side": "BUY", "order_type": "LIMIT", "price": "3900.00",
                "quantity": 5, "clients": "all",
            ])
            _ = try await office.rows(of: task, "OPEN", 50)
            for client in clients.prefix(4) {
                #expect(try await office.funds(client, "available") == "80500.00")
                #expect(try await office.funds(client, "held") == "19500.00")
            }

            // One request for all of them, with a result for each.
            let asked = try await office.trader.post(
                "/api/v1/bulk-trades/\(task)/cancel",
                ["reason": "should have been a sale"],
                expecting: 202
            )
            let path = try #require(asked.text("status_url"))
            try await eventually { try await office.trader.get(path).text("state") == "COMPLETE" }
            let done = try await office.trader.get(path + "?limit=100")
            #expect(done["counts"]?["cancelled"]?.int64 == 50, "\(done.body.text)")
            #expect(done.text("released_amount") == "975000.00")
            #expect(done.text("reason") == "should have been a sale")
            #expect(done.list("orders").count == 50)
            for order in done.list("orders") {
                #expect(order["released_amount"]?.string == "19500.00")
            }

            // The funds are back, and the audit log has every order.
            for client in clients {
                #expect(try await office.funds(client, "available") == "100000.00")
                #expect(try await office.audited("ORDER_CANCELLED", client: client))
            }
            let booked = try await office.stack.sandboxJSON("GET", "/control/ledger")
            #expect(
                booked["orders"]?.array?.allSatisfy { $0["status"]?.string == "CANCELLED" } == true
            )
        }
    }
}
