import Glibc
import Postgres
import ServerTesting
import Testing

@Suite("PostgreSQL: values", .needs(.postgres))
struct PostgresValueTests {
    private static let one = PostgresStatement("SELECT $1::bigint")

    @Test(
        "A whole number comes back as it went",
        arguments: [0, 1, -1, 255, -32_769, Int64(Int32.max) + 1, .max, .min]
    )
    func integers(value: Int64) async throws {
        try await TestDatabase.withPool(size: 1) { pool in
            let rows = try await pool.query(Self.one, [.int(value)])
            #expect(rows[0].int(0) == value)
        }
    }

    @Test("Small integer types are read as whole numbers")
    func smallIntegers() async throws {
        try await TestDatabase.withPool(size: 1) { pool in
            let statement = PostgresStatement(
                "SELECT (-32768)::smallint, 2147483647::integer"
            )
            let row = try await pool.query(statement)[0]
            #expect(row.int(0) == -32_768 && row.int(1) == 2_147_483_647)
        }
    }

    @Test(
        "A text comes back as it went",
        arguments: [
            "", " ", "a", "Ünïcødé ₹ 😀👨‍👩‍👧 \u{301}", "it's \"quoted\" \\ back\n\t$1",
            String(repeating: "é", count: 100_000),
        ]
    )
    func texts(value: String) async throws {
        try await TestDatabase.withPool(size: 1) { pool in
            let row = try await pool.query(
                PostgresStatement("SELECT $1::text, length($1::text), $1::varchar"),
                [.text(value)]
            )[0]
            #expect(Array(row.text(0).utf8) == Array(value.utf8))
            #expect(row.int(1) == value.unicodeScalars.count)
            #expect(row.text(2) == value)
        }
    }

    @Test("Bytes come back as they went, zeros too", arguments: [0, 1, 255, 256, 1_000_000])
    func bytes(count: Int) async throws {
        let value = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        try await TestDatabase.withPool(size: 1) { pool in
            let row = try await pool.query(
                PostgresStatement("SELECT $1::bytea, length($1)"),
                [.bytes(value)]
            )[0]
            #expect(row.bytes(0) == value)
            #expect(row.int(1) == count)
        }
    }

