import JSON
import ServerTesting
import StackTesting
import Testing

/// Scenario 3: ₹1,00,000 buys 66 INFY at ₹1,500 without leverage; with margin trading
/// at five times they buy 333, of which four fifths are borrowed.
@Suite(.needs(.postgres), .needs(.rabbitMQ), .needs(.redis), .timeLimit(.minutes(20)))
struct Scenario3MarginFunding {
    @Test func `margin funding buys five times as much, and no more`() async throws {
        try await Office.open { office in
            try await office.market("INFY", at: "1500.00")
            let clients = try await office.admit([
                .init(name: "Amit Patel", capital: 100_000),
                // The broker itself wants a quarter of what it lends on.
                .init(name: "Amit's brother", capital: 100_000, cash: 150_000),
            ])

            // Without: 67 would be ₹1,00,500.
            let tooMany = try await office.place(
                clients[0],
                ["symbol": "INFY", "side": "BUY", "quantity": 67, "exact": true]
            )
            let refused = try #require(try await office.rows(of: tooMany, filled: 0).first)
            #expect(refused["reason_code"]?.string == "insufficient_funds")
            let plain = try await office.order(clients[0], "INFY", "BUY", 66)
            #expect(plain["filled_quantity"]?.int64 == 66)
            #expect(try await office.funds(clients[0], "available") == "1000.00")
            #expect(try await office.funds(clients[0], "borrowed") == "0.00")

            // With: a fifth of ₹4,99,500 is the client's own.
            let funded = try await office.order(
                clients[1],
                "INFY",
                "BUY",
                333,
                product: "MTF"
            )
            #expect(funded["filled_quantity"]?.int64 == 333)
            #expect(try await office.funds(clients[1], "available") == "100.00")
            #expect(try await office.funds(clients[1], "borrowed") == "399600.00")

            // Beyond the limit nothing more is bought.
            let beyond = try await office.place(
                clients[1],
                ["symbol": "INFY", "side": "BUY", "quantity": 1, "exact": true, "product": "MTF"]
            )
            let no = try #require(try await office.rows(of: beyond, filled: 0).first)
            #expect(no["status"]?.string != "success")
            #expect(no["reason_code"]?.string != nil)
        }
    }
}
