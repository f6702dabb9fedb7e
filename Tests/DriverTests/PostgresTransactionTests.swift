import NetworkTrouble
import Postgres
import ServerTesting
import Testing

@Suite("PostgreSQL: transactions", .needs(.postgres))
struct PostgresTransactionTests {
    private struct Refused: Error {}

    @Test("A transaction is kept when its body returns, and not when it throws")
    func commitAndRollback() async throws {
        try await TestDatabase.withPool(size: 2) { pool in
            try await Table.create(on: pool)
            let value = try await pool.transaction { connection in
                _ = try await connection.query(Table.insert, [.int(1), .null])
                // Not yet seen outside, so there is a transaction.
                let outside = try await Table.ids(on: pool)
                #expect(outside.isEmpty)
                _ = try await connection.query(Table.insert, [.int(2), .null])
                return "kept"
            }
            #expect(value == "kept")
            await #expect(throws: Refused.self) {
                try await pool.transaction { connection in
                    _ = try await connection.query(Table.insert, [.int(3), .null])
                    throw Refused()
                }
            }
            let ids = try await Table.ids(on: pool)
            #expect(ids == [1, 2])
        }
    }

    @Test("A transaction may begin with a pipeline or a script, or hold nothing")
    func otherBeginnings() async throws {
        try await TestDatabase.withPool(size: 1) { pool in
            try await Table.create(on: pool)
            await #expect(throws: Refused.self) {
                try await pool.transaction { connection in
                    _ = try await connection.pipeline([
                        (Table.insert, [.int(1), .null]), (Table.insert, [.int(2), .null]),
                    ])
                    throw Refused()
                }
            }
            await #expect(throws: Refused.self) {
                try await pool.transaction { connection in
                    try await connection.execute(script: "INSERT INTO t VALUES (3); SELECT 1")
                    throw Refused()
                }
            }
            try await pool.transaction { _ in }
            await #expect(throws: Refused.self) {
                try await pool.transaction { _ in throw Refused() }
            }
            // The BEGIN that was never sent must not go with another lease's statement.
            _ = try await pool.query(Table.insert, [.int(4), .null])
            let ids = try await Table.ids(on: pool)
            #expect(ids == [4])
        }
    }

    @Test("A body that swallows an error does not commit half")
    func swallowedError() async throws {
        try await TestDatabase.withPool(size: 1) { pool in
            try await Table.create(on: pool)
            let error = await postgresError {
                try await pool.transaction { connection in
                    _ = try await connection.query(Table.insert, [.int(1), .null])
                    let swallowed = await postgresError {
                        _ = try await connection.query(Table.insert, [.int(1), .null])
                    }
                    #expect(swallowed?.refusal?.sqlState == "23505")
                    let next = await postgresError {
                        _ = try await connection.query(Table.insert, [.int(2), .null])
                    }
                    #expect(next?.refusal?.sqlState == "25P02")
                }
            }
            #expect(error?.refusal?.sqlState == "25P02")
            let ids = try await Table.ids(on: pool)
            #expect(ids.isEmpty)
        }
    }

    @Test("A first statement that fails does not let the next run outside the transaction")
    func failedFirst() async throws {
        try await TestDatabase.withPool(size: 1) { pool in
            try await Table.create(on: pool)
            let error = await postgresError {
                try await pool.transaction { connection in
                    for call in [
                        (Table.insert, [.text("x"), .null]), (Table.insert, [.int(1), .null]),
                    ]
                        as [(PostgresStatement, [PostgresValue])]
                    {
                        _ = await postgresError {
                            _ = try await connection.query(call.0, call.1)
                        }
                    }
                }
            }
            #expect(error?.refusal?.sqlState == "25P02")
            let ids = try await Table.ids(on: pool)
            #expect(ids.isEmpty)
        }
    }

    @Test("A constraint that is checked at COMMIT refuses the transaction")
    func refusedAtCommit() async throws {
        try await TestDatabase.withPool(size: 1) { pool in
            try await pool.withConnection {
                try await $0.execute(
                    script:
                        "CREATE TABLE t (id bigint UNIQUE DEFERRABLE INITIALLY DEFERRED, n text)"
                )
            }
            let error = await postgresError {
                try await pool.transaction { connection in
                    for _ in 0..<2 {
                        _ = try await connection.query(Table.insert, [.int(1), .null])
                    }
                }
            }
            #expect(error?.refusal?.sqlState == "23505")
            let ids = try await Table.ids(on: pool)
            #expect(ids.isEmpty)
        }
    }

    @Test("A connection that breaks at COMMIT leaves the outcome unknown, and it may be kept")
    func lostAtCommit() async throws {
        try await TestDatabase.withProxiedPool(size: 1) { pool, proxy, direct in
            try await Table.create(on: direct)
            let error = await postgresError {
                try await pool.transaction { connection in
                    _ = try await connection.query(Table.insert, [.int(1), .null])
                    await proxy.cutAfterClientSends("COMMIT")
                }
            }
            #expect(error?.isOutcomeUnknown == true && error?.isRetryable == false)
            try await eventually { try await Table.ids(on: direct) == [1] }
            // The pool has recovered.
            let ids = try await Table.ids(on: pool)
            #expect(ids == [1])
        }
    }

    @Test("A connection that breaks before COMMIT keeps nothing")
    func lostBeforeCommit() async throws {
        try await TestDatabase.withProxiedPool(size: 1) { pool, proxy, direct in
            try await Table.create(on: direct)
            let error = await postgresError {
                try await pool.transaction { connection in
                    _ = try await connection.query(Table.insert, [.int(1), .null])
                    await proxy.cut()
                    let lost = await postgresError { _ = try await connection.query(Table.ids) }
                    #expect(lost?.isConnectionLost == true && lost?.isRetryable == false)
                    // Not on a new connection: the transaction is gone.
                    let still = await postgresError { _ = try await connection.query(Table.ids) }
                    #expect(still?.isConnectionLost == true)
                }
            }
            #expect(error?.isUnavailable == true)
            let ids = try await Table.ids(on: direct)
            #expect(ids.isEmpty)
        }
    }

    @Test("What a lease leaves open is rolled back before the next")
    func leftOpen() async throws {
        try await TestDatabase.withPool(size: 1) { pool in
            try await Table.create(on: pool)
            let pid = try await pool.withConnection { connection in
                _ = try await connection.query(Table.begin)
                _ = try await connection.query(Table.insert, [.int(1), .null])
                return try await Table.pid(connection)
            }
            await #expect(throws: PostgresError.self) {
                try await pool.withConnection { connection in
                    _ = try await connection.query(Table.begin)
                    _ = try await connection.query(PostgresStatement("SELECT 1/0"))
                }
            }
            let ids = try await Table.ids(on: pool)
            #expect(ids.isEmpty)
            // Rolled back, not thrown away.
            let same = try await pool.withConnection { try await Table.pid($0) }
            #expect(same == pid)
        }
    }

    @Test("A connection that its user wants dropped is not lent again")
    func dropAfterUse() async throws {
        try await TestDatabase.withPool(size: 1) { pool in
            let pid = try await pool.withConnection { connection in
                _ = try await connection.query(PostgresStatement("SET search_path = nowhere"))
                await connection.dropAfterUse()
                return try await Table.pid(connection)
            }
            let other = try await pool.withConnection { try await Table.pid($0) }
            #expect(other != pid)
        }
    }

    @Test("Of two transactions in a deadlock one is refused, and may be tried again")
    func deadlock() async throws {
        try await TestDatabase.withPool(size: 2) { pool in
            try await Table.create(on: pool)
            _ = try await pool.pipeline([
                (Table.insert, [.int(1), .null]), (Table.insert, [.int(2), .null]),
            ])
            let update = PostgresStatement("UPDATE t SET name = 'x' WHERE id = $1")
            let gates = [TestGate(), TestGate()]
            let errors = await withTaskGroup(of: PostgresError?.self) { group in
                for me in 0..<2 {
                    group.addTask {
                        do {
                            try await pool.transaction { connection in
                                _ = try await connection.query(update, [.int(Int64(me + 1))])
                                await gates[me].open()
                                await gates[1 - me].pass()
                                _ = try await connection.query(update, [.int(Int64(2 - me))])
                            }
                            return nil
                        } catch {
                            return error as? PostgresError
                        }
                    }
                }
                return await group.reduce(into: []) { all, error in all.append(error) }
            }
            let failed = errors.compactMap { $0 }
            #expect(failed.count == 1)
            #expect(failed.first?.refusal?.sqlState == "40P01" && failed.first?.isRetryable == true)
        }
    }
}
