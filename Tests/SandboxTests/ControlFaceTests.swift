import BrokerFaces
import Exchange
import JSON
import Testing

@Suite struct ControlFaceTests {
    @Test func `ten thousand accounts are made in one call, and each can order`() async throws {
        try await SandboxGuest.visit { guest in
            let entries = (0..<10_000).map { number in
                #"{"face":"dhan","client_id":"C\#(number)","token":"T\#(number)","funds":"50000.00"}"#
            }
            let body = #"{"accounts":["# + entries.joined(separator: ",") + "]}"
            let answer = try await guest.control("POST", "/accounts", body)
            #expect(answer.json["accounts"]?.int64 == 10_000)
            for number in [0, 4_999, 9_999] {
                let headers = [(name: "access-token", value: "T\(number)")]
                let placed = try await guest.send(
                    "POST",
                    "/dhan/v2/orders",
                    headers: headers,
                    DhanBody(client: "C\(number)").json
                )
                #expect(placed.status == 200)
            }
        }
    }

    @Test func `an account is updated where it was, and its old token is dead`() async throws {
        try await SandboxGuest.visit { guest in
            let entry = """
                {"client_id":"1000000001","token":"NEW","funds":"123.45",
                "holdings":[{"symbol":"TCS","quantity":3,"average_price":"3900.00"}]}
                """
            _ = try await guest.control("POST", "/accounts", entry)
            #expect(try await guest.dhan("GET", "/orders").status == 401)
            var renewed = guest
            renewed.token = "NEW"
            let funds = try await renewed.dhan("GET", "/fundlimit").json
            #expect(funds["availabelBalance"]?.number?.text == "123.45")
            let holding = try await renewed.dhan("GET", "/holdings").json[0]
            #expect(holding?["tradingSymbol"]?.string == "TCS")
            #expect(holding?["availableQty"]?.int64 == 3)
        }
    }

    @Test(arguments: [
        "x", "[]", "{}", #"{"client_id":""}"#, #"{"accounts":{}}"#, #"{"client_id":7}"#,
        #"{"client_id":"1","face":"kite"}"#, #"{"client_id":"1","funds":"much"}"#,
        #"{"client_id":"1","holdings":[{"symbol":"NONE"}]}"#,
        #"{"client_id":"1","token_expires_at":"soon"}"#,
    ])
    func `an account that cannot be understood is refused with a reason`(body: String) async throws
    {
        try await SandboxGuest.visit { guest in
            let answer = try await guest.control("POST", "/accounts", body)
            #expect(answer.status == 400)
            #expect(answer.json["error"]?.string?.isEmpty == false)
        }
    }

    @Test func `prices are set, frozen and read; a new symbol needs its security id`() async throws
    {
        try await SandboxGuest.visit { guest in
            let unknown = #"{"symbol":"NEWCO","price":"512.00"}"#
            #expect(try await guest.control("POST", "/prices", unknown).status == 400)
            let list = """
                {"prices":[{"symbol":"NEWCO","price":"512.00","security_id":"77777"},
                {"symbol":"TCS","price":"3000.00","frozen":true,"depth":7,"spread":"0.50"}]}
                """
            #expect(try await guest.control("POST", "/prices", list).status == 200)
            let prices = try await guest.control("GET", "/prices").json["prices"]?.array ?? []
            let tcs = prices.first { $0["symbol"]?.string == "TCS" }
            #expect(tcs?["price"]?.string == "3000.00")
            #expect(tcs?["frozen"]?.bool == true)
            #expect(tcs?["depth"]?.int64 == 7)
            let placed = try await guest.place(
                DhanBody(security: "\"77777\"", price: "500.0")
            )
            #expect(try await guest.status(of: placed.orderID) == "PENDING")
            let part = try await guest.place(DhanBody(security: "\"11536\"", price: "3000.2"))
            #expect(try await guest.status(of: part.orderID) == "TRADED")
            let more = try await guest.place(DhanBody(security: "\"11536\"", price: "3000.2"))
            #expect(try await guest.status(of: more.orderID) == "PART_TRADED")
        }
    }

