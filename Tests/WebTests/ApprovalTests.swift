import Desk
import DeskTesting
import JSON
import Testing
import Trading

@Suite("Trades that somebody else approves", .timeLimit(.minutes(5)))
struct ApprovalTests {
    /// A trader whose trades for more than one client wait, and a colleague.
    private func serving(_ body: (WebWorld, Identity) async throws -> Void) async throws {
        try await WebWorld.serving { world in
            for number in 0..<2 { _ = world.store.addClient("C\(number)", of: world.traderID) }
            let colleague = world.store.addUser(
                UserDraft(
                    email: "colleague@example.com",
                    name: "Colleague",
                    role: .trader,
                    passwordHash: "",
                    trader: world.traderID,
                    client: nil
                )
            )
            let set = try await world.ask(
                "PATCH",
                "/api/v1/settings?trader_id=\(world.traderID)",
                as: world.admin,
                #"{"approval_clients":1}"#
            )
            #expect(set.json["approval_clients"]?.int64 == 1, "\(set.text)")
            #expect(set.json["approval_amount"]?.string == "none")
            try await body(world, colleague)
        }
    }

    private func submit(_ world: WebWorld, key: String = "k") async throws -> WebAnswer {
        try await world.ask(
            "POST",
            "/api/v1/bulk-trades",
            as: world.trader,
            WebWorld.buy,
            headers: [("Idempotency-Key", key)]
        )
    }

    private func task(_ answer: WebAnswer) throws -> TaskID {
        TaskID(try #require(answer.json["task_id"]?.int64, "\(answer.text)"))
    }

    @Test("A large trade waits, is seen, and goes its way once somebody else has approved it")
    func approved() async throws {
        try await serving { world, colleague in
            let made = try await submit(world)
            #expect(made.status == 202)
            #expect(made.json["state"]?.string == "AWAITING_APPROVAL")
            let task = try task(made)
            #expect(world.queue.published.isEmpty && world.store.outboxMessages.isEmpty)
            #expect(try await self.task(submit(world)) == task)
            #expect(
                try await world.store.plan(task, referencePrice: nil, marketOpen: true).isEmpty
            )
            let list = try await world.ask("GET", "/api/v1/approvals", as: colleague)
            let waiting = try #require(list.json["approvals"]?[0])
            #expect(waiting["clients"]?.int64 == 2 && waiting["is_mine"]?.bool == false)
            #expect(waiting["trade"]?["task_id"]?.int64 == task.raw)
            let other = try await world.ask("GET", "/api/v1/approvals", as: world.other)
            #expect(other.json["approvals"]?.array?.isEmpty == true)

            let path = "/api/v1/approvals/\(task)/approve"
            try await world.ask("POST", path, as: world.trader).expectProblem(403, "own_trade")
            try await world.ask("POST", path, as: world.other).expectProblem(404, "not_found")
            for _ in 0..<2 {
                let answer = try await world.ask("POST", path, as: colleague)
                #expect(answer.status == 200, "\(answer.text)")
                #expect(answer.json["state"]?.string == "ACCEPTED")
            }
            try await world.ask("POST", path, as: world.admin)
                .expectProblem(409, "decided_already")
            let jobs = try await world.store.plan(
                task,
                referencePrice: Price(raw: 1_000_000),
                marketOpen: true
            )
            #expect(jobs.count == 2)
            let again = try await submit(world)
            #expect(try self.task(again) == task && again.json["state"]?.string == "RUNNING")
        }
    }

    @Test(
        "A rejected trade never has orders; the reason is required, and the maker may take it back"
    )
    func rejected() async throws {
        try await serving { world, colleague in
            for who in [colleague, world.trader] {
                let task = try task(try await submit(world, key: who.email))
                let path = "/api/v1/approvals/\(task)/reject"
                try await world.ask("POST", path, as: who).expectProblem(400, "empty_body")
                try await world.ask("POST", path, as: who, "{}")
                    .expectProblem(422, "invalid_fields", field: "reason")
                let answer = try await world.ask("POST", path, as: who, #"{"reason":"no"}"#)
                #expect(answer.json["state"]?.string == "DECLINED", "\(answer.text)")
                try await world.ask("POST", "/api/v1/approvals/\(task)/approve", as: world.admin)
                    .expectProblem(409, "decided_already")
                let status = try await world.ask(
                    "GET",
                    "/api/v1/bulk-trades/\(task)",
                    as: world.trader
                )
                #expect(status.json["state"]?.string == "DECLINED")
                #expect(
                    try await world.store.plan(task, referencePrice: nil, marketOpen: true).isEmpty
                )
            }
        }
    }

