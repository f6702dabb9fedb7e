import NetworkTrouble
import Postgres
import ServerTesting
import Telemetry
import Testing

@Suite("PostgreSQL: pool and recovery", .needs(.postgres))
struct PostgresPoolTests {
    @Test("Two hundred tasks share four connections, and each gets its own answer")
    func sharing() async throws {
        try await TestDatabase.withSchema { configuration in
            var configuration = configuration
            configuration.applicationName = TestNames.unique()
            let metrics = Metrics()
            let pool = PostgresPool(
                configuration,
                size: 4,
                metrics: metrics,
                acquireTimeout: .seconds(120)
            )
            try await withThrowingTaskGroup(of: Void.self) { group in
                for task in 0..<200 {
                    group.addTask {
                        for call in 0..<20 {
                            let number = Int64(task * 1000 + call)
                            let rows = try await pool.query(Table.one, [.int(number)])
                            #expect(rows.count == 1 && rows[0].int(0) == number)
                        }
                    }
                }
                try await group.waitForAll()
            }
            let name = PostgresValue.text(configuration.applicationName)
            let sessions = try await pool.query(Table.sessions, [name, .text("")])[0].int(0)
            #expect(sessions >= 1 && sessions <= 4)
            #expect(metrics.counter("postgres_statements_total", help: "").value() == 4001)
            let opened = metrics.counter("postgres_connections_opened_total", help: "").value()
            #expect(opened == sessions)
            await pool.close()
            let error = await postgresError { _ = try await pool.query(Table.one, [.int(1)]) }
            #expect(error?.isUnavailable == true)
        }
    }

    @Test("A session that is killed in the middle of a call is lost, and replaced")
    func killedInCall() async throws {
        try await TestDatabase.withPool(size: 1) { pool in
            let suicide = PostgresStatement("SELECT pg_terminate_backend(pg_backend_pid())")
            let error = await postgresError { _ = try await pool.query(suicide) }
            #expect(error?.isConnectionLost == true && error?.isRetryable == false)
            #expect(error?.description.contains("57P01") == true)
            let rows = try await pool.query(Table.one, [.int(1)])
            #expect(rows[0].int(0) == 1)
        }
    }

    @Test("A session that is killed from outside while it runs a statement is lost, and replaced")
    func killedFromOutside() async throws {
        try await TestDatabase.withPool(size: 2) { pool in
            let (pids, running) = AsyncStream<Int64>.makeStream()
            let error = await postgresError {
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask {
                        try await pool.withConnection { connection in
                            running.yield(try await Table.pid(connection))
                            running.finish()
                            _ = try await connection.query(Table.sleep)
                        }
                    }
                    // Killed between two calls or within one: the lease hears of it either way.
                    for await victim in pids {
                        _ = try await pool.query(Table.terminate, [.int(victim)])
                    }
                    try await group.waitForAll()
                }
            }
            #expect(error?.isConnectionLost == true)
            for number in 0..<4 {
                let rows = try await pool.query(Table.one, [.int(Int64(number))])
                #expect(rows[0].int(0) == number)
            }
        }
    }

    @Test("A session that died while idle is replaced, and nobody notices")
    func killedIdle() async throws {
        try await TestDatabase.withPool(size: 1) { pool in
            try await TestDatabase.withPool(size: 1) { killer in
                let isThere = PostgresStatement(
                    "SELECT count(*) FROM pg_stat_activity WHERE pid = $1::int"
                )
                for _ in 0..<3 {
                    let pid = try await pool.withConnection { try await Table.pid($0) }
                    _ = try await killer.query(Table.terminate, [.int(pid)])
                    try await eventually {
                        try await killer.query(isThere, [.int(pid)])[0].int(0) == 0
                    }
                    let next = try await pool.withConnection { try await Table.pid($0) }
                    #expect(next != pid)
                }
            }
        }
    }

    @Test("Without a server the call says so in bounded time, and works once there is one")
    func serverAppears() async throws {
        try await TestDatabase.withProxiedPool(size: 2) { pool, proxy, _ in
            await proxy.refuse()
            for _ in 0..<5 {
                let error = await postgresError {
                    _ = try await pool.query(Table.one, [.int(1)])
                }
                #expect(error?.isUnavailable == true && error?.isRetryable == true)
            }
            await proxy.accept()
            try await eventually {
                do throws(PostgresError) {
                    return try await pool.query(Table.one, [.int(1)])[0].int(0) == 1
                } catch {
                    #expect(error.isUnavailable)
                    return false
                }
            }
            // What was connected is lost: a call that takes it before the news has come hears of
            // it, and the next has a new one.
            await proxy.cut()
            try await eventually {
                do throws(PostgresError) {
                    return try await pool.query(Table.one, [.int(2)])[0].int(0) == 2
                } catch {
                    #expect(error.isUnavailable || error.isConnectionLost)
                    return false
                }
            }
        }
    }

    @Test("A server that takes the connection and says nothing is given up in time")
    func silentServer() async throws {
        try await TestDatabase.withProxiedPool(connectTimeout: .milliseconds(300)) {
            pool,
            proxy,
            _ in
            await proxy.freeze()
            let error = await postgresError { _ = try await pool.query(Table.one, [.int(1)]) }
            #expect(error?.isUnavailable == true)
        }
    }

    @Test("Who waits too long, or finds too many waiting, is told that nothing was done")
    func exhausted() async throws {
        try await TestDatabase.withSchema { configuration in
            let pool = PostgresPool(
                configuration,
                size: 1,
                acquireTimeout: .milliseconds(200),
                maximumWaiting: 1
            )
            try await pool.withConnection { connection in
                let errors = await withTaskGroup(of: PostgresError?.self) { group in
                    for _ in 0..<5 {
                        group.addTask {
                            await postgresError { _ = try await pool.query(Table.one, [.int(1)]) }
                        }
                    }
                    return await group.reduce(into: []) { all, error in all.append(error) }
                }
                #expect(errors.count == 5)
                for error in errors { #expect(error?.isUnavailable == true) }
                #expect(errors.contains { $0?.description.contains("within") == true })
                #expect(errors.contains { $0?.description.contains("already wait") == true })
            }
            let rows = try await pool.query(Table.one, [.int(2)])
            #expect(rows[0].int(0) == 2)
            await pool.close()
        }
    }

    @Test("Closing a pool refuses who waits, and closes what is lent when it comes back")
    func closing() async throws {
        try await TestDatabase.withSchema { configuration in
            var configuration = configuration
            configuration.applicationName = TestNames.unique()
            let pool = PostgresPool(configuration, size: 1)
            try await pool.withConnection { connection in
                _ = try await connection.query(Table.one, [.int(1)])
                await withTaskGroup { group in
                    group.addTask {
                        let error = await postgresError {
                            _ = try await pool.query(Table.one, [.int(1)])
                        }
                        #expect(error?.isUnavailable == true)
                    }
                    await pool.close()
                }
                let rows = try await connection.query(Table.one, [.int(3)])
                #expect(rows[0].int(0) == 3)
            }
            let name = PostgresValue.text(configuration.applicationName)
            configuration.applicationName = "volley-tests"
            let watcher = PostgresPool(configuration, size: 1)
            try await eventually {
                try await watcher.query(Table.sessions, [name, .text("")])[0].int(0) == 0
            }
            await watcher.close()
        }
    }
}
