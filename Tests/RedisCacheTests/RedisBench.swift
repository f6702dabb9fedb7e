import Desk
import Redis
import ServerTesting
import Synchronization
import Testing
import Trading

/// Two processes' worth of connections to the tests' Redis, and keys that nobody else has.
struct RedisBench: Sendable {
    let one: RedisClient
    let other: RedisClient
    let prefix: String

    static func run(_ body: (RedisBench) async throws -> Void) async throws {
        let configuration = try RedisConfiguration(url: TestServer.redis.url())
        var patient = configuration
        // A slow machine is not an absent Redis.
        patient.commandTimeout = .seconds(30)
        let bench = RedisBench(
            one: RedisClient(patient),
            other: RedisClient(patient),
            prefix: TestNames.keyPrefix("cache")
        )
        let outcome: Result<Void, any Error>
        do {
            try await eventually("Redis is reached") { bench.one.isUp && bench.other.isUp }
            outcome = .success(try await body(bench))
        } catch {
            outcome = .failure(error)
        }
        await bench.one.close()
        await bench.other.close()
        try outcome.get()
    }
}

/// A clock that only a test moves.
final class HandClock: WallClock {
    private let time = Atomic<Int64>(1_795_149_000_000_000)

    func now() -> Timestamp { Timestamp(microseconds: time.load(ordering: .relaxed)) }

    func advance(milliseconds: Int64) { time.add(milliseconds * 1_000, ordering: .relaxed) }

    func sleep(for duration: Duration) async throws { try Task.checkCancellation() }
}
