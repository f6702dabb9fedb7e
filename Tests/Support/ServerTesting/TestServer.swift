import Glibc
package import Testing

/// A server that some tests need; its address comes from the environment.
///
/// Mark such a suite or test with `.needs(.postgres)`: without an address it is skipped, with a
/// line that says so; where `CI=1`, it runs, and fails at ``url()``.
package enum TestServer: String, Sendable {
    case postgres = "VOLLEY_TEST_DATABASE_URL"
    case rabbitMQ = "VOLLEY_TEST_AMQP_URL"
    case redis = "VOLLEY_TEST_REDIS_URL"

    /// The server's address.
    package func url() throws -> String {
        guard let url = Self.environment(rawValue) else { throw Missing(variable: rawValue) }
        return url
    }

    /// Whether tests of this server are to run.
    package var isWanted: Bool {
        Self.environment(rawValue) != nil || Self.environment("CI") == "1"
    }

    /// No address was given, and `CI=1` forbids to skip.
    package struct Missing: Error, CustomStringConvertible {
        let variable: String
        package var description: String { "\(variable) is not set" }
    }

    private static func environment(_ name: String) -> String? {
        guard let value = getenv(name), value.pointee != 0 else { return nil }
        return String(cString: value)
    }
}

extension Trait where Self == ConditionTrait {
    /// Skips the test where this server has no address, but not where `CI=1`.
    package static func needs(_ server: TestServer) -> Self {
        .enabled(if: server.isWanted, "skipped, since \(server.rawValue) is not set")
    }
}
