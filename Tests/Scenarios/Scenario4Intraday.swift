import JSON
import ServerTesting
import StackTesting
import Testing

/// Scenario 4: Rohan buys 100 HDFCBANK at ₹1,600 in the morning, watches the price rise to ₹1,680, and
/// sells in the afternoon: ₹8,000 of profit.
@Suite(.needs(.postgres), .needs(.rabbitMQ), .needs(.redis), .timeLimit(.minutes(20)))
struct Scenario4Intraday {
    @Test func `a purchase in the morning and a sale in the afternoon realise their profit`()
        async throws
    {
        try await Office.open { office in
            try await office.market("HDFCBANK", at: "1600.00")
            let rohan = try await office.admit([.init(name: "Rohan Gupta", capital: 200_000)])[0]

            // In the morning.
            let bought = try await office.order(rohan, "HDFCBANK", "BUY", 100)
            #expect(bought["average_price"]?.string == "1600.00")
            #expect(bought["broker_order_id"]?.string?.isEmpty == false)

            // The price rises, and the position shows it.
            try await office.market("HDFCBANK", at: "1680.00")
            var held: JSONValue?
            try await eventually {
                let shown = try await office.trader.get("/api/v1/clients/\(rohan)/portfolio")
                held = shown.list("holdings").first
                return held?["last_price"]?.string == "1680.00"
            }
            #expect(held?["symbol"]?.string == "HDFCBANK")
            #expect(held?["quantity"]?.int64 == 100)
            #expect(held?["invested"]?.string == "160000.00")
            #expect(held?["unrealised"]?.string == "8000.00")
            #expect(held?["unrealised_percent"]?.string == "5.00")

            // Whoever buys bids a tick less than the last price.
            try await office.market("HDFCBANK", at: "1680.10")
            // More than is owned is not sold: of 150 asked for, 100 go.
            let sold = try await office.order(rohan, "HDFCBANK", "SELL", 150)
            #expect(sold["filled_quantity"]?.int64 == 100)

            // The profit is realised, and the day's transactions tell of both.
            let after = try await office.trader.get("/api/v1/clients/\(rohan)/portfolio")
            #expect(after["total"]?["realised_today"]?.string == "8000.00", "\(after.body.text)")
            #expect(try await office.funds(rohan, "available") == "208000.00")
            let day = try await office.trader.get("/api/v1/clients/\(rohan)/transactions")
            #expect(
                day.list("transactions").map { $0["side"]?.string }.sorted {
                    ($0 ?? "") < ($1 ?? "")
                }
                    == ["BUY", "SELL"]
            )
        }
    }
}
