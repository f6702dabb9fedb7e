import Desk
import DeskTesting
import JSON
import Testing
import Trading

@Suite("Conditional orders over HTTP", .timeLimit(.minutes(5)))
struct ConditionalTests {
    private static let single = #"""
        {"kind":"SINGLE","symbol":"RELIANCE","side":"BUY","quantity":5,"direction":"FALLS_TO",
        "trigger_price":"2900.00","price":"2905"}
        """#

    /// A client of the trader's whose orders go to Dhan.
    private func client(_ world: WebWorld, _ obstacle: Reason? = nil) -> ClientID {
        let client = world.store.addClient("ONE", of: world.traderID, broker: .dhan)
        world.conditionals.add(
            client,
            ConditionalStanding(
                trader: world.traderID,
                account: AccountID(9),
                broker: .dhan,
                obstacle: obstacle
            )
        )
        return client
    }

    private func post(_ world: WebWorld, _ client: ClientID, _ body: String, key: String = "k")
        async throws -> WebAnswer
    {
        try await world.ask(
            "POST",
            "/api/v1/clients/\(client)/conditional-orders",
            as: world.trader,
            body,
            headers: [("Idempotency-Key", key)]
        )
    }

    @Test("One is taken once per key, and shown as it was asked")
    func submit() async throws {
        try await WebWorld.serving { world in
            let client = client(world)
            let answer = try await post(world, client, Self.single)
            #expect(answer.status == 202, "\(answer.text)")
            let id = try #require(answer.json["conditional_order_id"]?.int64)
            #expect(answer.json["state"]?.string == "READY")
            #expect(answer.json["trigger_price"]?.string == "2900.00")
            #expect(answer.json["price"]?.string == "2905.00")
            #expect(answer.json["direction"]?.string == "FALLS_TO")
            let again = try await post(world, client, Self.single)
            #expect(again.json["conditional_order_id"]?.int64 == id)
            #expect(world.conditionals.all.count == 1)
            try await post(world, client, Self.single.replacing("2905", with: "2906"))
                .expectProblem(409, "idempotency_key_reused")
            let shown = try await world.ask(
                "GET",
                "/api/v1/conditional-orders/\(id)",
                as: world.trader
            )
            #expect(shown.json == answer.json)
            let list = try await world.ask(
                "GET",
                "/api/v1/clients/\(client)/conditional-orders?state=ready,waiting",
                as: world.trader
            )
            #expect(list.json["conditional_orders"]?.array == [answer.json])
            #expect(
                world.conditionals.actors == [Actor(user: world.trader.user, address: "127.0.0.1")]
            )
        }
    }

    @Test("What is wrong is told by its field, and nothing is kept")
    func problems() async throws {
        try await WebWorld.serving { world in
            let client = client(world)
            let cases = [
                (Self.single.replacing("2900.00", with: "0"), "trigger_price", "out_of_range"),
                (
                    Self.single.replacing(#""direction":"FALLS_TO","#, with: ""), "direction",
                    "required"
                ),
                (
                    Self.single.replacing(#""trigger_price":"2900.00","#, with: ""),
                    "trigger_price", "required"
                ),
                (Self.single.replacing("RELIANCE", with: "NOSUCH"), "symbol", "unknown_symbol"),
                (
                    Self.single.replacing(#""kind""#, with: #""product":"INTRADAY","kind""#),
                    "product", "not_at_this_broker"
                ),
                (Self.single.replacing("FALLS_TO", with: "SIDEWAYS"), "direction", "unknown_word"),
                (
                    #"{"kind":"OCO","symbol":"RELIANCE","side":"SELL","quantity":5,"#
                        + #""target":{"trigger_price":"3000","price":"3000"},"stop":{"price":"1"}}"#,
                    "stop.trigger_price", "required"
                ),
                (
                    #"{"kind":"OCO","symbol":"RELIANCE","side":"SELL","quantity":5,"#
                        + #""target":{"trigger_price":"3000"},"stop":{"trigger_price":"2900","#
                        + #""price":"2890"}}"#,
                    "target.price", "required"
                ),
                (
                    #"{"kind":"OCO","symbol":"RELIANCE","side":"SELL","quantity":5,"#
                        + #""target":{"trigger_price":"2900","price":"2900"},"stop":"#
                        + #"{"trigger_price":"3000","price":"2990","x":1}}"#,
                    "stop.x", "unknown_field"
                ),
            ]
            for (body, field, code) in cases {
                let answer = try await post(world, client, body)
                #expect(answer.status == 422 || answer.status == 400, "\(body) \(answer.text)")
                let found = answer.json["errors"]?.array?.contains {
                    $0["field"]?.string == field && $0["code"]?.string == code
                }
                #expect(found == true, "\(field) \(code): \(answer.text)")
            }
            #expect(world.conditionals.all.isEmpty)
        }
    }

    @Test("Another trader's client is not there, and an obstacle is told at once")
    func standing() async throws {
        try await WebWorld.serving { world in
            let client = client(world, .sessionExpired)
            try await post(world, client, Self.single).expectProblem(409, "session_expired")
            let path = "/api/v1/clients/\(client)/conditional-orders"
            try await world.ask("POST", path, as: world.other, Self.single)
                .expectProblem(404, "not_found")
            try await world.ask("GET", path, as: world.other).expectProblem(404, "not_found")
            try await world.ask("POST", path, as: nil, Self.single).expectProblem(
                401,
                "not_logged_in"
            )
            #expect(world.conditionals.all.isEmpty)
        }
    }

    @Test("It is changed and cancelled by its id, by its own trader alone")
    func changeAndCancel() async throws {
        try await WebWorld.serving { world in
            let client = client(world)
            let made = try await post(world, client, Self.single)
            let id = ConditionalID(try #require(made.json["conditional_order_id"]?.int64))
            let path = "/api/v1/conditional-orders/\(id)"
            for method in ["GET", "PATCH", "DELETE"] {
                let body = method == "PATCH" ? #"{"quantity":6}"# : nil
                try await world.ask(method, path, as: world.other, body)
                    .expectProblem(404, "not_found")
            }
            let now = world.clock.now()
            _ = try await world.conditionals.change(id, fence: nil, by: Actor(user: nil)) {
                $0.claim(reference: "R", lease: .seconds(60), at: now)
                $0.record(.accepted(brokerOrderID: "C1"), at: now)
            }
            let changed = try await world.ask(
                "PATCH",
                path,
                as: world.trader,
                #"{"quantity":6,"trigger_price":"2890"}"#
            )
            #expect(changed.status == 202, "\(changed.text)")
            #expect(changed.json["quantity"]?.int64 == 5)
            #expect(changed.json["change_wished"]?["quantity"]?.int64 == 6)
            #expect(changed.json["change_wished"]?["trigger_price"]?.string == "2890.00")
            #expect(changed.json["change_wished"]?["price"]?.string == "2905.00")
            try await world.ask("PATCH", path, as: world.trader, #"{"target":{"price":"1"}}"#)
                .expectProblem(422, "invalid_fields", field: "target")
            let cancelled = try await world.ask("DELETE", path, as: world.trader)
            #expect(cancelled.status == 202)
            #expect(cancelled.json["state"]?.string == "CANCEL_REQUESTED")
            try await world.ask("PATCH", path, as: world.trader, #"{"quantity":7}"#)
                .expectProblem(409, "cancel_asked")
        }
    }

    @Test("What has ended is neither changed nor cancelled; cancelled twice is cancelled")
    func ended() async throws {
        try await WebWorld.serving { world in
            let client = client(world)
            let made = try await post(world, client, Self.single)
            let id = try #require(made.json["conditional_order_id"]?.int64)
            let path = "/api/v1/conditional-orders/\(id)"
            for _ in 0..<2 {
                let answer = try await world.ask("DELETE", path, as: world.trader)
                #expect(answer.status == 202)
                #expect(answer.json["state"]?.string == "CANCELLED")
            }
            try await world.ask("PATCH", path, as: world.trader, #"{"quantity":7}"#)
                .expectProblem(409, "already_final")
        }
    }

    @Test("Only an admin settles an UNKNOWN one, once, and says why")
    func decision() async throws {
        try await WebWorld.serving { world in
            let client = client(world)
            let answer = try await post(world, client, Self.single)
            let id = try #require(answer.json["conditional_order_id"]?.int64)
            let path = "/api/v1/conditional-orders/\(id)/decision"
            let placed = #"{"decision":"placed","broker_id":"G1","reason":"seen"}"#
            try await world.ask("POST", path, as: world.trader, placed)
                .expectProblem(403, "not_allowed")
            // It is not UNKNOWN yet.
            try await world.ask("POST", path, as: world.admin, placed)
                .expectProblem(409, "nothing_to_decide")
            let now = world.clock.now()
            _ = try await world.conditionals.change(
                ConditionalID(id),
                fence: nil,
                by: Actor(user: nil)
            ) { record in
                record.claim(reference: "R", lease: .seconds(1), at: now)
                record.takeOver(at: now)
            }
            for (body, field) in [
                (#"{"decision":"placed","reason":"seen"}"#, "broker_id"),
                (#"{"decision":"not_placed","broker_id":"G1","reason":"seen"}"#, "broker_id"),
                (#"{"decision":"perhaps","reason":"seen"}"#, "decision"),
                (#"{"decision":"not_placed"}"#, "reason"),
            ] {
                let refused = try await world.ask("POST", path, as: world.admin, body)
                #expect(refused.status == 422 || refused.status == 400, "\(refused.text)")
                #expect(refused.text.contains(field), "\(refused.text)")
            }
            let done = try await world.ask("POST", path, as: world.admin, placed)
            #expect(done.status == 200 && done.json["state"]?.string == "WAITING")
            #expect(done.json["broker_conditional_id"]?.string == "G1")
            try await world.ask("POST", path, as: world.admin, placed)
                .expectProblem(409, "nothing_to_decide")
            // This API has no brokers to ask.
            try await world.ask(
                "GET",
                "/api/v1/conditional-orders/\(id)/candidates",
                as: world.trader
            )
            .expectProblem(409, "not_offered")
        }
    }
}
