import NetworkTrouble
import Postgres
import ServerTesting
import Testing

/// Clients that freeze in the middle of a pipeline, to which no timeout of the server applies.
@Suite("PostgreSQL: stalled sessions", .needs(.postgres), .timeLimit(.minutes(10)))
struct PostgresStallTests {
    private static let update = PostgresStatement("UPDATE t SET name = $2 WHERE id = $1")
    private static let echo = PostgresStatement("SELECT $1::text")
    private static let hurry = PostgresStatement("SET statement_timeout = '2s'")

    @Test("Who froze while it sent a pipeline loses its session, and with it its locks")
    func frozenInPipeline() async throws {
        let name = TestNames.unique()
        try await TestDatabase.withProxiedPool(named: name) { pool, proxy, direct in
            try await Table.create(on: direct)
            _ = try await direct.query(Table.insert, [.int(1), .text("before")])
            // Half of the second statement arrives: the first has run, and its row is locked.
            await proxy.freezeAfterClientSends("half a message")
            let stalled = Task {
                try await pool.transaction { connection in
                    let long = "half a message" + String(repeating: ".", count: 100_000)
                    _ = try await connection.pipeline([
                        (Self.update, [.int(1), .text("stalled")]), (Self.echo, [.text(long)]),
                    ])
                }
            }
            let waiting = PostgresStatement(
                """
                SELECT count(*) FROM pg_stat_activity
                WHERE application_name = $1 AND state = 'active' AND backend_xid IS NOT NULL
                """
            )
            try await eventually {
                try await direct.query(waiting, [.text(name)])[0].int(0) == 1
            }
            // Others do not get by, however long they wait.
            try await direct.withConnection { connection in
                _ = try await connection.query(Self.hurry)
                let error = await postgresError {
                    _ = try await connection.query(Self.update, [.int(1), .text("other")])
                }
                #expect(error?.refusal?.sqlState == "57014")
                await connection.dropAfterUse()
            }
            #expect(try await direct.endStalledSessions(named: name, after: .seconds(3600)) == 0)
            #expect(
                try await direct.endStalledSessions(named: name + "x", after: .zero) == 0
            )
            #expect(
                try await direct.endStalledSessions(named: name, after: .milliseconds(500)) == 1
            )
            _ = try await direct.query(Self.update, [.int(1), .text("other")])
            await proxy.freeze(false)
            await #expect(throws: PostgresError.self) { try await stalled.value }
            let names = PostgresStatement("SELECT name FROM t")
            #expect(try await direct.query(names)[0].text(0) == "other")
        }
    }

    @Test("Sessions that only take long, wait for a lock, or are between two statements stay")
    func othersStay() async throws {
        let name = TestNames.unique()
        try await TestDatabase.withProxiedPool(size: 3, named: name) { pool, _, direct in
            try await Table.create(on: direct)
            _ = try await direct.query(Table.insert, [.int(1), .text("before")])
            try await pool.transaction { connection in
                _ = try await connection.query(Self.update, [.int(1), .text("first")])
                async let second = pool.query(Self.update, [.int(1), .text("second")])
                try await eventually {
                    try await direct.query(
                        Table.sessions,
                        [.text(name), .text("UPDATE t%")]
                    )[0].int(0) == 1
                }
                #expect(try await direct.endStalledSessions(named: name, after: .zero) == 0)
                _ = try await connection.query(Table.commit)
                _ = try await second
            }
        }
    }
}
