import BrokerFaces
import HTTPClient
import JSON
import ServerTesting
import StackTesting
import Testing

/// What four brokers at once must come to, seen on running processes: a trade over a thousand clients, a
/// broker that hangs, and sessions that end in the middle of a trade.
@Suite(.needs(.postgres), .needs(.rabbitMQ), .needs(.redis), .serialized, .timeLimit(.minutes(45)))
struct FourBrokersTests {
    private static let brokers = ["dhan", "groww", "upstox", "zerodha"]

    private func withStack(
        clients: Int,
        configure: (Stack) -> Void = { _ in },
        _ body: (Stack) async throws -> Void
    ) async throws {
        try await Stack.with { stack in
            configure(stack)
            try stack.start("worker")
            try stack.start("scheduler")
            try stack.start("relay")
            try await stack.startAPI()
            try await stack.run(["demo", "load", "--clients", "\(clients)"])
            try await body(stack)
            try await stack.run(["admin", "check-ledger"])
            let summary = try await stack.sandboxJSON("GET", "/control/ledger/summary")
            #expect(summary["duplicates"]?.int64 == 0)
        }
    }

    private func submit(_ stack: Stack, _ words: String...) async throws -> Int64 {
        let task = try await stack.json(["submit", "RELIANCE", "buy"] + words)
        return try #require(task["task_id"]?.int64)
    }

    /// The whole of the simulated brokers' books.
    private func ledger(_ stack: Stack) async throws -> [JSONValue] {
        try await stack.sandboxJSON("GET", "/control/ledger?limit=10000")["orders"]?.array ?? []
    }

    // MARK: A thousand clients

    @Test("A thousand clients of four brokers and of none: each in its size and its broker's words")
    func thousand() async throws {
        try await withStack(clients: 1_000) { stack in
            let task = try await submit(stack, "--percent", "25")
            let all = try await stack.ended(task)
            #expect(all.count == 1_000)
            let placed = all.filter { $0.state == "FILLED" }
            // Within each hundred five take no part; every tenth is on paper.
            #expect(placed.count == 950)
            #expect(all.count { $0.state == "SKIPPED" } == 50)
            #expect(placed.count { $0.broker == "paper" } == 100)
            try await stack.run(["demo", "verify", "--task", "\(task)"])
            let booked = Dictionary(grouping: try await ledger(stack)) {
                $0["order_id"]?.string ?? ""
            }
            let outside = placed.filter { $0.broker != "paper" }
            #expect(booked.count == outside.count)
            for row in outside {
                let orders = booked[row.brokerOrderID] ?? []
                let number = Int64(row.code.dropFirst("DEMO".count)) ?? 0
                // A quarter of the capital, by the loader's own rule, at the price of the sandbox.
                let capital = 50_000 + number * 7 % 200 * 5_000
                let price = Self.paise(orders.first?["average_price"]?.string ?? "")
                #expect(orders.count == 1, "\(row.code)")
                #expect(orders.first?["face"]?.string == row.broker, "\(row.code)")
                #expect(orders.first?["account"]?.string == "\(1_100_000_000 + number)")
                #expect(orders.first?["quantity"]?.int64 == row.quantity, "\(row.code)")
                #expect(price > 0 && row.quantity <= capital * 25 / price + 1, "\(row.code)")
                #expect(row.quantity > 0)
            }
            for broker in Self.brokers {
                let row = try #require(outside.first { $0.broker == broker })
                let order = try await order(row, stack)
                for (name, value) in Self.words(broker) {
                    #expect(order[name]?.string == value, "\(broker) \(name): \(order)")
                }
                #expect(order["quantity"]?.int64 == row.quantity, "\(broker): \(order)")
            }
        }
    }

    private static func paise(_ rupees: String) -> Int64 {
        Int64(JSONNumber(rupees)?.scaled(2) ?? 0)
    }

    /// How each broker calls what was bought, in its own book.
    private static func words(_ broker: String) -> [String: String] {
        switch broker {
        case "dhan":
            [
                "transactionType": "BUY", "productType": "CNC", "exchangeSegment": "NSE_EQ",
                "securityId": "2885", "orderStatus": "TRADED",
            ]
        case "zerodha":
            [
                "transaction_type": "BUY", "product": "CNC", "exchange": "NSE",
                "tradingsymbol": "RELIANCE", "status": "COMPLETE",
            ]
        case "upstox":
            [
                "transaction_type": "BUY", "product": "D",
                "instrument_token": "NSE_EQ|INE002A01018", "status": "complete",
            ]
        default:
            [
                "transaction_type": "BUY", "product": "CNC", "segment": "CASH",
                "trading_symbol": "RELIANCE",
            ]
        }
    }

