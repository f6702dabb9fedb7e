import Desk
import DeskTesting
import JSON
import Testing
import Trading

@Suite("Payments and ledgers over HTTP", .timeLimit(.minutes(5)))
struct FundsTests {
    private static func path(_ client: ClientID, _ what: String) -> String {
        "/api/v1/clients/\(client)/\(what)"
    }

    @Test("A deposit is there at once, counts as capital, and is booked once per key")
    func deposit() async throws {
        try await WebWorld.serving { world in
            let client = world.store.addClient("C1", of: world.traderID)
            let key = [(name: "Idempotency-Key", value: "d1")]
            let path = Self.path(client, "deposits")
            let body = #"{"amount":"2500.50","note":"NEFT 17"}"#
            let first = try await world.ask("POST", path, as: world.trader, body, headers: key)
            #expect(first.status == 201, "\(first.text)")
            #expect(first.json["amount"]?.string == "2500.50")
            #expect(first.json["funds"]?["available"]?.string == "102500.50")
            let again = try await world.ask("POST", path, as: world.trader, body, headers: key)
            #expect(again.json["id"] == first.json["id"])
            #expect(again.header("idempotency-replayed") == "true")
            #expect(again.json["funds"]?["available"]?.string == "102500.50")
            try await world.ask(
                "POST",
                path,
                as: world.trader,
                #"{"amount":"1"}"#,
                headers: key
            ).expectProblem(409, "idempotency_key_reused")
            let shown = try await world.ask("GET", "/api/v1/clients/\(client)", as: world.trader)
            #expect(shown.json["capital"]?.string == "102500.50")
        }
    }

    @Test("No more is paid out than is free, and the refusal says how much that is")
    func withdrawal() async throws {
        try await WebWorld.serving { world in
            let client = world.store.addClient("C1", of: world.traderID)
            let path = Self.path(client, "withdrawals")
            let refused = try await world.ask(
                "POST",
                path,
                as: world.trader,
                #"{"amount":"100000.01"}"#
            )
            refused.expectProblem(422, "invalid_fields", field: "amount")
            #expect(refused.text.contains("not_enough_free_cash"))
            #expect(refused.json["detail"]?.string?.contains("100000.00") == true)
            let paid = try await world.ask("POST", path, as: world.trader, #"{"amount":"100000"}"#)
            #expect(paid.status == 201)
            #expect(world.store.funds(of: client)?.available == .zero)
        }
    }

    @Test("The ledger shows every transfer with what it left, newest first, in pages and as CSV")
    func ledger() async throws {
        try await WebWorld.serving { world in
            let client = world.store.addClient("C1", of: world.traderID, capital: .zero)
            for (what, amount) in [("deposits", "100"), ("deposits", "50"), ("withdrawals", "30")] {
                let body = #"{"amount":"\#(amount)"}"#
                let answer = try await world.ask(
                    "POST",
                    Self.path(client, what),
                    as: world.trader,
                    body
                )
                #expect(answer.status == 201, "\(answer.text)")
            }
            let path = Self.path(client, "ledger")
            let all = try await world.ask("GET", path, as: world.trader)
            let rows = try #require(all.json["transfers"]?.array)
            #expect(rows.map { $0["kind"]?.string } == ["withdrawal", "deposit", "deposit"])
            #expect(rows.map { $0["available_after"]?.string } == ["120.00", "150.00", "100.00"])
            #expect(all.json["funds"]?["deposited"]?.string == "120.00")
            let first = try await world.ask("GET", path + "?limit=2", as: world.trader)
            let next = try #require(first.json["next"]?.int64)
            let rest = try await world.ask("GET", path + "?limit=2&after=\(next)", as: world.trader)
            #expect(rest.json["transfers"]?.array?.map { $0["amount"]?.string } == ["100.00"])
            #expect(rest.json["next"]?.isNull == true)
            let file = try await world.ask("GET", path + ".csv", as: world.trader)
            #expect(file.header("content-type") == "text/csv; charset=utf-8")
            #expect(file.text.split(separator: "\r\n").count == 4)
            #expect(file.text.contains(",withdrawal,deposited,available,30.00,120.00,\r\n"))
        }
    }

    @Test("Only a client's own trader and admins move its money; the client may look")
    func roles() async throws {
        try await WebWorld.serving { world in
            let client = world.store.addClient("C1", of: world.traderID)
            let own = world.clientUser(client)
            let body = #"{"amount":"1"}"#
            let deposits = Self.path(client, "deposits")
            try await world.ask("POST", deposits, as: world.other, body)
                .expectProblem(404, "not_found")
            try await world.ask("POST", deposits, as: own, body).expectProblem(403, "not_allowed")
            try await world.ask("POST", deposits, body).expectProblem(401, "not_logged_in")
            #expect(
                try await world.ask("POST", deposits, as: world.admin, body).status == 201
            )
            #expect(try await world.ask("GET", Self.path(client, "ledger"), as: own).status == 200)
            try await world.ask("GET", Self.path(client, "ledger"), as: world.other)
                .expectProblem(404, "not_found")
        }
    }

    @Test(
        "What is no amount, or no day, is refused by name",
        arguments: [
            (#"{}"#, "amount"), (#"{"amount":"0"}"#, "amount"), (#"{"amount":"-1"}"#, "amount"),
            (#"{"amount":"1.001"}"#, "amount"), (#"{"amount":"1","nota":"x"}"#, "nota"),
        ]
    )
    func fields(body: String, field: String) async throws {
        try await WebWorld.serving { world in
            let client = world.store.addClient("C1", of: world.traderID)
            try await world.ask("POST", Self.path(client, "deposits"), as: world.trader, body)
                .expectProblem(422, "invalid_fields", field: field)
            for query in ["?from=2026-02-30", "?from=2026-03-02&to=2026-03-01"] {
                try await world.ask("GET", Self.path(client, "ledger") + query, as: world.trader)
                    .expectProblem(422, "invalid_fields", field: "from")
            }
        }
    }
}
