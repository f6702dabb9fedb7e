import Desk
import DeskTesting
import JSON
import Testing
import Trading

@Suite("Cancels over HTTP", .timeLimit(.minutes(5)))
struct CancelTests {
    private static let cancels = "/api/v1/cancels"

    @Test("A trade is cancelled at once, and the status tells what became of every order")
    func task() async throws {
        try await WebWorld.serving { world in
            let (task, jobs) = try await world.plannedTrade(3)
            try await world.finish([jobs[0]])
            let answer = try await world.ask(
                "POST",
                "/api/v1/bulk-trades/\(task)/cancel",
                as: world.trader
            )
            #expect(answer.status == 202)
            let id = try #require(answer.json["cancellation_id"]?.int64)
            #expect(answer.header("location") == "/api/v1/cancels/\(id)")
            #expect(answer.json["status_url"]?.string == "/api/v1/cancels/\(id)")
            #expect(answer.json["state"]?.string == "RUNNING")
            #expect(answer.json["counts"]?["withdrawn"]?.int64 == 2)
            #expect(answer.json["counts"]?["asked"]?.int64 == 1)
            #expect(answer.json["counts"]?["total"]?.int64 == 3)
            #expect(world.queue.published.contains(.cancel(jobs[0])))

            let held = try #require(world.store.intent(jobs[0].intent)).held
            #expect(held > .zero)
            try await world.endCancelled(jobs[0])
            let status = try await world.ask("GET", "\(Self.cancels)/\(id)", as: world.trader)
            #expect(status.json["state"]?.string == "COMPLETE")
            #expect(status.json["scope"]?.string == "task")
            #expect(status.json["task_id"]?.int64 == task.raw)
            #expect(status.json["released_amount"]?.string == held.rupees)
            let orders = try #require(status.json["orders"]?.array)
            #expect(orders.map { $0["order_id"]?.int64 } == jobs.map(\.intent.raw))
            #expect(orders.map { $0["result"]?.string } == ["cancelled", "withdrawn", "withdrawn"])
            #expect(orders[0]["released_amount"]?.string == held.rupees)
            #expect(orders[1]["reason_code"]?.string == "task_cancelled")

            let page = try await world.ask(
                "GET",
                "\(Self.cancels)/\(id)?limit=1&after=\(jobs[0].intent)&result=withdrawn",
                as: world.trader
            )
            #expect(page.json["orders"]?.array?.count == 1)
            #expect(page.json["next"]?.int64 == jobs[1].intent.raw)
            let list = try await world.ask("GET", Self.cancels, as: world.trader)
            #expect(
                list.json["cancels"]?.array?.map { $0["cancellation_id"]?.int64 } == [id]
            )
        }
    }

    @Test("One key is one cancel; with another wish it is refused")
    func keys() async throws {
        try await WebWorld.serving { world in
            let (task, jobs) = try await world.plannedTrade(1)
            let key = [(name: "Idempotency-Key", value: "k")]
            let path = "/api/v1/orders/\(jobs[0].intent)/cancel"
            let first = try await world.ask("POST", path, as: world.trader, headers: key)
            let again = try await world.ask("POST", path, as: world.trader, "{}", headers: key)
            #expect(first.status == 202 && again.status == 202)
            #expect(first.json["cancellation_id"] == again.json["cancellation_id"])
            #expect(first.header("idempotency-replayed") == nil)
            #expect(again.header("idempotency-replayed") == "true")
            for (other, body) in [
                ("/api/v1/bulk-trades/\(task)/cancel", nil),
                (Self.cancels, #"{"scope":"everything"}"#),
            ] {
                try await world.ask("POST", other, as: world.trader, body, headers: key)
                    .expectProblem(409, "idempotency_key_reused")
            }
            try await world.ask(
                "POST",
                path,
                as: world.trader,
                headers: [(name: "Idempotency-Key", value: "a b")]
            ).expectProblem(422, "invalid_fields", field: "Idempotency-Key")
        }
    }

    @Test("A trader touches and sees the own orders only")
    func owners() async throws {
        try await WebWorld.serving { world in
            let (task, jobs) = try await world.plannedTrade(1)
            try await world.finish(jobs)
            let client = try #require(world.store.intent(jobs[0].intent)).client
            for path in [
                "/api/v1/bulk-trades/\(task)/cancel", "/api/v1/orders/\(jobs[0].intent)/cancel",
                "/api/v1/bulk-trades/999/cancel", "/api/v1/orders/0/cancel",
            ] {
                try await world.ask("POST", path, as: world.other).expectProblem(404, "not_found")
            }
            try await world.ask(
                "POST",
                Self.cancels,
                as: world.other,
                #"{"scope":"client","client_id":\#(client)}"#
            ).expectProblem(422, "invalid_fields", field: "client_id")
            // Everything of another trader's is nothing of this one's.
            let nothing = try await world.ask(
                "POST",
                Self.cancels,
                as: world.other,
                #"{"scope":"everything"}"#
            )
            #expect(nothing.status == 202 && nothing.json["counts"]?["total"]?.int64 == 0)
            #expect(world.store.intent(jobs[0].intent)?.state == .accepted)

            let own = try await world.ask(
                "POST",
                Self.cancels,
                as: world.admin,
                #"{"scope":"client","client_id":\#(client)}"#
            )
            let id = try #require(own.json["cancellation_id"]?.int64)
            let path = "\(Self.cancels)/\(id)"
            #expect(try await world.ask("GET", path, as: world.trader).status == 200)
            try await world.ask("GET", path, as: world.other).expectProblem(404, "not_found")
            try await world.ask("GET", path).expectProblem(401, "not_logged_in")
            try await world.ask("POST", Self.cancels, #"{"scope":"everything"}"#)
                .expectProblem(401, "not_logged_in")
            try await world.ask(
                "POST",
                Self.cancels,
                as: world.clientUser(client),
                #"{"scope":"everything"}"#
            ).expectProblem(403, "not_allowed")
        }
    }

    @Test("An admin cancels a symbol, a trader's orders, or everything; halted or not")
    func scopes() async throws {
        try await WebWorld.serving { world in
            let bodies = [
                #"{"scope":"symbol","symbol":"reliance"}"#,
                #"{"scope":"symbol","symbol":"RELIANCE","trader_id":\#(world.traderID)}"#,
                #"{"scope":"trader","trader_id":\#(world.traderID)}"#,
                #"{"scope":"everything"}"#,
            ]
            _ = try await world.ask(
                "POST",
                "/api/v1/halts",
                as: world.admin,
                #"{"scope":"everything","why":"test"}"#
            )
            let (_, jobs) = try await world.plannedTrade(1)
            #expect(jobs.isEmpty)
            _ = try await world.ask(
                "DELETE",
                "/api/v1/halts",
                as: world.admin,
                #"{"scope":"everything"}"#
            )
            for body in bodies {
                // A trade of a later moment is none of the cancel's before.
                world.clock.advance(by: .seconds(1))
                let answer = try await world.ask(
                    "POST",
                    "/api/v1/bulk-trades",
                    as: world.trader,
                    WebWorld.buy
                )
                let task = TaskID(try #require(answer.json["task_id"]?.int64))
                let jobs = try await world.store.plan(
                    task,
                    referencePrice: Price(raw: 1_000_000),
                    marketOpen: true
                )
                try await world.finish(jobs)
                let asked = try await world.ask("POST", Self.cancels, as: world.admin, body)
                #expect(asked.status == 202, "\(asked.text)")
                #expect(asked.json["counts"]?["asked"]?.int64 == 1, "\(body)")
                #expect(world.store.intent(jobs[0].intent)?.state == .cancelRequested)
                try await world.endCancelled(jobs[0])
            }
            // A trader's everything is the trader's own.
            let own = try await world.ask(
                "POST",
                Self.cancels,
                as: world.trader,
                #"{"scope":"trader"}"#
            )
            #expect(own.json["trader_id"]?.int64 == world.traderID.raw)
        }
    }

    @Test("Whatever is wrong is told by its field, and nothing is cancelled")
    func refusals() async throws {
        try await WebWorld.serving { world in
            let (_, jobs) = try await world.plannedTrade(1)
            let other = try #require(world.other.trader)
            let wrong: [(String, String)] = [
                ("{}", "scope"), (#"{"scope":"all"}"#, "scope"), (#"{"scope":7}"#, "scope"),
                (#"{"scope":"client"}"#, "client_id"),
                (#"{"scope":"client","client_id":0}"#, "client_id"),
                (#"{"scope":"client","client_id":"x"}"#, "client_id"),
                (#"{"scope":"client","client_id":999}"#, "client_id"),
                (#"{"scope":"symbol"}"#, "symbol"),
                (#"{"scope":"symbol","symbol":"NOSUCH"}"#, "symbol"),
                (#"{"scope":"symbol","symbol":"RELIANCE","exchange":"LSE"}"#, "exchange"),
                (#"{"scope":"everything","client_id":1}"#, "client_id"),
                (#"{"scope":"everything","symbol":"RELIANCE"}"#, "symbol"),
                (#"{"scope":"everything","trader_id":\#(other)}"#, "trader_id"),
            ]
            for (body, field) in wrong {
                try await world.ask("POST", Self.cancels, as: world.trader, body)
                    .expectProblem(422, "invalid_fields", field: field)
            }
            for (body, field) in [
                (#"{"scope":"trader"}"#, "trader_id"),
                (#"{"scope":"trader","trader_id":999}"#, "trader_id"),
            ] {
                try await world.ask("POST", Self.cancels, as: world.admin, body)
                    .expectProblem(422, "invalid_fields", field: field)
            }
            try await world.ask(
                "POST",
                "/api/v1/orders/\(jobs[0].intent)/cancel",
                as: world.trader,
                #"{"client_id":1}"#
            ).expectProblem(422, "invalid_fields", field: "client_id")
            try await world.ask("POST", Self.cancels, as: world.trader, "")
                .expectProblem(400, "empty_body")
            try await world.ask("GET", Self.cancels + "/1?result=gone", as: world.trader)
                .expectProblem(422, "invalid_fields", field: "result")
            #expect(world.store.intent(jobs[0].intent)?.state == .ready)
            #expect(world.store.count(of: "askToCancel") == 1)
        }
    }
}

extension WebWorld {
    /// Lets the books show an order cancelled.
    fileprivate func endCancelled(_ job: OrderJob) async throws {
        let live = try #require(try await store.liveOrders([job.intent]).first)
        let report = OrderReport(
            brokerOrderID: live.brokerOrderID,
            reference: live.reference,
            status: .cancelled,
            quantity: live.quantity,
            filled: .zero,
            message: nil
        )
        try await store.apply([BookedOrder(intent: job.intent, report: report, trades: [])])
    }
}
