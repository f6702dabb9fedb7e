package import Postgres

/// A PostgreSQL schema for one test, gone after it.
package enum TestDatabase {
    /// Tests run all at once, and a server takes 100 connections where nobody changed that.
    private static let turnstile = Turnstile(places: 10)
    /// A schema within a schema takes no second place, which might never become free.
    @TaskLocal private static var hasPlace = false

    /// Runs `body` with the address of a database where unqualified names belong to a new, empty
    /// schema; drops the schema and all in it afterwards.
    package static func withSchema<R: Sendable>(
        _ body: (PostgresConfiguration) async throws -> R
    ) async throws -> R {
        if hasPlace { return try await withNewSchema(body) }
        await turnstile.enter()
        let outcome: Result<R, any Error>
        do {
            outcome = .success(
                try await $hasPlace.withValue(true) { try await withNewSchema(body) }
            )
        } catch {
            outcome = .failure(error)
        }
        await turnstile.leave()
        return try outcome.get()
    }

    /// The same with a pool, closed afterwards.
    package static func withPool<R: Sendable>(
        size: Int = 4,
        _ body: (PostgresPool) async throws -> R
    ) async throws -> R {
        try await withSchema { configuration in
            // Where the tests of many run at once on a busy machine, a connection may be long in use.
            let pool = PostgresPool(configuration, size: size, acquireTimeout: .seconds(120))
            let outcome: Result<R, any Error>
            do {
                outcome = .success(try await body(pool))
            } catch {
                outcome = .failure(error)
            }
            await pool.close()
            return try outcome.get()
        }
    }

    private static func withNewSchema<R: Sendable>(
        _ body: (PostgresConfiguration) async throws -> R
    ) async throws -> R {
        var configuration = try PostgresConfiguration(url: TestServer.postgres.url())
        configuration.applicationName = "volley-tests"
        let schema = TestNames.schema()
        try await run("CREATE SCHEMA \(schema)", configuration)
        let outside = configuration
        configuration.searchPath = schema
        do {
            let value = try await body(configuration)
            try await run("DROP SCHEMA \(schema) CASCADE", outside)
            return value
        } catch {
            // The test's own error matters more than what the clearing away may add to it.
            try? await run("DROP SCHEMA IF EXISTS \(schema) CASCADE", outside)
            throw error
        }
    }

    private static func run(_ script: String, _ configuration: PostgresConfiguration) async throws {
        let pool = PostgresPool(configuration, size: 1)
        try await pool.withConnection { try await $0.execute(script: script) }
        await pool.close()
    }
}

/// Lets so many through at a time.
private actor Turnstile {
    private var free: Int
    private var waiting: [CheckedContinuation<Void, Never>] = []

    init(places: Int) { free = places }

    func enter() async {
        if free > 0 {
            free -= 1
        } else {
            await withCheckedContinuation { waiting.append($0) }
        }
    }

    func leave() {
        if waiting.isEmpty { free += 1 } else { waiting.removeFirst().resume() }
    }
}
