import Blocking
import Glibc
import RabbitMQ
import Synchronization
import Testing

/// The RabbitMQ that the tests share; each test keeps to queues of its own.
enum RabbitServer {
    static let url = environment("VOLLEY_TEST_AMQP_URL")
    /// False skips the tests; where CI=1 they run and fail.
    static let isExpected = url != nil || environment("CI") == "1"
    static let absence: Comment = "VOLLEY_TEST_AMQP_URL is not set: no RabbitMQ to test with"
}

/// What a test of the driver needs: settings, an admin, names that nobody else has.
struct RabbitBench {
    let configuration: RabbitConfiguration
    let admin: RabbitAdmin
    let prefix: String
    private let names = Names()

    private final class Names: Sendable {
        let all = Mutex<[String]>([])
    }

    /// A name for a queue that is deleted after the test.
    func name(_ suffix: String) -> String {
        let name = "\(prefix).\(suffix)"
        names.all.withLock { $0.append(name) }
        return name
    }

    /// The same server, reached through a proxy.
    func configuration(through proxy: CuttableProxy) throws -> RabbitConfiguration {
        let url = try #require(RabbitServer.url)
        let password = try #require(try ServerURL(url).password)
        let user = configuration.user
        return try RabbitConfiguration(url: "amqp://\(user):\(password)@127.0.0.1:\(proxy.port)/")
    }

    static func run(_ body: (RabbitBench) async throws -> Void) async throws {
        let configuration = try RabbitConfiguration(url: #require(RabbitServer.url))
        let bench = RabbitBench(
            configuration: configuration,
            admin: RabbitAdmin(configuration),
            prefix: "test.\(String(UInt64.random(in: 0...UInt64.max), radix: 36))"
        )
        let result: Result<Void, any Error>
        do { result = .success(try await body(bench)) } catch { result = .failure(error) }
        for name in bench.names.all.withLock({ $0 }) { try await bench.admin.delete(name) }
        await bench.admin.close()
        try result.get()
    }
}

/// Takes messages until there are so many, or the time is up.
func take(_ count: Int, from consumer: RabbitConsumer) async throws -> [RabbitDelivery] {
    var all: [RabbitDelivery] = []
    while all.count < count {
        let missing = count - all.count
        let more = try await withTimeLimit { try await consumer.next(atMost: missing) }
        if more.isEmpty { break }
        all += more
    }
    return all
}

/// A limit that only a defect reaches.
func withTimeLimit<R: Sendable>(
    _ limit: Duration = .seconds(60),
    _ body: @escaping @Sendable () async throws -> R
) async throws -> R {
    try await withThrowingTaskGroup(of: R.self) { group in
        group.addTask { try await body() }
        group.addTask {
            try await Task.sleep(for: limit)
            throw TookTooLong()
        }
        defer { group.cancelAll() }
        return try #require(try await group.next())
    }
}

struct TookTooLong: Error {}

/// Waits for a condition; fails the test if it does not come.
func eventually(
    _ what: Comment,
    sourceLocation: SourceLocation = #_sourceLocation,
    _ condition: () async throws -> Bool
) async throws {
    let deadline = ContinuousClock.now + .seconds(60)
    while ContinuousClock.now < deadline {
        if try await condition() { return }
        try await Task.sleep(for: .milliseconds(10))
    }
    Issue.record(what, sourceLocation: sourceLocation)
    throw TookTooLong()
}

func environment(_ name: String) -> String? {
    getenv(name).map { String(cString: $0) }
}
