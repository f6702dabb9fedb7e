import Postgres
import ServerTesting
import Testing

@Suite("PostgreSQL: pipelines and prepared statements", .needs(.postgres))
struct PostgresPipelineTests {
    @Test("A hundred statements in one pipeline answer in order")
    func hundred() async throws {
        try await TestDatabase.withPool(size: 1) { pool in
            try await Table.create(on: pool)
            let inserts = (0..<100).map { number in
                (Table.insert, [PostgresValue.int(Int64(number)), .text("n")])
            }
            let inserted = try await pool.pipeline(inserts)
            #expect(inserted.map(\.affected) == [Int](repeating: 1, count: 100))
            let reads = (0..<100).map { (Table.one, [PostgresValue.int(Int64($0))]) }
            let read = try await pool.pipeline(reads + [(Table.ids, [])])
            #expect(read.count == 101)
            #expect(read.dropLast().map { $0[0].int(0) } == (0..<100).map { Int64($0) })
            #expect(read[100].map { $0.int(0) } == (0..<100).map { Int64($0) })
            let nothing = try await pool.pipeline([])
            #expect(nothing.isEmpty)
        }
    }

    @Test("An error in the middle is thrown, nothing is kept, and the connection goes on")
    func errorInTheMiddle() async throws {
        try await TestDatabase.withPool(size: 1) { pool in
            try await Table.create(on: pool)
            try await pool.withConnection { connection in
                let pid = try await Table.pid(connection)
                let error = await postgresError {
                    _ = try await connection.pipeline([
                        (Table.insert, [.int(1), .text("a")]),
                        (Table.insert, [.int(1), .text("b")]),
                        // Prepared for the first time, and skipped.
                        (PostgresStatement("SELECT 'skipped'"), []),
                        (Table.insert, [.int(2), .text("c")]),
                    ])
                }
                #expect(error?.refusal?.isUniqueViolation == true)
                #expect(error?.refusal?.constraint == "t_pkey" && error?.refusal?.table == "t")
                #expect(error?.isRetryable == false)
                let after = try await connection.pipeline([
                    (Table.ids, []), (PostgresStatement("SELECT 'skipped'"), []),
                    (Table.insert, [.int(3), .null]),
                ])
                #expect(after[0].isEmpty && after[1][0].text(0) == "skipped")
                #expect(after[2].affected == 1)
                let same = try await Table.pid(connection)
                #expect(same == pid)
            }
        }
    }

    @Test("BEGIN and COMMIT inside a pipeline divide it into transactions")
    func transactionsInside() async throws {
        try await TestDatabase.withPool(size: 1) { pool in
            try await Table.create(on: pool)
            try await pool.withConnection { connection in
                _ = try await connection.pipeline([
                    (Table.begin, []), (Table.insert, [.int(1), .null]), (Table.commit, []),
                ])
                let error = await postgresError {
                    _ = try await connection.pipeline([
                        (Table.begin, []), (Table.insert, [.int(2), .null]), (Table.commit, []),
                        (Table.begin, []), (Table.insert, [.int(3), .null]),
                        (Table.insert, [.int(1), .null]), (Table.commit, []),
                    ])
                }
                #expect(error?.refusal?.sqlState == "23505")
                // Were the failed transaction still open, this would be refused.
                _ = try await connection.query(Table.insert, [.int(4), .null])
                let rows = try await connection.query(Table.ids)
                #expect(rows.map { $0.int(0) } == [1, 2, 4])
                let open = try await connection.query(
                    PostgresStatement("SELECT pg_current_xact_id_if_assigned() IS NULL")
                )
                #expect(open[0].bool(0))
            }
        }
    }

    @Test("What is refused only at the end of the pipeline is thrown too")
    func deferredConstraint() async throws {
        try await TestDatabase.withPool(size: 1) { pool in
            try await pool.withConnection {
                try await $0.execute(
                    script: """
                        CREATE TABLE t (
                            id bigint CONSTRAINT late UNIQUE DEFERRABLE INITIALLY DEFERRED, name text
                        )
                        """
                )
            }
            let error = await postgresError {
                _ = try await pool.pipeline([
                    (Table.insert, [.int(1), .null]), (Table.insert, [.int(1), .null]),
                ])
            }
            #expect(error?.refusal?.constraint == "late")
            let ids = try await Table.ids(on: pool)
            #expect(ids.isEmpty)
        }
    }

    @Test("Large statements and large answers pass each other without a jam")
    func large() async throws {
        try await TestDatabase.withPool(size: 1) { pool in
            let echo = PostgresStatement("SELECT $1::bytea, repeat('x', 200000)")
            let bytes = [UInt8](repeating: 7, count: 200_000)
            let answers = try await pool.pipeline((0..<100).map { _ in (echo, [.bytes(bytes)]) })
            #expect(answers.count == 100)
            for rows in answers {
                #expect(rows[0].bytes(0) == bytes && rows[0].text(1).utf8.count == 200_000)
            }
        }
    }

