package import Postgres

/// One leader in the whole cluster, by an advisory lock that lives as long as its connection.
package struct PostgresLeadership: Sendable {
    private static let acquire = PostgresStatement("SELECT pg_try_advisory_lock(hashtext($1))")
    private static let release = PostgresStatement("SELECT pg_advisory_unlock(hashtext($1))")
    private static let alive = PostgresStatement("SELECT 1")
    /// A leader that is frozen keeps its connection, and with it the lock: the server must end it.
    private static let endWhenSilent = PostgresStatement(
        "SELECT set_config('idle_session_timeout', $1, false)"
    )

    private let pool: PostgresPool
    private let name: String

    package init(pool: PostgresPool, name: String) {
        self.pool = pool
        self.name = "volley leader of " + name
    }

    /// Runs the work while this process leads; tries again whenever it does not, until cancelled.
    ///
    /// The work is cancelled as soon as the connection that holds the lock does not answer.
    package func run(whileLeading work: @escaping @Sendable () async -> Void) async {
        while !Task.isCancelled {
            _ = try? await pool.withConnection { connection in
                guard try await connection.query(Self.acquire, [.text(name)])[0].bool(0) else {
                    return
                }
                _ = try await connection.query(Self.endWhenSilent, [.text("10s")])
                await lead(work, connection)
                // The connection is lent to others afterwards.
                _ = try? await connection.query(Self.endWhenSilent, [.text("0")])
                _ = try? await connection.query(Self.release, [.text(name)])
            }
            try? await Task.sleep(for: .seconds(1))
        }
    }

    private func lead(
        _ work: @escaping @Sendable () async -> Void,
        _ connection: PostgresConnection
    )
        async
    {
        await withTaskGroup { group in
            group.addTask { await work() }
            group.addTask {
                while (try? await connection.query(Self.alive)) != nil {
                    guard (try? await Task.sleep(for: .seconds(1))) != nil else { return }
                }
            }
            await group.next()
            group.cancelAll()
        }
    }
}
