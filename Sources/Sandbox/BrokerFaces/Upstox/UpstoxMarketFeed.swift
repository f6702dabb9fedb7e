import Exchange
import JSON
import WebSocket

/// Upstox's market feed, version 3 (upstox.md §7): JSON in binary frames asks, Protocol Buffers
/// answer.
extension UpstoxFace {
    static let marketSocket = root + "/market-data-feed"
    static let marketPath = "/v3/feed/market-data-feed"
    private static let connectionsPerUser = 2
    private static let instrumentsPerConnection = 5_000
    private static let beat: Duration = .milliseconds(500)

    /// What is told of an instrument, and the number of the mode.
    enum FeedMode: String, Sendable {
        case ltpc
        case full
        case greeks = "option_greeks"
        case deep = "full_d30"

        fileprivate var number: Int64 {
            switch self {
            case .ltpc: 0
            case .full: 1
            case .greeks: 2
            case .deep: 3
            }
        }
    }

    private typealias Watch = FeedWatch<String, FeedMode>

    func serveMarketFeed(_ connection: WebSocketConnection, of account: Int) async {
        guard floor.openFeed(of: account, most: Self.connectionsPerUser) else {
            await connection.close(code: 1008)
            return
        }
        defer { floor.closeFeed(of: account) }
        let watch = Watch(most: Self.instrumentsPerConnection)
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await sendPrices(to: connection, watch) }
            while let message = await Self.next(connection) {
                // As text it would go unheard at the real server.
                if case .binary(let bytes) = message { Self.hear(bytes, watch) }
            }
            group.cancelAll()
        }
        await connection.close(code: 1000)
    }

    private static func hear(_ bytes: [UInt8], _ watch: Watch) {
        guard let request = try? JSONValue(parsing: bytes), let data = request["data"],
            let keys = data["instrumentKeys"]?.array?.compactMap(\.string)
        else { return }
        let mode = data["mode"]?.string.flatMap { FeedMode(rawValue: $0) }
        switch (request["method"]?.string, mode) {
        case ("sub", let mode?), ("change_mode", let mode?): _ = watch.subscribe(keys, mode)
        case ("unsub", _): watch.unsubscribe(keys)
        default: break
        }
    }

    /// First how the markets stand, then a snapshot of what is new, then what goes on.
    private func sendPrices(to connection: WebSocketConnection, _ watch: Watch) async {
        do {
            let now = floor.enter { _, now in now }
            try await connection.send(.binary(Self.marketInfo(now)))
            while !Task.isCancelled {
                let (modes, fresh) = watch.take()
                let (now, quotes) = floor.quotes(of: modes, by: UpstoxWords.key)
                for isFresh in [true, false] {
                    let part = quotes.filter { fresh.contains($0.key) == isFresh }
                    guard !part.isEmpty else { continue }
                    var response = ProtobufBytes()
                    response.integer(1, isFresh ? 0 : 1)
                    for (key, mode, _, quote) in part {
                        response.message(2) { entry in
                            entry.text(1, key)
                            entry.message(2) { Self.feed(quote, mode, now, &$0) }
                        }
                    }
                    response.integer(3, now.microseconds / 1_000)
                    try await connection.send(.binary(response.bytes))
                }
                try await Task.sleep(for: Self.beat)
            }
        } catch {
            return
        }
    }

    /// All segments in normal trade.
    private static func marketInfo(_ now: Moment) -> [UInt8] {
        var response = ProtobufBytes()
        response.integer(1, 2)
        response.integer(3, now.microseconds / 1_000)
        response.message(4) { info in
            for segment in Segment.allCases {
                info.message(1) { entry in
                    entry.text(1, UpstoxWords.word(segment))
                    entry.integer(2, 2)
                }
            }
        }
        return response.bytes
    }

    private static func feed(
        _ quote: Quote,
        _ mode: FeedMode,
        _ now: Moment,
        _ feed: inout ProtobufBytes
    ) {
        switch mode {
        case .ltpc: feed.message(1) { last(quote, now, &$0) }
        case .full, .deep:
            feed.message(2) { $0.message(1) { full(quote, now, &$0) } }
        case .greeks:
            feed.message(3) { first in
                first.message(1) { last(quote, now, &$0) }
                first.message(2) { level(quote, 0, &$0) }
                first.integer(4, quote.volume)
            }
        }
        feed.integer(4, mode.number)
    }

    private static func last(_ quote: Quote, _ now: Moment, _ last: inout ProtobufBytes) {
        last.double(1, rupees(quote.lastPrice))
        last.integer(2, (quote.lastTradeAt ?? now).microseconds / 1_000)
        last.integer(3, quote.lastQuantity)
        last.double(4, rupees(quote.previousClose))
    }

    private static func full(_ quote: Quote, _ now: Moment, _ full: inout ProtobufBytes) {
        full.message(1) { last(quote, now, &$0) }
        full.message(2) { levels in
            for place in 0..<5 { levels.message(1) { level(quote, place, &$0) } }
        }
        full.message(4) { bars in
            bars.message(1) { day in
                day.text(1, "1d")
                for (field, price) in [
                    (2, quote.open), (3, quote.high), (4, quote.low), (5, quote.lastPrice),
                ] { day.double(field, rupees(price)) }
                day.integer(6, quote.volume)
                day.integer(7, now.microseconds / 1_000)
            }
        }
        full.double(5, rupees(quote.average))
        full.integer(6, quote.volume)
        full.double(9, Double(quote.bids.reduce(0) { $0 + $1.quantity }))
        full.double(10, Double(quote.asks.reduce(0) { $0 + $1.quantity }))
    }

    private static func level(_ quote: Quote, _ place: Int, _ level: inout ProtobufBytes) {
        let bid = place < quote.bids.count ? quote.bids[place] : nil
        let ask = place < quote.asks.count ? quote.asks[place] : nil
        level.integer(1, bid?.quantity ?? 0)
        level.double(2, rupees(bid?.price ?? .zero))
        level.integer(3, ask?.quantity ?? 0)
        level.double(4, rupees(ask?.price ?? .zero))
    }

    private static func rupees(_ price: Rupees) -> Double {
        Double(price.tenThousandths) / 10_000
    }
}