    @Test("A statement is prepared once per connection, however often it runs")
    func preparedOnce() async throws {
        let prepared = PostgresStatement(
            "SELECT count(*) FROM pg_prepared_statements WHERE statement = 'SELECT $1::bigint'"
        )
        try await TestDatabase.withPool(size: 1) { pool in
            for number in 0..<20 {
                _ = try await pool.query(Table.one, [.int(Int64(number))])
                // Made anew, but the same text.
                _ = try await pool.query(PostgresStatement("SELECT $1::bigint"), [.int(1)])
            }
            let rows = try await pool.query(prepared)
            #expect(rows[0].int(0) == 1)
        }
    }

    @Test("A connection keeps no more statements prepared than it may")
    func bounded() async throws {
        try await TestDatabase.withSchema { configuration in
            var configuration = configuration
            configuration.preparedStatements = 8
            let pool = PostgresPool(configuration, size: 1)
            let count = PostgresStatement("SELECT count(*) FROM pg_prepared_statements")
            for round in 0..<2 {
                for number in 0..<50 {
                    let statement = PostgresStatement("SELECT \(number)")
                    let rows = try await pool.query(statement)
                    #expect(rows[0].int(0) == number)
                }
                let many = (0..<30).map {
                    (PostgresStatement("SELECT \($0), \(round)"), [PostgresValue]())
                }
                let answers = try await pool.pipeline(many + many)
                #expect(answers.map { $0[0].int(0) } == (0..<60).map { Int64($0 % 30) })
            }
            // Each call closes some of those that are no longer wanted.
            for _ in 0..<20 { _ = try await pool.query(count) }
            let left = try await pool.query(count)[0].int(0)
            #expect(left <= 8)
            await pool.close()
        }
    }

    @Test("A statement that could not be prepared is prepared again when it can")
    func failedPreparation() async throws {
        try await TestDatabase.withPool(size: 1) { pool in
            let error = await postgresError { _ = try await pool.query(Table.ids) }
            #expect(error?.refusal?.sqlState == "42P01")
            try await Table.create(on: pool)
            let ids = try await Table.ids(on: pool)
            #expect(ids.isEmpty)
        }
    }

    @Test("A plan that a migration made invalid fails once, not for ever")
    func invalidPlan() async throws {
        try await TestDatabase.withPool(size: 1) { pool in
            try await Table.create(on: pool)
            let all = PostgresStatement("SELECT * FROM t")
            _ = try await pool.query(all)
            try await pool.withConnection {
                try await $0.execute(script: "ALTER TABLE t ADD COLUMN more bigint DEFAULT 7")
            }
            let error = await postgresError { _ = try await pool.query(all) }
            #expect(error?.refusal?.sqlState == "0A000")
            _ = try await pool.query(Table.insert2, [.int(1)])
            let rows = try await pool.query(all)
            #expect(rows[0].int(2) == 7)
        }
    }

    @Test("A script runs several statements, all or none of them")
    func script() async throws {
        try await TestDatabase.withPool(size: 1) { pool in
            try await pool.withConnection { connection in
                try await connection.execute(
                    script: "CREATE TABLE t (id bigint, name text); INSERT INTO t VALUES (1, 'a')"
                )
                let error = await postgresError {
                    try await connection.execute(
                        script: "INSERT INTO t VALUES (2, 'b'); SELECT 1/0; SELECT 2"
                    )
                }
                #expect(error?.refusal?.sqlState == "22012")
                let second = await postgresError {
                    try await connection.execute(
                        script: "BEGIN; INSERT INTO t VALUES (3, 'c'); SELECT 1/0; COMMIT"
                    )
                }
                #expect(second?.refusal?.sqlState == "22012")
                let copy = await postgresError {
                    try await connection.execute(script: "SELECT 1; SYNTAX")
                }
                #expect(copy?.refusal?.sqlState == "42601")
                let rows = try await connection.query(Table.ids)
                #expect(rows.map { $0.int(0) } == [1])
            }
        }
    }

    @Test("COPY, which this driver does not speak, costs the connection, not the program")
    func copy() async throws {
        try await TestDatabase.withPool(size: 1) { pool in
            let error = await postgresError {
                try await pool.withConnection {
                    try await $0.execute(script: "COPY (SELECT 1) TO STDOUT")
                }
            }
            #expect(error?.isConnectionLost == true)
            let rows = try await pool.query(Table.one, [.int(5)])
            #expect(rows[0].int(0) == 5)
        }
    }
}

extension Table {
    fileprivate static let insert2 = PostgresStatement("INSERT INTO t (id) VALUES ($1)")
}
