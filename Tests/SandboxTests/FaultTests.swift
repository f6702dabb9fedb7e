import BrokerFaces
import HTTPClient
import JSON
import Testing

/// Every fault: what the caller sees, and whether the order is booked all the same.
@Suite struct FaultTests {
    enum Seen: Equatable {
        case status(Int, code: String?)
        case noAnswer
    }

    @Test(
        arguments: [
            ("delay", .status(200, code: nil), 1), ("drop_after_booking", .noAnswer, 1),
            ("drop_before_booking", .noAnswer, 0), ("reset", .noAnswer, 1),
            ("reset_mid_body", .noAnswer, 1), ("status_429", .status(429, code: "DH-904"), 0),
            ("status_500", .status(500, code: "DH-908"), 0),
            ("status_503", .status(503, code: nil), 0),
            ("status_504_but_placed", .status(504, code: nil), 1),
            ("status_400_but_placed", .status(400, code: "DH-906"), 1),
            ("token_expired", .status(401, code: "DH-901"), 0),
            ("rejected_after_accept", .status(200, code: nil), 1),
            ("hide_from_book", .status(200, code: nil), 1),
            ("garbage_body", .status(200, code: nil), 1),
            ("error_with_200", .status(200, code: "DH-906"), 0),
            ("wrong_clock", .status(200, code: nil), 1),
            ("leave_book_when_ended", .status(200, code: nil), 1),
            ("answer_without_booking", .status(400, code: nil), 0),
            ("answer_but_placed", .status(400, code: nil), 1),
        ] as [(String, Seen, Int64)]
    )
    func `a fault shows what it says and books what it says`(
        kind: String,
        seen: Seen,
        booked: Int64
    ) async throws {
        try await SandboxGuest.visit { guest in
            let rule =
                #"{"kind":"\#(kind)","face":"dhan","path":"/orders","milliseconds":10,"times":1}"#
            let set = try await guest.control("POST", "/faults", rule)
            #expect(set.json["ids"]?[0]?.int64 == 1)
            #expect(await look(guest) == seen)
            #expect(try await guest.booked() == booked)
            // It was for one time: the next call is sound, and adds one order.
            #expect(await look(guest) == .status(200, code: nil))
            #expect(try await guest.booked() == booked + 1)
        }
    }

