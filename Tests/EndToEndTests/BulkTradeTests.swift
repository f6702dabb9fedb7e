import Foundation
import JSON
import NetworkTrouble
import Postgres
import ServerTesting
import StackTesting
import Testing

/// The main job as its user sees it: processes, servers, commands.
@Suite(.needs(.postgres), .needs(.rabbitMQ), .needs(.redis), .serialized, .timeLimit(.minutes(20)))
struct BulkTradeTests {
    @Test func `a bulk buy reaches every active client once, and a sell follows from holdings`()
        async throws
    {
        try await Stack.with { stack in
            try stack.start("worker")
            try stack.start("worker")
            try stack.start("scheduler")
            try stack.start("relay")
            try await stack.startAPI()
            try await stack.run(["demo", "load", "--clients", "200"])

            let bought = try await stack.json([
                "submit", "RELIANCE", "buy", "--percent", "25", "--watch",
            ])
            #expect(bought["state"]?.string == "COMPLETE")
            #expect(bought["counts"]?["success"]?.int64 == 190)
            #expect(bought["counts"]?["skipped"]?.int64 == 10)
            let checks = try await stack.json(["demo", "verify"])
            #expect(checks["failures"]?.int64 == 0)
            #expect((checks["checks"]?.array?.count ?? 0) >= 8)

            let sold = try await stack.json([
                "submit", "RELIANCE", "sell", "--percent", "100", "--watch",
            ])
            #expect(sold["counts"]?["success"]?.int64 == 190)
            try await stack.run(["demo", "verify"])
            let shares = try await stack.withDatabase { pool in
                try await pool.query(
                    PostgresStatement("SELECT coalesce(sum(quantity), 0)::bigint FROM holding")
                )[0].int(0)
            }
            #expect(shares == 0)
            try await stack.run(["admin", "check-ledger"])
            try await noSecretIsAnywhere(stack)
        }
    }

    /// The demo's tokens and the trader's password: in no log, and in no row in clear.
    private func noSecretIsAnywhere(_ stack: Stack) async throws {
        let logs = try stack.logs()
        #expect(!logs.isEmpty)
        #expect(!logs.contains("demo-token-"))
        #expect(!logs.contains(Stack.trader.password))
        let (tables, found) = try await stack.withDatabase { pool in
            let names = try await pool.query(
                PostgresStatement(
                    """
                    SELECT table_name::text FROM information_schema.tables
                    WHERE table_schema = 'public' AND table_type = 'BASE TABLE'
                    """
                )
            ).map { $0.text(0) }
            var found: [String] = []
            for name in names {
                let rows = try await pool.query(
                    PostgresStatement(
                        """
                        SELECT count(*) FROM \"\(name)\" AS t
                        WHERE t::text LIKE '%demo-token-%' OR t::text LIKE '%trader-password%'
                           OR t::text LIKE '%' || encode('demo-token-', 'hex') || '%'
                        """
                    )
                )
                if rows[0].int(0) > 0 { found.append(name) }
            }
            return (names, found)
        }
        #expect(tables.count > 20)
        #expect(found.isEmpty)
    }

    @Test func `one key makes one task, also at the same moment on two API processes`()
        async throws
    {
        try await Stack.with { stack in
            let urls = [try await stack.startAPI(), try await stack.startAPI()]
            try await stack.run(["demo", "load", "--clients", "20"])
            let tasks = try await withThrowingTaskGroup(of: JSONValue.self) { group in
                for index in 0..<8 {
                    group.addTask {
                        var environment = stack.environment
                        environment["VOLLEY_API_URL"] = urls[index % 2]
                        let answer = try await Programs.run(
                            "volley",
                            ["submit", "TCS", "buy", "--percent", "10", "--key", "k", "--json"],
                            environment,
                            input: ""
                        )
                        return try JSONValue(parsing: answer.output)["task_id"] ?? .null
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(tasks.count == 8)
            #expect(tasks.allSatisfy { $0.int64 != nil && $0 == tasks[0] })
            let stored = try await stack.withDatabase {
                try await $0.query(PostgresStatement("SELECT count(*) FROM bulk_task"))[0].int(0)
            }
            #expect(stored == 1)
            // The same key for something else is refused.
            try await stack.run(
                ["submit", "TCS", "buy", "--percent", "11", "--key", "k"],
                expecting: 3
            )
        }
    }

    @Test func `workers stopped in mid-task finish what they sent, and others do the rest`()
        async throws
    {
        try await Stack.with { stack in
            // Slow enough that the stop comes in the middle.
            _ = try await stack.sandboxJSON("POST", "/control/latency", #"{"milliseconds": 100}"#)
            stack.set("VOLLEY_WORKER_SLOTS", "16")
            let workers = [try stack.start("worker"), try stack.start("worker")]
            try stack.start("scheduler")
            try await stack.startAPI()
            try await stack.run(["demo", "load", "--clients", "600"])
            let task = try await stack.json(["submit", "INFY", "buy", "--percent", "10"])
            let id = "\(try #require(task["task_id"]?.int64))"
            try await eventually {
                let summary = try await stack.sandboxJSON("GET", "/control/ledger/summary")
                return (summary["booked"]?.int64 ?? 0) >= 50
            }
            for worker in workers { #expect(try await worker.terminate() == 0) }
            let afterStop = try await stack.json(["status", id])
            #expect((afterStop["counts"]?["pending"]?.int64 ?? 0) > 0)
            #expect(afterStop["states"]?["SENDING"] == nil)

            stack.set("VOLLEY_WORKER_SLOTS", "512")
            try stack.start("worker")
            let done = try await stack.json(["status", id, "--watch"])
            #expect(done["counts"]?["success"]?.int64 == 570)
            try await stack.run(["demo", "verify"])
            try await stack.run(["admin", "check-ledger"])
        }
    }

    @Test func `processes that come before their servers wait for them`() async throws {
        try await Stack.with { stack in
            let proxy = try TestServer.postgres.proxy()
            await proxy.refuse()
            let direct = try #require(stack.environment["VOLLEY_DATABASE_URL"])
            var parts = try #require(URLComponents(string: direct))
            parts.host = "127.0.0.1"
            parts.port = proxy.port
            stack.set("VOLLEY_DATABASE_URL", try #require(parts.string))
            let api = try stack.start("api")
            let worker = try stack.start("worker")
            let url = try await api.listening()
            #expect(try await stack.status(of: url + "/healthz") == 200)
            #expect(try await stack.status(of: url + "/readyz") == 503)
            await proxy.accept()
            try await eventually { try await stack.status(of: url + "/readyz") == 200 }
            stack.set("VOLLEY_API_URL", url)
            stack.set("VOLLEY_DATABASE_URL", direct)
            try stack.start("scheduler")
            try await stack.run(["demo", "load", "--clients", "20"])
            let bought = try await stack.json([
                "submit", "RELIANCE", "buy", "--percent", "25", "--watch",
            ])
            #expect(bought["counts"]?["success"]?.int64 == 20)
            #expect(try await worker.terminate() == 0)
            await proxy.close()
        }
    }
}
