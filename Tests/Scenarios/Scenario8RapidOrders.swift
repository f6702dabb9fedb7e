import JSON
import ServerTesting
import StackTesting
import Testing

/// Scenario 8: on news, three stocks are bought for all clients within seconds, at the same time.
///
/// The parts add up to 60 % of each capital, so all fit; the fourth trade asks for more than is
/// left, and each client's reservations never exceed what the client has.
@Suite(.needs(.postgres), .needs(.rabbitMQ), .needs(.redis), .timeLimit(.minutes(20)))
struct Scenario8RapidOrders {
    @Test func `trades at the same moment never spend a client's money twice`() async throws {
        try await Office.open { office in
            let prices = ["RELIANCE": "2500.00", "TCS": "4000.00", "INFY": "1500.00"]
            for (symbol, price) in prices { try await office.market(symbol, at: price) }
            let brokers = ["dhan", "zerodha", "upstox", "groww", nil]
            let clients = try await office.admit(
                (0..<20).map { number in
                    .init(
                        name: "Client \(number + 1)",
                        capital: 200_000,
                        broker: brokers[number % 5]
                    )
                }
            )

            // All at once.
            let orders = [("RELIANCE", "15"), ("TCS", "20"), ("INFY", "25")]
            let tasks = try await withThrowingTaskGroup(of: Int64.self) { group in
                for (symbol, percent) in orders {
                    group.addTask {
                        try await office.trade([
                            "symbol": .string(symbol), "side": "BUY", "percent": .string(percent),
                            "clients": "all",
                        ])
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            for task in tasks { _ = try await office.rows(of: task, filled: 20) }
            // 12 × 2,500 + 10 × 4,000 + 33 × 1,500 = 1,19,500.
            for client in clients {
                #expect(try await office.funds(client, "available") == "80500.00")
                #expect(try await office.funds(client, "invested") == "119500.00")
            }

            // Twice 30 % at the same moment: only one of them fits into what is left of anyone.
            let late = try await withThrowingTaskGroup(of: Int64.self) { group in
                for _ in 0..<2 {
                    group.addTask {
                        try await office.trade([
                            "symbol": "RELIANCE", "side": "BUY", "percent": "30",
                            "clients": "all",
                        ])
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            var rows: [JSONValue] = []
            try await eventually {
                rows = []
                for task in late {
                    rows += try await office.trader.get("/api/v1/bulk-trades/\(task)/results")
                        .list("results")
                }
                return rows.count { $0["state"]?.string == "FILLED" } == 20
            }
            #expect(rows.count == 40)
            #expect(rows.count { $0["reason_code"]?.string == "insufficient_funds" } == 20)
            for client in clients {
                #expect(try await office.funds(client, "available") == "20500.00")
            }
        }
    }
}
