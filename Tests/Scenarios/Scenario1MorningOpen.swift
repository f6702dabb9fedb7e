import JSON
import ServerTesting
import StackTesting
import Testing

/// Scenario 1: at 09:15 Rajesh buys RELIANCE for a quarter of each of his fifty clients' capital.
///
/// Forty-five trade; three have no session, and two too little money for one share.
@Suite(.needs(.postgres), .needs(.rabbitMQ), .needs(.redis), .timeLimit(.minutes(20)))
struct Scenario1MorningOpen {
    @Test func `forty-five of fifty clients buy with a quarter of their capital`() async throws {
        try await Office.open { office in
            try await office.market("RELIANCE", at: "2450.00")

            // 1. Fifty clients, at four brokers and on paper.
            let brokers = ["dhan", "zerodha", "upstox", "groww", nil]
            let members = (0..<50).map { number in
                Office.Member(
                    name: "Client \(number + 1)",
                    capital: number >= 48 ? 5_000 : 100_000,
                    broker: number >= 45 ? "dhan" : brokers[number % 5],
                    isLoggedIn: !(45..<48).contains(number)
                )
            }
            let clients = try await office.admit(members)
            let listed = try await office.trader.get("/api/v1/clients?status=active&limit=100")
            #expect(listed.list("clients").count == 50)

            // 2. and 3. One trade for all of them; everything is checked before a thing is sent.
            let task = try await office.trade([
                "symbol": "RELIANCE", "side": "BUY", "order_type": "MARKET", "percent": "25",
                "clients": "all",
            ])

            // 4. Each client's order has its own answer: floor(1,00,000 × 25 % ÷ 2,450) = 10.
            let rows = try await office.rows(of: task, filled: 45)
            #expect(rows.count == 50)
            for row in rows where row["state"]?.string == "FILLED" {
                #expect(row["filled_quantity"]?.int64 == 10)
                #expect(row["average_price"]?.string == "2450.00")
            }
            let reasons = rows.compactMap { $0["reason_code"]?.string }
            #expect(reasons.count { $0 == "session_expired" } == 3)
            #expect(reasons.count { $0 == "capital_below_one_share" } == 2)

            // 5. The money moved from available to invested, and the audit log says so.
            for client in [clients[0], clients[4], clients[44]] {
                #expect(try await office.funds(client, "available") == "75500.00")
                #expect(try await office.funds(client, "held") == "0.00")
                #expect(try await office.funds(client, "invested") == "24500.00")
                #expect(
                    try await office.audited(
                        "FILL_APPLIED",
                        "RELIANCE x10 @ ₹2,450",
                        client: client
                    )
                )
            }
            // Those who could not trade lost nothing.
            #expect(try await office.funds(clients[45], "available") == "100000.00")
            #expect(try await office.funds(clients[49], "available") == "5000.00")
            let status = try await office.trader.get("/api/v1/bulk-trades/\(task)")
            #expect(status.text("filled_value") == "1102500.00")
        }
    }
}
