import Desk
import DeskTesting
import JSON
import Testing
import Trading

@Suite("Order books over HTTP", .timeLimit(.minutes(5)))
struct DepthTests {
    private static let path = "/api/v1/instruments/depth"
    private static let preflight = "/api/v1/bulk-trades/preflight"

    private static func level(_ raw: Int64, _ quantity: Int64, _ orders: Int64? = 1)
        -> MarketDepth.Level
    {
        MarketDepth.Level(price: Price(raw: raw), quantity: Quantity(quantity), orders: orders)
    }

    /// A hundred shares wanted at ₹999.95, thirty offered at ₹1,000.00 and seventy above.
    private static let book = MarketDepth(
        bids: [level(9_999_500, 100)],
        asks: [level(10_000_500, 70), level(10_000_000, 30, nil)],
        lastPrice: Price(raw: 10_000_000),
        volume: 5_000_000_000,
        lowerCircuit: Price(raw: 9_000_000),
        lastTradeAt: Timestamp(microseconds: 1_795_149_000_000_000)
    )

    /// Two clients at Dhan, whose book of RELIANCE is this.
    private static func serving(
        _ book: MarketDepth? = book,
        _ body: (WebWorld) async throws -> Void
    ) async throws {
        try await WebWorld.serving { world in
            world.services.set { $0.depth = book }
            for code in ["C1", "C2"] {
                _ = world.store.addClient(code, of: world.traderID, broker: .dhan)
            }
            world.quotes.set(Price(raw: 10_000_000), of: world.instrument.id)
            try await body(world)
        }
    }

    @Test("A trader sees the levels of both sides, who told them and when")
    func shown() async throws {
        try await Self.serving { world in
            let answer = try await world.ask(
                "GET",
                Self.path + "?symbol=reliance",
                as: world.trader
            )
            #expect(answer.status == 200, "\(answer.text)")
            let json = answer.json
            #expect(json["symbol"]?.string == "RELIANCE" && json["exchange"]?.string == "NSE")
            #expect(json["broker"]?.string == "dhan")
            #expect(json["last_price"]?.string == "1000.00")
            #expect(json["volume"]?.int64 == 5_000_000_000)
            #expect(json["lower_circuit"]?.string == "900.00")
            #expect(json["upper_circuit"] == .null)
            #expect(json["last_trade_at"]?.string?.hasSuffix("+05:30") == true)
            #expect(json["at"]?.string?.hasSuffix("+05:30") == true)
            #expect(json["bids"]?.array?.count == 1 && json["asks"]?.array?.count == 2)
            #expect(json["bids"]?[0]?["orders"]?.int64 == 1)
            #expect(json["asks"]?[0]?["price"]?.string == "1000.00")
            #expect(json["asks"]?[0]?["quantity"]?.int64 == 30)
            #expect(json["asks"]?[0]?["orders"] == .null)
            #expect(json["asks"]?[1]?["price"]?.string == "1000.05")
            // Whoever asks within the second costs the broker nothing.
            for _ in 0..<5 {
                _ = try await world.ask("GET", Self.path + "?symbol=RELIANCE", as: world.trader)
            }
            #expect(world.services.now.depthCalls == 1)
            #expect(world.pacer.taken.count == 1)
        }
    }

    @Test("An admin names the trader whose accounts are asked; others' are asked by nobody")
    func rights() async throws {
        try await Self.serving { world in
            let named = Self.path + "?symbol=RELIANCE"
            try await world.ask("GET", named).expectProblem(401, "not_logged_in")
            try await world.ask("GET", named, as: world.admin)
                .expectProblem(422, "invalid_fields", field: "trader_id")
            let client = world.store.addUser(
                UserDraft(
                    email: "client@example.com",
                    name: "Client",
                    role: .client,
                    passwordHash: "",
                    trader: world.traderID,
                    client: world.store.addClient("C3", of: world.traderID, broker: .dhan)
                )
            )
            try await world.ask("GET", named, as: client).expectProblem(403, "not_allowed")
            // The other trader has no account: the first one's serve the first one alone.
            let stranger = named + "&trader_id=\(world.traderID)"
            try await world.ask("GET", stranger, as: world.other).expectProblem(409, "no_depth")
            #expect(world.services.now.depthCalls == 0)
            let admin = try await world.ask("GET", stranger, as: world.admin)
            #expect(admin.status == 200, "\(admin.text)")
        }
    }