    @Test func `the ledger is paged and filtered`() async throws {
        try await SandboxGuest.visit { guest in
            for number in 0..<5 {
                let side = number % 2 == 0 ? "BUY" : "SELL"
                _ = try await guest.place(DhanBody(side: side, reference: "r\(number)"))
            }
            var seen: [String] = []
            var next: String? = ""
            while let cursor = next {
                let after = cursor.isEmpty ? "" : "&after=\(cursor)"
                let page = try await guest.control("GET", "/ledger?limit=2" + after).json
                seen += page["orders"]?.array?.compactMap { $0["reference"]?.string } ?? []
                next = page["next"]?.string
            }
            #expect(seen == ["r0", "r1", "r2", "r3", "r4"])
            for (query, count) in [
                ("side=SELL", 2), ("reference=r3", 1), ("account=1000000001", 5), ("account=x", 0),
                ("symbol=RELIANCE&side=BUY", 3), ("symbol=TCS", 0), ("face=kite", 0),
            ] {
                let page = try await guest.control("GET", "/ledger?" + query).json
                #expect(page["orders"]?.array?.count == count, "\(query)")
            }
            #expect(try await guest.control("GET", "/ledger?limit=0").status == 400)
            _ = try await guest.control("DELETE", "/ledger")
            #expect(try await guest.booked() == 0)
        }
    }

    @Test func `the market is opened, closed and put on the exchange's hours`() async throws {
        try await SandboxGuest.visit { guest in
            let closed = try await guest.control("POST", "/clock", #"{"market":"closed"}"#)
            #expect(closed.json["open"]?.bool == false)
            let refused = try await guest.place()
            #expect(refused.status == 400 && refused.code == "DH-906")
            let waiting = try await guest.place(DhanBody(price: "2980.0", afterMarket: "true"))
            #expect(waiting.json["orderStatus"]?.string == "TRANSIT")
            let monday = #"{"market":"exchange","now":"2026-11-23T09:20:00+05:30"}"#
            let open = try await guest.control("POST", "/clock", monday).json
            #expect(open["open"]?.bool == true)
            #expect(open["now"]?.string?.hasPrefix("2026-11-23T09:2") == true)
            #expect(try await guest.status(of: waiting.orderID) == "TRADED")
            let bad = try await guest.control("POST", "/clock", #"{"market":"holiday"}"#)
            #expect(bad.status == 400)
        }
    }

    @Test func `order calls wait as long as the latency says`() async throws {
        try await SandboxGuest.visit { guest in
            let body = #"{"milliseconds":40,"jitter_milliseconds":10}"#
            let set = try await guest.control("POST", "/latency", body).json
            #expect(set["milliseconds"]?.int64 == 40)
            let clock = ContinuousClock()
            let taken = try await clock.measure { _ = try await guest.place() }
            #expect(taken >= .milliseconds(40))
            #expect(
                try await guest.control("POST", "/latency", "{\"milliseconds\":-1}").status == 400
            )
        }
    }

    @Test func `in an open house any client and token will do`() async throws {
        var configuration = SandboxGuest.quiet
        configuration.accountsOpen = true
        try await SandboxGuest.visit(configuration) { guest in
            let headers = [(name: "access-token", value: "any"), (name: "client-id", value: "42")]
            let placed = try await guest.send(
                "POST",
                "/dhan/v2/orders",
                headers: headers,
                DhanBody(client: "42").json
            )
            #expect(placed.status == 200)
            let holdings = try await guest.send("GET", "/dhan/v2/holdings", headers: headers)
            #expect(holdings.status == 500 && holdings.code == "DH-1111")
        }
    }

    @Test(arguments: [
        (["--listen", "nowhere"], "--listen must be host:port, not nowhere"),
        (["--market", "shut"], "--market must be open, closed or exchange, not shut"),
        (["--seed"], "--seed needs a value"), (["--speed", "1"], "unknown option --speed"),
        (["--latency-ms", "-1"], "--latency-ms must be 0 to 600000, not -1"),
    ])
    func `a bad option is named`(arguments: [String], words: String) {
        do throws(SandboxOptionError) {
            _ = try SandboxConfiguration(arguments: arguments, environment: [:])
            Issue.record("taken: \(arguments)")
        } catch {
            #expect(error.description == words)
        }
    }

    @Test func `options win over the environment`() throws {
        let configuration = try SandboxConfiguration(
            arguments: ["--listen", "0.0.0.0:9200", "--accounts-open"],
            environment: [
                "BROKER_SANDBOX_LISTEN": "127.0.0.1:1", "BROKER_SANDBOX_WS_LISTEN": "[::1]:7",
                "BROKER_SANDBOX_SEED": "9", "BROKER_SANDBOX_MARKET": "open",
                "BROKER_SANDBOX_LATENCY_MS": "20", "BROKER_SANDBOX_NO_LIMITS": "yes",
            ]
        )
        #expect(configuration.host == "0.0.0.0" && configuration.port == 9_200)
        #expect(configuration.webSocketHost == "::1" && configuration.webSocketPort == 7)
        #expect(configuration.seed == 9 && configuration.latencyMilliseconds == 20)
        #expect(configuration.hours == .alwaysOpen)
        #expect(configuration.accountsOpen && !configuration.limits)
    }
}
