import BrokerFaces
import JSON
import Postgres
import ServerTesting
import StackTesting
import Testing

/// Clients whose broker is Upstox, in real processes: its packed instrument list, its two kinds of
/// calls, its stream.
@Suite(.needs(.postgres), .needs(.rabbitMQ), .needs(.redis), .serialized, .timeLimit(.minutes(20)))
struct UpstoxTests {
    @Test func `at Upstox each order is placed once, fills come by the stream, cancels are kept`()
        async throws
    {
        try await Stack.with { stack in
            try await stack.forbidTimedLooks(
                "look_at",
                of: "order_intent",
                where: """
                    NEW.broker = 'upstox' AND NEW.state <> 'CANCEL_REQUESTED'
                    AND NEW.look_at IS NOT NULL
                    """
            )
            // The call that tells of the socket is where the other calls are.
            stack.set("VOLLEY_UPSTOX_STREAM_URL", "ws://127.0.0.1:\(stack.sandbox.port)/upstox")
            try stack.start("worker")
            try stack.start("scheduler")
            try stack.start("relay")
            try await stack.startAPI()
            try await stack.run(["demo", "load", "--clients", "20", "--brokers", "upstox"])
            try await price("2950.00", stack)

            let first = try await submitted("2900", stack)
            let orders = try await statuses(stack)
            #expect(orders.count == 18 && orders.allSatisfy { $0 == "upstox PENDING" })
            try await eventually { try await listeners(stack) == 18 }
            try await price("2890.00", stack)
            try await eventually { try await count("FILLED", stack) == 18 }

            try await price("2950.00", stack)
            let task = try await submitted("2800", stack)
            _ = try await stack.cancelled(["task", "\(task)"])
            let ended = try await statuses(stack)
            #expect(ended.count == 36)
            #expect(ended.count { $0 == "upstox CANCELLED" } == 18)
            // The clients without a broker had no stream to hear of the price by.
            _ = try await stack.cancelled(["task", "\(first)"])
            try await stack.run(["demo", "verify", "--all"])
            try await stack.run(["admin", "check-ledger"])
            let logs = try stack.logs()
            #expect(!logs.contains("demo-token-"))
        }
    }

    /// Submits a buy with a limit and waits until it is answered; the task's number.
    private func submitted(_ limit: String, _ stack: Stack) async throws -> Int64 {
        let done = try await stack.json([
            "submit", "RELIANCE", "buy", "--quantity", "3", "--type", "LIMIT", "--price", limit,
            "--watch",
        ])
        #expect(done["state"]?.string == "COMPLETE")
        return try #require(done["task_id"]?.int64)
    }

    private func price(_ rupees: String, _ stack: Stack) async throws {
        let body = #"{"symbol":"RELIANCE","price":"\#(rupees)","frozen":true}"#
        _ = try await stack.sandboxJSON("POST", "/control/prices", body)
    }

    /// Face and status of every order that the simulated brokers have.
    private func statuses(_ stack: Stack) async throws -> [String] {
        let orders = try await stack.sandboxJSON("GET", "/control/ledger")["orders"]?.array ?? []
        return orders.map { ($0["face"]?.string ?? "") + " " + ($0["status"]?.string ?? "") }
    }

    /// Order-update sockets that the sandbox holds.
    private func listeners(_ stack: Stack) async throws -> Int64 {
        let accounts = try await stack.sandboxJSON("GET", "/control/accounts")["accounts"]
        return (accounts?.array ?? []).reduce(0) { $0 + ($1["listeners"]?.int64 ?? 0) }
    }

    /// Orders at Upstox in a state.
    private func count(_ state: String, _ stack: Stack) async throws -> Int64 {
        try await stack.withDatabase { pool in
            try await pool.query(
                PostgresStatement(
                    "SELECT count(*) FROM order_intent WHERE broker = 'upstox' AND state = $1"
                ),
                [.text(state)]
            )[0].int(0)
        }
    }
}
