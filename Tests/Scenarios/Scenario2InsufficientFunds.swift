import JSON
import ServerTesting
import StackTesting
import Testing

/// Scenario 2: Priya has ₹50,000 available and ₹25,000 held, and wants shares for ₹75,000.
@Suite(.needs(.postgres), .needs(.rabbitMQ), .needs(.redis), .timeLimit(.minutes(20)))
struct Scenario2InsufficientFunds {
    @Test func `an order that the cash does not cover is refused, and what fits is said`()
        async throws
    {
        try await Office.open { office in
            try await office.market("INFY", at: "1500.00")
            try await office.market("RELIANCE", at: "2500.00")
            let priya = try await office.admit([.init(name: "Priya Sharma", capital: 75_000)])[0]
            // 25,000 are promised to an order that rests below the market.
            let resting = try await office.place(
                priya,
                [
                    "symbol": "INFY", "side": "BUY", "order_type": "LIMIT", "price": "1250.00",
                    "quantity": 20, "exact": true,
                ]
            )
            _ = try await office.rows(of: resting, "OPEN", 1)
            #expect(try await office.funds(priya, "available") == "50000.00")
            #expect(try await office.funds(priya, "held") == "25000.00")

            // Thirty shares at 2,500 are 75,000: refused, and nothing of the balances moves.
            let refused = try await office.place(
                priya,
                ["symbol": "RELIANCE", "side": "BUY", "quantity": 30, "exact": true]
            )
            let row = try #require(try await office.rows(of: refused, filled: 0).first)
            #expect(row["reason_code"]?.string == "insufficient_funds")
            #expect(row["filled_quantity"]?.int64 == 0)
            #expect(try await office.funds(priya, "available") == "50000.00")
            #expect(try await office.funds(priya, "held") == "25000.00")

            // A preflight says what would fit: 50,000 / 2,500 = 20 shares.
            let shown = try await office.trader.post(
                "/api/v1/bulk-trades/preflight",
                [
                    "symbol": "RELIANCE", "side": "BUY", "quantity": 30, "exact": true,
                    "clients": [.integer(priya)],
                ],
                expecting: 201
            )
            let would = try await office.trader.get(
                "/api/v1/preflights/\(shown.number("preflight_id") ?? 0)"
            )
            let wouldRow = try #require(would.list("clients").first)
            #expect(wouldRow["would_fit"]?["quantity"]?.int64 == 20, "\(would.body.text)")
            let reasons = wouldRow["reasons"]?.array ?? []
            #expect(reasons.contains { $0["code"]?.string == "insufficient_funds" })

            // With that, it goes.
            let filled = try await office.order(priya, "RELIANCE", "BUY", 20)
            #expect(filled["filled_quantity"]?.int64 == 20)
            #expect(try await office.funds(priya, "available") == "0.00")
            #expect(try await office.funds(priya, "invested") == "50000.00")
        }
    }
}
