import JSON
import ServerTesting
import StackTesting
import Testing

/// Halts with real processes: what was claimed before them does not leave after them.
@Suite("Halts", .needs(.postgres), .needs(.rabbitMQ), .needs(.redis), .timeLimit(.minutes(10)))
struct HaltTests {
    @Test("A worker frozen between claim and send sends nothing that was halted meanwhile")
    func frozen() async throws {
        try await Stack.with { stack in
            for role in ["scheduler", "relay"] { try stack.start(role) }
            let worker = try stack.start("worker", failpoint: "execute.before-send:stop")
            try await stack.startAPI()
            try await stack.run(["demo", "load", "--clients", "8"])
            let client = try await stack.count(
                "SELECT min(client_id) FROM broker_account WHERE broker = 'dhan'"
            )
            let asked = try await stack.json(
                ["submit", "SBIN", "buy", "--quantity", "1", "--clients", "\(client)"]
            )
            let task = try #require(asked["task_id"]?.int64)
            try await eventually { worker.isFrozen }
            #expect(
                try await stack.count("SELECT count(*) FROM order_attempt WHERE state = 'SENDING'")
                    == 1
            )
            try await stack.run(["halt", "trader", "--why", "drill"])
            worker.resume()
            try await stack.waitForEnd(of: task)
            #expect(try await stack.placements() == 0)
            #expect(
                try await stack.count(
                    """
                    SELECT count(*) FROM order_intent
                    WHERE state = 'SKIPPED' AND reason = 'halted_trader' AND held = 0
                    """
                ) == 1
            )
            #expect(
                try await stack.count("SELECT count(*) FROM order_attempt WHERE state = 'NOT_SENT'")
                    == 1
            )
            // While the halt is on a repair finds nothing that could go; then it goes, once.
            try await stack.run(["repair", "\(task)"], expecting: 3)
            try await stack.run(["resume", "trader"])
            let shown = try await stack.json(["repair", "\(task)", "--show"])
            #expect(shown["counts"]?["place"]?.int64 == 1)
            try await stack.run(["repair", "\(task)", "--watch"])
            #expect(try await stack.placements() == 1)
            try await stack.run(["repair", "\(task)"], expecting: 3)
            try await stack.run(["admin", "check-ledger"])
        }
    }

    @Test("Once a halt is answered no worker begins a send, however many orders are under way")
    func underWay() async throws {
        try await Stack.with { stack in
            stack.set("VOLLEY_WORKER_SLOTS", "2")
            for role in ["worker", "worker", "scheduler", "relay"] { try stack.start(role) }
            try await stack.startAPI()
            try await stack.run(["demo", "load", "--clients", "400"])
            _ = try await stack.sandboxJSON(
                "POST",
                "/control/faults",
                #"{"kind":"delay","placing":true,"milliseconds":1500}"#
            )
            let asked = try await stack.json(["submit", "SBIN", "buy", "--quantity", "1"])
            let task = try #require(asked["task_id"]?.int64)
            try await eventually { try await stack.placements() >= 20 }
            try await stack.run(["halt", "trader", "--why", "drill"])
            let answered = try await stack.count(
                "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint"
            )
            let begun = try await stack.placements()
            _ = try await stack.sandboxJSON("DELETE", "/control/faults")
            try await stack.waitForEnd(of: task)
            // What was claimed later was not sent, and of what was claimed before only what had left.
            #expect(
                try await stack.count(
                    """
                    SELECT count(*) FROM order_attempt
                    WHERE extract(epoch FROM sent_at) * 1000000 > \(answered)
                      AND state <> 'NOT_SENT'
                    """
                ) == 0
            )
            // Each of two workers has at most three orders under way at each of four brokers.
            let ended = try await stack.placements()
            #expect(ended <= begun + 24)
            #expect(
                try await stack.count(
                    """
                    SELECT count(*) FROM order_intent
                    WHERE state = 'SKIPPED' AND reason = 'halted_trader'
                    """
                ) > 100
            )
            try await stack.run(["admin", "check-ledger"])
            try await stack.run(["resume", "trader"])
            try await stack.run(["repair", "\(task)", "--watch"])
            try await stack.run(["demo", "verify", "--all"])
        }
    }
}

extension Stack {
    /// Orders that the simulated brokers were asked to place.
    func placements() async throws -> Int64 {
        try #require(try await sandboxJSON("GET", "/control/calls")["placements"]?.int64)
    }

    /// Waits until it is known of every order whether it was placed.
    func waitForEnd(of task: Int64) async throws {
        try await eventually {
            try await self.count(
                "SELECT count(*) FROM bulk_task WHERE id = \(task) AND state = 'COMPLETE'"
            ) == 1
        }
    }
}
