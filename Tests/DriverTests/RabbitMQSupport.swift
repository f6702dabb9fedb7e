import RabbitMQ
import ServerTesting
import Synchronization
import Testing

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
        let name = "\(prefix)\(suffix)"
        names.all.withLock { $0.append(name) }
        return name
    }

    /// The same server, reached through a proxy.
    func configuration(through proxy: CuttableProxy) throws -> RabbitConfiguration {
        try RabbitConfiguration(url: TestServer.rabbitMQ.url(throughPort: proxy.port))
    }

    static func run(_ body: (RabbitBench) async throws -> Void) async throws {
        let configuration = try RabbitConfiguration(url: TestServer.rabbitMQ.url())
        let bench = RabbitBench(
            configuration: configuration,
            admin: RabbitAdmin(configuration),
            prefix: TestNames.queuePrefix("driver")
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
    _ limit: Duration = .seconds(240),
    _ body: @escaping @Sendable () async throws -> R
) async throws -> R {
    try await withThrowingTaskGroup(of: R.self) { group in
        group.addTask { try await body() }
        group.addTask {
            try await Task.sleep(for: limit)
            throw NeverHappened()
        }
        defer { group.cancelAll() }
        return try #require(try await group.next())
    }
}
