import Desk
import FoundationEssentials
import NetworkTrouble
import Redis
import ServerTesting
import Testing
import Trading

@testable import RedisCache

/// Pacing across processes, by a shared count.
@Suite("Redis pacer", .needs(.redis), .timeLimit(.minutes(20)))
struct RedisPacerTests {
    private static let account = AccountID(7)
    private static let day = 86_400
    private static let now: @Sendable () -> Timestamp = {
        Timestamp(microseconds: Int64(Date().timeIntervalSince1970 * 1_000_000))
    }

    private func request(
        _ limits: [RateLimit],
        account: AccountID = account
    ) -> PaceRequest {
        PaceRequest(account: account, broker: .dhan, limits: limits)
    }

    /// Seconds since 1970 by the clock that Redis reads too.
    private func seconds() -> Double { Date().timeIntervalSince1970 }

    /// The day in India, which must not change within a test that counts by days.
    private func indianDay() -> Int { Int(seconds() + 19_800) / Self.day }

    @Test("Twenty takers at two processes never take more than a second's and a day's calls")
    func manyTakers() async throws {
        let limits = [RateLimit(calls: 4, seconds: 1), RateLimit(calls: 14, seconds: Self.day)]
        try await RedisBench.run { bench in
            let pacers = [
                RedisPacer(redis: bench.one, prefix: bench.prefix, now: Self.now),
                RedisPacer(redis: bench.other, prefix: bench.prefix, now: Self.now),
            ]
            let today = indianDay()
            let calls = try await withThrowingTaskGroup(of: [Call].self) { group in
                for taker in 0..<20 {
                    let pacer = pacers[taker % 2]
                    group.addTask { try await callsUntilTheDayIsFull(pacer, limits) }
                }
                return try await group.reduce(into: [Call]()) { $0 += $1 }
            }
            try #require(indianDay() == today, "the test ran over an Indian midnight")
            #expect(calls.count == 14)
            // Those that began and ended within one second were counted in it.
            let certain = calls.filter { Int($0.before) == Int($0.after) }
            for (second, group) in Dictionary(grouping: certain, by: { Int($0.before) }) {
                #expect(group.count <= 4, "\(group.count) calls in second \(second)")
            }
        }
    }

    /// A call that was allowed, between two readings of the clock.
    private struct Call: Sendable {
        let before: Double
        let after: Double
    }

    private func callsUntilTheDayIsFull(
        _ pacer: RedisPacer,
        _ limits: [RateLimit]
    ) async throws -> [Call] {
        var calls: [Call] = []
        while true {
            let before = seconds()
            switch await pacer.take([request(limits)])[0] {
            case .now: calls.append(Call(before: before, after: seconds()))
            case .after(let wait) where wait > .seconds(1): return calls
            case .after(let wait):
                #expect(wait > .zero)
                try await Task.sleep(for: wait)
            }
        }
    }

    @Test("One batch is counted call by call, and each account by itself")
    func batch() async throws {
        try await RedisBench.run { bench in
            let pacer = RedisPacer(redis: bench.one, prefix: bench.prefix, now: Self.now)
            let limits = [RateLimit(calls: 3, seconds: Self.day)]
            let own = Array(repeating: request(limits), count: 5)
            let other = Array(repeating: request(limits, account: AccountID(8)), count: 2)
            let answers = await pacer.take(own + other)
            #expect(answers.map { $0 == .now } == [true, true, true, false, false, true, true])
            let elsewhere = RedisPacer(redis: bench.other, prefix: bench.prefix, now: Self.now)
            let more = await elsewhere.take(other)
            #expect(more.map { $0 == .now } == [true, false])
            #expect(await pacer.take([]).isEmpty)
        }
    }

    @Test("A call that one window refuses is not counted in the others")
    func allWindowsAtOnce() async throws {
        try await RedisBench.run { bench in
            let pacer = RedisPacer(redis: bench.one, prefix: bench.prefix, now: Self.now)
            let narrow = request([
                RateLimit(calls: 5, seconds: Self.day), RateLimit(calls: 1, seconds: 3_600),
            ])
            let refused = await pacer.take(Array(repeating: narrow, count: 4))
            #expect(refused.map { $0 == .now } == [true, false, false, false])
            let wide = request([RateLimit(calls: 5, seconds: Self.day)])
            let left = await pacer.take(Array(repeating: wide, count: 6))
            #expect(left.count { $0 == .now } == 4)
        }
    }

