import Desk
import DeskTesting
import Postgres
import ServerTesting
import Testing
import Trading

@testable import PostgresStore

@Suite(.needs(.postgres), .timeLimit(.minutes(10))) struct AuditSealingTests {
    private static let begin = PostgresStatement("BEGIN")
    private static let commit = PostgresStatement("COMMIT")
    private static let rollBack = PostgresStatement("ROLLBACK")

    @Test func `rows of a transaction that commits late are sealed with those that overtook them`()
        async throws
    {
        try await AuditWorld.open { world in
            try await world.write(2)
            var pending: AuditHorizon?
            try await world.pool.withConnection { slow in
                _ = try await slow.query(Self.begin)
                #expect(try await slow.query(AuditWorld.insert, [.text("LATE")])[0].int(0) == 3)
                try await world.write(2)
                for _ in 0..<3 { #expect(try await world.seal(&pending) == .waiting) }
                #expect(try await world.log.lastSeal() == nil)
                _ = try await slow.query(Self.commit)
            }
            #expect(try await world.seal(&pending) == .done)
            let seal = try #require(try await world.log.lastSeal())
            #expect(seal.ids == 1...5 && seal.count == 5)
            let verdict = try await world.verify()
            #expect(verdict.fault == nil && verdict.rows == 5 && verdict.unsealed.count == 0)
        }
    }

    @Test func `an id that is taken before its transaction has any number is waited for too`()
        async throws
    {
        try await AuditWorld.open { world in
            // From here on ids are taken without a word in the log of changes, so without a number.
            try await world.write(1)
            try await world.pool.withConnection { gate in
                let lock = Int64.random(in: 1 ... .max)
                _ = try await gate.query(
                    PostgresStatement("SELECT pg_advisory_lock($1)"),
                    [.int(lock)]
                )
                await gate.dropAfterUse()
                // The id is the first column, so it is there before the second one waits.
                async let slow = world.pool.query(
                    PostgresStatement(
                        """
                        INSERT INTO audit_log (action)
                        VALUES ('SLOW' || pg_advisory_xact_lock_shared($1)::text) RETURNING id
                        """
                    ),
                    [.int(lock)]
                )
                try await eventually {
                    try await world.number("SELECT last_value FROM audit_log_id_seq") == 2
                }
                #expect(
                    try await world.number(
                        """
                        SELECT count(*) FROM pg_locks l JOIN pg_locks w USING (virtualtransaction)
                        WHERE l.relation = 'audit_log'::regclass AND w.locktype = 'advisory'
                          AND NOT w.granted AND NOT EXISTS (
                              SELECT FROM pg_locks x
                              WHERE x.virtualtransaction = w.virtualtransaction
                                AND x.locktype = 'transactionid'
                          )
                        """
                    ) >= 1
                )
                try await world.write(1)
                var pending: AuditHorizon?
                #expect(try await world.seal(&pending) == .waiting)
                _ = try await gate.query(
                    PostgresStatement("SELECT pg_advisory_unlock($1)"),
                    [.int(lock)]
                )
                #expect(try await slow[0].int(0) == 2)
                try await world.sealAll()
            }
            #expect(try await world.log.lastSeal()?.count == 3)
            #expect(try await world.verify().fault == nil)
        }
    }

    @Test func `ids of transactions that were undone leave gaps, and no fault`() async throws {
        try await AuditWorld.open { world in
            try await world.write(1)
            try await world.pool.withConnection { connection in
                _ = try await connection.query(Self.begin)
                _ = try await connection.query(AuditWorld.insert, [.text("UNDONE")])
                _ = try await connection.query(Self.rollBack)
            }
            try await world.sealAll()
            #expect(try await world.log.lastSeal()?.ids == 1...2)
            try await world.write(1)
            try await world.sealAll()
            let verdict = try await world.verify()
            #expect(verdict.fault == nil && verdict.seals == 2 && verdict.rows == 2)
        }
    }

    @Test func `many who write and two who seal at once make one whole chain`() async throws {
        try await AuditWorld.open(connections: 10) { world in
            try await withThrowingTaskGroup { group in
                for writer in 0..<5 {
                    group.addTask { try await Self.write(as: writer, world) }
                }
                for _ in 0..<2 {
                    group.addTask { for _ in 0..<12 { try await world.sealAll() } }
                }
                try await group.waitForAll()
            }
            try await world.sealAll()
            let verdict = try await world.verify()
            #expect(verdict.fault == nil && verdict.unsealed.count == 0)
            #expect(verdict.rows == (try await world.number("SELECT count(*) FROM audit_log")))
            #expect(verdict.head?.total == verdict.rows && verdict.seals > 1)
        }
    }

    /// Transactions of some rows, some slow, some undone.
    private static func write(as writer: Int, _ world: AuditWorld) async throws {
        for round in 0..<25 {
            try await world.pool.withConnection { connection in
                _ = try await connection.query(begin)
                for _ in 0...(round % 4) {
                    _ = try await connection.query(AuditWorld.insert, [.text("W\(writer)")])
                }
                if round % 5 == writer { try await Task.sleep(for: .milliseconds(30)) }
                _ = try await connection.query(round % 7 == writer ? rollBack : commit)
            }
        }
    }

    @Test func `seals can be neither changed nor removed`() async throws {
        try await AuditWorld.open { world in
            try await world.prepare()
            for statement in [
                "UPDATE audit_seal SET row_count = 0", "DELETE FROM audit_seal",
                "TRUNCATE audit_seal",
            ] {
                let error = await #expect(throws: PostgresError.self) {
                    try await world.pool.query(PostgresStatement(statement))
                }
                #expect("\(error.map { "\($0)" } ?? "")".contains("append-only"))
            }
        }
    }

    @Test func `rows are found by time and by id through one summary, also in months to come`()
        async throws
    {
        try await AuditWorld.open { world in
            let indexes = try await world.pool.query(
                PostgresStatement(
                    """
                    SELECT i.relname::text, coalesce(array_to_string(i.reloptions, ','), ''),
                           pg_get_indexdef(i.oid)
                    FROM pg_class t JOIN pg_index x ON x.indrelid = t.oid
                    JOIN pg_class i ON i.oid = x.indexrelid
                    WHERE t.relname LIKE 'audit_log_2%'
                      AND t.relnamespace = current_schema()::regnamespace
                    """
                )
            )
            #expect(indexes.count == 4)
            for index in indexes {
                #expect(index.text(1) == "autosummarize=on")
                #expect(index.text(2).contains("USING brin (at, id)"))
            }
            for (condition, partitions) in [
                ("a.at >= now() - interval '1 minute' AND a.at < now()", true),
                ("a.id > 10 AND a.id < 20", false),
            ] {
                let plan = try await world.plan(
                    "SELECT * FROM audit_log a WHERE \(condition) ORDER BY a.at DESC LIMIT 5"
                )
                #expect(!plan.contains("Seq Scan") && plan.contains("Bitmap Index Scan"), "\(plan)")
                #expect(!partitions || plan.contains("Subplans Removed"), "\(plan)")
            }
        }
    }
}

extension AuditWorld {
    /// How the server would run a statement, with the settings of our programs.
    fileprivate func plan(_ sql: String) async throws -> String {
        try await pool.withConnection { connection in
            await connection.dropAfterUse()
            for setting in ["enable_seqscan", "enable_hashjoin", "enable_mergejoin"] {
                _ = try await connection.query(PostgresStatement("SET \(setting) = off"))
            }
            let rows = try await connection.query(PostgresStatement("EXPLAIN " + sql))
            return rows.map { $0.text(0) }.joined(separator: "\n")
        }
    }
}
