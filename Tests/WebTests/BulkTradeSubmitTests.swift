import Desk
import DeskTesting
import JSON
import Testing
import Trading

@Suite("Submitting bulk trades", .timeLimit(.minutes(5)))
struct BulkTradeSubmitTests {
    private static let path = "/api/v1/bulk-trades"

    private func submit(
        _ world: WebWorld,
        _ body: String,
        key: String? = nil,
        as identity: Identity? = nil
    ) async throws -> WebAnswer {
        try await world.ask(
            "POST",
            Self.path,
            as: identity ?? world.trader,
            body,
            headers: key.map { [("Idempotency-Key", $0)] } ?? []
        )
    }

    @Test("A good trade is accepted at once with its place, and stored as it was meant")
    func accepted() async throws {
        try await WebWorld.serving { world in
            let answer = try await submit(
                world,
                #"{"symbol":"reliance","side":"buy","order_type":"limit","price":2950.50,"percent":"12.5"}"#
            )
            #expect(answer.status == 202)
            let task = try #require(answer.json["task_id"]?.int64)
            #expect(answer.header("location") == "/api/v1/bulk-trades/\(task)")
            #expect(answer.json["state"]?.string == "ACCEPTED")
            let trade = try #require(try await world.store.trade(TaskID(task)))
            #expect(trade.trader == world.traderID)
            #expect(trade.terms.side == .buy)
            #expect(trade.terms.type == .limit)
            #expect(trade.terms.price == Price(raw: 29_505_000))
            #expect(trade.sizing == .part(BasisPoints(1_250)))
            #expect(trade.clients == .all)
            #expect(world.queue.published == [.plan(trade.id)])
        }
    }

    @Test("With the queue down a trade is accepted and waits in the outbox")
    func queueDown() async throws {
        try await WebWorld.serving { world in
            world.queue.refuse { _ in true }
            let answer = try await submit(world, WebWorld.buy)
            #expect(answer.status == 202)
            #expect(world.store.outboxMessages.count == 1)
        }
    }

    @Test("The same key gives the same task, however the body is written; another body is refused")
    func idempotency() async throws {
        try await WebWorld.serving { world in
            let first = try await submit(world, WebWorld.buy, key: "k1")
            let again = try await submit(
                world,
                #"{ "quantity": "10", "side": "BUY", "symbol": "RELIANCE", "product": "CNC" }"#,
                key: "k1"
            )
            #expect(again.status == 202)
            #expect(again.json["task_id"] == first.json["task_id"])
            #expect(again.header("idempotency-replayed") == "true")
            #expect(first.header("idempotency-replayed") == nil)
            let changed = try await submit(
                world,
                #"{"symbol":"RELIANCE","side":"BUY","quantity":11}"#,
                key: "k1"
            )
            changed.expectProblem(409, "idempotency_key_reused")
            let others = try await submit(world, WebWorld.buy, key: "k1", as: world.other)
            #expect(others.status == 202)
            #expect(others.json["task_id"] != first.json["task_id"])
            #expect(world.store.size[0] == 2)
            #expect(world.queue.published.count == 2)
        }
    }

    @Test("Two submits with one key at the same moment make one trade")
    func concurrent() async throws {
        try await WebWorld.serving { world in
            let ids = try await withThrowingTaskGroup(of: Int64?.self) { group in
                for _ in 0..<20 {
                    group.addTask {
                        try await submit(world, WebWorld.buy, key: "same").json["task_id"]?.int64
                    }
                }
                return try await group.reduce(into: Set<Int64?>()) { $0.insert($1) }
            }
            #expect(ids.count == 1)
            #expect(world.store.size[0] == 1)
            #expect(world.queue.published.count == 1)
        }
    }

    @Test(
        "A key must be short visible text",
        arguments: ["a b", "schlüssel", String(repeating: "k", count: 201)]
    )
    func badKeys(_ key: String) async throws {
        try await WebWorld.serving { world in
            for path in [Self.path, "/api/admin/execute-order"] {
                let answer = try await world.ask(
                    "POST",
                    path,
                    as: world.trader,
                    WebWorld.buy,
                    headers: [("Idempotency-Key", key)]
                )
                answer.expectProblem(422, "invalid_fields", field: "Idempotency-Key")
            }
            #expect(world.store.size[0] == 0)
        }
    }