    @Test("A day ends at midnight in India, an hour at its full hour")
    func indianWindows() async throws {
        try await RedisBench.run { bench in
            let pacer = RedisPacer(redis: bench.one, prefix: bench.prefix, now: Self.now)
            for width in [Self.day, 3_600] {
                let account = AccountID(Int64(width))
                let limits = [RateLimit(calls: 1, seconds: width)]
                let before = seconds() + 19_800
                let answers = await pacer.take([
                    request(limits, account: account), request(limits, account: account),
                ])
                let after = seconds() + 19_800
                guard case .after(let wait) = answers[1] else {
                    Issue.record("\(answers)")
                    return
                }
                let milliseconds =
                    Double(wait.components.seconds)
                    + Double(wait.components.attoseconds) / 1e18
                // The window ends at a whole number of widths, told to the millisecond.
                let ends = (before + milliseconds - 0.01)...(after + milliseconds + 0.01)
                let end = (ends.upperBound / Double(width)).rounded(.down) * Double(width)
                #expect(ends.contains(end), "a window of \(width) s ends elsewhere")
            }
        }
    }

    @Test("A pause holds in every process, and for its account alone")
    func pause() async throws {
        try await RedisBench.run { bench in
            let here = RedisPacer(redis: bench.one, prefix: bench.prefix, now: Self.now)
            let there = RedisPacer(redis: bench.other, prefix: bench.prefix, now: Self.now)
            await here.pause(Self.account, broker: .dhan, for: .seconds(120))
            let answers = await there.take([
                request([RateLimit(calls: 100, seconds: Self.day)]),
                request([RateLimit(calls: 100, seconds: Self.day)], account: AccountID(8)),
            ])
            guard case .after(let wait) = answers[0] else {
                Issue.record("\(answers)")
                return
            }
            #expect(wait <= .seconds(120) && wait > .seconds(30))
            #expect(answers[1] == .now)
        }
    }

    @Test("A pause ends")
    func pauseEnds() async throws {
        try await RedisBench.run { bench in
            let pacer = RedisPacer(redis: bench.one, prefix: bench.prefix, now: Self.now)
            let call = request([RateLimit(calls: 100, seconds: Self.day)])
            await pacer.pause(Self.account, broker: .dhan, for: .milliseconds(300))
            try await eventually("the account may call again") {
                await pacer.take([call]) == [.now]
            }
        }
    }

    @Test(
        "A pause is told to Redis in whole milliseconds, rounded up",
        arguments: [
            (.zero, 1), (.nanoseconds(1), 1), (.milliseconds(1), 1), (.microseconds(1_001), 2),
            (.milliseconds(999), 999), (.milliseconds(1_500), 1_500), (.seconds(5), 5_000),
        ] as [(Duration, Int64)]
    )
    func milliseconds(duration: Duration, expected: Int64) {
        #expect(RedisPacer.milliseconds(duration) == expected)
    }

    @Test("Without Redis each worker keeps to its share of the limits, and still answers")
    func withoutRedis() async throws {
        // Port 1 is nobody's on any machine of ours.
        let redis = RedisClient(try RedisConfiguration(url: "redis://127.0.0.1:1/0"))
        let roster = FixedRoster(WorkerPlace(0, of: 4))
        let pacer = RedisPacer(redis: redis, roster: roster, now: Self.now)
        let call = request([RateLimit(calls: 8, seconds: Self.day)])
        let answers = await pacer.take(Array(repeating: call, count: 10))
        #expect(answers.count { $0 == .now } == 2)
        await pacer.pause(AccountID(9), broker: .dhan, for: .seconds(3_600))
        let paused = request([RateLimit(calls: 8, seconds: 1)], account: AccountID(9))
        guard case .after(let wait) = await pacer.take([paused])[0] else {
            Issue.record("a paused account was let through")
            return
        }
        #expect(wait > .seconds(3_000))
        // Who does not know how many others there are makes no call.
        let stranger = RedisPacer(redis: redis, now: Self.now)
        #expect(await stranger.take([call]) == [.after(.seconds(1))])
        await redis.close()
    }

    @Test("Redis may go and come: the pacer always answers, and counts with the others again")
    func redisGoesAndComes() async throws {
        let url = try TestServer.redis.url()
        let server = try RedisConfiguration(url: url)
        let proxy = try TestProxy(toPort: server.port, host: server.host)
        let through = try RedisConfiguration(
            url: url.replacing(":\(server.port)", with: ":\(proxy.port)")
        )
        let redis = RedisClient(through)
        let pacer = RedisPacer(
            redis: redis,
            prefix: TestNames.keyPrefix("pacer"),
            roster: FixedRoster(WorkerPlace(0, of: 4)),
            now: Self.now
        )
        let limits = [RateLimit(calls: 40, seconds: Self.day)]
        try await eventually("Redis is reached") { redis.isUp }
        await proxy.refuse()
        try await eventually("Redis is gone") { !redis.isUp }
        let alone = await pacer.take(Array(repeating: request(limits), count: 20))
        #expect(alone.count { $0 == .now } == 10)
        await proxy.accept()
        try await eventually("Redis is back") { redis.isUp }
        // The shared count knows nothing of the ten.
        let together = await pacer.take(Array(repeating: request(limits), count: 50))
        #expect(together.count { $0 == .now } == 40)
        await redis.close()
        await proxy.close()
    }
}
