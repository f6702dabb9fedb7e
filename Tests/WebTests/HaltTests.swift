import Desk
import DeskTesting
import JSON
import Testing
import Trading

@Suite("Halts, execute-order and postbacks", .timeLimit(.minutes(5)))
struct HaltTests {
    @Test("A trader halts oneself and own clients; everything and brokers are for admins")
    func roles() async throws {
        try await WebWorld.serving { world in
            let mine = world.store.addClient("M", of: world.traderID)
            let theirs = world.store.addClient("T", of: try #require(world.other.trader))
            let path = "/api/v1/halts"
            let cases: [(body: String, status: Int)] = [
                (#"{"scope":"everything","why":"x"}"#, 403),
                (#"{"scope":"broker","subject":"dhan","why":"x"}"#, 403),
                (#"{"scope":"symbol","subject":"RELIANCE","why":"x"}"#, 403),
                (
                    #"{"scope":"trader","subject":"\#(world.other.trader?.raw ?? 0)","why":"x"}"#,
                    403
                ),
                (#"{"scope":"client","subject":\#(theirs),"why":"x"}"#, 404),
                (#"{"scope":"client","subject":999999,"why":"x"}"#, 404),
                (#"{"scope":"trader","why":"x"}"#, 204),
                (#"{"scope":"client","subject":\#(mine),"why":"x"}"#, 204),
            ]
            for (body, status) in cases {
                for method in ["POST", "DELETE"] {
                    let answer = try await world.ask(method, path, as: world.trader, body)
                    #expect(answer.status == status, "\(method) \(body)")
                }
            }
            #expect(try await world.store.halts().isEmpty)
            let all = try await world.ask(
                "POST",
                path,
                as: world.admin,
                #"{"scope":"everything","why":"drill"}"#
            )
            #expect(all.status == 204)
            #expect(try await world.store.halts().map(\.scope) == [.everything])
        }
    }

    @Test("A halt that cannot be understood halts nothing")
    func refusals() async throws {
        try await WebWorld.serving { world in
            let refused: [(body: String, field: String)] = [
                (#"{"scope":"everything"}"#, "why"), (#"{"why":"x"}"#, "scope"),
                (#"{"scope":"world","why":"x"}"#, "scope"),
                (#"{"scope":"broker","subject":"nse","why":"x"}"#, "scope"),
                (#"{"scope":"symbol","subject":"NOSUCH","why":"x"}"#, "scope"),
                (#"{"scope":"symbol","why":"x"}"#, "scope"),
                (#"{"scope":"client","why":"x"}"#, "scope"),
                (#"{"scope":"everything","subject":"dhan","why":"x"}"#, "scope"),
                (#"{"scope":"everything","subject":true,"why":"x"}"#, "subject"),
                (#"{"scope":"client","subject":[1],"why":"x"}"#, "subject"),
                (#"{"scope":"trader","subject":"abc","why":"x"}"#, "scope"),
            ]
            for (body, field) in refused {
                let caller = body.contains("trader") ? world.trader : world.admin
                try await world.ask("POST", "/api/v1/halts", as: caller, body)
                    .expectProblem(422, "invalid_fields", field: field)
            }
            #expect(try await world.store.halts().isEmpty)
        }
    }

    @Test("A trader sees the halts that concern the own trading, and no others")
    func visibility() async throws {
        try await WebWorld.serving { world in
            let otherID = try #require(world.other.trader)
            let mine = world.store.addClient("M", of: world.traderID)
            let theirs = world.store.addClient("T", of: otherID)
            let scopes: [Halts.Scope] = [
                .everything, .broker(.dhan), .trader(world.traderID), .trader(otherID),
                .client(mine), .client(theirs),
            ]
            for scope in scopes {
                try await world.store.setHalt(scope, on: true, why: "w", by: Actor(user: nil))
            }
            let seen = try await world.ask("GET", "/api/v1/halts", as: world.trader)
            let words = seen.json["halts"]?.array?.map { halt in
                "\(halt["scope"]?.string ?? "") \(halt["subject"]?.string ?? "")"
            }
            #expect(
                Set(words ?? []) == [
                    "everything ", "broker dhan", "trader \(world.traderID)", "client \(mine)",
                ]
            )
            let all = try await world.ask("GET", "/api/v1/halts", as: world.admin)
            #expect(all.json["halts"]?.array?.count == 6)
        }
    }

    @Test("Execute-order takes the seed's words, waits, and answers with the summary")
    func executeOrder() async throws {
        try await WebWorld.serving { world in
            for code in ["JOHN", "JANE", "JIM"] {
                _ = world.store.addClient(code, of: world.traderID)
            }
            let isAnswered = Latch()
            let answered = Recorder<Void>()
            async let waiting = {
                let answer = try await world.ask(
                    "POST",
                    "/api/admin/execute-order",
                    as: world.trader,
                    #"{"symbol":"RELIANCE","transactionType":"BUY","orderType":"MARKET","quantity":10,"productType":"CNC"}"#
                )
                answered.note(())
                isAnswered.open()
                return answer
            }()
            try await until { world.queue.published.count == 1 }
            guard case .plan(let task) = world.queue.published.first else {
                Issue.record("no plan")
                return
            }
            let jobs = try await world.store.plan(
                task,
                referencePrice: Price(raw: 1_000_000),
                marketOpen: true
            )
            try await world.finish([jobs[0]])
            try await world.finish([jobs[1]], .refused(.brokerRefused, words: "no"))
            #expect(answered.count == 0)
            try await world.finish([jobs[2]])
            try await until {
                world.clock.advance(by: .milliseconds(100))
                return answered.count == 1
            }
            await isAnswered.pass()
            let answer = try await waiting
            #expect(answer.status == 200)
            #expect(answer.json["message"]?.string == "Bulk order execution completed")
            #expect(answer.json["totalSubscribers"]?.int64 == 3)
            #expect(answer.json["successfulExecutions"]?.int64 == 2)
            #expect(answer.json["failedExecutions"]?.int64 == 1)
            let row = try #require(answer.json["results"]?[0])
            #expect(row["userEmail"]?.string == "john@example.com")
            #expect(row["symbol"]?.string == "RELIANCE")
            #expect(row["status"]?.string == "SUCCESS")
            #expect(row["executedQuantity"]?.int64 == 10)
            #expect(row["broker"]?.string == "Mock")
            #expect(answer.json["results"]?[1]?["status"]?.string == "FAILED")
        }
    }

    @Test("Execute-order refuses what the other door refuses")
    func executeOrderRefusals() async throws {
        try await WebWorld.serving { world in
            let refused: [(body: String, status: Int, field: String?)] = [
                (#"{"symbol":"RELIANCE","transactionType":"HOLD","quantity":1}"#, 422, "side"),
                (#"{"symbol":"RELIANCE","transactionType":"BUY","quantity":-1}"#, 422, "quantity"),
                (
                    #"{"symbol":"RELIANCE","transactionType":"BUY","quantity":1,"qty":1}"#, 422,
                    "qty"
                ),
                (#"{"transactionType":"BUY","side":"BUY"}"#, 400, nil), ("[]", 400, nil),
                ("{", 400, nil),
            ]
            for (body, status, field) in refused {
                let answer = try await world.ask(
                    "POST",
                    "/api/admin/execute-order",
                    as: world.trader,
                    body
                )
                #expect(answer.status == status, "\(body)")
                #expect(answer.header("content-type") == "application/problem+json")
                #expect(answer.json["field"]?.string == field)
            }
            #expect(world.store.size[0] == 0)
        }
    }

    @Test("A postback is a hint: it changes nothing and leads to a look")
    func postbacks() async throws {
        try await WebWorld.serving { world in
            let (_, jobs) = try await world.plannedTrade(1)
            try await world.finish(jobs)
            let reference = BrokerReference.make(jobs[0].intent, attempt: 1, mark: "TST")
            let before = world.store.intent(jobs[0].intent)
            let plans = world.queue.published.count
            let answer = try await world.ask("POST", "/postbacks/dhan", reference)
            #expect(answer.status == 204)
            #expect(world.store.intent(jobs[0].intent) == before)
            try await world.hints.flush()
            #expect(world.queue.published.dropFirst(plans) == [.look(.paper, jobs)])
            #expect(try await world.ask("POST", "/postbacks/dhan", "{}").status == 204)
            try await world.ask("POST", "/postbacks/nobody", "{}").expectProblem(404, "not_found")
            try await world.ask("POST", "/postbacks/zerodha", "{}").expectProblem(404, "not_found")
        }
    }
}
