package import Postgres

/// A PostgreSQL schema for one test, gone after it.
package enum TestDatabase {
    /// Runs `body` with the address of a database where unqualified names belong to a new, empty
    /// schema; drops the schema and all in it afterwards.
    package static func withSchema<R: Sendable>(
        _ body: (PostgresConfiguration) async throws -> R
    ) async throws -> R {
        let url = try TestServer.postgres.url()
        var configuration = try PostgresConfiguration(url: url)
        configuration.applicationName = "volley-tests"
        let schema = TestNames.schema()
        let admin = PostgresPool(configuration, size: 1)
        try await execute("CREATE SCHEMA \(schema)", on: admin)
        configuration.searchPath = schema
        do {
            let value = try await body(configuration)
            try await execute("DROP SCHEMA \(schema) CASCADE", on: admin)
            await admin.close()
            return value
        } catch {
            // The test's own error matters more than what the clearing away may add to it.
            try? await execute("DROP SCHEMA IF EXISTS \(schema) CASCADE", on: admin)
            await admin.close()
            throw error
        }
    }

    /// The same with a pool, closed afterwards.
    package static func withPool<R: Sendable>(
        size: Int = 4,
        _ body: (PostgresPool) async throws -> R
    ) async throws -> R {
        try await withSchema { configuration in
            let pool = PostgresPool(configuration, size: size)
            do {
                let value = try await body(pool)
                await pool.close()
                return value
            } catch {
                await pool.close()
                throw error
            }
        }
    }

    private static func execute(_ script: String, on pool: PostgresPool) async throws {
        try await pool.withConnection { try await $0.execute(script: script) }
    }
}
