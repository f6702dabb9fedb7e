import Desk
import DeskTesting
import JSON
import Testing
import Trading

@Suite("Watchlists and search", .timeLimit(.minutes(5)))
struct WatchlistTests {
    private static let path = "/api/v1/watchlists"

    private func items(_ answer: WebAnswer) -> [String] {
        (answer.json["items"]?.array ?? []).compactMap { $0["symbol"]?.string }
    }

    @Test("A watchlist keeps its order, can be changed, and is gone once removed")
    func life() async throws {
        try await WebWorld.serving { world in
            _ = world.store.addInstrument("TCS")
            let made = try await world.ask(
                "POST",
                Self.path,
                as: world.trader,
                #"{"name":"Mine","symbols":["tcs","NSE:RELIANCE","TCS"]}"#
            )
            #expect(made.status == 201 && items(made) == ["TCS", "RELIANCE"], "\(made.text)")
            let id = try #require(made.json["watchlist_id"]?.int64)
            let own = "\(Self.path)/\(id)"
            let changed = try await world.ask(
                "PATCH",
                own,
                as: world.trader,
                #"{"symbols":["RELIANCE","TCS"]}"#
            )
            #expect(changed.status == 200 && items(changed) == ["RELIANCE", "TCS"])
            #expect(changed.json["name"]?.string == "Mine")
            let named = try await world.ask("PATCH", own, as: world.trader, #"{"name":"Other"}"#)
            #expect(named.json["name"]?.string == "Other" && items(named) == ["RELIANCE", "TCS"])
            let all = try await world.ask("GET", Self.path, as: world.trader)
            #expect(all.json["watchlists"]?[0]?["count"]?.int64 == 2)
            #expect(try await world.ask("DELETE", own, as: world.trader).status == 204)
            try await world.ask("GET", own, as: world.trader).expectProblem(404, "not_found")
            try await world.ask("DELETE", own, as: world.trader).expectProblem(404, "not_found")
        }
    }

    @Test("Nobody sees or changes another one's watchlist")
    func others() async throws {
        try await WebWorld.serving { world in
            let made = try await world.ask("POST", Self.path, as: world.trader, #"{"name":"A"}"#)
            let own = "\(Self.path)/\(try #require(made.json["watchlist_id"]?.int64))"
            for caller in [world.other, world.admin] {
                try await world.ask("GET", own, as: caller).expectProblem(404, "not_found")
                try await world.ask("PATCH", own, as: caller, #"{"name":"B"}"#)
                    .expectProblem(404, "not_found")
                try await world.ask("DELETE", own, as: caller).expectProblem(404, "not_found")
                let all = try await world.ask("GET", Self.path, as: caller)
                #expect(all.json["watchlists"]?.array?.isEmpty == true)
            }
            try await world.ask("GET", Self.path).expectProblem(401, "not_logged_in")
        }
    }

    @Test("What makes no sense is refused by its field")
    func refusals() async throws {
        try await WebWorld.serving { world in
            let post = { (body: String) in
                try await world.ask("POST", Self.path, as: world.trader, body)
            }
            try await post(#"{"symbols":["RELIANCE"]}"#)
                .expectProblem(422, "invalid_fields", field: "name")
            for symbols in [#"["NOSUCH"]"#, #"["XSE:TCS"]"#, #"["NSE:"]"#, "[7]", #""TCS""#] {
                try await post(#"{"name":"A","symbols":\#(symbols)}"#)
                    .expectProblem(422, "invalid_fields", field: "symbols")
            }
            try await post(#"{"name":"A","items":[]}"#)
                .expectProblem(422, "invalid_fields", field: "items")
            #expect(try await post(#"{"name":"A"}"#).status == 201)
            try await post(#"{"name":"A"}"#).expectProblem(409, "name_taken")
            for number in 1..<Watchlist.mostLists {
                #expect(try await post(#"{"name":"B\#(number)"}"#).status == 201)
            }
            try await post(#"{"name":"C"}"#).expectProblem(409, "too_many_watchlists")
        }
    }

    @Test("Prices have their age and the day's figures; what nobody tells is null")
    func prices() async throws {
        try await WebWorld.serving { world in
            let close = try #require(Price(rupees: "100"))
            let price = try #require(Price(rupees: "98.76"))
            let day = DayFigures(
                open: close,
                high: Price(rupees: "101"),
                low: Price(rupees: "98"),
                previousClose: close,
                volume: 12_345,
                bid: Price(rupees: "98.75"),
                ask: Price(rupees: "98.80")
            )
            await world.quoteCache.remember([
                Tick(instrument: world.instrument.id, price: price, day: day)
            ])
            world.clock.advance(by: .seconds(9))
            let made = try await world.ask(
                "POST",
                Self.path,
                as: world.trader,
                #"{"name":"A","symbols":["RELIANCE"]}"#
            )
            let item = try #require(made.json["items"]?[0])
            #expect(item["last_price"]?.string == "98.76")
            #expect(item["price_age_seconds"]?.int64 == 9)
            #expect(item["change_percent"]?.string == "-1.24")
            #expect(item["high"]?.string == "101.00" && item["low"]?.string == "98.00")
            #expect(item["volume"]?.int64 == 12_345 && item["ask"]?.string == "98.80")
            // Older than what may be shown as fresh, it is asked for; here somebody tells another.
            world.clock.advance(by: .seconds(9))
            world.quotes.set(Price(rupees: "102"), of: world.instrument.id)
            let id = try #require(made.json["watchlist_id"]?.int64)
            let later = try await world.ask("GET", "\(Self.path)/\(id)", as: world.trader)
            let newer = try #require(later.json["items"]?[0])
            #expect(newer["last_price"]?.string == "102.00")
            #expect(newer["price_age_seconds"]?.int64 == 0)
            #expect(newer["change_percent"]?.string == "2.00")
            let search = try await world.ask("GET", "/api/v1/instruments?q=rel", as: world.trader)
            let found = try #require(search.json["instruments"]?[0])
            #expect(found["symbol"]?.string == "RELIANCE")
            #expect(found["price_age_seconds"]?.int64 == 18)
        }
    }

    @Test("Search finds by symbol, word or ISIN, and a text that is too long is refused")
    func search() async throws {
        try await WebWorld.serving { world in
            _ = world.store.addInstrument("TCS")
            let ask = { (query: String) in
                try await world.ask("GET", "/api/v1/instruments?\(query)", as: world.trader)
            }
            for (query, symbols) in [
                ("q=tc", ["TCS"]), ("search=tc", ["TCS"]), ("q=limited&limit=1", ["RELIANCE"]),
                ("q=zzz", []), ("q=", ["RELIANCE", "TCS"]),
            ] {
                let found = try await ask(query).json["instruments"]?.array ?? []
                #expect(found.compactMap { $0["symbol"]?.string } == symbols, "\(query)")
            }
            let long = String(repeating: "a", count: 101)
            try await ask("q=" + long).expectProblem(422, "invalid_fields", field: "q")
        }
    }
}
