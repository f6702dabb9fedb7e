import JSON
import ServerTesting
import StackTesting
import Testing

/// Orders that wait for a price, from the command line to the simulated brokers and back.
@Suite(
    "Conditional orders",
    .needs(.postgres),
    .needs(.rabbitMQ),
    .needs(.redis),
    .timeLimit(.minutes(15))
)
struct ConditionalTests {
    private func client(_ stack: Stack, at broker: String) async throws -> Int64 {
        try await stack.count(
            """
            SELECT client_id FROM broker_account
            WHERE broker = '\(broker)' AND status = 'connected' ORDER BY client_id LIMIT 1
            """
        )
    }

    private func price(_ stack: Stack, _ price: String) async throws {
        _ = try await stack.sandboxJSON(
            "POST",
            "/control/prices",
            #"{"symbol":"RELIANCE","price":"\#(price)","frozen":true}"#
        )
    }

    private func state(_ stack: Stack, _ id: Int64) async throws -> String {
        try await stack.json(["conditional", "show", "\(id)"])["state"]?.string ?? ""
    }

    private func place(_ stack: Stack, _ client: Int64, _ words: [String]) async throws -> Int64 {
        let made = try await stack.json(["conditional", "place", "\(client)"] + words)
        return try #require(made["conditional_order_id"]?.int64)
    }

    @Test("At each broker one waits, is changed, fires at its price, and another is cancelled")
    func fires() async throws {
        try await Stack.with { stack in
            for role in ["worker", "scheduler"] { try stack.start(role) }
            try await stack.startAPI()
            try await stack.run(["demo", "load", "--clients", "40"])
            try await price(stack, "2950.00")
            let single = ["single", "BUY", "RELIANCE", "3", "--falls-to"]
            var waiting: [(fires: Int64, cancelled: Int64)] = []
            for broker in ["dhan", "zerodha", "upstox", "groww"] {
                let client = try await client(stack, at: broker)
                let limit = broker == "upstox" ? [] : ["--price", "2905"]
                waiting.append(
                    (
                        try await place(stack, client, single + ["2890"] + limit),
                        try await place(stack, client, single + ["2880"] + limit)
                    )
                )
            }
            for (first, second) in waiting {
                for id in [first, second] {
                    try await eventually { try await state(stack, id) == "WAITING" }
                }
                try await stack.run(["conditional", "change", "\(first)", "--trigger", "2900"])
                try await stack.run(["conditional", "cancel", "\(second)"])
            }
            for (first, second) in waiting {
                try await eventually { try await state(stack, second) == "CANCELLED" }
                try await eventually {
                    let shown = try await stack.json(["conditional", "show", "\(first)"])
                    return shown["trigger_price"]?.string == "2900.00"
                        && shown["change_wished"] == nil
                }
            }
            try await price(stack, "2900.00")
            for (first, _) in waiting {
                try await eventually { try await state(stack, first) == "TRIGGERED" }
            }
            let list = try await stack.json(["conditional", "list", "--state", "triggered"])
            #expect(list["conditional_orders"]?.array?.count == 4)
        }
    }

    @Test("A worker that dies after it sent leaves one at the broker, which is found")
    func crash() async throws {
        try await Stack.with { stack in
            stack.set("VOLLEY_LEASE_SECONDS", "6")
            try await stack.startAPI()
            try await stack.run(["demo", "load", "--clients", "40"])
            try await price(stack, "2950.00")
            for broker in ["dhan", "zerodha", "upstox", "groww"] {
                let doomed = try stack.start("worker", failpoint: "execute.after-send:kill@1")
                let client = try await client(stack, at: broker)
                let limit = broker == "upstox" ? [] : ["--price", "2905"]
                let id = try await place(
                    stack,
                    client,
                    ["single", "BUY", "RELIANCE", "3", "--falls-to", "2900"] + limit
                )
                try await eventually { doomed.isKilled }
                #expect(try await state(stack, id) == "SENDING")
                let worker = try stack.start("worker")
                try await eventually { try await state(stack, id) == "WAITING" }
                #expect(try await worker.terminate() == 0)
            }
            // Each fires one order.
            try await price(stack, "2900.00")
            let ledger = try await stack.sandboxJSON("GET", "/control/ledger")
            #expect(ledger["orders"]?.array?.count == 4)
        }
    }

    @Test("A bracket at a broker that has none: entered, protected by one OCO, and closed by it")
    func emulated() async throws {
        try await Stack.with { stack in
            for role in ["worker", "scheduler", "relay"] { try stack.start(role) }
            try await stack.startAPI()
            try await stack.run(["demo", "load", "--clients", "40"])
            try await price(stack, "2950.00")
            let client = try await client(stack, at: "zerodha")
            let id = try await place(
                stack,
                client,
                [
                    "bracket", "BUY", "RELIANCE", "3", "--price", "2960", "--target", "3000:3000",
                    "--stop", "2900:2890",
                ]
            )
            try await eventually { try await state(stack, id) == "ENTERED" }
            try await eventually {
                try await stack.count(
                    """
                    SELECT count(*) FROM conditional_order
                    WHERE parent_id = \(id) AND state = 'WAITING' AND levels[1] = 3
                    """
                ) == 1
            }
            try await price(stack, "3000.00")
            try await eventually { try await state(stack, id) == "TRIGGERED" }
            #expect(try await stack.count("SELECT count(*) FROM bulk_task") == 1)
        }
    }
}
