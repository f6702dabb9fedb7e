import JSON
import Postgres
import ServerTesting
import StackTesting
import Testing

/// Days that end while orders wait: the brokers' clock is set to yesterday and put back, and what our
/// books say of when things happened is set back by a day with it.
@Suite(
    "The day after",
    .needs(.postgres),
    .needs(.rabbitMQ),
    .needs(.redis),
    .serialized,
    .timeLimit(.minutes(20))
)
struct DayEndTests {
    @Test(
        "What rested yesterday has expired, with the fills that nobody saw, and its money is free"
    )
    func expired() async throws {
        try await Stack.with { stack in
            let running = try ["worker", "scheduler"].map { try stack.start($0) }
            try stack.start("relay")
            try await stack.startAPI()
            try await setYesterday(stack)
            try await stack.run(["demo", "load", "--clients", "9"])
            try await price("RELIANCE", "2950.00", stack)
            try await price("INFY", "1510.00", stack)
            let dhan = try await client(stack, at: "dhan")
            let all = try await submit("RELIANCE", at: "2900", stack)
            let one = try await submit("INFY", at: "1500", stack, ["--clients", "\(dhan)"])
            try await eventually {
                try await states(of: all, stack) == Array(repeating: "OPEN", count: 9)
            }
            try await eventually { try await states(of: one, stack) == ["OPEN"] }
            for process in running { #expect(try await process.terminate() == 0) }
            // Nobody looks while one share of three is bought.
            try await price("INFY", "1500.00", stack, #","depth":1,"spread":"0.05""#)
            try await beginToday(stack)
            for role in ["worker", "scheduler"] { try stack.start(role) }
            // At some brokers an order of yesterday still says by its id how it ended.
            try await eventually {
                Set(try await states(of: all, stack)).isSubset(of: ["EXPIRED", "CANCELLED"])
            }
            try await eventually { try await states(of: one, stack) == ["EXPIRED"] }
            #expect(
                try await count("SELECT count(*) FROM order_intent WHERE filled > 0", stack) == 1
            )
            #expect(
                try await count(
                    "SELECT count(*) FROM holding WHERE client_id = \(dhan) AND quantity = 1",
                    stack
                ) == 1
            )
            #expect(try await count("SELECT count(*) FROM funds WHERE held > 0", stack) == 0)
            let ended = "SELECT count(*) FROM audit_log WHERE action = "
            let dhans =
                "SELECT count(*) FROM order_intent WHERE broker = 'dhan' AND state = 'EXPIRED'"
            let expired = try await count(ended + "'ORDER_EXPIRED'", stack)
            #expect(try await count(dhans, stack) > 1 && expired > 1)
            #expect(try await expired + count(ended + "'ORDER_CANCELLED'", stack) == 10)
            try await stack.run(["admin", "check-ledger"])
        }
    }

    @Test(
        "What nobody saw after the close keeps its money until the broker's holdings are compared"
    )
    func unseen() async throws {
        try await Stack.with { stack in
            stack.set("VOLLEY_RECONCILE_SECONDS", "1")
            stack.set("VOLLEY_ADMIN_EMAIL", "admin@example.com")
            stack.set("VOLLEY_ADMIN_PASSWORD", "admin-password-1")
            try await stack.run(
                ["admin", "create-user", "--email", "admin@example.com", "--role", "admin"],
                input: "admin-password-1\n"
            )
            let running = try ["worker", "scheduler"].map { try stack.start($0) }
            try stack.start("relay")
            try await stack.startAPI()
            try await setYesterday(stack)
            let brokers = "zerodha,upstox,groww"
            try await stack.run(["demo", "load", "--clients", "3", "--brokers", brokers])
            try await price("RELIANCE", "2950.00", stack)
            try await price("INFY", "1510.00", stack)
            let resting = try await submit("RELIANCE", at: "2900", stack)
            let bought = try await submit("INFY", at: "1500", stack)
            for task in [resting, bought] {
                try await eventually {
                    try await states(of: task, stack) == Array(repeating: "OPEN", count: 3)
                }
            }
            for process in running { #expect(try await process.terminate() == 0) }
            // Nobody looks while all of the one are bought, and none of the other.
            try await price("INFY", "1500.00", stack)
            try await beginToday(stack)
            try await forgetAll(stack)
            for role in ["worker", "scheduler"] { try stack.start(role) }
            // What the brokers hold tells that nothing of the one was bought.
            try await eventually {
                try await states(of: resting, stack) == Array(repeating: "EXPIRED", count: 3)
            }
            let untold =
                "SELECT count(*) FROM order_intent WHERE reason = 'fills_untold' AND held > 0"
            try await eventually { try await count(untold, stack) == 3 }
            let told = "SELECT count(*) FROM audit_log WHERE action = 'ORDER_FILLS_UNTOLD'"
            #expect(try await count(told, stack) == 6)
            // Of the other it holds shares that nobody knows the price of: somebody must ask.
            let open =
                "SELECT count(*) FROM alert WHERE kind = 'orders_unseen' AND closed_at IS NULL"
            try await eventually { try await count(open, stack) == 3 }
            #expect(try await states(of: bought, stack) == Array(repeating: "OPEN", count: 3))
            let orders = try await stack.texts(
                "SELECT id::text FROM order_intent WHERE task_id = \(bought)"
            )
            for order in orders {
                try await stack.run([
                    "orders", "decide", order, "ended", "--reason", "asked the desk",
                ])
            }
            #expect(try await states(of: bought, stack) == Array(repeating: "EXPIRED", count: 3))
            #expect(try await count("SELECT count(*) FROM funds WHERE held > 0", stack) == 0)
            try await stack.run(["admin", "check-ledger"])
        }
    }

    @Test("What fired and filled yesterday at Dhan is found among its past trades, and booked once")
    func fired() async throws {
        try await Stack.with { stack in
            var worker = try stack.start("worker")
            try stack.start("relay")
            try await stack.startAPI()
            try await setYesterday(stack)
            try await stack.run(["demo", "load", "--clients", "1", "--brokers", "dhan"])
            try await price("RELIANCE", "2950.00", stack)
            let dhan = try await client(stack, at: "dhan")
            let made = try await stack.json([
                "conditional", "place", "\(dhan)", "single", "BUY", "RELIANCE", "3",
                "--falls-to", "2900", "--price", "2905",
            ])
            let id = try #require(made["conditional_order_id"]?.int64)
            let show = ["conditional", "show", "\(id)"]
            try await eventually { try await stack.json(show)["state"]?.string == "WAITING" }
            #expect(try await worker.terminate() == 0)
            // The client's session is over in the evening, and nobody looks before the next day.
            try await price("RELIANCE", "2900.00", stack)
            try await beginToday(stack)
            worker = try stack.start("worker")
            try stack.start("scheduler")
            try await eventually { try await stack.json(show)["state"]?.string == "TRIGGERED" }
            try await eventually {
                guard let order = try await stack.json(show)["order_ids"]?[0]?.int64 else {
                    return false
                }
                let state = try await stack.json(["orders", "show", "\(order)"])["state"]
                return state?.string == "FILLED"
            }
            #expect(try await count("SELECT count(*) FROM conditional_firing", stack) == 1)
            #expect(
                try await count(
                    """
                    SELECT count(*) FROM fill
                    WHERE quantity = 3
                      AND trade_date = (now() AT TIME ZONE 'Asia/Kolkata')::date - 1
                    """,
                    stack
                ) == 1
            )
            let held = "SELECT count(*) FROM holding WHERE client_id = \(dhan) AND quantity = 3"
            #expect(try await count(held, stack) == 1)
            #expect(try await count("SELECT count(*) FROM funds WHERE held > 0", stack) == 0)
            try await stack.run(["admin", "check-ledger"])
        }
    }

