import Desk
import DeskTesting
import JSON
import Testing
import Trading

@Suite("Single orders over HTTP", .timeLimit(.minutes(5)))
struct SingleOrderTests {
    private static let body =
        #"{"symbol":"RELIANCE","side":"BUY","quantity":3,"order_type":"LIMIT","price":"100"}"#

    @Test("An order for one client goes the way of a bulk trade, once per key")
    func place() async throws {
        try await WebWorld.serving { world in
            let client = world.store.addClient("ONE", of: world.traderID)
            _ = world.store.addClient("TWO", of: world.traderID)
            let path = "/api/v1/clients/\(client)/orders"
            try await world.ask("POST", path, as: world.trader, Self.body)
                .expectProblem(422, "invalid_fields", field: "Idempotency-Key")
            let key = [(name: "Idempotency-Key", value: "k")]
            async let placing = world.ask(
                "POST",
                path,
                as: world.trader,
                Self.body,
                headers: key
            )
            // The answer waits a moment for the plan, which a worker makes.
            await world.clock.waitForSleepers(1)
            let trade = try #require(
                try await world.store.trades(of: world.traderID, before: nil, limit: 1).first
            )
            let jobs = try await world.store.plan(trade.id, referencePrice: nil, marketOpen: true)
            #expect(jobs.count == 1)
            world.clock.advance(by: .seconds(1))
            let first = try await placing
            #expect(first.status == 202, "\(first.text)")
            #expect(first.json["task_id"]?.int64 == trade.id.raw)
            #expect(first.json["order_id"]?.int64 == jobs[0].intent.raw)
            let again = try await world.ask("POST", path, as: world.trader, Self.body, headers: key)
            #expect(again.json["task_id"]?.int64 == trade.id.raw)
            #expect(again.json["order_id"]?.int64 == jobs[0].intent.raw)
            #expect(again.header("location") == "/api/v1/orders/\(jobs[0].intent)")
            #expect(again.header("idempotency-replayed") == "true")
            #expect(world.store.intent(jobs[0].intent)?.client == client)
            let other = Self.body.replacing("3", with: "4")
            try await world.ask("POST", path, as: world.trader, other, headers: key)
                .expectProblem(409, "idempotency_key_reused")
        }
    }

    @Test("Whose clients are another's, and what a body may not name")
    func refusals() async throws {
        try await WebWorld.serving { world in
            let client = world.store.addClient("ONE", of: world.traderID)
            let path = "/api/v1/clients/\(client)/orders"
            let key = [(name: "Idempotency-Key", value: "k")]
            try await world.ask("POST", path, as: world.other, Self.body, headers: key)
                .expectProblem(404, "not_found")
            try await world.ask(
                "POST",
                path,
                as: world.clientUser(client),
                Self.body,
                headers: key
            ).expectProblem(403, "trading_not_allowed")
            let all = Self.body.replacing("{", with: #"{"clients":"all","#)
            try await world.ask("POST", path, as: world.trader, all, headers: key)
                .expectProblem(422, "invalid_fields", field: "clients")
        }
    }

    @Test("A client's orders are listed newest first, in pages, by state and day")
    func list() async throws {
        try await WebWorld.serving { world in
            let (_, first) = try await world.plannedTrade(1)
            try await world.finish(first)
            let client = try #require(world.store.intent(first[0].intent)?.client)
            let answer = try await world.ask(
                "POST",
                "/api/v1/bulk-trades",
                as: world.trader,
                WebWorld.buy
            )
            let task = TaskID(try #require(answer.json["task_id"]?.int64))
            let second = try await world.store.plan(
                task,
                referencePrice: Price(raw: 1_000_000),
                marketOpen: true
            )
            let path = "/api/v1/clients/\(client)/orders"
            let all = try await world.ask("GET", path, as: world.trader)
            let ids = all.json["orders"]?.array?.map { $0["order_id"]?.int64 }
            #expect(ids == [second[0].intent.raw, first[0].intent.raw], "\(all.text)")
            let page = try await world.ask("GET", path + "?limit=1", as: world.trader)
            let next = try #require(page.json["next"]?.string)
            let rest = try await world.ask("GET", path + "?after=\(next)", as: world.trader)
            #expect(rest.json["orders"]?.array?.count == 1)
            #expect(rest.json["orders"]?.array?.first?["order_id"]?.int64 == first[0].intent.raw)
            let ready = try await world.ask("GET", path + "?state=READY", as: world.trader)
            #expect(ready.json["orders"]?.array?.count == 1)
            let old = try await world.ask("GET", path + "?to=2001-01-01", as: world.trader)
            #expect(old.json["orders"]?.array?.isEmpty == true)
            try await world.ask("GET", path + "?after=x", as: world.trader)
                .expectProblem(422, "invalid_fields", field: "after")
            try await world.ask("GET", path + "?from=x", as: world.trader)
                .expectProblem(422, "invalid_fields", field: "from")
            // The client sees its own; another trader nothing.
            let own = world.clientUser(client)
            #expect(try await world.ask("GET", path, as: own).status == 200)
            let order = "/api/v1/orders/\(first[0].intent)"
            #expect(try await world.ask("GET", order, as: own).status == 200)
            try await world.ask("GET", path, as: world.other).expectProblem(404, "not_found")
            try await world.ask("GET", order, as: world.other).expectProblem(404, "not_found")
            let shown = try await world.ask("GET", order, as: world.trader)
            #expect(shown.json["state"]?.string == "ACCEPTED")
            #expect(
                shown.json["events"]?.array?.first?["event"]?.string == "accepted",
                "\(shown.text)"
            )
        }
    }

    @Test("An order that was cut shows its slices, and is cancelled as one, each slice told of")
    func slices() async throws {
        try await WebWorld.serving { world in
            _ = world.store.addInstrument("FROZEN", freeze: 4)
            let client = world.store.addClient("ONE", of: world.traderID)
            let answer = try await world.ask(
                "POST",
                "/api/v1/bulk-trades",
                as: world.trader,
                Self.body.replacing("RELIANCE", with: "FROZEN").replacing("3", with: "10")
            )
            let task = TaskID(try #require(answer.json["task_id"]?.int64, "\(answer.text)"))
            let price = Price(raw: 1_000_000)
            let jobs = try await world.store.plan(task, referencePrice: price, marketOpen: true)
            try await world.finish(jobs)
            let orders = world.store.intents(of: task)
            #expect(orders.map(\.quantity.raw).first == 4 && orders.count == 3)

            let path = "/api/v1/orders/\(orders[1].id)"
            for caller in [world.trader, world.clientUser(client)] {
                let shown = try await world.ask("GET", path, as: caller)
                let slices = try #require(shown.json["slices"]?.array, "\(shown.text)")
                #expect(slices.map { $0["order_id"]?.int64 } == orders.map(\.id.raw))
                #expect(slices.map { $0["slice"]?.int64 } == [0, 1, 2])
                #expect(slices.map { $0["state"]?.string } == ["ACCEPTED", "READY", "READY"])
            }
            let asked = try await world.ask(
                "POST",
                path + "/cancel",
                as: world.trader,
                headers: [("Idempotency-Key", "c")]
            )
            let id = try #require(asked.json["cancellation_id"]?.int64, "\(asked.text)")
            let told = try await world.ask("GET", "/api/v1/cancels/\(id)", as: world.trader)
            let rows = try #require(told.json["orders"]?.array)
            #expect(rows.map { $0["slice"]?.int64 } == [0, 1, 2])
            #expect(rows.map { $0["result"]?.string } == ["asked", "withdrawn", "withdrawn"])
        }
    }
}
