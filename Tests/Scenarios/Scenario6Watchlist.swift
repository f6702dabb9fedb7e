import JSON
import ServerTesting
import StackTesting
import Testing

/// Scenario 6: a trader looks for a stock, puts it on a watchlist, watches its price, and takes it
/// off again.
@Suite(.needs(.postgres), .needs(.rabbitMQ), .needs(.redis), .timeLimit(.minutes(20)))
struct Scenario6Watchlist {
    @Test func `a stock is found, watched with its live price, and taken off`() async throws {
        try await Office.open { office in
            try await office.market("RELIANCE", at: "2450.50")
            // Prices are asked for through a client's session.
            _ = try await office.admit([.init(name: "Anybody", capital: 100_000)])

            let found = try await office.trader.get("/api/v1/instruments?q=reliance")
            let first = try #require(found.list("instruments").first)
            #expect(first["symbol"]?.string == "RELIANCE")

            let made = try await office.trader.post(
                "/api/v1/watchlists",
                ["name": "Large caps", "symbols": ["RELIANCE", "TCS"]],
                expecting: 201
            )
            let path = "/api/v1/watchlists/\(try #require(made.number("watchlist_id")))"
            try await eventually {
                let shown = try await office.trader.get(path).list("items")
                return shown.first?["symbol"]?.string == "RELIANCE"
                    && shown.first?["last_price"]?.string == "2450.50"
            }
            let shown = try await office.trader.get(path).list("items")
            #expect(shown.map { $0["symbol"]?.string } == ["RELIANCE", "TCS"])
            #expect(shown.first?["price_age_seconds"]?.int64 != nil)

            let changed = try await office.trader.send("PATCH", path, ["symbols": ["TCS"]])
            #expect(changed.status == 200)
            let rest = try await office.trader.get(path).list("items")
            #expect(rest.map { $0["symbol"]?.string } == ["TCS"])
            #expect(try await office.trader.send("DELETE", path).status == 204)
            #expect(try await office.trader.get(path).status == 404)
        }
    }
}
