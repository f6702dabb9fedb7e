import Desk
import DeskTesting
import JSON
import Testing
import Trading

@Suite("Changes of orders over HTTP", .timeLimit(.minutes(5)))
struct ModificationTests {
    @Test("A change is taken at once, and its status tells what became of it")
    func change() async throws {
        try await WebWorld.serving { world in
            let job = try await world.restingOrder()
            let path = "/api/v1/orders/\(job.intent)"
            let answer = try await world.ask(
                "PATCH",
                path,
                as: world.trader,
                #"{"quantity":12,"price":"101.50"}"#
            )
            #expect(answer.status == 202, "\(answer.text)")
            let id = try #require(answer.json["modification_id"]?.int64)
            #expect(answer.header("location") == "/api/v1/modifications/\(id)")
            #expect(answer.json["state"]?.string == "ASKED")
            #expect(answer.json["before"]?["quantity"]?.int64 == 10)
            #expect(answer.json["wanted"]?["quantity"]?.int64 == 12)
            #expect(answer.json["wanted"]?["price"]?.string == "101.50")
            #expect(answer.json["held_amount"]?.string == "218.00")
            #expect(world.queue.published.contains(.modify(job)))
            try await world.endModified(job)
            let status = try await world.ask(
                "GET",
                "/api/v1/modifications/\(id)",
                as: world.trader
            )
            #expect(status.json["state"]?.string == "APPLIED")
            #expect(status.json["is_over"]?.bool == true)
            let order = try await world.ask("GET", path, as: world.trader)
            #expect(order.json["quantity"]?.int64 == 12)
            #expect(order.json["price"]?.string == "101.50")
            #expect(order.json["modifications"]?.array?.count == 1)
        }
    }

    @Test("One key is one change; with another wish it is refused")
    func keys() async throws {
        try await WebWorld.serving { world in
            let job = try await world.restingOrder()
            let path = "/api/v1/orders/\(job.intent)"
            let key = [(name: "Idempotency-Key", value: "k")]
            let body = #"{"quantity":12}"#
            let first = try await world.ask("PATCH", path, as: world.trader, body, headers: key)
            let again = try await world.ask("PATCH", path, as: world.trader, body, headers: key)
            #expect(first.status == 202 && again.status == 202)
            #expect(first.json["modification_id"] == again.json["modification_id"])
            #expect(again.header("idempotency-replayed") == "true")
            try await world.ask("PATCH", path, as: world.trader, #"{"quantity":9}"#, headers: key)
                .expectProblem(409, "idempotency_key_reused")
            try await world.ask("PATCH", path, as: world.trader, #"{"quantity":9}"#)
                .expectProblem(409, "modification_open")
        }
    }

    @Test("What cannot be is refused with its field")
    func refusals() async throws {
        try await WebWorld.serving { world in
            let job = try await world.restingOrder()
            let path = "/api/v1/orders/\(job.intent)"
            let refuse = { (body: String, field: String) async throws in
                try await world.ask("PATCH", path, as: world.trader, body)
                    .expectProblem(422, "invalid_fields", field: field)
            }
            try await refuse("{}", "body")
            try await refuse(#"{"quantity":10}"#, "body")
            try await refuse(#"{"quantity":0}"#, "quantity")
            try await refuse(#"{"price":"100.001"}"#, "price")
            try await refuse(#"{"limit_price":"100"}"#, "limit_price")
            try await refuse(#"{"order_type":"STOP"}"#, "order_type")
            try await world.ask("PATCH", path, as: world.trader, #"{"quantity":1000000}"#)
                .expectProblem(409, "insufficient_funds")
            try await world.ask("PATCH", path, as: world.other, #"{"quantity":5}"#)
                .expectProblem(404, "not_found")
            try await world.ask("PATCH", "/api/v1/orders/999", as: world.trader, #"{"quantity":5}"#)
                .expectProblem(404, "not_found")
            try await world.ask("GET", "/api/v1/modifications/999", as: world.trader)
                .expectProblem(404, "not_found")
            let client = try #require(world.store.intent(job.intent)?.client)
            try await world.ask(
                "PATCH",
                path,
                as: world.clientUser(client),
                #"{"quantity":5}"#
            ).expectProblem(403, "not_allowed")
            try await world.ask("PATCH", path, #"{"quantity":5}"#)
                .expectProblem(401, "not_logged_in")
        }
    }

    @Test("An order that was never sent cannot be changed")
    func notOpen() async throws {
        try await WebWorld.serving { world in
            let (_, jobs) = try await world.plannedTrade(1)
            try await world.ask(
                "PATCH",
                "/api/v1/orders/\(jobs[0].intent)",
                as: world.trader,
                #"{"quantity":5}"#
            ).expectProblem(409, "order_not_open")
        }
    }
}

extension BrokerTraits {
    /// Paper, as far as changes of its orders are concerned.
    static let changing = BrokerTraits(
        name: .paper,
        referenceLength: 20,
        refusesDuplicates: true,
        refusals: [],
        lookUps: [],
        visibilityLag: .zero,
        abilities: [.cancel],
        modifications: ModificationRules(mostPerOrder: nil),
        orderLimits: [],
        readLimits: []
    )
}

extension WebWorld {
    /// A client's order for ten shares at ₹ 100 that rests at its broker.
    func restingOrder() async throws -> OrderJob {
        _ = store.addClient("ONE", of: traderID)
        let answer = try await ask(
            "POST",
            "/api/v1/bulk-trades",
            as: trader,
            #"{"symbol":"RELIANCE","side":"BUY","quantity":10,"order_type":"LIMIT","price":"100"}"#
        )
        let task = TaskID(try #require(answer.json["task_id"]?.int64))
        let jobs = try await store.plan(
            task,
            referencePrice: Price(raw: 1_000_000),
            marketOpen: true
        )
        try await finish(jobs)
        return try #require(jobs.first)
    }

    /// Ends an order's change as a worker would where paper takes it.
    func endModified(_ job: OrderJob) async throws {
        let open = try #require(try await store.openModifications([job.intent]).first)
        let lease = Lease(worker: "test", duration: .seconds(60))
        #expect(try await store.claim([open], obstacle: nil, lease: lease) == [1])
        try await store.note([ModificationNews(open, tries: 1, .answered(.done))])
    }
}
