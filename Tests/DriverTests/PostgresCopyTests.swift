import Postgres
import ServerTesting
import Testing

/// Rows that come by COPY.
@Suite("PostgreSQL: COPY", .needs(.postgres))
struct PostgresCopyTests {
    private static func rows(_ range: Range<Int>) -> CopyRows {
        var rows = CopyRows(columns: 3)
        for number in range {
            rows.row { row in
                row.int(Int64(number))
                row.text(number % 2 == 0 ? "ü\t\\N \(number)" : nil)
                row.bool(number % 3 == 0)
            }
        }
        return rows
    }

    private static let make = "CREATE TEMP TABLE copied (a bigint UNIQUE, b text, c boolean)"
    private static let read = PostgresStatement("SELECT a, b, c FROM copied ORDER BY a")

    @Test("Texts with whatever characters, nulls and numbers arrive as they were")
    func values() async throws {
        try await TestDatabase.withPool { pool in
            try await pool.withConnection { connection in
                try await connection.execute(script: Self.make)
                try await connection.copy(into: "copied (a, b, c)", Self.rows(0..<4))
                try await connection.copy(into: "copied (a, b, c)", CopyRows(columns: 3))
                let found = try await connection.query(Self.read)
                #expect(found.map { $0.int(0) } == [0, 1, 2, 3])
                #expect(found.map { $0.optionalText(1) } == ["ü\t\\N 0", nil, "ü\t\\N 2", nil])
                #expect(found.map { $0.bool(2) } == [true, false, false, true])
                await connection.dropAfterUse()
            }
        }
    }

    @Test("A hundred thousand rows arrive, in the transaction that is open")
    func many() async throws {
        try await TestDatabase.withPool { pool in
            try await pool.withConnection { connection in
                try await connection.execute(script: Self.make)
                _ = try await connection.query(PostgresStatement("BEGIN"))
                for start in stride(from: 0, to: 100_000, by: 25_000) {
                    let rows = Self.rows(start..<(start + 25_000))
                    try await connection.copy(into: "copied (a, b, c)", rows)
                }
                let count = PostgresStatement("SELECT count(*) FROM copied")
                #expect(try await connection.query(count)[0].int(0) == 100_000)
                _ = try await connection.query(PostgresStatement("ROLLBACK"))
                #expect(try await connection.query(count)[0].int(0) == 0)
                await connection.dropAfterUse()
            }
        }
    }

    @Test("Rows that break a rule are refused all together, and the connection goes on")
    func refused() async throws {
        try await TestDatabase.withPool { pool in
            try await pool.withConnection { connection in
                try await connection.execute(script: Self.make)
                try await connection.copy(into: "copied (a, b, c)", Self.rows(5..<6))
                await #expect(throws: PostgresError.self) {
                    try await connection.copy(into: "copied (a, b, c)", Self.rows(0..<9))
                }
                await #expect(throws: PostgresError.self) {
                    try await connection.copy(into: "nowhere (a, b, c)", Self.rows(0..<9))
                }
                #expect(try await connection.query(Self.read).map { $0.int(0) } == [5])
                await connection.dropAfterUse()
            }
        }
    }
}
