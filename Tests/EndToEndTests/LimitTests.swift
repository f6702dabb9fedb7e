import JSON
import ServerTesting
import Testing

/// Limits from the command line to the order that does not leave.
@Suite("Limits", .needs(.postgres), .needs(.rabbitMQ), .needs(.redis), .timeLimit(.minutes(10)))
struct LimitTests {
    @Test(
        "What a limit forbids is not sent, and says which limit; once it is lifted a repair sends it"
    )
    func limits() async throws {
        try await Stack.with { stack in
            for role in ["worker", "scheduler", "relay"] { try stack.start(role) }
            try await stack.startAPI()
            try await stack.run(["demo", "load", "--clients", "12"])
            let client = try await stack.count(
                "SELECT min(client_id) FROM broker_account WHERE broker = 'zerodha'"
            )
            let set = try await stack.json(
                ["limits", "--client", "\(client)", "--set", "max_order_value=1.00", "--why", "t"]
            )
            #expect(set["max_order_value"]?.string == "1.00" && set["version"]?.int64 == 1)
            let status = try await stack.json(
                ["submit", "SBIN", "buy", "--quantity", "1", "--watch"]
            )
            let task = try #require(status["task_id"]?.int64)
            let rows = try await stack.json(["results", "\(task)", "--limit", "100"]).array ?? []
            let stopped = rows.filter { $0["reason_code"]?.string == "limit_order_value" }
            #expect(stopped.map { $0["client_id"]?.int64 } == [client])
            #expect(stopped.first?["broker_message"]?.string?.contains("limit ₹1.00") == true)
            let placed = try await stack.placements()
            try await stack.run(["limits", "--client", "\(client)", "--set", "none"])
            try await stack.run(["repair", "\(task)", "--watch"])
            #expect(try await stack.placements() == placed + 1)
            // The trader's own limits are the admin's to set.
            try await stack.run(["limits", "--set", "orders_per_minute=1"], expecting: 3)
            try await stack.run(["limits", "--set", "no_such_limit=1"], expecting: 2)
            try await stack.run(["demo", "verify", "--all"])
        }
    }
}
