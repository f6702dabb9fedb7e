import Redis
import Testing

/// The Redis that the tests share; each test keeps to keys of its own.
enum RedisServer {
    static let url = environment("VOLLEY_TEST_REDIS_URL")
    /// False skips the tests; where CI=1 they run and fail.
    static let isExpected = url != nil || environment("CI") == "1"
    static let absence: Comment = "VOLLEY_TEST_REDIS_URL is not set: no Redis to test with"

    static func configuration(port: Int? = nil) throws -> RedisConfiguration {
        var settings = try RedisConfiguration(url: #require(url))
        if let port {
            settings = try RedisConfiguration(
                url: "redis://127.0.0.1:\(port)/\(settings.database)"
            )
        }
        // The machine is shared: only a test of lateness sets a short limit.
        settings.commandTimeout = .seconds(30)
        settings.connectTimeout = .seconds(10)
        return settings
    }

    /// A key that nobody else has, and that vanishes by itself.
    static func key() -> String {
        "test:\(String(UInt64.random(in: 0...UInt64.max), radix: 36))"
    }
}

extension RedisClient {
    /// Waits until commands can be sent.
    func awaitUp() async throws {
        try await eventually("Redis is up") { isUp }
    }
}