    // MARK: The two days

    /// A day before the machine's own, at the brokers.
    private func setYesterday(_ stack: Stack) async throws {
        let yesterday = try await stack.texts(
            "SELECT to_char(now() AT TIME ZONE 'UTC' - interval '1 day', "
                + "'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')"
        )
        let moment = try #require(yesterday.first)
        _ = try await stack.sandboxJSON("POST", "/control/clock", #"{"now":"\#(moment)"}"#)
    }

    /// Puts the brokers' clock right; what our books hold happened a day ago.
    private func beginToday(_ stack: Stack) async throws {
        let script = """
            UPDATE order_attempt SET sent_at = sent_at - interval '1 day',
                answered_at = answered_at - interval '1 day';
            UPDATE order_intent SET look_at = now() WHERE look_at IS NOT NULL;
            UPDATE conditional_order SET created_at = created_at - interval '1 day',
                started_at = started_at - interval '1 day', seen_at = seen_at - interval '1 day',
                due_at = now();
            """
        try await stack.withDatabase { pool in
            try await pool.withConnection { try await $0.execute(script: script) }
        }
        _ = try await stack.sandboxJSON("POST", "/control/clock", #"{"now":null}"#)
    }

    /// What rested yesterday was seen by nobody since, and no broker tells of it by its id.
    private func forgetAll(_ stack: Stack) async throws {
        try await stack.withDatabase { pool in
            try await pool.withConnection {
                try await $0.execute(script: "UPDATE order_intent SET seen_at = NULL")
            }
        }
        let named = try await stack.texts(
            "SELECT broker || ' ' || broker_order_id FROM order_intent ORDER BY id"
        )
        for order in named {
            let words = order.split(separator: " ").map(String.init)
            let (path, code) =
                switch words[0] {
                case "zerodha": ("/orders/" + words[1], "OrderException")
                case "upstox": ("/v2/order/details", "UDAPI100010")
                default: ("/order/detail/" + words[1], "GA004")
                }
            let fault = """
                {"kind":"answer_without_booking","face":"\(words[0])","method":"GET",
                "path":"\(path)","status":400,"code":"\(code)"}
                """
            _ = try await stack.sandboxJSON("POST", "/control/faults", fault)
        }
    }

    private func price(_ symbol: String, _ rupees: String, _ stack: Stack, _ more: String = "")
        async throws
    {
        let body = #"{"symbol":"\#(symbol)","price":"\#(rupees)","frozen":true\#(more)}"#
        _ = try await stack.sandboxJSON("POST", "/control/prices", body)
    }

    private func client(_ stack: Stack, at broker: String) async throws -> Int64 {
        try await count(
            "SELECT min(client_id) FROM broker_account WHERE broker = '\(broker)'",
            stack
        )
    }

    private func submit(
        _ symbol: String,
        at limit: String,
        _ stack: Stack,
        _ more: [String] = []
    ) async throws -> Int64 {
        let words = ["submit", symbol, "buy", "--quantity", "3", "--exact", "--type", "LIMIT"]
        let task = try await stack.json(words + ["--price", limit] + more)
        return try #require(task["task_id"]?.int64)
    }

    private func states(of task: Int64, _ stack: Stack) async throws -> [String] {
        try await stack.json(["results", "\(task)"]).array?.compactMap { $0["state"]?.string } ?? []
    }

    private func count(_ query: String, _ stack: Stack) async throws -> Int64 {
        try await stack.count(query)
    }
}