    private static let refused: [(body: String, field: String)] = [
        (#"{"symbol":"NOSUCH","side":"BUY","quantity":1}"#, "symbol"),
        (#"{"symbol":"RELIANCE","exchange":"BSE","side":"BUY","quantity":1}"#, "symbol"),
        (#"{"side":"BUY","quantity":1}"#, "symbol"),
        (#"{"symbol":"","side":"BUY","quantity":1}"#, "symbol"),
        (#"{"symbol":"A\u0000B","side":"BUY","quantity":1}"#, "symbol"),
        (#"{"symbol":["RELIANCE"],"side":"BUY","quantity":1}"#, "symbol"),
        (#"{"symbol":"'; DROP TABLE client; --","side":"BUY","quantity":1}"#, "symbol"),
        (#"{"symbol":"RELIANCE","quantity":1}"#, "side"),
        (#"{"symbol":"RELIANCE","side":"HOLD","quantity":1}"#, "side"),
        (#"{"symbol":"RELIANCE","side":"BUY"}"#, "percent"),
        (#"{"symbol":"RELIANCE","side":"BUY","percent":-5}"#, "percent"),
        (#"{"symbol":"RELIANCE","side":"BUY","percent":"-5"}"#, "percent"),
        (#"{"symbol":"RELIANCE","side":"BUY","percent":0}"#, "percent"),
        (#"{"symbol":"RELIANCE","side":"BUY","percent":100.01}"#, "percent"),
        (#"{"symbol":"RELIANCE","side":"BUY","percent":"NaN"}"#, "percent"),
        (#"{"symbol":"RELIANCE","side":"BUY","percent":"Infinity"}"#, "percent"),
        (#"{"symbol":"RELIANCE","side":"BUY","percent":1e999}"#, "percent"),
        (#"{"symbol":"RELIANCE","side":"BUY","percent":true}"#, "percent"),
        (#"{"symbol":"RELIANCE","side":"BUY","percent":{}}"#, "percent"),
        (#"{"symbol":"RELIANCE","side":"BUY","quantity":0}"#, "quantity"),
        (#"{"symbol":"RELIANCE","side":"BUY","quantity":-1}"#, "quantity"),
        (#"{"symbol":"RELIANCE","side":"BUY","quantity":1.5}"#, "quantity"),
        (#"{"symbol":"RELIANCE","side":"BUY","quantity":1e999}"#, "quantity"),
        (#"{"symbol":"RELIANCE","side":"BUY","quantity":1000000001}"#, "quantity"),
        (#"{"symbol":"RELIANCE","side":"BUY","quantity":99999999999999999999}"#, "quantity"),
        (#"{"symbol":"RELIANCE","side":"BUY","quantity":"ten"}"#, "quantity"),
        (#"{"symbol":"RELIANCE","side":"BUY","amount":0}"#, "amount"),
        (#"{"symbol":"RELIANCE","side":"BUY","amount":-1}"#, "amount"),
        (#"{"symbol":"RELIANCE","side":"BUY","amount":1.005}"#, "amount"),
        (#"{"symbol":"RELIANCE","side":"BUY","amount":99999999999999999999}"#, "amount"),
        (#"{"symbol":"RELIANCE","side":"BUY","percent":5,"quantity":1}"#, "quantity"),
        (#"{"symbol":"RELIANCE","side":"BUY","percent":5,"cap_percent":1}"#, "cap_percent"),
        (#"{"symbol":"RELIANCE","side":"BUY","quantity":1,"exact":"yes"}"#, "exact"),
        (
            #"{"symbol":"RELIANCE","side":"BUY","quantity":1,"exact":true,"cap_percent":1}"#,
            "cap_percent"
        ),
        (#"{"symbol":"RELIANCE","side":"BUY","quantity":1,"order_type":"LIMIT"}"#, "price"),
        (
            #"{"symbol":"RELIANCE","side":"BUY","quantity":1,"order_type":"LIMIT","limit_price":5}"#,
            "limit_price"
        ),
        (#"{"symbol":"RELIANCE","side":"BUY","quantity":1,"price":5}"#, "price"),
        (
            #"{"symbol":"RELIANCE","side":"BUY","quantity":1,"order_type":"LIMIT","price":5.01}"#,
            "price"
        ),
        (
            #"{"symbol":"RELIANCE","side":"BUY","quantity":1,"order_type":"LIMIT","price":-5}"#,
            "price"
        ),
        (
            #"{"symbol":"RELIANCE","side":"BUY","quantity":1,"order_type":"LIMIT","price":1e9}"#,
            "price"
        ),
        (#"{"symbol":"RELIANCE","side":"BUY","quantity":1,"order_type":"SL-M"}"#, "trigger_price"),
        (#"{"symbol":"RELIANCE","side":"BUY","quantity":1,"order_type":"STOP"}"#, "order_type"),
        (#"{"symbol":"RELIANCE","side":"BUY","quantity":1,"product":"NRML"}"#, "product"),
        (#"{"symbol":"RELIANCE","side":"BUY","quantity":1,"validity":"GTC"}"#, "validity"),
        (#"{"symbol":"RELIANCE","side":"BUY","quantity":1,"clients":[]}"#, "clients"),
        (#"{"symbol":"RELIANCE","side":"BUY","quantity":1,"clients":"some"}"#, "clients"),
        (#"{"symbol":"RELIANCE","side":"BUY","quantity":1,"clients":[0]}"#, "clients"),
        (#"{"symbol":"RELIANCE","side":"BUY","quantity":1,"clients":[987654]}"#, "clients"),
        (#"{"symbol":"RELIANCE","side":"BUY","quantity":1,"clients":[1],"group":"A"}"#, "group"),
        (#"{"symbol":"RELIANCE","side":"BUY","quantity":1,"Quantity":1}"#, "Quantity"),
    ]

    @Test("Whatever is wrong is told by its field, and nothing is stored")
    func refusals() async throws {
        try await WebWorld.serving { world in
            let before = world.store.size
            for (body, field) in Self.refused {
                try await submit(world, body).expectProblem(422, "invalid_fields", field: field)
            }
            #expect(world.store.size == before)
            #expect(world.store.outboxMessages.isEmpty)
            #expect(world.queue.published.isEmpty)
        }
    }

    private static let broken: [(body: String, code: String)] = [
        ("", "empty_body"), ("{", "malformed_json"), (#"{"symbol":"#, "malformed_json"),
        (#"{"quantity":NaN}"#, "malformed_json"), (#"{"a":1,"a":2}"#, "malformed_json"),
        ("[]", "not_an_object"), ("null", "not_an_object"), ("7", "not_an_object"),
        (String(repeating: "[", count: 100_000), "malformed_json"), ("{} {}", "malformed_json"),
        (#"{"symbol":"\ud800"}"#, "malformed_json"),
    ]

    @Test("What is no JSON object is refused, and nothing is stored")
    func brokenBodies() async throws {
        try await WebWorld.serving { world in
            for (body, code) in Self.broken {
                try await submit(world, body).expectProblem(400, code)
            }
            #expect(world.store.size[0] == 0)
        }
    }

    @Test("All that is wrong is told at once")
    func severalProblems() async throws {
        try await WebWorld.serving { world in
            let answer = try await submit(
                world,
                #"{"symbol":7,"side":"HOLD","quantity":0,"colour":"red"}"#
            )
            answer.expectProblem(422, "invalid_fields", field: "symbol")
            let fields = answer.json["errors"]?.array?.compactMap { $0["field"]?.string } ?? []
            #expect(Set(fields) == ["symbol", "side", "quantity", "colour"])
        }
    }

    @Test("Another trader's client cannot be named")
    func foreignClient() async throws {
        try await WebWorld.serving { world in
            let theirs = world.store.addClient("X", of: try #require(world.other.trader))
            let answer = try await submit(
                world,
                #"{"symbol":"RELIANCE","side":"BUY","quantity":1,"clients":[\#(theirs)]}"#
            )
            answer.expectProblem(422, "invalid_fields", field: "clients")
            #expect(world.store.size[0] == 0)
        }
    }
}
