package import Desk
package import Redis
package import Trading

/// Last prices in Redis, each with the time when it was learned, and beside it what a feed told of
/// the day.
package struct RedisQuoteCache: QuoteCache {
    /// Whoever reads a price says how old it may be; this only keeps Redis tidy.
    private static let life: RedisArgument = "86400"
    /// Commands that are sent together.
    private static let together = 1_000

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
            let quote = quote(reply.text)
        else { return nil }
        return quote.age <= maximumAge ? quote : nil
    }

    package func quotes(_ instruments: [InstrumentID]) async -> [InstrumentID: Quote] {
        guard !instruments.isEmpty else { return [:] }
        let keys = instruments.map { key($0) } + instruments.map { dayKey($0) }
        guard let reply = try? await redis.command(["MGET"] + keys),
            case .array(let values) = reply, values.count == keys.count
        else { return [:] }
        var known: [InstrumentID: Quote] = [:]
        for (place, instrument) in instruments.enumerated() {
            guard let quote = quote(values[place].text) else { continue }
            known[instrument] = Quote(
                price: quote.price,
                age: quote.age,
                day: DayFigures(words: values[place + instruments.count].text ?? "")
            )
        }
        return known
    }

    package func remember(_ price: Price, for instrument: InstrumentID) async {
        _ = try? await redis.command(command(price, for: instrument))
    }

    package func remember(_ ticks: [Tick]) async {
        var commands: [[RedisArgument]] = []
        for tick in ticks {
            commands.append(command(tick.price, for: tick.instrument))
            if tick.day != DayFigures() {
                let words = RedisArgument(tick.day.words)
                commands.append(["SET", dayKey(tick.instrument), words, "EX", Self.life])
            }
        }
        var rest = commands[...]
        while !rest.isEmpty {
            _ = try? await redis.pipeline(Array(rest.prefix(Self.together)))
            rest = rest.dropFirst(Self.together)
        }
    }

    private func command(_ price: Price, for instrument: InstrumentID) -> [RedisArgument] {
        let value = RedisArgument("\(price.raw) \(clock.now().microseconds)")
        return ["SET", key(instrument), value, "EX", Self.life]
    }

    private func quote(_ text: String?) -> Quote? {
        guard let (price, learned) = text.flatMap(Self.read) else { return nil }
        let age = learned.duration(to: clock.now())
        // A clock that lags behind another process's must not make a price come from the future.
        return Quote(price: price, age: max(.zero, age))
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

    private func dayKey(_ instrument: InstrumentID) -> RedisArgument {
        RedisArgument("\(prefix)quote-day:\(instrument)")
    }
}

extension DayFigures {
    /// Open, high, low, previous close, volume, bid, ask; 0 for what was not told.
    fileprivate var words: String {
        [open?.raw, high?.raw, low?.raw, previousClose?.raw, volume, bid?.raw, ask?.raw]
            .map { String($0 ?? 0) }.joined(separator: " ")
    }

    fileprivate init(words: String) {
        self.init()
        let numbers = words.split(separator: " ").map { Int64($0) ?? 0 }
        guard numbers.count == 7 else { return }
        let price = { (place: Int) in numbers[place] > 0 ? Price(raw: numbers[place]) : nil }
        open = price(0)
        high = price(1)
        low = price(2)
        previousClose = price(3)
        volume = numbers[4] > 0 ? numbers[4] : nil
        bid = price(5)
        ask = price(6)
    }
}