    /// The order as the broker's own API shows it to its client.
    private func order(_ row: TradeRow, _ stack: Stack) async throws -> JSONValue {
        let token = "demo-token-\(row.code.dropFirst("DEMO".count))"
        let (path, headers): (String, [(name: String, value: String)]) =
            switch row.broker {
            case "dhan": ("/dhan/v2/orders", [("access-token", token)])
            case "zerodha":
                (
                    "/kite/orders",
                    [("Authorization", "token demo:" + token), ("X-Kite-Version", "3")]
                )
            case "upstox":
                ("/upstox/v2/order/retrieve-all", [("Authorization", "Bearer " + token)])
            default:
                (
                    "/groww/v1/order/list?segment=CASH&page=0&page_size=25",
                    [("Authorization", "Bearer " + token), ("X-API-VERSION", "1.0")]
                )
            }
        var request = HTTPRequest(
            method: "GET",
            url: "http://127.0.0.1:\(stack.sandbox.port)\(path)"
        )
        request.headers = headers + [(name: "Accept", value: "application/json")]
        let answer = try JSONValue(parsing: try await stack.client.send(request).body)
        let orders =
            answer.array ?? answer["data"]?.array ?? answer["payload"]?["order_list"]?.array
        return try #require(orders?.first, "\(row.broker): \(answer)")
    }

    // MARK: One broker hangs

