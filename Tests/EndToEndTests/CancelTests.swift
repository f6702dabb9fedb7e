import JSON
import ServerTesting
import StackTesting
import Testing

/// Cancels from the command line to the simulated broker's books and back.
@Suite("Cancels", .needs(.postgres), .needs(.rabbitMQ), .needs(.redis), .timeLimit(.minutes(10)))
struct CancelTests {
    /// Far below the market: it rests.
    private static let resting = ["--type", "LIMIT", "--price", "800"]

    @Test(
        "What rests is cancelled by order, client, symbol, task and as a whole; the money is free"
    )
    func scopes() async throws {
        try await Stack.with { stack in
            for role in ["worker", "scheduler", "relay"] { try stack.start(role) }
            try await stack.startAPI()
            try await stack.run(["demo", "load", "--clients", "30"])
            let first = try await stack.rest("SBIN", Self.resting)
            let orders = try await stack.openOrders(of: first)
            try #require(orders.count == 30)

            let one = try await stack.cancelled(["order", "\(orders[0].id)"])
            #expect(one["counts"]?["cancelled"]?.int64 == 1)
            let shown = try await stack.json(["cancels", "\(one["cancellation_id"]?.int64 ?? 0)"])
            let row = try #require(shown["orders"]?.array?.first)
            #expect(row["order_id"]?.int64 == orders[0].id)
            #expect(row["released_amount"]?.string == orders[0].held)
            #expect(shown["released_amount"]?.string == orders[0].held)

            let client = try await stack.cancelled(["client", "\(orders[1].client)"])
            #expect(client["counts"]?["cancelled"]?.int64 == 1)
            let second = try await stack.rest("ITC", ["--type", "LIMIT", "--price", "350"])
            let symbol = try await stack.cancelled(["symbol", "SBIN"])
            #expect(symbol["counts"]?["cancelled"]?.int64 == 28)
            #expect(try await stack.openOrders(of: second).count == 30)
            let task = try await stack.cancelled(["task", "\(second)"])
            #expect(task["counts"]?["cancelled"]?.int64 == 30)
            // Whoever asks again is told that all had ended.
            let again = try await stack.cancelled(["task", "\(second)"])
            #expect(again["counts"]?["already_final"]?.int64 == 30)
            let third = try await stack.rest("SBIN", Self.resting)
            let all = try await stack.cancelled(["everything"])
            #expect(all["counts"]?["cancelled"]?.int64 == 30)
            #expect(try await stack.openOrders(of: third).isEmpty)

            try await stack.run(["demo", "verify", "--all"])
            try await stack.run(["admin", "check-ledger"])
            let text = try await stack.run(["cancels"])
            #expect(text.contains("symbol") && text.contains("everything"))
            try await stack.run(["cancel", "task", "999"], expecting: 3)
            try await stack.run(["cancel", "symbol", "NOSUCH"], expecting: 3)
            try await stack.run(["cancel", "nothing"], expecting: 2)
        }
    }

    @Test(
        "Orders that wait are withdrawn, and cancels go before orders that a broker keeps waiting"
    )
    func overtake() async throws {
        try await Stack.with { stack in
            stack.set("VOLLEY_WORKER_SLOTS", "4")
            for role in ["worker", "scheduler", "relay"] { try stack.start(role) }
            try await stack.startAPI()
            try await stack.run(["demo", "load", "--clients", "120"])
            let resting = try await stack.rest("SBIN", Self.resting)
            // From now on each placement takes as long as all cancels together.
            _ = try await stack.sandboxJSON(
                "POST",
                "/control/faults",
                #"{"kind":"delay","placing":true,"milliseconds":8000}"#
            )
            let slow = try await stack.json(
                ["submit", "TCS", "buy", "--percent", "5", "--type", "LIMIT", "--price", "3500"]
            )
            let task = try #require(slow["task_id"]?.int64)
            try await eventually {
                try await stack.count("SELECT count(*) FROM order_attempt WHERE state = 'SENDING'")
                    > 0
            }
            let done = try await stack.cancelled(["task", "\(resting)"])
            // But for those whose clients took no part.
            let ended = done["counts"]?["already_final"]?.int64 ?? 0
            #expect(done["counts"]?["cancelled"]?.int64 == 120 - ended && ended < 10)
            #expect(done["counts"]?["total"]?.int64 == 120)
            let status = try await stack.json(["status", "\(task)"])
            #expect((status["counts"]?["pending"]?.int64 ?? 0) > 0)
            // Asked for while the broker is slow still: some orders wait, on however busy a machine.
            let asked = try await stack.json(["cancel", "task", "\(task)"])
            _ = try await stack.sandboxJSON("DELETE", "/control/faults")

            let cancellation = try #require(asked["cancellation_id"]?.int64)
            let rest = try await stack.json(["cancels", "\(cancellation)", "--watch"])
            #expect((rest["counts"]?["withdrawn"]?.int64 ?? 0) > 0)
            let sent = try await stack.count(
                "SELECT count(*) FROM order_intent WHERE task_id = \(task) AND attempts > 0"
            )
            let placed = rest["counts"]?["cancelled"]?.int64 ?? 0
            #expect(placed > 0 && placed <= sent)
            #expect(
                try await stack.count(
                    """
                    SELECT count(*) FROM order_intent
                    WHERE task_id = \(task) AND reason = 'task_cancelled' AND state = 'SKIPPED'
                    """
                ) == rest["counts"]?["withdrawn"]?.int64
            )
            try await stack.run(["demo", "verify", "--all"])
        }
    }
}

extension Stack {
    /// Submits a bulk trade that rests at the brokers, and waits until it does.
    func rest(_ symbol: String, _ terms: [String]) async throws -> Int64 {
        let status = try await json(
            ["submit", symbol, "buy", "--percent", "5", "--watch"] + terms
        )
        return try #require(status["task_id"]?.int64)
    }

    /// Asks for a cancel and waits for its end.
    func cancelled(_ words: [String]) async throws -> JSONValue {
        let status = try await json(["cancel"] + words + ["--watch"])
        #expect(status["state"]?.string == "COMPLETE")
        return status
    }

    /// A trade's orders that are at brokers and have not ended.
    func openOrders(of task: Int64) async throws -> [(id: Int64, client: Int64, held: String)] {
        let rows = try await json(["results", "\(task)", "--limit", "1000"])
        let live = ["ACCEPTED", "OPEN", "PARTLY_FILLED", "CANCEL_REQUESTED"]
        return (rows.array ?? []).filter { live.contains($0["state"]?.string ?? "") }
            .map { row in
                (
                    row["order_id"]?.int64 ?? 0, row["client_id"]?.int64 ?? 0,
                    row["held_amount"]?.string ?? ""
                )
            }
    }
}