    @Test("What makes no sense is refused, and what nobody tells is said to be untold")
    func refusals() async throws {
        try await Self.serving(nil) { world in
            let ask = { (query: String) in
                try await world.ask("GET", Self.path + query, as: world.trader)
            }
            try await ask("").expectProblem(422, "invalid_fields", field: "symbol")
            try await ask("?symbol=").expectProblem(422, "invalid_fields", field: "symbol")
            try await ask("?symbol=NOSUCH").expectProblem(422, "invalid_fields", field: "symbol")
            try await ask("?symbol=RELIANCE&exchange=NYSE")
                .expectProblem(422, "invalid_fields", field: "exchange")
            try await ask("?symbol=RELIANCE&exchange=BSE")
                .expectProblem(422, "invalid_fields", field: "symbol")
            try await ask("?symbol=RELIANCE").expectProblem(409, "no_depth")
        }
    }

    private static func preflight(_ world: WebWorld, _ more: String) async throws -> JSONValue {
        let answer = try await world.ask(
            "POST",
            preflight,
            as: world.trader,
            #"{"symbol":"RELIANCE","exact":true,\#(more)}"#
        )
        try #require(answer.status == 201, "\(answer.text)")
        return try #require(answer.json["depth"])
    }

    @Test("A preflight warns where all its orders together are more than the book shows")
    func warnings() async throws {
        try await Self.serving { world in
            let fits = try await Self.preflight(world, #""side":"BUY","quantity":50"#)
            #expect(fits["standing"]?.string == "fits" && fits["warning"] == .null)
            #expect(fits["needed_quantity"]?.int64 == 100 && fits["shown_quantity"]?.int64 == 100)
            #expect(fits["broker"]?.string == "dhan")
            let large = try await Self.preflight(world, #""side":"BUY","quantity":51"#)
            #expect(large["standing"]?.string == "too_large")
            #expect(large["warning"]?.string?.contains("102 shares are 1.1 times the 100") == true)
            let limited = try await Self.preflight(
                world,
                #""side":"BUY","quantity":30,"order_type":"LIMIT","price":"1000.00""#
            )
            #expect(limited["shown_quantity"]?.int64 == 30)
            #expect(limited["warning"]?.string?.contains("at ₹1000.00 or less") == true)
            let low = try await Self.preflight(
                world,
                #""side":"BUY","quantity":1,"order_type":"LIMIT","price":"950.00""#
            )
            #expect(low["standing"]?.string == "nothing_within_limit")
            // Paper's orders meet no book.
            _ = world.store.addClient("P", of: world.traderID, broker: .paper)
            let same = try await Self.preflight(world, #""side":"BUY","quantity":50"#)
            #expect(same["needed_quantity"]?.int64 == 100)
            #expect(world.services.now.depthCalls == 1)
        }
    }

    @Test("Without a book a preflight works, says so, and may be executed")
    func untold() async throws {
        try await Self.serving(nil) { world in
            let made = try await world.ask(
                "POST",
                Self.preflight,
                as: world.trader,
                #"{"symbol":"RELIANCE","exact":true,"side":"BUY","quantity":50}"#
            )
            let depth = made.json["depth"]
            #expect(depth?["standing"]?.string == "unknown", "\(made.text)")
            #expect(depth?["shown_quantity"] == .null && depth?["broker"] == .null)
            #expect(depth?["warning"]?.string?.contains("is not known") == true)
            let id = try #require(made.json["preflight_id"]?.int64)
            let shown = try await world.ask("GET", "/api/v1/preflights/\(id)", as: world.trader)
            #expect(shown.status == 200 && shown.json["depth"] == nil)
            let placed = try await world.ask(
                "POST",
                "/api/v1/preflights/\(id)/execute",
                as: world.trader,
                headers: [(name: "Idempotency-Key", value: "d1")]
            )
            #expect(placed.status == 202, "\(placed.text)")
        }
    }
}
