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
        var hasSaidSo = false
        while let cause = try await obstacle() {
            if !hasSaidSo {
                connections.logger.notice("waiting for the database", [LogField("cause", cause)])
            }
            hasSaidSo = true
            try await connections.clock.sleep(for: .milliseconds(500))
        }
        await connections.close()
    }

    /// Applies what is missing; why the database cannot be reached, where it cannot.
    private func obstacle() async throws -> String? {
        let runner = MigrationRunner(
            pool: connections.pool,
            folder: connections.settings.migrations
        )
        do {
            let applied = try await runner.migrate()
            connections.logger.notice(
                applied.isEmpty ? "the database is up to date" : "migrated",
                applied.isEmpty ? [] : [LogField("applied", applied.joined(separator: ", "))]
            )
            return nil
        } catch {
            guard case .unavailable(let cause) = error else { throw error }
            return cause
        }
    }
}
