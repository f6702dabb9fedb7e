import JSON
import Postgres
import ServerTesting
import StackTesting
import Testing

/// A broker's postback that has a conditional order looked at, where the clock alone would not.
@Suite(
    "Hints of conditional orders",
    .needs(.postgres),
    .needs(.rabbitMQ),
    .needs(.redis),
    .timeLimit(.minutes(20))
)
struct ConditionalHintTests {
    @Test("A postback of what fired brings the next look forward, at each broker that sends any")
    func hastened() async throws {
        try await Stack.with { stack in
            for role in ["worker", "scheduler", "relay"] { try stack.start(role) }
            let api = try await stack.startAPI()
            stack.set("VOLLEY_POSTBACK_URL", api + "/postbacks")
            try await stack.run([
                "demo", "load", "--clients", "2", "--brokers", "dhan,upstox",
            ])
            try await stack.forbidTimedLooks(
                "due_at",
                of: "conditional_order",
                where: "NEW.state = 'WAITING' AND NEW.due_at > now() + interval '3 seconds'"
            )
            try await price(stack, "2950.00")
            let clients = try await stack.texts("SELECT id::text FROM client ORDER BY id")
            var placed: [Int64] = []
            for client in clients {
                let made = try await stack.json([
                    "conditional", "place", client, "single", "BUY", "RELIANCE", "3",
                    "--falls-to", "2900",
                ])
                placed.append(try #require(made["conditional_order_id"]?.int64))
            }
            for id in placed {
                try await eventually { try await state(stack, id) == "WAITING" }
            }
            // Each was looked at once, and its next look by the clock is a day away.
            try await eventually {
                try await stack.count(
                    "SELECT count(*) FROM conditional_order WHERE due_at > now() + interval '1 hour'"
                ) == 2
            }
            try await price(stack, "2900.00")
            for id in placed {
                try await eventually { try await state(stack, id) == "TRIGGERED" }
            }
            try await stack.run(["admin", "check-ledger"])
        }
    }

    private func state(_ stack: Stack, _ id: Int64) async throws -> String {
        try await stack.json(["conditional", "show", "\(id)"])["state"]?.string ?? ""
    }

    private func price(_ stack: Stack, _ rupees: String) async throws {
        let body = #"{"symbol":"RELIANCE","price":"\#(rupees)","frozen":true}"#
        _ = try await stack.sandboxJSON("POST", "/control/prices", body)
    }
}
