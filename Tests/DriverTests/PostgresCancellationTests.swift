import NetworkTrouble
import Postgres
import ServerTesting
import Testing

@Suite("PostgreSQL: cancellation and limits of time", .needs(.postgres))
struct PostgresCancellationTests {
    @Test("Cancelling the task stops the statement on the server and frees the connection")
    func cancelsStatement() async throws {
        try await TestDatabase.withSchema { configuration in
            var configuration = configuration
            configuration.applicationName = TestNames.unique()
            let pool = PostgresPool(configuration, size: 1)
            let watcher = PostgresPool(configuration, size: 1)
            let pid = try await pool.withConnection { try await Table.pid($0) }
            let name = PostgresValue.text(configuration.applicationName)
            let sleeping: @Sendable () async throws -> Int64 = {
                try await watcher.query(Table.sessions, [name, .text("%pg_sleep%")])[0].int(0)
            }
            let error = await postgresError {
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask { _ = try await pool.query(Table.sleep) }
                    // The watcher's own statement has the text as a parameter, not in it.
                    try await eventually { try await sleeping() == 1 }
                    group.cancelAll()
                    try await group.waitForAll()
                }
            }
            #expect(error?.isCancelled == true && error?.isRetryable == false)
            let left = try await sleeping()
            #expect(left == 0)
            let same = try await pool.withConnection { try await Table.pid($0) }
            #expect(same == pid)
            await pool.close()
            await watcher.close()
        }
    }

    @Test("A cancelled transaction is rolled back, and the connection lent again")
    func cancelsTransaction() async throws {
        try await TestDatabase.withPool(size: 1) { pool in
            try await Table.create(on: pool)
            let isIn = TestGate()
            let error = await postgresError {
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask {
                        try await pool.transaction { connection in
                            _ = try await connection.query(Table.insert, [.int(1), .null])
                            await isIn.open()
                            _ = try await connection.query(Table.sleep)
                        }
                    }
                    await isIn.pass()
                    group.cancelAll()
                    try await group.waitForAll()
                }
            }
            #expect(error?.isCancelled == true)
            let ids = try await Table.ids(on: pool)
            #expect(ids.isEmpty)
        }
    }

    @Test("A task that is cancelled already sends nothing")
    func cancelledBefore() async throws {
        try await TestDatabase.withPool(size: 1) { pool in
            try await Table.create(on: pool)
            let isCancelled = TestGate()
            let error = await postgresError {
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask {
                        await isCancelled.pass()
                        _ = try await pool.query(Table.insert, [.int(1), .null])
                    }
                    group.cancelAll()
                    await isCancelled.open()
                    try await group.waitForAll()
                }
            }
            #expect(error?.isCancelled == true)
            let ids = try await Table.ids(on: pool)
            #expect(ids.isEmpty)
        }
    }

    @Test("A task that waits for a connection can be cancelled, and the others get theirs")
    func cancelsWait() async throws {
        try await TestDatabase.withPool(size: 1) { pool in
            let isHeld = TestGate()
            let isCancelled = TestGate()
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    try await pool.withConnection { _ in
                        await isHeld.open()
                        await isCancelled.pass()
                    }
                }
                await isHeld.pass()
                let error = await postgresError {
                    try await withThrowingTaskGroup(of: Void.self) { inner in
                        inner.addTask { _ = try await pool.query(Table.one, [.int(1)]) }
                        inner.cancelAll()
                        try await inner.waitForAll()
                    }
                }
                #expect(error?.isCancelled == true)
                group.addTask {
                    let rows = try await pool.query(Table.one, [.int(2)])
                    #expect(rows[0].int(0) == 2)
                }
                await isCancelled.open()
                try await group.waitForAll()
            }
        }
    }

    @Test("A late cancellation never stops the next statement of the same connection")
    func noStrayCancel() async throws {
        let nap = PostgresStatement("SELECT pg_sleep(0.001), $1::bigint")
        try await TestDatabase.withPool(size: 2) { pool in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<150 {
                    group.addTask {
                        // Cancelled at any moment: before, during or after its statement.
                        try await withThrowingTaskGroup(of: Void.self) { inner in
                            inner.addTask {
                                do throws(PostgresError) {
                                    _ = try await pool.query(nap, [.int(-1)])
                                } catch {
                                    #expect(error.isCancelled)
                                }
                            }
                            try await Task.sleep(for: .microseconds(number * 37 % 4000))
                            inner.cancelAll()
                            try await inner.waitForAll()
                        }
                    }
                    group.addTask {
                        let rows = try await pool.query(nap, [.int(Int64(number))])
                        #expect(rows[0].int(1) == number)
                    }
                }
                try await group.waitForAll()
            }
        }
    }

    @Test("A statement that takes too long is stopped by the server")
    func statementTimeout() async throws {
        try await TestDatabase.withSchema { configuration in
            var configuration = configuration
            configuration.statementTimeout = .milliseconds(300)
            let pool = PostgresPool(configuration, size: 1)
            let error = await postgresError { _ = try await pool.query(Table.sleep) }
            #expect(error?.refusal?.sqlState == "57014" && error?.isRetryable == false)
            let rows = try await pool.query(Table.one, [.int(1)])
            #expect(rows[0].int(0) == 1)
            await pool.close()
        }
    }

    @Test("Where the network swallows everything, a cancelled call ends nevertheless")
    func frozen() async throws {
        try await TestDatabase.withProxiedPool(size: 1) { pool, proxy, _ in
            _ = try await pool.query(Table.one, [.int(1)])
            await proxy.freeze()
            let error = await postgresError {
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask { _ = try await pool.query(Table.one, [.int(2)]) }
                    try await Task.sleep(for: .milliseconds(50))
                    group.cancelAll()
                    try await group.waitForAll()
                }
            }
            // Lost where it was sent, cancelled where the cancellation came before.
            #expect(error?.isConnectionLost == true || error?.isCancelled == true)
            await proxy.freeze(false)
            let rows = try await pool.query(Table.one, [.int(3)])
            #expect(rows[0].int(0) == 3)
        }
    }
}
