import Desk
import DeskTesting
import JSON
import Testing
import Trading

@Suite("Preflights over HTTP", .timeLimit(.minutes(5)))
struct PreflightTests {
    private static let path = "/api/v1/bulk-trades/preflight"
    private static let buy = #"{"symbol":"RELIANCE","side":"BUY","quantity":10,"exact":true}"#
    private static let key = [(name: "Idempotency-Key", value: "p1")]

    /// RELIANCE at ₹1,000, at a time of trading.
    private static func serving(_ body: (WebWorld) async throws -> Void) async throws {
        try await WebWorld.serving { world in
            world.quotes.set(Price(raw: 10_000_000), of: world.instrument.id)
            try await body(world)
        }
    }

    private static func row(_ answer: WebAnswer, _ client: ClientID) throws -> JSONValue {
        try #require(
            answer.json["clients"]?.array?.first { $0["client_id"]?.int64 == client.raw }
        )
    }

    private static func codes(_ row: JSONValue) -> [String] {
        row["reasons"]?.array?.compactMap { $0["code"]?.string } ?? []
    }

    @Test("Each client's order is told with its charges, every reason against it, and what fits")
    func rows() async throws {
        try await Self.serving { world in
            let rich = world.store.addClient("C1", of: world.traderID, broker: .dhan)
            let poor = world.store.addClient(
                "C2",
                of: world.traderID,
                capital: Money(paise: 350_000),
                status: .inactive
            )
            let answer = try await world.ask("POST", Self.path, as: world.trader, Self.buy)
            #expect(answer.status == 201, "\(answer.text)")
            #expect(answer.json["price_used"]?.string == "1000.00")
            #expect(answer.json["price_age_seconds"]?.int64 == 0)
            let first = try Self.row(answer, rich)
            #expect(first["quantity"]?.int64 == 10)
            #expect(first["cost"]?.string == "10000.00")
            #expect(Self.codes(first).isEmpty)
            // 0.1 % tax, 0.00297 % exchange, 0.0001 % twice, 0.015 % stamp, 18 % of the middle
            // ones.
            #expect(first["charges"]?["total"]?.string == "11.88")
            let second = try Self.row(answer, poor)
            #expect(second["quantity"]?.int64 == 0)
            #expect(second["wanted_quantity"]?.int64 == 10)
            #expect(Self.codes(second) == ["client_inactive", "insufficient_funds"])
            #expect(second["would_fit"]?["quantity"]?.int64 == 3)
            #expect(second["would_fit"]?["cost"]?.string == "3000.00")
            let sums = answer.json["sums"]
            #expect(sums?["orders"]?.int64 == 1 && sums?["skipped"]?.int64 == 1)
            #expect(sums?["cost"]?.string == "10000.00")
            #expect(sums?["reasons"]?["insufficient_funds"]?.int64 == 1)
            // Nothing was placed or held.
            #expect(world.store.funds(of: rich)?.held == .zero)
            #expect(world.store.count(of: "submit") == 0)
        }
    }

    @Test("What was shown is placed, once, and nothing else")
    func execute() async throws {
        try await Self.serving { world in
            let client = world.store.addClient("C1", of: world.traderID, broker: .dhan)
            let made = try await world.ask("POST", Self.path, as: world.trader, Self.buy)
            let id = try #require(made.json["preflight_id"]?.int64)
            let later = world.store.addClient("C2", of: world.traderID, broker: .dhan)
            let path = "/api/v1/preflights/\(id)/execute"
            let first = try await world.ask("POST", path, as: world.trader, headers: Self.key)
            #expect(first.status == 202, "\(first.text)")
            let task = TaskID(try #require(first.json["task_id"]?.int64))
            let jobs = try await world.store.plan(task, referencePrice: nil, marketOpen: true)
            try await world.finish(jobs)
            let orders = world.store.intents(of: task)
            #expect(orders.map(\.client) == [client])
            #expect(!orders.map(\.client).contains(later))
            #expect(orders.map(\.quantity) == [Quantity(10)])
            // The money is held now, so that what was shown would not fit again: the key still
            // answers.
            let again = try await world.ask("POST", path, as: world.trader, headers: Self.key)
            #expect(again.json["task_id"]?.int64 == task.raw)
            #expect(again.header("idempotency-replayed") == "true")
            try await world.ask(
                "POST",
                path,
                as: world.trader,
                headers: [(name: "Idempotency-Key", value: "other")]
            ).expectProblem(409, "preflight_executed")
            let shown = try await world.ask("GET", "/api/v1/preflights/\(id)", as: world.trader)
            #expect(shown.json["task_id"]?.int64 == task.raw)
        }
    }

    @Test("What has changed since is told client by client, and nothing is placed")
    func changes() async throws {
        try await Self.serving { world in
            let first = world.store.addClient("C1", of: world.traderID, broker: .dhan)
            let second = world.store.addClient("C2", of: world.traderID, broker: .dhan)
            let made = try await world.ask("POST", Self.path, as: world.trader, Self.buy)
            let id = try #require(made.json["preflight_id"]?.int64)
            let path = "/api/v1/preflights/\(id)/execute"
            let paid = try await world.ask(
                "POST",
                "/api/v1/clients/\(first)/withdrawals",
                as: world.trader,
                #"{"amount":"95000"}"#
            )
            #expect(paid.status == 201)
            let inactive = try await world.ask(
                "PATCH",
                "/api/v1/clients/\(second)",
                as: world.trader,
                #"{"status":"inactive"}"#
            )
            #expect(inactive.status == 200)
            let answer = try await world.ask("POST", path, as: world.trader, headers: Self.key)
            answer.expectProblem(409, "preflight_changed")
            let told = try #require(answer.json["changes"]?.array)
            #expect(told.map(Self.codes) == [["insufficient_funds"], ["client_inactive"]])
            #expect(told[0]["available_then"]?.string == "100000.00")
            #expect(told[0]["available_now"]?.string == "5000.00")
            #expect(world.store.count(of: "submit") == 0)
        }
    }

    @Test("A price beyond the tolerance, and an old preflight, are refused")
    func staleness() async throws {
        try await Self.serving { world in
            _ = world.store.addClient("C1", of: world.traderID, broker: .dhan)
            let made = try await world.ask("POST", Self.path, as: world.trader, Self.buy)
            let id = try #require(made.json["preflight_id"]?.int64)
            let path = "/api/v1/preflights/\(id)/execute"
            try await world.ask("POST", path, as: world.trader)
                .expectProblem(422, "invalid_fields", field: "Idempotency-Key")
            world.quotes.set(Price(raw: 10_050_500), of: world.instrument.id)
            try await world.ask("POST", path, as: world.trader, headers: Self.key)
                .expectProblem(409, "price_moved")
            world.quotes.set(nil, of: world.instrument.id)
            try await world.ask("POST", path, as: world.trader, headers: Self.key)
                .expectProblem(409, "no_price")
            try await world.ask("POST", path, as: world.other, headers: Self.key)
                .expectProblem(404, "not_found")
            world.clock.advance(by: .seconds(301))
            try await world.ask("POST", path, as: world.trader, headers: Self.key)
                .expectProblem(409, "preflight_expired")
            #expect(world.store.count(of: "submit") == 0)
        }
    }

    @Test("A wider tolerance lets a moved price pass")
    func tolerance() async throws {
        try await Self.serving { world in
            _ = world.store.addClient("C1", of: world.traderID, broker: .dhan)
            let made = try await world.ask("POST", Self.path, as: world.trader, Self.buy)
            let id = try #require(made.json["preflight_id"]?.int64)
            world.quotes.set(Price(raw: 10_200_000), of: world.instrument.id)
            let answer = try await world.ask(
                "POST",
                "/api/v1/preflights/\(id)/execute",
                as: world.trader,
                #"{"price_tolerance_percent":"2"}"#,
                headers: Self.key
            )
            #expect(answer.status == 202, "\(answer.text)")
        }
    }

    @Test("A preflight that shows no order cannot be executed; strangers' clients are refused")
    func nothing() async throws {
        try await Self.serving { world in
            _ = world.store.addClient("C1", of: world.traderID, status: .pending)
            let made = try await world.ask("POST", Self.path, as: world.trader, Self.buy)
            let id = try #require(made.json["preflight_id"]?.int64)
            try await world.ask(
                "POST",
                "/api/v1/preflights/\(id)/execute",
                as: world.trader,
                headers: Self.key
            ).expectProblem(409, "nothing_to_place")
            try await world.ask(
                "POST",
                Self.path,
                as: world.trader,
                #"{"symbol":"RELIANCE","side":"BUY","quantity":1,"clients":[999999]}"#
            ).expectProblem(422, "invalid_fields", field: "clients")
        }
    }

    @Test("An MTF purchase is told with its own part and what is lent, up to the trader's limit")
    func marginFunding() async throws {
        try await Self.serving { world in
            let client = world.store.addClient("C1", of: world.traderID, broker: .dhan)
            let body =
                #"{"symbol":"RELIANCE","side":"BUY","quantity":400,"exact":true,"product":"MTF"}"#
            let made = try await world.ask("POST", Self.path, as: world.trader, body)
            let row = try Self.row(made, client)
            #expect(row["quantity"]?.int64 == 400)
            #expect(row["own"]?.string == "80000.00")
            #expect(row["borrowed"]?.string == "320000.00")
            let changed = try await world.ask(
                "PATCH",
                "/api/v1/settings/mtf",
                as: world.trader,
                #"{"leverage":"2"}"#
            )
            #expect(changed.json["leverage"]?.string == "2")
            let second = try await world.ask("POST", Self.path, as: world.trader, body)
            let refused = try Self.row(second, client)
            #expect(Self.codes(refused) == ["beyond_mtf_limit"])
            #expect(refused["would_fit"]?["quantity"]?.int64 == 200)
            try await world.ask(
                "PATCH",
                "/api/v1/settings/mtf",
                as: world.trader,
                #"{"leverage":"6"}"#
            ).expectProblem(422, "invalid_fields", field: "leverage")
        }
    }

    @Test("Costs come line by line for entry and exit, with the day's rates")
    func costs() async throws {
        try await Self.serving { world in
            let answer = try await world.ask(
                "POST",
                "/api/v1/calculate-costs",
                as: world.trader,
                """
                {"broker":"zerodha","product":"INTRADAY","quantity":100,"entry_price":"1000",
                 "exit_price":"1000"}
                """
            )
            #expect(answer.status == 200, "\(answer.text)")
            #expect(answer.json["entry"]?["charges"]?["total"]?.string == "30.34")
            #expect(answer.json["exit"]?["charges"]?["total"]?.string == "52.34")
            #expect(answer.json["total_charges"]?.string == "82.68")
            #expect(answer.json["net_profit"]?.string == "-82.68")
            #expect(answer.json["rates_from"]?.string == "2026-04-01")
            for (body, field) in [
                (#"{"broker":"zerodha","quantity":1}"#, "entry_price"),
                (#"{"broker":"x","quantity":1,"entry_price":"1"}"#, "broker"),
                (#"{"broker":"dhan","quantity":1,"entry_price":"1","date":"x"}"#, "date"),
                (
                    #"{"broker":"dhan","quantity":1000000000,"entry_price":"10000000"}"#,
                    "quantity"
                ),
            ] {
                try await world.ask("POST", "/api/v1/calculate-costs", as: world.trader, body)
                    .expectProblem(422, "invalid_fields", field: field)
            }
        }
    }
}
