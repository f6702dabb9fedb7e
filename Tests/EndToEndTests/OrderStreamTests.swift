import BrokerFaces
import JSON
import Postgres
import ServerTesting
import StackTesting
import Testing

/// Fills that only the broker's order stream tells of: no postbacks, and no look-ups by the clock.
@Suite(.needs(.postgres), .needs(.rabbitMQ), .needs(.redis), .serialized, .timeLimit(.minutes(20)))
struct OrderStreamTests {
    /// Clients of the demo with an account at the broker, of twenty.
    private static let accounts: Int64 = 18

    /// Dhan's names our reference, Groww's the broker's own id.
    @Test(arguments: ["dhan", "groww"])
    func `fills arrive by the stream, and those that it missed once it is back`(broker: String)
        async throws
    {
        try await Stack.with { stack in
            try await stack.forbidTimedLooks(
                "look_at",
                of: "order_intent",
                where: "NEW.broker <> 'paper' AND NEW.look_at IS NOT NULL"
            )
            let socket = "ws://127.0.0.1:\(stack.sandbox.webSocketPort)/\(broker)"
            stack.set("VOLLEY_\(broker.uppercased())_STREAM_URL", socket)
            try await start(stack, broker)
            try await submit(limit: "2900", stack)
            try await eventually { try await listeners(stack) == Self.accounts }
            // Each account is looked at as its stream begins: else they stayed ACCEPTED.
            try await eventually { try await count("OPEN", stack) == Self.accounts }
            try await price("2890.00", stack)
            try await eventually { try await count("FILLED", stack) == Self.accounts }

            try await price("2950.00", stack)
            try await submit(limit: "2800", stack)
            _ = try await stack.sandboxJSON("DELETE", "/control/streams")
            try await price("2790.00", stack)
            try await eventually { try await count("FILLED", stack) == 2 * Self.accounts }
            try await stack.run(["admin", "check-ledger"])
            let logs = try stack.logs()
            #expect(!logs.contains("demo-token-"))
        }
    }

    @Test func `without the stream that is meant, look-ups bring the fills`() async throws {
        try await Stack.with { stack in
            // Nobody listens there on any machine of ours.
            stack.set("VOLLEY_DHAN_STREAM_URL", "ws://127.0.0.1:1/")
            try await start(stack, "dhan")
            try await submit(limit: "2900", stack)
            try await eventually { try await count("OPEN", stack) == Self.accounts }
            try await price("2890.00", stack)
            try await eventually { try await count("FILLED", stack) == Self.accounts }
        }
    }

    @Test func `a stream elsewhere needs the word for live trading`() async throws {
        try await Stack.with { stack in
            for url in ["wss://api-order-update.dhan.co", "http://127.0.0.1:1"] {
                stack.set("VOLLEY_DHAN_STREAM_URL", url)
                let said = try await stack.run(["scheduler"], expecting: 2)
                #expect(said.contains("VOLLEY_DHAN_STREAM_URL"))
            }
        }
    }

    private func start(_ stack: Stack, _ broker: String) async throws {
        try stack.start("worker")
        try stack.start("scheduler")
        try stack.start("relay")
        try await stack.startAPI()
        try await stack.run(["demo", "load", "--clients", "20", "--brokers", broker])
        try await price("2950.00", stack)
    }

    private func submit(limit: String, _ stack: Stack) async throws {
        let done = try await stack.json([
            "submit", "RELIANCE", "buy", "--quantity", "3", "--type", "LIMIT", "--price", limit,
            "--watch",
        ])
        #expect(done["state"]?.string == "COMPLETE")
    }

    private func price(_ rupees: String, _ stack: Stack) async throws {
        let body = #"{"symbol":"RELIANCE","price":"\#(rupees)","frozen":true}"#
        _ = try await stack.sandboxJSON("POST", "/control/prices", body)
    }

    /// Orders at brokers in a state.
    private func count(_ state: String, _ stack: Stack) async throws -> Int64 {
        try await stack.withDatabase { pool in
            try await pool.query(
                PostgresStatement(
                    "SELECT count(*) FROM order_intent WHERE broker <> 'paper' AND state = $1"
                ),
                [.text(state)]
            )[0].int(0)
        }
    }

    /// Order-update sockets that the sandbox holds.
    private func listeners(_ stack: Stack) async throws -> Int64 {
        let accounts = try await stack.sandboxJSON("GET", "/control/accounts")["accounts"]
        return (accounts?.array ?? []).reduce(0) { $0 + ($1["listeners"]?.int64 ?? 0) }
    }
}
