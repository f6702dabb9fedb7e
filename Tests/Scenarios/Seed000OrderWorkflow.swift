import JSON
import ServerTesting
import StackTesting
import Testing

/// The order workflow of the first document: an admin's order for all active subscribers, in its
/// own words, with its own numbers.
@Suite(.needs(.postgres), .needs(.rabbitMQ), .needs(.redis), .timeLimit(.minutes(20)))
struct Seed000OrderWorkflow {
    @Test func `John buys at Dhan and Jane on paper, eight shares each of ten asked for`()
        async throws
    {
        try await Office.open { office in
            try await office.market("RELIANCE", at: "2950.00")
            let clients = try await office.admit([
                .init(name: "John", capital: 100_000),
                .init(name: "Jane", capital: 100_000, broker: nil),
                .init(name: "Poor", capital: 11_000),
            ])

            // floor(1,00,000 × 25 % ÷ 2,950) = 8, and 11,000 do not buy one.
            let bought = try await office.trader.post(
                "/api/admin/execute-order",
                [
                    "symbol": "RELIANCE", "transactionType": "BUY", "orderType": "MARKET",
                    "quantity": 10, "productType": "CNC",
                ],
                expecting: 200
            )
            #expect(bought.number("totalSubscribers") == 3)
            #expect(bought.number("successfulExecutions") == 2)
            let results = bought.list("results")
            let (john, jane, poor) = try (
                row(clients[0], results), row(clients[1], results), row(clients[2], results)
            )
            #expect(john["status"]?.string == "SUCCESS")
            #expect(john["executedQuantity"]?.int64 == 8)
            #expect(john["broker"]?.string == "Dhan")
            #expect(jane["status"]?.string == "SUCCESS")
            #expect(jane["executedQuantity"]?.int64 == 8)
            #expect(jane["broker"]?.string == "Mock")
            #expect(poor["status"]?.string != "SUCCESS")
            #expect(poor["errorReason"]?.string?.contains("one share") == true)
            try await settled(office, Array(clients.prefix(2)), held: 8)

            // A sale is never more than what is held; who holds nothing is told so.
            let sold = try await office.trader.post(
                "/api/admin/execute-order",
                [
                    "symbol": "RELIANCE", "transactionType": "SELL", "orderType": "MARKET",
                    "quantity": 10, "productType": "CNC",
                ],
                expecting: 200
            )
            let sales = sold.list("results")
            #expect(try row(clients[0], sales)["executedQuantity"]?.int64 == 8)
            #expect(try row(clients[1], sales)["executedQuantity"]?.int64 == 8)
            #expect(try row(clients[2], sales)["status"]?.string != "SUCCESS")
            try await settled(office, Array(clients.prefix(2)), held: 0)
        }
    }

    @Test func `what the document calls errors is refused with the field's name`() async throws {
        try await Office.open { office in
            _ = try await office.admit([.init(name: "John", capital: 100_000)])
            let wrong: [(String, JSONValue)] = [
                (
                    "symbol",
                    ["symbol": "NOSUCH", "transactionType": "BUY", "quantity": 1]
                ),
                (
                    "price",
                    [
                        "symbol": "RELIANCE", "transactionType": "BUY", "orderType": "LIMIT",
                        "quantity": 1,
                    ]
                ),
                (
                    "side",
                    ["symbol": "RELIANCE", "transactionType": "HOLD", "quantity": 1]
                ),
                (
                    "quantity",
                    ["symbol": "RELIANCE", "transactionType": "BUY", "quantity": 0]
                ),
            ]
            for (field, body) in wrong {
                let answer = try await office.trader.send("POST", "/api/admin/execute-order", body)
                #expect(answer.status == 422 || answer.status == 400, "\(answer.body.text)")
                #expect(answer.body.text.contains(#""\#(field)""#), "\(answer.body.text)")
            }
            let ledger = try await office.stack.sandboxJSON("GET", "/control/ledger/summary")
            #expect(ledger["booked"]?.int64 == 0)
        }
    }

    private func row(_ client: Int64, _ results: [JSONValue]) throws -> JSONValue {
        try #require(results.first { $0["userId"]?.string == "\(client)" })
    }

    private func settled(_ office: Office, _ clients: [Int64], held: Int64) async throws {
        for client in clients {
            try await eventually {
                let shown = try await office.trader.get("/api/v1/clients/\(client)")
                let shares = shown.list("holdings").first?["quantity"]?.int64 ?? 0
                return shares == held && shown["funds"]?["held"]?.string == "0.00"
            }
        }
    }
}
