import JSON
import Postgres
import ServerTesting
import StackTesting
import Testing

/// The audit log as an auditor meets it: processes and commands.
@Suite(.needs(.postgres), .needs(.rabbitMQ), .needs(.redis), .serialized, .timeLimit(.minutes(20)))
struct AuditTests {
    @Test func `what happened is sealed by the scheduler, listed, exported, and a change is found`()
        async throws
    {
        try await Stack.with { stack in
            try await stack.run(["audit", "head"], expecting: 3)
            try stack.start("scheduler")
            try await stack.startAPI()
            try await stack.run(["halt", "trader", "--why", "a test"])
            try await eventually {
                let report = try await stack.json(["audit", "verify"])
                return report["unsealed_rows"]?.int64 == 0 && (report["rows"]?.int64 ?? 0) > 2
            }
            let report = try await stack.json(["audit", "verify"])
            #expect(report["good"] == true && report["fault"]?.isNull == true)
            let head = try #require(try await stack.json(["audit", "head"])["hash"]?.string)
            #expect(report["head"]?["hash"]?.string == head)
            let text = try await stack.run(["audit", "verify", "--head", head])
            #expect(text.contains("rows are good") && text.contains("every row is sealed"))
            try await stack.run(["audit", "verify", "--head", "12"], expecting: 2)
            try await stack.run(["audit", "verify", "--from", "x"], expecting: 2)

            let halts = try await stack.json(["audit", "list", "--action", "HALT_ON"])
            let row = try #require(halts["entries"]?.array?.first)
            #expect(row["user_id"]?.int64 != nil && row["address"]?.string != nil)
            #expect(try await stack.run(["audit", "list"]).contains("HALT_ON"))
            let file = try await stack.run(["audit", "export"])
            #expect(file.contains("id,at,user_id") && file.contains("HALT_ON"))
            try await stack.run(["audit", "export", "--client", "x"], expecting: 3)

            try await stack.withDatabase { pool in
                try await pool.withConnection { connection in
                    try await connection.execute(
                        script: """
                            BEGIN; SET LOCAL session_replication_role = replica;
                            UPDATE audit_log SET user_id = NULL WHERE action = 'HALT_ON'; COMMIT
                            """
                    )
                }
            }
            let verdict = try await stack.run(["audit", "verify"], expecting: 3)
            #expect(verdict.contains("row \(row["id"]?.int64 ?? 0) was changed"))
        }
    }
}
