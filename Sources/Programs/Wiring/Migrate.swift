import Postgres
import PostgresStore
import Telemetry

/// The role that brings the database up to date, waiting for it where it is not there yet.
package struct Migrate: Sendable {
    private let connections: Connections

    package init(_ settings: Settings) throws {
        connections = try Connections(settings, program: "migrate")
    }

    /// Applies what is missing.
    package func run() async throws {
        let runner = MigrationRunner(
            pool: connections.pool,
            folder: connections.settings.migrations
        )
        var hasSaidSo = false
        while true {
            do {
                let applied = try await runner.migrate()
                connections.logger.notice(
                    applied.isEmpty ? "the database is up to date" : "migrated",
                    applied.isEmpty ? [] : [LogField("applied", applied.joined(separator: ", "))]
                )
                break
            } catch PostgresError.unavailable(let cause) {
                if !hasSaidSo {
                    connections.logger.notice(
                        "waiting for the database",
                        [LogField("cause", cause)]
                    )
                }
                hasSaidSo = true
                try await connections.clock.sleep(for: .milliseconds(500))
            }
        }
        await connections.close()
    }
}