    @Test("A basket above the limit waits as one, is seen leg by leg, and goes when it is approved")
    func basket() async throws {
        try await serving { world, colleague in
            let symbol = world.instrument.symbol
            let legs = ["SELL", "BUY"].map {
                #"{"symbol":"\#(symbol)","side":"\#($0)","order_type":"MARKET","quantity":1}"#
            }
            let made = try await world.ask(
                "POST",
                "/api/v1/baskets",
                as: world.trader,
                #"{"legs":[\#(legs.joined(separator: ","))],"clients":"all"}"#,
                headers: [("Idempotency-Key", "basket")]
            )
            #expect(made.status == 202, "\(made.text)")
            #expect(made.json["state"]?.string == "AWAITING_APPROVAL")
            #expect(world.queue.published.isEmpty && world.store.outboxMessages.isEmpty)
            let list = try await world.ask("GET", "/api/v1/approvals", as: colleague)
            let waiting = try #require(list.json["approvals"]?.array)
            #expect(waiting.count == 1)
            let shown = try #require(waiting.first?["basket_legs"]?.array)
            #expect(shown.map { $0["side"]?.string } == ["SELL", "BUY"])
            let task = try #require(shown[1]["task_id"]?.int64)
            let path = "/api/v1/approvals/\(task)/approve"
            try await world.ask("POST", path, as: world.trader).expectProblem(403, "own_trade")
            #expect(try await world.ask("POST", path, as: colleague).status == 200)
            let id = try #require(made.json["basket_id"]?.int64)
            let status = try await world.ask("GET", "/api/v1/baskets/\(id)", as: world.trader)
            #expect(status.json["state"]?.string == "RUNNING")
            #expect(world.store.outboxMessages.count == 2)
        }
    }

    @Test("Nobody approves a trade that has waited for half an hour")
    func expired() async throws {
        try await serving { world, colleague in
            let task = try task(try await submit(world))
            world.clock.advance(by: .seconds(1_800))
            try await world.ask("POST", "/api/v1/approvals/\(task)/approve", as: colleague)
                .expectProblem(409, "decided_already")
            #expect(try await world.store.expireApprovals() == 1)
            #expect(try await world.store.trade(task)?.state == .declined)
            let list = try await world.ask("GET", "/api/v1/approvals", as: colleague)
            #expect(list.json["approvals"]?.array?.isEmpty == true)
        }
    }

    @Test("What is within the limit does not wait; only admins set the limit, and take it away")
    func limits() async throws {
        try await serving { world, _ in
            try await world.ask(
                "PATCH",
                "/api/v1/settings",
                as: world.trader,
                #"{"approval_clients":"none"}"#
            ).expectProblem(422, "invalid_fields", field: "approval_clients")
            let path = "/api/v1/settings?trader_id=\(world.traderID)"
            for bad in [#"-1"#, #""many""#, "1.5"] {
                try await world.ask(
                    "PATCH",
                    path,
                    as: world.admin,
                    #"{"approval_clients":\#(bad)}"#
                ).expectProblem(422, "invalid_fields", field: "approval_clients")
            }
            let set = try await world.ask(
                "PATCH",
                path,
                as: world.admin,
                #"{"approval_clients":"none","approval_amount":"100.50"}"#
            )
            #expect(set.json["approval_amount"]?.string == "100.50", "\(set.text)")
            // No price is known, so nobody can tell that it is small.
            #expect(try await submit(world, key: "a").json["state"]?.string == "AWAITING_APPROVAL")
            let small = try await world.ask(
                "POST",
                "/api/v1/bulk-trades",
                as: world.trader,
                #"{"symbol":"RELIANCE","side":"BUY","amount":"50.25"}"#
            )
            #expect(small.json["state"]?.string == "ACCEPTED", "\(small.text)")
        }
    }
}
