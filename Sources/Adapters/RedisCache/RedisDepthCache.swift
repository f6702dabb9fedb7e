package import Desk
package import Redis
package import Trading

/// Order books in Redis, each with who told it and when.
package struct RedisDepthCache: DepthCache {
    /// Whoever reads a book says how old it may be; this only keeps Redis tidy.
    private static let life: RedisArgument = "10"

    private let redis: RedisClient
    private let prefix: String
    private let clock: any WallClock

    package init(redis: RedisClient, prefix: String = "", clock: any WallClock) {
        self.redis = redis
        self.prefix = prefix
        self.clock = clock
    }

    package func depth(_ instrument: InstrumentID, maximumAge: Duration) async -> ToldDepth? {
        guard let reply = try? await redis.command(["GET", key(instrument)]),
            let told = reply.text.flatMap(ToldDepth.init(words:))
        else { return nil }
        return told.at.duration(to: clock.now()) <= maximumAge ? told : nil
    }

    package func remember(_ depth: ToldDepth, for instrument: InstrumentID) async {
        _ = try? await redis.command(
            ["SET", key(instrument), RedisArgument(depth.words), "EX", Self.life]
        )
    }

    private func key(_ instrument: InstrumentID) -> RedisArgument {
        RedisArgument("\(prefix)depth:\(instrument)")
    }
}

extension ToldDepth {
    /// When, who, last price, circuits, last trade, volume; then the bids, then the asks.
    ///
    /// `1795149000000000 dhan 29500000 0 0 0 -1|29495000:10:2 …|29505000:7:-1 …`: no price or moment
    /// is 0, and no count −1.
    fileprivate var words: String {
        let prices = [depth.lastPrice, depth.lowerCircuit, depth.upperCircuit].map { $0?.raw ?? 0 }
        let numbers = prices + [depth.lastTradeAt?.microseconds ?? 0, depth.volume ?? -1]
        let head = "\(at.microseconds) \(broker.rawValue) " + Self.joined(numbers.map(String.init))
        return [head, Self.words(depth.bids), Self.words(depth.asks)].joined(separator: "|")
    }

    private static func joined(_ words: [String]) -> String { words.joined(separator: " ") }

    private static func words(_ levels: [MarketDepth.Level]) -> String {
        joined(levels.map { "\($0.price.raw):\($0.quantity.raw):\($0.orders ?? -1)" })
    }

    /// Nil for what none of us has written.
    init?(words: String) {
        let parts = words.split(separator: "|", omittingEmptySubsequences: false)
        guard parts.count == 3, let bids = Self.levels(parts[1]), let asks = Self.levels(parts[2])
        else { return nil }
        let head = parts[0].split(separator: " ")
        guard head.count == 7, let at = Timestamp(written: head[0]),
            let broker = BrokerName(rawValue: String(head[1])), let last = Self.price(head[2]),
            let lower = Self.price(head[3]), let upper = Self.price(head[4]),
            let traded = Timestamp(written: head[5]),
            let volume = Self.count(head[6], most: MarketDepth.mostVolume)
        else { return nil }
        self.init(
            MarketDepth(
                bids: bids,
                asks: asks,
                lastPrice: last,
                volume: volume,
                lowerCircuit: lower,
                upperCircuit: upper,
                lastTradeAt: traded.microseconds == 0 ? nil : traded
            ),
            by: broker,
            at: at
        )
    }

    private static func levels(_ text: Substring) -> [MarketDepth.Level]? {
        var levels: [MarketDepth.Level] = []
        for word in text.split(separator: " ") {
            let parts = word.split(separator: ":")
            guard parts.count == 3, let price = price(parts[0]) ?? nil,
                let quantity = count(parts[1]) ?? nil, let orders = count(parts[2])
            else { return nil }
            levels.append(
                MarketDepth.Level(price: price, quantity: Quantity(quantity), orders: orders)
            )
        }
        return levels
    }

    /// A price, or that there is none; nil for what is neither.
    private static func price(_ text: Substring) -> Price?? {
        guard let raw = Int64(text), (0...Price.limit.raw).contains(raw) else { return nil }
        return .some(raw == 0 ? nil : Price(raw: raw))
    }

    /// A count, or that there is none; nil for what is neither.
    private static func count(_ text: Substring, most: Int64 = Quantity.limit.raw) -> Int64?? {
        guard let count = Int64(text), (-1...most).contains(count) else { return nil }
        return .some(count < 0 ? nil : count)
    }
}
