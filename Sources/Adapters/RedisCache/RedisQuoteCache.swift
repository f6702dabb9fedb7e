package import Desk
package import Redis
package import Trading

/// Last prices in Redis, each with the time when it was learned.
package struct RedisQuoteCache: QuoteCache {
    private let redis: RedisClient
    private let prefix: String
    private let clock: any WallClock

    package init(redis: RedisClient, prefix: String = "", clock: any WallClock) {
        self.redis = redis
        self.prefix = prefix
        self.clock = clock
    }

    package func quote(_ instrument: InstrumentID, maximumAge: Duration) async -> Quote? {
        guard let reply = try? await redis.command(["GET", key(instrument)]),
            let (price, learned) = reply.text.flatMap(Self.read)
        else { return nil }
        let age = learned.duration(to: clock.now())
        // A clock that lags behind another process's must not make a price come from the future.
        return age <= maximumAge ? Quote(price: price, age: max(.zero, age)) : nil
    }

    package func remember(_ price: Price, for instrument: InstrumentID) async {
        let value = RedisArgument("\(price.raw) \(clock.now().microseconds)")
        _ = try? await redis.command(["SET", key(instrument), value, "EX", "60"])
    }

    /// A price and when it was learned; nil for what none of us has written.
    static func read(_ text: String) -> (price: Price, learned: Timestamp)? {
        let words = text.split(separator: " ")
        guard words.count == 2, let raw = Int64(words[0]),
            (1...Price.limit.raw).contains(raw),
            let learned = Timestamp(written: words[1])
        else { return nil }
        return (Price(raw: raw), learned)
    }

    private func key(_ instrument: InstrumentID) -> RedisArgument {
        RedisArgument("\(prefix)quote:\(instrument)")
    }
}
