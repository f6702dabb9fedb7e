import Desk
import DeskTesting
import JSON
import Testing
import Trading

@Suite("Portfolios over HTTP", .timeLimit(.minutes(5)))
struct PortfolioTests {
    private func fill(
        _ world: WebWorld,
        _ side: Side,
        _ quantity: Int64,
        _ key: String,
        at price: Int64 = 1_000_000,
        _ moment: Timestamp = ManualClock.morning
    ) async throws -> TaskID {
        let submission = Submission(
            side,
            quantity,
            of: world.instrument,
            key: key,
            trader: world.traderID,
            user: world.trader.user
        )
        let filling = Filling(trades: world.store, orders: world.store)
        return try await filling.fillAll(submission, at: Price(raw: price), moment)
    }

    @Test("A portfolio tells shares, tasks, prices with their age, and today's positions")
    func portfolio() async throws {
        try await WebWorld.serving { world in
            let client = world.store.addClient("C", of: world.traderID)
            let task = try await fill(world, .buy, 10, "b")
            _ = try await fill(world, .sell, 4, "s", at: 1_015_000)
            world.quotes.set(Price(raw: 1_020_050), of: world.instrument.id)
            let path = "/api/v1/clients/\(client)/portfolio"
            let answer = try await world.ask("GET", path, as: world.trader)
            #expect(answer.status == 200)
            let held = try #require(answer.json["holdings"]?.array?.first)
            let texts = [
                "symbol": "RELIANCE", "exchange": "NSE", "average_price": "100.00",
                "invested": "600.00", "last_price": "102.005", "price_state": "fresh",
                "market_value": "612.03", "unrealised": "12.03", "unrealised_percent": "2.01",
                "realised": "6.00",
            ]
            for (name, text) in texts { #expect(held[name]?.string == text, "\(name)") }
            #expect(held["quantity"]?.int64 == 6 && held["free_quantity"]?.int64 == 6)
            #expect(held["price_age_seconds"]?.int64 == 0)
            #expect(held["matches_ledger"]?.bool == true)
            #expect(held["unattributed_quantity"]?.int64 == 0)
            let lot = try #require(held["tasks"]?.array?.first)
            #expect(lot["task_id"]?.int64 == task.raw && lot["quantity"]?.int64 == 6)
            #expect(lot["cost"]?.string == "600.00" && lot["product"]?.string == "CNC")
            let total = try #require(answer.json["total"])
            #expect(total["realised_today"]?.string == "6.00")
            #expect(total["realised"]?.string == "6.00")
            #expect(total["market_value"]?.string == "612.03")
            let position = try #require(answer.json["positions"]?.array?.first)
            #expect(position["net_quantity"]?.int64 == 6)
            #expect(position["bought_value"]?.string == "1000.00")
            #expect(position["sold_average"]?.string == "101.50")
            #expect(position["change"]?.string == "18.03")
        }
    }

    @Test("Without a fresh price the fields are null and say so")
    func noPrice() async throws {
        try await WebWorld.serving { world in
            let client = world.store.addClient("C", of: world.traderID)
            let task = try await fill(world, .buy, 10, "b")
            let answer = try await world.ask(
                "GET",
                "/api/v1/clients/\(client)/portfolio",
                as: world.trader
            )
            let held = try #require(answer.json["holdings"]?.array?.first)
            for name in ["last_price", "price_age_seconds", "market_value", "unrealised"] {
                #expect(held[name]?.isNull == true, "\(name)")
            }
            #expect(held["price_state"]?.string == "no_fresh_price")
            let total = try #require(answer.json["total"])
            #expect(total["market_value"]?.isNull == true)
            #expect(total["unpriced_symbols"]?.array?.compactMap(\.string) == ["RELIANCE"])
            let profit = try await world.ask(
                "GET",
                "/api/v1/bulk-trades/\(task)/pnl",
                as: world.trader
            )
            #expect(profit.json["price_state"]?.string == "no_fresh_price")
            #expect(profit.json["total"]?["unrealised"]?.isNull == true)
            #expect(profit.json["total"]?["held_cost"]?.string == "1000.00")
        }
    }

    @Test("Transactions come newest first, page by page, within their days")
    func transactions() async throws {
        try await WebWorld.serving { world in
            let client = world.store.addClient("C", of: world.traderID)
            var tasks: [Int64] = []
            for day in [-40, -2, -1, 0, 0] {
                let moment = ManualClock.morning.advanced(by: .seconds(day * 86_400))
                tasks.append(
                    try await fill(world, .buy, 1, "\(tasks.count)", at: 1_000_000, moment).raw
                )
            }
            let path = "/api/v1/clients/\(client)/transactions"
            func listed(_ query: String) async throws -> ([Int64], String?) {
                let answer = try await world.ask("GET", path + query, as: world.trader)
                #expect(answer.status == 200, "\(answer.text)")
                let rows = answer.json["transactions"]?.array ?? []
                return (rows.compactMap { $0["task_id"]?.int64 }, answer.json["next"]?.string)
            }
            let newest = Array(tasks.reversed())
            #expect(try await listed("").0 == Array(newest.prefix(4)))
            #expect(try await listed("?from=2020-01-01").0 == newest)
            let today = CalendarDay(containing: ManualClock.morning)
            let days = "?from=\(today.advanced(by: -2))&to=\(today.advanced(by: -1))"
            #expect(try await listed(days).0 == [tasks[2], tasks[1]])
            var (page, next) = try await listed("?limit=1")
            var all = page
            while let after = next, all.count < 9 {
                (page, next) = try await listed("?limit=1&after=\(after)")
                all += page
            }
            #expect(all == Array(newest.prefix(4)))
            let first = try await world.ask("GET", path + "?limit=1", as: world.trader)
            let row = try #require(first.json["transactions"]?.array?.first)
            #expect(row["amount"]?.string == "100.00" && row["price"]?.string == "100.00")
            #expect(row["side"]?.string == "BUY" && row["quantity"]?.int64 == 1)
            #expect(row["order_id"]?.int64 != nil && row["trade_id"]?.string != nil)
        }
    }

    @Test(
        "What makes no sense in a query is refused with the field's name",
        arguments: [
            ("from=yesterday", "from"), ("to=2026-02-30", "to"), ("from=0001-01-01", "from"),
            ("to=9999-12-31", "to"), ("from=2026-11-22&to=2026-11-21", "from"),
            ("after=7", "after"), ("after=x-1-T", "after"), ("after=1-0-T", "after"),
            ("after=9223372036854775807-1-T", "after"), ("after=1-1-%01", "after"),
            ("limit=0", "limit"),
        ]
    )
    func refused(query: String, field: String) async throws {
        try await WebWorld.serving { world in
            let client = world.store.addClient("C", of: world.traderID)
            let path = "/api/v1/clients/\(client)/transactions?" + query
            try await world.ask("GET", path, as: world.trader)
                .expectProblem(422, "invalid_fields", field: field)
        }
    }

    @Test("A trader's portfolio is paged; an admin names the trader")
    func trader() async throws {
        try await WebWorld.serving { world in
            for code in ["A", "B", "C"] { _ = world.store.addClient(code, of: world.traderID) }
            let task = try await fill(world, .buy, 2, "b")
            world.quotes.set(Price(raw: 1_100_000), of: world.instrument.id)
            let first = try await world.ask("GET", "/api/v1/portfolio?limit=2", as: world.trader)
            #expect(first.json["total"]?["clients"]?.int64 == 3)
            #expect(first.json["total"]?["unrealised"]?.string == "60.00")
            #expect(first.json["holdings"]?.array?.first?["quantity"]?.int64 == 6)
            let next = try #require(first.json["next"]?.int64)
            let second = try await world.ask(
                "GET",
                "/api/v1/portfolio?limit=2&after=\(next)&trader_id=\(world.traderID)",
                as: world.admin
            )
            #expect(second.json["total"] == nil && second.json["next"]?.isNull == true)
            let row = try #require(second.json["clients"]?.array?.first)
            #expect(row["client_code"]?.string == "C" && row["unrealised"]?.string == "20.00")
            try await world.ask("GET", "/api/v1/portfolio", as: world.admin)
                .expectProblem(422, "invalid_fields", field: "trader_id")
            let profit = try await world.ask(
                "GET",
                "/api/v1/bulk-trades/\(task)/pnl?limit=1",
                as: world.trader
            )
            #expect(profit.json["total"]?["unrealised"]?.string == "60.00")
            #expect(profit.json["clients"]?.array?.count == 1)
            #expect(profit.json["next"]?.int64 != nil)
        }
    }

    @Test("A client sees its own, a trader the own clients', nobody else's")
    func roles() async throws {
        try await WebWorld.serving { world in
            let own = world.store.addClient("OWN", of: world.traderID)
            let sibling = world.store.addClient("SIBLING", of: world.traderID)
            let task = try await fill(world, .buy, 1, "b")
            let user = world.clientUser(own)
            for part in ["portfolio", "transactions"] {
                let path = "/api/v1/clients/\(own)/\(part)"
                for caller in [user, world.trader, world.admin] {
                    #expect(try await world.ask("GET", path, as: caller).status == 200)
                }
                try await world.ask("GET", path, as: world.other).expectProblem(404, "not_found")
                try await world.ask("GET", path).expectProblem(401, "not_logged_in")
                try await world.ask("GET", "/api/v1/clients/\(sibling)/\(part)", as: user)
                    .expectProblem(404, "not_found")
            }
            try await world.ask("GET", "/api/v1/portfolio", as: user)
                .expectProblem(403, "not_allowed")
            let pnl = "/api/v1/bulk-trades/\(task)/pnl"
            try await world.ask("GET", pnl, as: user).expectProblem(403, "not_allowed")
            try await world.ask("GET", pnl, as: world.other).expectProblem(404, "not_found")
            #expect(try await world.ask("GET", pnl, as: world.admin).status == 200)
            let others = try await world.ask("GET", "/api/v1/portfolio", as: world.other)
            #expect(others.json["total"]?["clients"]?.int64 == 0)
        }
    }
}
