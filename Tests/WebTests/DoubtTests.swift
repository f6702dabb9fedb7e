import Desk
import DeskTesting
import JSON
import Testing
import Trading

@Suite("UNKNOWN orders, decisions and differences over HTTP", .timeLimit(.minutes(5)))
struct DoubtTests {
    /// A trade with one UNKNOWN order.
    private func unknownOrder(_ world: WebWorld) async throws -> OrderJob {
        let (_, jobs) = try await world.plannedTrade(1)
        try await world.finish(jobs, .unanswered(cause: "HTTP 504", words: nil))
        return try #require(jobs.first)
    }

    private func path(_ job: OrderJob) -> String { "/api/v1/orders/\(job.intent)/decision" }

    @Test("A trade's policy is read, kept, shown, and part of what a key stands for")
    func policy() async throws {
        try await WebWorld.serving { world in
            let key = [(name: "Idempotency-Key", value: "k")]
            let body =
                #"{"symbol":"RELIANCE","side":"BUY","quantity":10,"on_doubt":"resend:30s"}"#
            let made = try await world.ask(
                "POST",
                "/api/v1/bulk-trades",
                as: world.trader,
                body,
                headers: key
            )
            #expect(made.status == 202)
            let task = TaskID(try #require(made.json["task_id"]?.int64))
            #expect(try await world.store.trade(task)?.onDoubt == .resend(withinSeconds: 30))
            let shown = try await world.ask("GET", "/api/v1/bulk-trades/\(task)", as: world.trader)
            #expect(shown.json["on_doubt"]?.string == "resend:30s")
            try await world.ask(
                "POST",
                "/api/v1/bulk-trades",
                as: world.trader,
                WebWorld.buy,
                headers: key
            ).expectProblem(409, "idempotency_key_reused")
            for wrong in [#""never""#, #""resend:0s""#, #""resend:90m""#, "30", "true"] {
                try await world.ask(
                    "POST",
                    "/api/v1/bulk-trades",
                    as: world.trader,
                    #"{"symbol":"RELIANCE","side":"BUY","quantity":10,"on_doubt":\#(wrong)}"#
                ).expectProblem(422, "invalid_fields", field: "on_doubt")
            }
            let usual = try await world.ask(
                "POST",
                "/api/v1/bulk-trades",
                as: world.trader,
                WebWorld.buy
            )
            let second = TaskID(try #require(usual.json["task_id"]?.int64))
            #expect(try await world.store.trade(second)?.onDoubt == .ask)
        }
    }

    @Test("Results, status and list tell what is known of an UNKNOWN order")
    func known() async throws {
        try await WebWorld.serving { world in
            let job = try await unknownOrder(world)
            let status = try await world.ask(
                "GET",
                "/api/v1/bulk-trades/\(job.task)",
                as: world.trader
            )
            #expect(status.json["counts"]?["unknown"]?.int64 == 1)
            let results = try await world.ask(
                "GET",
                "/api/v1/bulk-trades/\(job.task)/results?status=unknown",
                as: world.trader
            )
            let row = try #require(results.json["results"]?.array?.first)
            let list = try await world.ask("GET", "/api/v1/orders/unknown", as: world.trader)
            let order = try #require(list.json["orders"]?.array?.first)
            #expect(order["order_id"]?.int64 == job.intent.raw)
            for doubt in [row["unknown"], order["unknown"]] {
                #expect(doubt?["attempt"]?.int64 == 1)
                #expect(doubt?["reference"]?.string?.hasPrefix("VTST") == true)
                #expect(doubt?["outcome"]?.string == "HTTP 504")
                #expect(doubt?["looks"]?.int64 == 0)
                #expect(doubt?["since"]?.string?.hasSuffix("+05:30") == true)
            }
            let others = try await world.ask("GET", "/api/v1/orders/unknown", as: world.other)
            #expect(others.json["orders"]?.array?.isEmpty == true)
            let all = try await world.ask("GET", "/api/v1/orders/unknown", as: world.admin)
            #expect(all.json["orders"]?.array?.count == 1)
            try await world.ask("GET", "/api/v1/orders/unknown").expectProblem(401, "not_logged_in")
        }
    }

    @Test("Only admins decide, only once, and only what is UNKNOWN")
    func decisions() async throws {
        try await WebWorld.serving { world in
            let job = try await unknownOrder(world)
            let body = #"{"decision":"not_placed","reason":"the desk was asked"}"#
            try await world.ask("POST", path(job), as: world.trader, body)
                .expectProblem(403, "not_allowed")
            #expect(world.store.intent(job.intent)?.state == .unknown)
            let decided = try await world.ask("POST", path(job), as: world.admin, body)
            #expect(decided.status == 200 && decided.json["state"]?.string == "REJECTED")
            #expect(world.store.intent(job.intent)?.reason == .decidedNotPlaced)
            try await world.ask("POST", path(job), as: world.admin, body)
                .expectProblem(409, "not_unknown")
            try await world.ask("POST", "/api/v1/orders/99999/decision", as: world.admin, body)
                .expectProblem(404, "not_found")
            #expect(try await world.store.trade(job.task)?.state == .complete)
        }
    }

    @Test("Placed needs the broker's id, and goes on as an accepted order")
    func placed() async throws {
        try await WebWorld.serving { world in
            let job = try await unknownOrder(world)
            let refused: [(body: String, field: String)] = [
                (#"{"decision":"placed","reason":"r"}"#, "broker_order_id"),
                (#"{"decision":"placed","broker_order_id":"1"}"#, "reason"),
                (#"{"decision":"perhaps","reason":"r"}"#, "decision"),
                (
                    #"{"decision":"not_placed","broker_order_id":"1","reason":"r"}"#,
                    "broker_order_id"
                ),
                (#"{"reason":"r"}"#, "decision"),
                (#"{"decision":"placed","broker_order_id":"1","reason":"r","x":1}"#, "x"),
            ]
            for (body, field) in refused {
                try await world.ask("POST", path(job), as: world.admin, body)
                    .expectProblem(422, "invalid_fields", field: field)
            }
            #expect(world.store.intent(job.intent)?.state == .unknown)
            let placed = try await world.ask(
                "POST",
                path(job),
                as: world.admin,
                #"{"decision":"placed","broker_order_id":"77","reason":"seen in the app"}"#
            )
            #expect(placed.status == 200 && placed.json["state"]?.string == "ACCEPTED")
            #expect(world.store.intent(job.intent)?.brokerOrderID == "77")
            #expect(world.queue.published.contains(.look(job.broker, [job])))
        }
    }

    @Test("Differences are shown to whom they concern, with both sides' numbers")
    func drift() async throws {
        try await WebWorld.serving { world in
            let client = world.store.addClient("D", of: world.traderID, broker: .dhan)
            let account = ComparedAccount(
                account: AccountID(1),
                client: client,
                trader: world.traderID,
                broker: .dhan
            )
            let drift = Drift(
                kind: .filledDiffers,
                subject: "B1",
                intent: IntentID(4),
                ours: BookSide(state: "OPEN", quantity: Quantity(10), filled: Quantity(3)),
                theirs: BookSide(state: "filled", quantity: Quantity(10), filled: Quantity(10))
            )
            let external = Drift(
                kind: .externalOrder,
                subject: "H1",
                intent: nil,
                ours: nil,
                theirs: BookSide(state: "open", quantity: Quantity(1), filled: .zero)
            )
            _ = try await world.store.store([drift, external], of: account)
            let base = "/api/v1/reconciliation"
            let mine = try await world.ask("GET", base + "?kind=filled_differs", as: world.trader)
            let row = try #require(mine.json["drift"]?.array?.first)
            #expect(row["ours"]?["filled_quantity"]?.int64 == 3)
            #expect(row["theirs"]?["filled_quantity"]?.int64 == 10)
            #expect(row["order_id"]?.int64 == 4 && row["client_id"]?.int64 == client.raw)
            #expect(row["closed_at"]?.isNull == true)
            let cases: [(query: String, who: Identity, count: Int)] = [
                ("", world.trader, 2), ("", world.other, 0), ("", world.admin, 2),
                ("?client_id=\(client)", world.admin, 2), ("?client_id=999", world.admin, 0),
                ("?status=closed", world.admin, 0), ("?status=all", world.admin, 2),
                ("?limit=1", world.admin, 1),
            ]
            for (query, who, count) in cases {
                let answer = try await world.ask("GET", base + query, as: who)
                #expect(answer.json["drift"]?.array?.count == count, "\(query)")
            }
            try await world.ask("GET", base + "?status=maybe", as: world.admin)
                .expectProblem(422, "invalid_fields", field: "status")
            try await world.ask("GET", base + "?kind=maybe", as: world.admin)
                .expectProblem(422, "invalid_fields", field: "kind")
        }
    }
}
