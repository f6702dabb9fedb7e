import Desk
import Redis
import RedisCache
import ServerTesting
import Testing
import Trading

@Suite("Redis broker health", .needs(.redis), .timeLimit(.minutes(20)))
struct RedisBrokerHealthTests {
    private let clock = HandClock()

    private func health(_ broker: BrokerName, resting: Bool) -> BrokerHealth {
        BrokerHealth(
            broker: broker,
            isResting: resting,
            silences: resting ? 20 : 0,
            lastAnswer: resting ? nil : clock.now(),
            lastSilence: resting ? clock.now() : nil
        )
    }

    @Test("What each worker told last is known to others, until it is too old")
    func told() async throws {
        try await RedisBench.run { bench in
            let here = RedisBrokerHealth(redis: bench.one, prefix: bench.prefix, clock: clock)
            let there = RedisBrokerHealth(redis: bench.other, prefix: bench.prefix, clock: clock)
            #expect(await there.told(maximumAge: .seconds(15)) == [])
            let (good, bad) = (health(.dhan, resting: false), health(.upstox, resting: true))
            await here.tell([good, bad], by: "host:1")
            await here.tell([good], by: "host:2")
            let told = try #require(await there.told(maximumAge: .seconds(15)))
            #expect(told.count == 3 && told.count { $0 == good } == 2 && told.contains(bad))
            clock.advance(milliseconds: 15_001)
            await here.tell([bad], by: "host:2")
            #expect(await there.told(maximumAge: .seconds(15)) == [bad])
            // What is too old is gone, also for whoever would believe it.
            #expect(await there.told(maximumAge: .seconds(600)) == [bad])
        }
    }

    @Test("What no worker has written is nothing, and does no harm")
    func garbage() async throws {
        try await RedisBench.run { bench in
            let board = RedisBrokerHealth(redis: bench.one, prefix: bench.prefix, clock: clock)
            let key = RedisArgument(bench.prefix + "broker-health")
            for (field, value) in [("x dhan", "1 2"), ("y nobody", "1 0 0 0 0"), ("", "")] {
                _ = try await bench.one.command([
                    "HSET", key, RedisArgument(field), RedisArgument(value),
                ])
            }
            #expect(await board.told(maximumAge: .seconds(15)) == [])
        }
    }
}