    @Test("Truth, time, date and JSON come back as they went, and mean the same to the server")
    func others() async throws {
        try await TestDatabase.withPool(size: 1) { pool in
            let row = try await pool.query(
                PostgresStatement(
                    """
                    SELECT $1::boolean, $2::timestamptz, $3::date, $4::jsonb, $1::boolean = true,
                        $2 = '2026-11-21 10:15:00.123456+05:30', $3 = '2026-11-21',
                        $4 ->> 'price', $4::json, ($2 AT TIME ZONE 'UTC')::timestamp
                    """
                ),
                [
                    .bool(true), .timestamp(1_795_236_300_123_456), .date(20_778),
                    .json(#"{"price": "₹ 2950.05", "n": [1, 2]}"#),
                ]
            )[0]
            #expect(row.bool(0) && row.bool(4) && row.bool(5) && row.bool(6))
            #expect(row.timestamp(1) == 1_795_236_300_123_456)
            #expect(row.timestamp(9) == 1_795_236_300_123_456)
            #expect(row.date(2) == 20_778)
            #expect(row.text(3) == #"{"n": [1, 2], "price": "₹ 2950.05"}"#)
            #expect(row.text(7) == "₹ 2950.05")
            #expect(row.text(8) == row.text(3))
        }
    }

    @Test(
        "Times come back as they went, from the far past to infinity",
        arguments: [
            0, -1, 946_684_800_000_000, 946_684_799_999_999, -200_000_000_000_000_000, .max, .min,
        ] as [Int64]
    )
    func times(value: Int64) async throws {
        try await TestDatabase.withPool(size: 1) { pool in
            let row = try await pool.query(
                PostgresStatement("SELECT $1::timestamptz, $1 = 'infinity', $1 = '-infinity'"),
                [.timestamp(value)]
            )[0]
            #expect(row.timestamp(0) == value)
            #expect(row.bool(1) == (value == .max) && row.bool(2) == (value == .min))
        }
    }

    @Test("Dates come back as they went", arguments: [0, -1, 10_957, 20_778, -700_000, .max, .min])
    func dates(value: Int32) async throws {
        try await TestDatabase.withPool(size: 1) { pool in
            let row = try await pool.query(PostgresStatement("SELECT $1::date"), [.date(value)])[0]
            #expect(row.date(0) == value)
        }
    }

    @Test("NULL is NULL of every type")
    func nulls() async throws {
        try await TestDatabase.withPool(size: 1) { pool in
            let row = try await pool.query(
                PostgresStatement(
                    """
                    SELECT $1::bigint, $2::text, $3::bytea, $4::jsonb, $5::timestamptz, $6::boolean,
                        $7::date, $8::bigint[], $9::uuid
                    """
                ),
                [PostgresValue](repeating: .null, count: 9)
            )[0]
            #expect(row.optionalInt(0) == nil && row.optionalText(1) == nil)
            #expect(row.optionalBytes(2) == nil && row.optionalText(3) == nil)
            #expect(row.optionalTimestamp(4) == nil && row.optionalBool(5) == nil)
            #expect(row.optionalDate(6) == nil && row.isNull(7) && row.optionalText(8) == nil)
            #expect(row.count == 9)
        }
    }

    @Test("An empty text is not NULL")
    func emptyIsNotNull() async throws {
        try await TestDatabase.withPool(size: 1) { pool in
            let row = try await pool.query(
                PostgresStatement("SELECT $1::text, $2::bytea"),
                [.text(""), .bytes([])]
            )[0]
            #expect(row.optionalText(0) == "" && row.optionalBytes(1) == [] && !row.isNull(0))
        }
    }

    @Test("Arrays come back as they went, and mean the same to the server")
    func arrays() async throws {
        let ints: [Int64] = [.min, -1, 0, 1, .max]
        let texts = ["", "a", "NULL", "{\"x\"}", "😀", "a,b\\"]
        let bytes: [[UInt8]] = [[], [0], [1, 0, 255], Array("x".utf8)]
        try await TestDatabase.withPool(size: 1) { pool in
            let row = try await pool.query(
                PostgresStatement(
                    """
                    SELECT $1, $2, $3, $4, $5, cardinality($1), ($1)[1] = -9223372036854775808,
                        ($2)[5], ($4)[3] = '\\x0100ff', ($5)[1] = '1970-01-01 00:00:00+00'
                    """
                ),
                [
                    .ints(ints), .texts(texts), .bools([true, false]), .byteArrays(bytes),
                    .timestamps([0, -5, .max]),
                ]
            )[0]
            #expect(row.ints(0) == ints && row.texts(1) == texts && row.bools(2) == [true, false])
            #expect(row.byteArrays(3) == bytes && row.timestamps(4) == [0, -5, .max])
            #expect(row.int(5) == 5 && row.bool(6) && row.text(7) == "😀")
            #expect(row.bool(8) && row.bool(9))
        }
    }

    @Test("Arrays may hold NULL, and be empty")
    func arraysWithNull() async throws {
        try await TestDatabase.withPool(size: 1) { pool in
            let statement = PostgresStatement("SELECT $1, $2, $3, $4, $5, $6, $7, $8")
            let row = try await pool.query(
                statement,
                [
                    .optionalInts([1, nil, -3]), .optionalTexts([nil, "", "NULL"]),
                    .optionalTimestamps([nil, 7]), .ints([]), .texts([]), .bools([]),
                    .byteArrays([]), .optionalTimestamps([]),
                ]
            )[0]
            #expect(row.optionalInts(0) == [1, nil, -3])
            #expect(row.optionalTexts(1) == [nil, "", "NULL"])
            #expect(row.optionalTimestamps(2) == [nil, 7])
            #expect(row.ints(3) == [] && row.texts(4) == [] && row.bools(5) == [])
            #expect(row.byteArrays(6) == [] && row.timestamps(7) == [])
            let other = PostgresStatement("SELECT '{1,2}'::int[], '{a,b}'::varchar[], NULL::text[]")
            let row2 = try await pool.query(other)[0]
            #expect(row2.ints(0) == [1, 2] && row2.texts(1) == ["a", "b"] && row2.isNull(2))
        }
    }

    @Test("UNNEST of arrays inserts a row for each element")
    func unnest() async throws {
        try await TestDatabase.withPool(size: 1) { pool in
            try await pool.withConnection {
                try await $0.execute(
                    script: "CREATE TABLE t (id int PRIMARY KEY, name text, at timestamptz)"
                )
            }
            let ids = (0..<5000).map { Int64($0) }
            let inserted = try await pool.query(
                PostgresStatement(
                    "INSERT INTO t SELECT * FROM UNNEST($1::bigint[], $2::text[], $3::timestamptz[])"
                ),
                [
                    .ints(ids), .texts(ids.map { "name \($0)" }),
                    .optionalTimestamps(ids.map { $0.isMultiple(of: 2) ? $0 : nil }),
                ]
            )
            #expect(inserted.affected == 5000 && inserted.isEmpty)
            let rows = try await pool.query(PostgresStatement("SELECT * FROM t ORDER BY id"))
            #expect(rows.count == 5000 && rows.map { $0.int(0) } == ids)
            #expect(rows[4999].text(1) == "name 4999" && rows[4999].optionalTimestamp(2) == nil)
            #expect(rows[4998].timestamp(2) == 4998)
        }
    }

    @Test("A text parameter takes the type that is wanted: enumeration, uuid, numeric")
    func inferredTypes() async throws {
        try await TestDatabase.withPool(size: 1) { pool in
            try await pool.withConnection {
                try await $0.execute(
                    script: """
                        CREATE TYPE mood AS ENUM ('sad', 'glad');
                        CREATE TABLE t (m mood, u uuid, n numeric(20, 4), j json, i integer);
                        """
                )
            }
            let uuid = "0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9"
            let rows = try await pool.query(
                PostgresStatement(
                    "INSERT INTO t VALUES ($1, $2, $3, $4, $5) RETURNING m, u, n::text, j, i"
                ),
                [.text("glad"), .text(uuid), .text("12.3400"), .json(#"{"a":1}"#), .int(7)]
            )
            #expect(rows.affected == 1)
            #expect(rows[0].text(0) == "glad" && rows[0].text(1) == uuid)
            #expect(rows[0].text(2) == "12.3400" && rows[0].text(3) == #"{"a": 1}"#)
            #expect(rows[0].int(4) == 7)
        }
    }

    @Test("One statement takes values of different types at the same place")
    func mixedTypes() async throws {
        try await TestDatabase.withPool(size: 1) { pool in
            let statement = PostgresStatement("SELECT ($1)::text")
            for _ in 0..<2 {
                let answers = try await pool.pipeline([
                    (statement, [.null]), (statement, [.int(1)]), (statement, [.bool(true)]),
                    (statement, [.text("x")]), (statement, [.null]), (statement, [.ints([1])]),
                    (statement, [.int(-2)]),
                ])
                let texts = answers.map { $0[0].optionalText(0) }
                #expect(texts == [nil, "1", "true", "x", nil, "{1}", "-2"])
            }
        }
    }

    @Test("A text with a zero byte is refused, not cut")
    func zeroByte() async throws {
        try await TestDatabase.withPool(size: 1) { pool in
            for value in [PostgresValue.text("a\0b"), .json("\"a\0b\""), .texts(["a\0b"])] {
                let error = await #expect(throws: PostgresError.self) {
                    try await pool.query(PostgresStatement("SELECT $1"), [value])
                }
                guard case .server(let refusal) = error else {
                    Issue.record("not refused: \(String(describing: error))")
                    continue
                }
                #expect(refusal.sqlState == "22021")
            }
        }
    }

    @Test("Rows outlive the connection's next calls, and the pool")
    func rowsOutlive() async throws {
        let row = try await TestDatabase.withPool(size: 1) { pool in
            let first = try await pool.query(PostgresStatement("SELECT 'first', 1"))
            for number in 0..<50 {
                _ = try await pool.query(Self.one, [.int(Int64(number))])
            }
            return first[0]
        }
        #expect(row.text(0) == "first" && row.int(1) == 1)
    }

    @Test("Reading another type than the column's, or no column at all, stops the program")
    func wrongType() async throws {
        await #expect(processExitsWith: .failure) {
            await readWrongly("SELECT 'x' AS name") { _ = $0.int(0) }
        }
        await #expect(processExitsWith: .failure) {
            await readWrongly("SELECT 1 AS number") { _ = $0.int(1) }
        }
        await #expect(processExitsWith: .failure) {
            await readWrongly("SELECT NULL::bigint AS nothing") { _ = $0.int(0) }
        }
        await #expect(processExitsWith: .failure) {
            await readWrongly("SELECT '{{1},{2}}'::bigint[] AS square") { _ = $0.ints(0) }
        }
        // And the test itself can tell.
        await #expect(processExitsWith: .success) {
            await readWrongly("SELECT 1 AS number") { _ = $0.int(0) }
        }
    }
}

/// Reads a row in a process of its own; an error ends it as a success, so that only a stop counts.
private func readWrongly(_ sql: String, _ read: @Sendable (PostgresRow) -> Void) async {
    do {
        try await TestDatabase.withPool(size: 1) { pool in
            read(try await pool.query(PostgresStatement(sql))[0])
        }
    } catch {
        exit(EXIT_SUCCESS)
    }
}
