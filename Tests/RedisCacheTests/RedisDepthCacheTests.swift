import Desk
import Redis
import RedisCache
import ServerTesting
import Testing
import Trading

@Suite("Redis depth cache", .needs(.redis), .timeLimit(.minutes(20)))
struct RedisDepthCacheTests {
    private let clock = HandClock()
    private let instrument = InstrumentID(2_885)

    private static func levels(_ first: Int64, _ step: Int64) -> [MarketDepth.Level] {
        (0..<5).map { place in
            MarketDepth.Level(
                price: Price(raw: first + step * place),
                quantity: Quantity(place + 1),
                orders: place == 2 ? nil : place
            )
        }
    }

    private var books: [MarketDepth] {
        [
            MarketDepth(bids: [], asks: [], lastPrice: nil),
            MarketDepth(
                bids: Self.levels(29_500_000, -500),
                asks: Self.levels(29_500_500, 500),
                lastPrice: Price(raw: 29_500_000),
                volume: MarketDepth.mostVolume,
                lowerCircuit: Price(raw: 1),
                upperCircuit: Price.limit,
                lastTradeAt: Timestamp(microseconds: clock.now().microseconds - 7)
            ),
            MarketDepth(
                bids: [],
                asks: [MarketDepth.Level(price: Price.limit, quantity: Quantity.limit)],
                lastPrice: nil,
                volume: 0
            ),
        ]
    }

    @Test("A book that one process was told is known to the others as it was, until it is too old")
    func shared() async throws {
        try await RedisBench.run { bench in
            let here = RedisDepthCache(redis: bench.one, prefix: bench.prefix, clock: clock)
            let there = RedisDepthCache(redis: bench.other, prefix: bench.prefix, clock: clock)
            #expect(await there.depth(instrument, maximumAge: .seconds(1)) == nil)
            for (book, broker) in zip(books, [BrokerName.dhan, .zerodha, .groww]) {
                let told = ToldDepth(book, by: broker, at: clock.now())
                await here.remember(told, for: instrument)
                #expect(await there.depth(instrument, maximumAge: .seconds(1)) == told)
            }
            #expect(await there.depth(InstrumentID(1), maximumAge: .seconds(1)) == nil)
            clock.advance(milliseconds: 1_000)
            #expect(await there.depth(instrument, maximumAge: .seconds(1)) != nil)
            clock.advance(milliseconds: 1)
            #expect(await there.depth(instrument, maximumAge: .seconds(1)) == nil)
        }
    }

    @Test(
        "What none of us has written is no book",
        arguments: [
            "", "|", "||", "x|y|z", "1 dhan 1 1 1 1|1:1:1|1:1:1", "1 nobody 1 1 1 1 1||",
            "1 dhan 1 1 1 1 1|", "1 dhan 1 1 1 1 1|0:1:1|", "1 dhan 1 1 1 1 1|1:-1:1|",
            "1 dhan 1 1 1 1 1|1:1:-2|", "1 dhan 1 1 1 1 1|1:1|", "1 dhan -1 1 1 1 1||",
            "1 dhan 1 1 1 1 99999999999999999999||", "1 dhan 1 1 1 -1 1||",
        ]
    )
    func garbage(value: String) async throws {
        try await RedisBench.run { bench in
            let cache = RedisDepthCache(redis: bench.one, prefix: bench.prefix, clock: clock)
            let key = RedisArgument("\(bench.prefix)depth:\(instrument)")
            _ = try await bench.one.command(["SET", key, RedisArgument(value), "EX", "60"])
            #expect(await cache.depth(instrument, maximumAge: .seconds(1_000_000_000_000)) == nil)
        }
    }

    @Test("Without Redis no book is known, and remembering one is no matter")
    func withoutRedis() async throws {
        let redis = RedisClient(try RedisConfiguration(url: "redis://127.0.0.1:1/0"))
        let cache = RedisDepthCache(redis: redis, clock: clock)
        let told = ToldDepth(books[0], by: .dhan, at: clock.now())
        await cache.remember(told, for: instrument)
        #expect(await cache.depth(instrument, maximumAge: .seconds(60)) == nil)
        await redis.close()
    }
}
