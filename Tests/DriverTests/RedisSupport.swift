import Redis
import ServerTesting
import Testing

/// The Redis that the tests share; each test keeps to keys of its own.
enum RedisServer {
    static func configuration(port: Int? = nil) throws -> RedisConfiguration {
        let server = TestServer.redis
        var settings = try RedisConfiguration(
            url: port.map { try server.url(throughPort: $0) } ?? server.url()
        )
        // The machine is shared: only a test of lateness sets a short limit.
        settings.commandTimeout = .seconds(30)
        settings.connectTimeout = .seconds(10)
        return settings
    }

    /// A key that nobody else has, and that vanishes by itself.
    static func key() -> String {
        TestNames.keyPrefix("driver") + "key"
    }
}

extension RedisClient {
    /// Waits until commands can be sent.
    func awaitUp() async throws {
        try await eventually("Redis is up") { isUp }
    }
}
