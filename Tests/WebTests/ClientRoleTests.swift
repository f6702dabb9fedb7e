import Desk
import DeskTesting
import JSON
import Testing
import Trading

@Suite("What clients do for themselves", .timeLimit(.minutes(5)))
struct ClientRoleTests {
    /// Two clients of one trader, the first with a user.
    private func two(_ world: WebWorld) -> (own: ClientID, sibling: ClientID, user: Identity) {
        let own = world.store.addClient("OWN", of: world.traderID)
        let sibling = world.store.addClient("SIBLING", of: world.traderID)
        return (own, sibling, world.clientUser(own))
    }

    private func allow(_ client: ClientID, _ word: String, _ world: WebWorld) async throws {
        let answer = try await world.ask(
            "PATCH",
            "/api/v1/clients/\(client)",
            as: world.trader,
            #"{"may_trade":\#(word)}"#
        )
        #expect(answer.status == 200, "\(answer.text)")
        #expect(answer.json["may_trade"]?.bool == (word == "true"))
    }

    @Test("A client trades once the trader has allowed it, for itself alone, until it is forbidden")
    func trading() async throws {
        try await WebWorld.serving { world in
            let (own, sibling, user) = two(world)
            let path = "/api/v1/bulk-trades"
            let key = [(name: "Idempotency-Key", value: "k")]
            try await world.ask("POST", path, as: user, WebWorld.buy, headers: key)
                .expectProblem(403, "trading_not_allowed")
            try await allow(own, "true", world)
            // The same key of the trader's stands for another trade.
            let traders = try await world.ask(
                "POST",
                path,
                as: world.trader,
                WebWorld.buy,
                headers: key
            )
            let made = try await world.ask("POST", path, as: user, WebWorld.buy, headers: key)
            #expect(made.status == 202, "\(made.text)")
            let task = TaskID(try #require(made.json["task_id"]?.int64))
            #expect(task.raw != traders.json["task_id"]?.int64)
            #expect(try await world.store.trade(task)?.clients == .named([own]))
            let again = try await world.ask("POST", path, as: user, WebWorld.buy, headers: key)
            #expect(again.json["task_id"]?.int64 == task.raw)
            for clients in ["[\(sibling)]", "[\(own),\(sibling)]"] {
                let body =
                    #"{"symbol":"RELIANCE","side":"BUY","quantity":1,"clients":\#(clients)}"#
                try await world.ask("POST", path, as: user, body)
                    .expectProblem(422, "invalid_fields", field: "clients")
            }
            try await allow(own, "false", world)
            try await world.ask("POST", path, as: user, WebWorld.buy)
                .expectProblem(403, "trading_not_allowed")
        }
    }

    @Test("A client sees and cancels the orders that it placed, and reads those placed for it")
    func orders() async throws {
        try await WebWorld.serving { world in
            let (own, sibling, user) = two(world)
            try await allow(own, "true", world)
            let (bulk, jobs) = try await world.plannedTrade(0)
            let made = try await world.ask(
                "POST",
                "/api/v1/bulk-trades",
                as: user,
                WebWorld.buy
            )
            let task = TaskID(try #require(made.json["task_id"]?.int64))
            let ownJobs = try await world.store.plan(
                task,
                referencePrice: Price(raw: 1_000_000),
                marketOpen: true
            )
            let mine = try #require(ownJobs.first?.intent)
            let list = try await world.ask("GET", "/api/v1/clients/\(own)/orders", as: user)
            let tasks = list.json["orders"]?.array?.compactMap { $0["task_id"]?.int64 }
            #expect(tasks == [task.raw, bulk.raw], "\(list.text)")
            let page = try await world.ask(
                "GET",
                "/api/v1/clients/\(own)/orders?limit=1",
                as: user
            )
            let next = try #require(page.json["next"]?.string)
            let rest = try await world.ask(
                "GET",
                "/api/v1/clients/\(own)/orders?after=\(next)",
                as: user
            )
            #expect(rest.json["orders"]?.array?.count == 1)
            try await world.ask("GET", "/api/v1/clients/\(sibling)/orders", as: user)
                .expectProblem(404, "not_found")

            // The trade for many is not the client's to watch or to cancel.
            for path in ["", "/results", "/events"] {
                try await world.ask("GET", "/api/v1/bulk-trades/\(bulk)\(path)", as: user)
                    .expectProblem(404, "not_found")
            }
            for job in jobs {
                try await world.ask("POST", "/api/v1/orders/\(job.intent)/cancel", as: user)
                    .expectProblem(404, "not_found")
            }
            try await world.ask("POST", "/api/v1/bulk-trades/\(task)/cancel", as: user)
                .expectProblem(403, "not_allowed")
            let status = try await world.ask("GET", "/api/v1/bulk-trades/\(task)", as: user)
            #expect(status.json["counts"]?["total"]?.int64 == 1)
            let cancel = try await world.ask(
                "POST",
                "/api/v1/orders/\(mine)/cancel",
                as: user
            )
            #expect(cancel.status == 202, "\(cancel.text)")
            let url = try #require(cancel.json["status_url"]?.string)
            let shown = try await world.ask("GET", url, as: user)
            #expect(shown.json["orders"]?[0]?["order_id"]?.int64 == mine.raw)
            let traders = try await world.ask(
                "POST",
                "/api/v1/bulk-trades/\(bulk)/cancel",
                as: world.trader
            )
            let other = try #require(traders.json["status_url"]?.string)
            try await world.ask("GET", other, as: user).expectProblem(404, "not_found")
        }
    }

    @Test("A key for one client is that client, and trades only with the scope for it")
    func keys() async throws {
        try await WebWorld.serving { world in
            let (own, sibling, _) = two(world)
            func key(_ scopes: String) async throws -> [(name: String, value: String)] {
                let made = try await world.ask(
                    "POST",
                    "/api/v1/api-keys",
                    as: world.trader,
                    #"{"name":"k","scopes":[\#(scopes)],"client_id":\#(own)}"#
                )
                #expect(made.status == 201, "\(made.text)")
                return [("X-API-Key", try #require(made.json["api_key"]?.string))]
            }
            let reader = try await key(#""read""#)
            let trader = try await key(#""read","trade""#)
            let path = "/api/v1/clients/"
            #expect(try await world.ask("GET", path + "\(own)", headers: reader).status == 200)
            try await world.ask("GET", path + "\(sibling)", headers: reader)
                .expectProblem(404, "not_found")
            try await world.ask("GET", "/api/v1/clients", headers: reader)
                .expectProblem(403, "not_allowed")
            try await world.ask("POST", "/api/v1/bulk-trades", WebWorld.buy, headers: reader)
                .expectProblem(403, "scope_missing")
            let made = try await world.ask(
                "POST",
                "/api/v1/bulk-trades",
                WebWorld.buy,
                headers: trader
            )
            #expect(made.status == 202, "\(made.text)")
            let task = TaskID(try #require(made.json["task_id"]?.int64))
            #expect(try await world.store.trade(task)?.clients == .named([own]))
        }
    }

    @Test("A key ends when it was to end, and gives no scope that its maker lacks")
    func limits() async throws {
        try await WebWorld.serving { world in
            func make(_ fields: String, _ headers: [(name: String, value: String)] = [])
                async throws -> WebAnswer
            {
                try await world.ask(
                    "POST",
                    "/api/v1/api-keys",
                    as: headers.isEmpty ? world.trader : nil,
                    #"{"name":"k"\#(fields)}"#,
                    headers: headers
                )
            }
            let short = try await make(#","expires_at":"2026-11-23T10:01:00+05:30""#)
            let header = [(name: "X-API-Key", value: try #require(short.json["api_key"]?.string))]
            #expect(try await world.ask("GET", "/api/v1/me", headers: header).status == 200)
            world.clock.advance(by: .seconds(60))
            try await world.ask("GET", "/api/v1/me", headers: header)
                .expectProblem(401, "not_logged_in")

            let admin = try await make(#","scopes":["admin"]"#)
            let few = [(name: "X-API-Key", value: try #require(admin.json["api_key"]?.string))]
            try await make(#","scopes":["admin","trade"]"#, few)
                .expectProblem(422, "invalid_fields", field: "scopes")
            let same = try await make("", few)
            #expect(same.json["scopes"]?.array?.compactMap(\.string) == ["admin"])

            for (fields, field) in [
                (#","scopes":[]"#, "scopes"), (#","scopes":["fly"]"#, "scopes"),
                (#","expires_at":"2026-11-23T09:00:00+05:30""#, "expires_at"),
                (#","client_id":999"#, "client_id"),
            ] {
                try await make(fields).expectProblem(422, "invalid_fields", field: field)
            }
        }
    }
}
