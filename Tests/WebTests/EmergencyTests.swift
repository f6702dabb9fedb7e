import Desk
import DeskTesting
import JSON
import Testing
import Trading

@Suite("Repair, undo, baskets and limits", .timeLimit(.minutes(5)))
struct EmergencyTests {
    @Test("A repair shows what it would place, places it once, and says when nothing is left")
    func repair() async throws {
        try await WebWorld.serving { world in
            let (task, jobs) = try await world.plannedTrade(3)
            try await world.finish([jobs[0]], .refused(.brokerRefused, words: "no"))
            try await world.finish([jobs[1]])
            try await world.finish([jobs[2]], .unanswered(cause: "timeout", words: nil))
            let path = "/api/v1/bulk-trades/\(task)/repair"
            let shown = try await world.ask("GET", path, as: world.trader)
            #expect(shown.status == 200)
            #expect(shown.json["counts"]?["place"]?.int64 == 1)
            #expect(shown.json["counts"]?["unknown"]?.int64 == 1)
            #expect(shown.json["orders"]?[0]?["repair"]?.string == "place")
            #expect(shown.json["orders"]?[2]?["repair"]?.string == "unknown")
            let key = [(name: "Idempotency-Key", value: "repair-1")]
            let made = try await world.ask("POST", path, as: world.trader, headers: key)
            #expect(made.status == 202, "\(made.text)")
            let repair = try #require(made.json["task_id"]?.int64)
            #expect(world.queue.published.last == .plan(TaskID(repair)))
            let again = try await world.ask("POST", path, as: world.trader, headers: key)
            #expect(again.json["task_id"]?.int64 == repair)
            #expect(again.header("idempotency-replayed") == "true")
            try await world.ask("POST", path, as: world.trader)
                .expectProblem(409, "nothing_to_repair")
            let status = try await world.ask(
                "GET",
                "/api/v1/bulk-trades/\(repair)",
                as: world.trader
            )
            #expect(status.json["repairs_task_id"]?.int64 == task.raw)
            for method in ["GET", "POST"] {
                try await world.ask(method, path, as: world.other).expectProblem(404, "not_found")
                try await world.ask(method, path).expectProblem(401, "not_logged_in")
            }
            try await world.ask("POST", path, as: world.trader, #"{"clients":[1]}"#)
                .expectProblem(422, "invalid_fields", field: "clients")
        }
    }

    @Test("An undo cancels, waits, offers what the trade filled, and places what was shown, once")
    func undo() async throws {
        try await WebWorld.serving { world in
            let (task, jobs) = try await world.plannedTrade(2)
            try await world.finish(jobs)
            let path = "/api/v1/bulk-trades/\(task)/undo"
            try await world.ask("GET", path, as: world.trader).expectProblem(404, "no_undo")
            // Killed between the cancel and its mark: asked again, it is the same cancel.
            world.store.fail("beginUndo", with: .unavailable("cut"), times: 1)
            #expect(try await world.ask("POST", path, as: world.trader).status == 503)
            let asked = try await world.ask("POST", path, as: world.trader)
            #expect(asked.status == 202, "\(asked.text)")
            let list = try await world.ask("GET", "/api/v1/cancels", as: world.trader)
            #expect(list.json["cancels"]?.array?.count == 1)
            #expect(asked.json["state"]?.string == "CANCELLING")
            #expect(asked.json["preflight"]?.isNull == true)
            try await world.ask("POST", path + "/confirm", as: world.trader, #"{"preflight":"x"}"#)
                .expectProblem(409, "not_settled")
            try await world.end(jobs[0], .filled, 10)
            try await world.end(jobs[1], .cancelled, 4)
            let ready = try await world.ask("GET", path, as: world.trader)
            #expect(ready.json["state"]?.string == "READY", "\(ready.text)")
            #expect(ready.json["side"]?.string == "SELL")
            #expect(ready.json["total_quantity"]?.int64 == 14)
            #expect(ready.json["clients"]?[1]?["reverse_quantity"]?.int64 == 4)
            try await world.ask("POST", path + "/confirm", as: world.trader, #"{"preflight":"x"}"#)
                .expectProblem(409, "preflight_changed")
            try await world.ask("POST", path + "/confirm", as: world.trader, "{}")
                .expectProblem(422, "invalid_fields", field: "preflight")
            let mark = try #require(ready.json["preflight"]?.string)
            let body = #"{"preflight":"\#(mark)"}"#
            let done = try await world.ask("POST", path + "/confirm", as: world.trader, body)
            #expect(done.status == 202, "\(done.text)")
            let undo = try #require(done.json["task_id"]?.int64)
            let again = try await world.ask("POST", path + "/confirm", as: world.trader, body)
            #expect(again.json["task_id"]?.int64 == undo)
            let made = try #require(try await world.store.trade(TaskID(undo)))
            #expect(made.links.undoes == task && made.terms.side == .sell)
            let status = try await world.ask("GET", path, as: world.trader)
            #expect(status.json["state"]?.string == "CONFIRMED")
            #expect(status.json["undo_task_id"]?.int64 == undo)
            try await world.ask("POST", path, as: world.other).expectProblem(404, "not_found")
            try await world.ask(
                "POST",
                "/api/v1/bulk-trades/\(task)/repair",
                as: world.trader
            ).expectProblem(409, "trade_undone")
        }
    }

    @Test("A basket is one task per leg, once per key, and tells of every client and leg")
    func basket() async throws {
        try await WebWorld.serving { world in
            _ = world.store.addInstrument("TCS")
            for number in 0..<2 { _ = world.store.addClient("B\(number)", of: world.traderID) }
            let body = """
                {"sequence":"sells_first","on_refusal":"stop","legs":[
                 {"symbol":"RELIANCE","side":"SELL","percent":"100"},
                 {"symbol":"TCS","side":"BUY","amount":"5000"}]}
                """
            let key = [(name: "Idempotency-Key", value: "basket-1")]
            let made = try await world.ask(
                "POST",
                "/api/v1/baskets",
                as: world.trader,
                body,
                headers: key
            )
            #expect(made.status == 202, "\(made.text)")
            let id = try #require(made.json["basket_id"]?.int64)
            let tasks = (made.json["task_ids"]?.array ?? []).compactMap(\.int64)
            #expect(tasks.count == 2)
            #expect(world.queue.published == tasks.map { .plan(TaskID($0)) })
            let again = try await world.ask(
                "POST",
                "/api/v1/baskets",
                as: world.trader,
                body,
                headers: key
            )
            #expect(again.json["basket_id"]?.int64 == id)
            try await world.ask(
                "POST",
                "/api/v1/baskets",
                as: world.trader,
                #"{"legs":[{"symbol":"TCS","side":"BUY","quantity":1}]}"#,
                headers: key
            ).expectProblem(409, "idempotency_key_reused")
            for task in tasks {
                _ = try await world.store.plan(
                    TaskID(task),
                    referencePrice: Price(raw: 1_000_000),
                    marketOpen: true
                )
            }
            let results = try await world.ask(
                "GET",
                "/api/v1/baskets/\(id)/results",
                as: world.trader
            )
            let rows = try #require(results.json["results"]?.array)
            #expect(rows.map { $0["leg"]?.int64 } == [0, 0, 1, 1])
            #expect(rows.map { $0["waits_for_sales"]?.bool } == [false, false, true, true])
            let shown = try await world.ask("GET", "/api/v1/baskets/\(id)", as: world.trader)
            #expect(shown.json["legs"]?[1]?["counts"]?["pending"]?.int64 == 2)
            try await world.ask("GET", "/api/v1/baskets/\(id)", as: world.other)
                .expectProblem(404, "not_found")
            let cancel = try await world.ask(
                "POST",
                "/api/v1/baskets/\(id)/cancel",
                as: world.trader
            )
            #expect(cancel.json["cancellations"]?.array?.count == 2, "\(cancel.text)")
            let list = try await world.ask("GET", "/api/v1/baskets", as: world.trader)
            #expect(list.json["baskets"]?.array?.count == 1)
        }
    }

    private static let badBaskets: [(body: String, field: String)] = [
        ("{}", "legs"), (#"{"legs":[]}"#, "legs"), (#"{"legs":[1]}"#, "legs[0]"),
        (#"{"legs":[{"symbol":"RELIANCE","side":"BUY"}]}"#, "legs[0].percent"),
        (
            #"{"legs":[{"symbol":"RELIANCE","side":"BUY","quantity":1,"clients":"all"}]}"#,
            "legs[0].clients"
        ),
        (
            #"{"legs":[{"symbol":"RELIANCE","side":"BUY","quantity":1},{"symbol":"NONE","side":"BUY","quantity":1}]}"#,
            "legs[1].symbol"
        ),
        (
            #"{"sequence":"backwards","legs":[{"symbol":"RELIANCE","side":"BUY","quantity":1}]}"#,
            "sequence"
        ),
    ]

    @Test(
        "A basket that cannot be understood is refused with the leg's field",
        arguments: badBaskets
    )
    func badBasket(_ body: String, _ field: String) async throws {
        try await WebWorld.serving { world in
            try await world.ask("POST", "/api/v1/baskets", as: world.trader, body)
                .expectProblem(422, "invalid_fields", field: field)
            #expect(world.store.size[0] == 0)
        }
    }

    @Test("An admin limits traders, a trader the own clients; what holds is the stricter of both")
    func limits() async throws {
        try await WebWorld.serving { world in
            let client = world.store.addClient("L", of: world.traderID)
            let path = "/api/v1/limits"
            let admin = path + "?trader_id=\(world.traderID)"
            let wide = #"{"orders_per_minute":60,"max_order_value":"1000.50","why":"w"}"#
            try await world.ask("PUT", path, as: world.trader, wide)
                .expectProblem(403, "not_allowed")
            let set = try await world.ask("PUT", admin, as: world.admin, wide)
            #expect(set.status == 200, "\(set.text)")
            #expect(set.json["version"]?.int64 == 1)
            let own = "/api/v1/clients/\(client)/limits"
            let strict = #"{"orders_per_minute":5,"position_percent":"12.5","why":"w"}"#
            #expect(try await world.ask("PUT", own, as: world.trader, strict).status == 200)
            let shown = try await world.ask("GET", own, as: world.trader)
            #expect(shown.json["orders_per_minute"]?.int64 == 5)
            #expect(shown.json["max_order_value"]?.isNull == true)
            #expect(shown.json["effective"]?["max_order_value"]?.string == "1000.50")
            #expect(shown.json["effective"]?["orders_per_minute"]?.int64 == 5)
            #expect(shown.json["effective"]?["position_percent"]?.string == "12.5")
            try await world.ask("GET", own, as: world.other).expectProblem(404, "not_found")
            let bad: [(body: String, field: String)] = [
                (#"{"orders_per_minute":0,"why":"w"}"#, "orders_per_minute"),
                (#"{"max_day_loss":"0","why":"w"}"#, "max_day_loss"),
                (#"{"position_percent":"101","why":"w"}"#, "position_percent"),
                (#"{"orders_per_hour":1,"why":"w"}"#, "orders_per_hour"),
                (#"{"orders_per_minute":1}"#, "why"),
            ]
            for (body, field) in bad {
                try await world.ask("PUT", own, as: world.trader, body)
                    .expectProblem(422, "invalid_fields", field: field)
            }
        }
    }
}

extension WebWorld {
    /// What the broker's book says of an accepted order in the end.
    fileprivate func end(_ job: OrderJob, _ status: OrderReport.Status, _ filled: Int64)
        async throws
    {
        let order = try #require(store.intent(job.intent))
        let report = OrderReport(
            brokerOrderID: "B",
            reference: nil,
            status: status,
            quantity: order.quantity,
            filled: Quantity(filled),
            message: nil
        )
        let trade = TradeReport(
            brokerOrderID: "B",
            tradeID: "T\(job.intent)",
            quantity: Quantity(filled),
            price: Price(raw: 1_000_000),
            at: clock.now()
        )
        try await store.apply([BookedOrder(intent: job.intent, report: report, trades: [trade])])
        _ = try await store.complete([job.task])
    }
}