    @Test(
        "While one broker hangs the others' orders are done, and its own end up known",
        arguments: ["upstox"]
    )
    func oneHangs(_ silent: String) async throws {
        // A broker has a sixth of the lease to answer: a minute.
        let configure = { (stack: Stack) in stack.set("VOLLEY_LEASE_SECONDS", "360") }
        try await withStack(clients: 160, configure: configure) { stack in
            // What a doubt's books are asked by, and prices too, must not be kept by the one that hangs.
            let fault = #"{"kind":"delay","face":"\#(silent)","milliseconds":75000}"#
            _ = try await stack.sandboxJSON("POST", "/control/faults", #"{"faults":[\#(fault)]}"#)
            let task = try await submit(stack, "--percent", "25")
            // Every order of the others is filled, and not one call of the dead broker was given up.
            try await eventually {
                let placed = try await stack.rows(of: task).filter { $0.state != "SKIPPED" }
                let others = placed.filter { $0.broker != silent }
                return others.count > 100 && others.allSatisfy { $0.state == "FILLED" }
            }
            // The breaker opens once enough of its calls have come to nothing.
            try await eventually {
                let shown = try await stack.json(["brokers"])["brokers"]?.array ?? []
                let health = shown.first { $0["broker"]?.string == silent }?["health"]
                return health?["state"]?.string == "resting"
            }
            let own = try await stack.rows(of: task).filter {
                $0.broker == silent && $0.state != "SKIPPED"
            }
            #expect(own.count > 30)
            #expect(own.allSatisfy { ["SENDING", "UNKNOWN", "READY"].contains($0.state) })
            #expect(own.contains { $0.state == "UNKNOWN" && $0.reason == "outcome_unknown" })
            // As many calls as it takes to open the breaker were given up, and that is written down.
            let givenUp = try await stack.count(
                """
                SELECT count(b.answered_at) FROM order_attempt b
                JOIN order_intent j ON j.id = b.intent_id
                WHERE j.task_id = \(task) AND j.broker = '\(silent)' AND b.state = 'UNKNOWN'
                """
            )
            #expect(givenUp >= 20)
            let order = try await stack.count(
                """
                SELECT count(*) FROM order_attempt a JOIN order_intent i ON i.id = a.intent_id
                WHERE i.task_id = \(task) AND i.broker <> '\(silent)' AND a.answered_at >= (
                    SELECT min(b.answered_at) FROM order_attempt b
                    JOIN order_intent j ON j.id = b.intent_id
                    WHERE j.task_id = \(task) AND j.broker = '\(silent)'
                )
                """
            )
            #expect(order == 0, "orders of others waited for the broker that hangs")
            let fills = try await stack.count(
                """
                SELECT count(*) FROM fill f JOIN order_intent i ON i.id = f.intent_id
                WHERE i.task_id = \(task) AND i.broker <> '\(silent)' AND f.booked_at >= (
                    SELECT min(b.answered_at) FROM order_attempt b
                    JOIN order_intent j ON j.id = b.intent_id
                    WHERE j.task_id = \(task) AND j.broker = '\(silent)'
                )
                """
            )
            #expect(fills == 0, "fills of others waited for the broker that hangs")
            // It comes back: what it has booked is found, what it never got is sent, once each.
            _ = try await stack.sandboxJSON("DELETE", "/control/faults")
            var last: [TradeRow] = []
            try await eventually {
                last = try await stack.rows(of: task)
                return last.allSatisfy { ["FILLED", "SKIPPED", "REJECTED"].contains($0.state) }
            }
            let rejected = last.filter { $0.state == "REJECTED" }
            #expect(rejected.allSatisfy { $0.reason == "proven_not_placed" })
            let booked = try await ledger(stack).count { $0["face"]?.string == silent }
            #expect(booked == last.count { $0.broker == silent && $0.state == "FILLED" })
        }
    }

    // MARK: Sessions that end in the middle of a trade

    @Test("A token that expires in mid-task stops that client alone; a login and a repair place it")
    func expiresInMidTask() async throws {
        try await withStack(clients: 60) { stack in
            // One client of each broker: its token served when the trade was planned, and is refused
            // when its order comes.
            let victims = Self.brokers.compactMap { broker in
                (1...60).first { Self.broker(of: $0) == broker && $0 % 10 != 0 }
            }
            let faults = zip(Self.brokers, victims).map { broker, number in
                #"{"kind":"token_expired","face":"\#(broker)","account":"\#(1_100_000_000 + number)","#
                    + #""placing":true,"times":1}"#
            }
            _ = try await stack.sandboxJSON(
                "POST",
                "/control/faults",
                #"{"faults":[\#(faults.joined(separator: ","))]}"#
            )
            let task = try await submit(stack, "--quantity", "2")
            let all = try await stack.ended(task)
            let stopped = all.filter { $0.state == "REJECTED" }
            #expect(stopped.map(\.code).sorted() == victims.map { "DEMO\($0)" }.sorted())
            #expect(stopped.allSatisfy { $0.reason == "session_expired" })
            #expect(all.count { $0.state == "FILLED" } == 60 - victims.count)
            // Without a session nothing is repaired, and nothing is placed.
            try await eventually {
                let waiting = try await stack.json(["readiness", "--state", "must_log_in"])
                return waiting["accounts"]?.array?.count == victims.count
            }
            let shown = try await stack.json(["repair", "\(task)", "--show"])
            #expect(shown["counts"]?["place"]?.int64 == 0)
            let hindered = (shown["orders"]?.array ?? []).filter {
                $0["state"]?.string == "REJECTED"
            }
            #expect(hindered.count == victims.count)
            #expect(hindered.allSatisfy { $0["hindrance"]?.string == "session_expired" })
            try await stack.run(["repair", "\(task)"], expecting: 3)
            for row in stopped {
                let number = row.code.dropFirst("DEMO".count)
                let token = (row.broker == "zerodha" ? "demo:" : "") + "demo-token-\(number)"
                try await stack.run(
                    [
                        "clients", "connect", "\(row.client)", "--broker", row.broker,
                        "--account", "\(1_100_000_000 + (Int(number) ?? 0))",
                    ],
                    input: token + "\n"
                )
            }
            let repair = try await stack.json(["repair", "\(task)"])
            let second = try #require(repair["task_id"]?.int64, "\(repair)")
            let repaired = try await stack.ended(second)
            #expect(repaired.map(\.code).sorted() == victims.map { "DEMO\($0)" }.sorted())
            #expect(repaired.allSatisfy { $0.state == "FILLED" && $0.quantity == 2 })
            // Once each, however often somebody asks.
            try await stack.run(["repair", "\(task)"], expecting: 3)
            let booked = try await ledger(stack)
            let accounts = booked.compactMap { $0["account"]?.string }
            #expect(accounts.count == Set(accounts).count)
        }
    }

    /// Where the loader puts a client of this number.
    private static func broker(of number: Int) -> String {
        ["dhan", "zerodha", "upstox", "groww"][number % 4]
    }
}
