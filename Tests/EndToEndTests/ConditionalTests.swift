import JSON
import Postgres
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
            // What came of each is an order of ours, once, with its shares; nothing is a stranger's.
            for (first, _) in waiting {
                try await eventually {
                    let shown = try await stack.json(["conditional", "show", "\(first)"])
                    guard let order = shown["order_ids"]?[0]?.int64 else { return false }
                    let state = try await stack.json(["orders", "show", "\(order)"])["state"]
                    return state?.string == "FILLED"
                }
            }
            #expect(try await stack.count("SELECT count(*) FROM conditional_firing") == 4)
            #expect(try await stack.count("SELECT count(*) FROM bulk_task") == 4)
            #expect(
                try await stack.count(
                    "SELECT count(*) FROM holding WHERE quantity = 3 AND reserved = 0"
                ) == 4
            )
            #expect(try await stack.count("SELECT count(*) FROM funds WHERE held > 0") == 0)
            try await stack.run(["admin", "check-ledger"])
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
            // Above the limit, so that it fills.
            try await price(stack, "3010.00")
            try await eventually { try await state(stack, id) == "TRIGGERED" }
            // The entry, and the exit that fired: both ours, and nothing is left of the shares.
            try await eventually {
                try await stack.count(
                    "SELECT count(*) FROM order_intent WHERE state = 'FILLED' AND filled = 3"
                ) == 2
            }
            #expect(try await stack.count("SELECT count(*) FROM bulk_task") == 2)
            #expect(
                try await stack.count(
                    "SELECT coalesce(sum(quantity), 0)::bigint FROM holding WHERE client_id = \(client)"
                ) == 0
            )
            try await stack.run(["admin", "check-ledger"])
        }
    }

    @Test("A super order at Dhan: its entry and its exit are ours, and each is booked once")
    func native() async throws {
        try await Stack.with { stack in
            for role in ["worker", "worker", "scheduler", "relay"] { try stack.start(role) }
            try await stack.startAPI()
            try await stack.run(["demo", "load", "--clients", "40", "--brokers", "dhan"])
            try await price(stack, "2950.00")
            let client = try await client(stack, at: "dhan")
            let id = try await place(
                stack,
                client,
                [
                    "bracket", "BUY", "RELIANCE", "3", "--price", "2960", "--target", "3000",
                    "--stop", "2900",
                ]
            )
            try await eventually { try await state(stack, id) == "ENTERED" }
            try await eventually {
                try await stack.count(
                    "SELECT count(*) FROM holding WHERE client_id = \(client) AND quantity = 3"
                ) == 1
            }
            // Above the limit, so that it fills.
            try await price(stack, "3010.00")
            try await eventually { try await state(stack, id) == "TRIGGERED" }
            try await eventually {
                try await stack.count(
                    "SELECT count(*) FROM order_intent WHERE state = 'FILLED' AND filled = 3"
                ) == 2
            }
            let shown = try await stack.json(["conditional", "show", "\(id)"])
            #expect(shown["order_ids"]?.array?.count == 2)
            #expect(try await stack.count("SELECT count(*) FROM fill") == 2)
            // Comparing the books finds no stranger.
            let ledger = try await stack.sandboxJSON("GET", "/control/ledger")
            #expect(ledger["orders"]?.array?.count == 2)
            try await stack.run(["admin", "check-ledger"])
        }
    }

    @Test("On paper Volley watches the price: it fires once, and fills into the client's books")
    func paper() async throws {
        try await Stack.with { stack in
            stack.set("VOLLEY_POLL_QUOTES", "yes")
            for role in ["worker", "scheduler", "relay"] { try stack.start(role) }
            try await stack.startAPI()
            try await stack.run(["demo", "load", "--clients", "40"])
            try await price(stack, "2950.00")
            let client = try await stack.count(
                """
                SELECT id FROM client c WHERE status = 'active' AND NOT EXISTS (
                    SELECT FROM broker_account a WHERE a.client_id = c.id
                ) ORDER BY id LIMIT 1
                """
            )
            let id = try await place(
                stack,
                client,
                ["single", "BUY", "RELIANCE", "3", "--falls-to", "2900", "--price", "2905"]
            )
            try await eventually { try await state(stack, id) == "WAITING" }
            try await price(stack, "2890.00")
            try await eventually { try await state(stack, id) == "TRIGGERED" }
            try await eventually {
                try await stack.count(
                    "SELECT count(*) FROM holding WHERE client_id = \(client) AND quantity = 3"
                ) == 1
            }
            #expect(try await stack.count("SELECT count(*) FROM bulk_task") == 1)
            #expect(try await stack.count("SELECT count(*) FROM conditional_firing") == 0)
            try await stack.run(["admin", "check-ledger"])
        }
    }

    @Test("An operator looks at the broker and settles what is UNKNOWN, and it is written down")
    func settled() async throws {
        try await Stack.with { stack in
            stack.set("VOLLEY_LEASE_SECONDS", "6")
            try await stack.startAPI()
            try await stack.run(
                [
                    "admin", "create-user", "--email", "admin@example.com", "--role", "admin",
                ],
                input: "admin-password-1\n"
            )
            stack.set("VOLLEY_ADMIN_EMAIL", "admin@example.com")
            stack.set("VOLLEY_ADMIN_PASSWORD", "admin-password-1")
            try await stack.run(["demo", "load", "--clients", "40"])
            try await price(stack, "2950.00")
            let client = try await client(stack, at: "upstox")
            // Booked, and the answer lost; and its list tells no time, so that nobody can be sure.
            _ = try await stack.sandboxJSON(
                "POST",
                "/control/faults",
                #"{"faults":[{"kind":"reset","face":"upstox","path":"/v3/order/gtt/place","times":1}]}"#
            )
            let worker = try stack.start("worker")
            let words = ["single", "BUY", "RELIANCE", "3", "--falls-to", "2900"]
            let id = try await place(stack, client, words)
            try await eventually {
                try await stack.count(
                    "SELECT count(*) FROM conditional_order WHERE id = \(id) AND tries = 1"
                ) == 1
            }
            #expect(try await worker.terminate() == 0)
            try await stack.withDatabase { pool in
                try await pool.withConnection {
                    try await $0.execute(
                        script: """
                            UPDATE conditional_order
                            SET state = 'UNKNOWN', broker_id = NULL, due_at = NULL WHERE id = \(id)
                            """
                    )
                }
            }
            let look = try await stack.json(["conditional", "look", "\(id)"])
            let found = try #require(
                look["candidates"]?.array?.first { $0["is_alike"]?.bool == true }
            )
            let there = try #require(found["broker_conditional_id"]?.string)
            try await stack.run([
                "conditional", "decide", "\(id)", "placed", "--broker-id", there, "--reason",
                "seen in the client's app",
            ])
            #expect(try await state(stack, id) == "WAITING")
            try await stack.run(
                ["conditional", "decide", "\(id)", "not-placed", "--reason", "again"],
                expecting: 3
            )
            try stack.start("worker")
            try await price(stack, "2900.00")
            try await eventually { try await state(stack, id) == "TRIGGERED" }
            let audit = try await stack.count(
                "SELECT count(*) FROM audit_log WHERE action = 'CONDITIONAL_ORDER_DECIDED'"
            )
            #expect(audit == 1)
        }
    }
}