    @Test func `the order of a broken answer can be found by its tag`() async throws {
        try await SandboxGuest.visit { guest in
            try await set(#"{"kind":"drop_after_booking"}"#, guest)
            _ = try? await guest.place(DhanBody().with { $0.reference = "lost" })
            let found = try await guest.dhan("GET", "/orders/external/lost")
            #expect(found.status == 200)
            #expect(found.json["correlationId"]?.string == "lost")
        }
    }

    @Test func `a hidden order is in the ledger and nowhere else until its time has come`()
        async throws
    {
        let clock = HandClock()
        var configuration = SandboxGuest.quiet
        configuration.clock = { clock.now }
        try await SandboxGuest.visit(configuration) { guest in
            try await set(#"{"kind":"hide_from_book","milliseconds":90000}"#, guest)
            let body = DhanBody().with {
                $0.type = "MARKET"
                $0.reference = "late"
            }
            let id = try await guest.place(body).orderID
            for path in ["/orders/\(id)", "/orders/external/late", "/trades/\(id)"] {
                #expect(try await guest.dhan("GET", path).code == "DH-907")
            }
            #expect(try await guest.dhan("GET", "/orders").json == .array([]))
            #expect(try await guest.dhan("GET", "/trades").json == .array([]))
            #expect(try await guest.booked() == 1)
            clock.advance(seconds: 90)
            #expect(try await guest.dhan("GET", "/orders/external/late").status == 200)
            #expect(try await guest.dhan("GET", "/orders").json.array?.count == 1)
            #expect(try await guest.dhan("GET", "/trades").json.array?.count == 1)
        }
    }

    @Test func `an answer of the rule's own says what the rule says`() async throws {
        try await SandboxGuest.visit { guest in
            try await set(
                #"{"kind":"answer_without_booking","status":403,"code":"DH-903","times":1}"#,
                guest
            )
            #expect(await look(guest) == .status(403, code: "DH-903"))
            #expect(try await guest.booked() == 0)
            try await set(#"{"kind":"answer_but_placed","status":599,"times":1}"#, guest)
            #expect(await look(guest) == .status(599, code: nil))
            #expect(try await guest.booked() == 1)
            let bad = try await guest.control(
                "POST",
                "/faults",
                #"{"kind":"answer_but_placed","status":99}"#
            )
            #expect(bad.status == 400)
        }
    }

    @Test func `one call may suffer in time, in booking and in its answer`() async throws {
        try await SandboxGuest.visit { guest in
            try await set(#"{"kind":"delay","milliseconds":5,"placing":true}"#, guest)
            try await set(#"{"kind":"leave_book_when_ended"}"#, guest)
            try await set(#"{"kind":"drop_after_booking"}"#, guest)
            let body = DhanBody().with {
                $0.type = "MARKET"
                $0.reference = "gone"
            }
            _ = try? await guest.place(body)
            let drawn = try await guest.control("GET", "/faults").json["faults"]?.array ?? []
            #expect(drawn.map { $0["drawn"]?.int64 } == [1, 1, 1])
            // Filled, so out of the book; the look-ups and the trades still have it.
            #expect(try await guest.dhan("GET", "/orders").json == .array([]))
            #expect(try await guest.dhan("GET", "/trades").json.array?.count == 1)
            let found = try await guest.dhan("GET", "/orders/external/gone")
            #expect(found.json["orderStatus"]?.string == "TRADED")
        }
    }

    @Test func `every call is counted, whatever becomes of it`() async throws {
        try await SandboxGuest.visit { guest in
            try await set(#"{"kind":"drop_before_booking"}"#, guest)
            _ = try? await guest.place()
            _ = try await guest.dhan("GET", "/orders")
            var stranger = guest
            stranger.token = "WRONG"
            _ = try await stranger.place()
            let calls = try await guest.control("GET", "/calls").json
            #expect(calls["placements"]?.int64 == 2)
            #expect(calls["calls"]?[0]?["call"]?.string == "GET /orders")
            _ = try await guest.control("DELETE", "/calls")
            #expect(try await guest.control("GET", "/calls").json["placements"]?.int64 == 0)
        }
    }

    @Test func `a rejected order was accepted first`() async throws {
        try await SandboxGuest.visit { guest in
            try await set(#"{"kind":"rejected_after_accept"}"#, guest)
            let placed = try await guest.place()
            #expect(placed.json["orderStatus"]?.string == "PENDING")
            #expect(try await guest.status(of: placed.orderID) == "REJECTED")
        }
    }

    @Test func `a wrong clock shifts the times of an answer`() async throws {
        let clock = HandClock()
        var configuration = SandboxGuest.quiet
        configuration.clock = { clock.now }
        try await SandboxGuest.visit(configuration) { guest in
            let id = try await guest.place().orderID
            let right = try await guest.dhan("GET", "/orders/\(id)").json["createTime"]?.string
            try await set(#"{"kind":"wrong_clock","milliseconds":-7200000}"#, guest)
            let wrong = try await guest.dhan("GET", "/orders/\(id)").json["createTime"]?.string
            #expect(right == "2026-11-20 10:00:00")
            #expect(wrong == "2026-11-20 08:00:00")
        }
    }

    @Test func `faults about placing leave reads alone, and an account's leave others alone`()
        async throws
    {
        let accounts = """
            {"accounts":[{"client_id":"1000000001","token":"TESTTOKEN"},
            {"client_id":"1000000002","token":"OTHER"}]}
            """
        try await SandboxGuest.visit(account: accounts) { guest in
            try await set(#"{"kind":"drop_after_booking","account":"1000000001"}"#, guest)
            try await set(#"{"kind":"status_500","account":"1000000002","method":"GET"}"#, guest)
            #expect(try await guest.dhan("GET", "/orders").status == 200)
            #expect(await look(guest) == .noAnswer)
            let headers = [(name: "access-token", value: "OTHER")]
            let body = DhanBody(client: "1000000002").json
            let other = try await guest.send("POST", "/dhan/v2/orders", headers: headers, body)
            #expect(other.status == 200)
            let read = try await guest.send("GET", "/dhan/v2/orders", headers: headers)
            #expect(read.code == "DH-908")
        }
    }

    @Test func `chance is drawn from the seed`() async throws {
        let first = try await draws(seed: 7)
        #expect(try await draws(seed: 7) == first)
        #expect(try await draws(seed: 8) != first)
        #expect((20...60).contains(first.count { $0 }))
    }

    @Test func `faults are listed, taken away one by one, and all at once`() async throws {
        try await SandboxGuest.visit { guest in
            let body = #"{"faults":[{"kind":"reset"},{"kind":"status_500","times":3}]}"#
            #expect(try await guest.control("POST", "/faults", body).json["ids"]?.array?.count == 2)
            #expect(try await guest.control("DELETE", "/faults/1").status == 200)
            #expect(try await guest.control("DELETE", "/faults/1").status == 404)
            let left = try await guest.control("GET", "/faults").json["faults"]
            #expect(left?.array?.count == 1)
            #expect(left?[0]?["times_left"]?.int64 == 3)
            _ = try await guest.control("DELETE", "/faults")
            #expect(await look(guest) == .status(200, code: nil))
            for bad in [#"{"kind":"gremlin"}"#, #"{"kind":"reset","times":0}"#, "{}", "x"] {
                #expect(try await guest.control("POST", "/faults", bad).status == 400)
            }
        }
    }

    private func draws(seed: UInt64) async throws -> [Bool] {
        var configuration = SandboxGuest.quiet
        configuration.seed = seed
        var hits: [Bool] = []
        try await SandboxGuest.visit(configuration) { guest in
            try await set(#"{"kind":"status_500","probability_percent":40}"#, guest)
            for _ in 0..<100 { hits.append(try await guest.dhan("GET", "/orders").status == 500) }
        }
        return hits
    }

    private func set(_ rule: String, _ guest: SandboxGuest) async throws {
        #expect(try await guest.control("POST", "/faults", rule).status == 200)
    }

    private func look(_ guest: SandboxGuest) async -> Seen {
        do {
            let answer = try await guest.place()
            return .status(answer.status, code: answer.code)
        } catch is HTTPFailure {
            return .noAnswer
        } catch {
            return .status(0, code: "\(error)")
        }
    }
}
