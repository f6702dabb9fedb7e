import Desk
import Redis
import RedisCache
import ServerTesting
import Testing
import Trading

@Suite("Redis quote cache", .needs(.redis), .timeLimit(.minutes(20)))
struct RedisQuoteCacheTests {
    private let clock = HandClock()
    private let instrument = InstrumentID(2_885)

    @Test("A price that one process learned is known to the others, until it is too old")
    func shared() async throws {
        try await RedisBench.run { bench in
            let here = RedisQuoteCache(redis: bench.one, prefix: bench.prefix, clock: clock)
            let there = RedisQuoteCache(redis: bench.other, prefix: bench.prefix, clock: clock)
            let price = try #require(Price(rupees: "2950.05"))
            #expect(await there.price(instrument, maximumAge: .seconds(2)) == nil)
            await here.remember(price, for: instrument)
            #expect(await there.price(instrument, maximumAge: .seconds(2)) == price)
            #expect(await there.price(InstrumentID(1), maximumAge: .seconds(2)) == nil)
            clock.advance(milliseconds: 2_000)
            #expect(await there.price(instrument, maximumAge: .seconds(2)) == price)
            clock.advance(milliseconds: 1)
            #expect(await there.price(instrument, maximumAge: .seconds(2)) == nil)
            #expect(await there.price(instrument, maximumAge: .seconds(60)) == price)
            let quote = await there.quote(instrument, maximumAge: .seconds(60))
            #expect(quote == Quote(price: price, age: .milliseconds(2_001)))
        }
    }

    @Test(
        "What is no price of ours is none",
        arguments: [
            "", "29505000", "x 1", "1 x", "0 1795149000000000", "-5 1795149000000000", "1 2 3",
        ]
    )
    func garbage(value: String) async throws {
        try await RedisBench.run { bench in
            let cache = RedisQuoteCache(redis: bench.one, prefix: bench.prefix, clock: clock)
            let key = RedisArgument("\(bench.prefix)quote:\(instrument)")
            _ = try await bench.one.command(["SET", key, RedisArgument(value), "EX", "60"])
            #expect(await cache.price(instrument, maximumAge: .seconds(1_000_000_000)) == nil)
        }
    }

    @Test("What a feed told is known to all at once, with the day's figures, which a price leaves")
    func fed() async throws {
        try await RedisBench.run { bench in
            let here = RedisQuoteCache(redis: bench.one, prefix: bench.prefix, clock: clock)
            let there = RedisQuoteCache(redis: bench.other, prefix: bench.prefix, clock: clock)
            let price = try #require(Price(rupees: "2950.05"))
            let day = DayFigures(
                open: Price(rupees: "2940"),
                high: Price(rupees: "2960"),
                previousClose: Price(rupees: "2930.10"),
                volume: 5_000_000_000,
                ask: Price(rupees: "2950.10")
            )
            let ticks = (1...2_500).map {
                Tick(instrument: InstrumentID($0), price: price, day: $0 == 7 ? day : DayFigures())
            }
            await here.remember(ticks)
            clock.advance(milliseconds: 3_000)
            let known = await there.quotes((0...2_501).map { InstrumentID($0) })
            #expect(known.count == 2_500)
            let seventh = InstrumentID(7)
            #expect(known[seventh] == Quote(price: price, age: .seconds(3), day: day))
            let newer = try #require(Price(rupees: "2951"))
            await there.remember(newer, for: seventh)
            let now = await here.quotes([seventh])
            #expect(now == [seventh: Quote(price: newer, age: .zero, day: day)])
        }
    }

    @Test("Without Redis no price is known, and remembering one is no matter")
    func withoutRedis() async throws {
        let redis = RedisClient(try RedisConfiguration(url: "redis://127.0.0.1:1/0"))
        let cache = RedisQuoteCache(redis: redis, clock: clock)
        await cache.remember(Price(raw: 1), for: instrument)
        await cache.remember([Tick(instrument: instrument, price: Price(raw: 1))])
        #expect(await cache.price(instrument, maximumAge: .seconds(60)) == nil)
        #expect(await cache.quotes([instrument]).isEmpty)
        await redis.close()
    }
}
