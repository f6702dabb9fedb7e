import BrokerKit
package import Desk
import HTTPClient
import JSON
import Protobuf
import Trading
package import WebSocket

/// Upstox's market feed, version 3 (upstox.md §7): what is asked for is JSON in binary frames, what
/// comes is Protocol Buffers.
package struct UpstoxFeed: FeedDialect {
    /// Instruments of one connection in the mode that tells bids and asks.
    package static let room = 2_000
    private static let perMessage = 500
    private static let authorising = "/v3/feed/market-data-feed/authorize"

    private let calls: BrokerCalls

    /// The feed at `url`, such as `wss://api.upstox.com`: where the same place answers over HTTP
    /// which socket an account may listen to.
    package init(url: String) {
        let base = url.hasPrefix("ws") ? "http" + url.dropFirst(2) : url
        calls = BrokerCalls(base: base, client: HTTPClient())
    }

    /// A dead peer is found by pings; prices may be long in coming.
    package var silence: Duration? { nil }

    package func connect(_ session: BrokerSession) async throws -> WebSocketConnection {
        try await session.openSocket(
            try await UpstoxSocket.address(Self.authorising, by: calls, session)
        )
    }

    package func subscribe(_ instruments: [FeedInstrument]) -> [WebSocketMessage] {
        Self.requests("sub", instruments, mode: "full")
    }

    package func unsubscribe(_ instruments: [FeedInstrument]) -> [WebSocketMessage] {
        Self.requests("unsub", instruments, mode: nil)
    }

    package func reader() -> UpstoxFeedReader { UpstoxFeedReader() }

    private static func requests(
        _ method: String,
        _ instruments: [FeedInstrument],
        mode: String?
    ) -> [WebSocketMessage] {
        stride(from: 0, to: instruments.count, by: perMessage).map { start in
            let part = instruments[start..<min(start + perMessage, instruments.count)]
            var frame = JSONWriter()
            frame.beginObject()
            // Whatever comes back bears no trace of it.
            frame.field("guid", "volley-\(start)")
            frame.field("method", method)
            frame.key("data")
            frame.beginObject()
            if let mode { frame.field("mode", mode) }
            frame.key("instrumentKeys")
            frame.beginArray()
            for instrument in part { frame.string(instrument.key) }
            frame.endArray()
            frame.endObject()
            frame.endObject()
            return .binary(frame.bytes)
        }
    }
}

extension FeedInstrument {
    fileprivate var key: String { segment + "|" + code }
}

/// Reads the feed's messages.
///
/// The numbers of their fields are those of the broker's
/// `MarketDataFeedV3.proto`, quoted above each.
package struct UpstoxFeedReader: FeedReader {
    private var names: [String: InstrumentID] = [:]

    package mutating func know(_ instruments: Set<FeedInstrument>) {
        names = [:]
        for instrument in instruments { names[instrument.key] = instrument.instrument }
    }

    package mutating func ticks(in message: WebSocketMessage) throws(BrokerFailure) -> [Tick] {
        guard case .binary(let bytes) = message else { return [] }
        // FeedResponse: type 1, map<string, Feed> feeds 2, int64 currentTs 3, marketInfo 4.
        guard let response = ProtobufMessage(bytes) else {
            throw .unreachable("a message that is no Protocol Buffers")
        }
        return response.messages(2).compactMap { entry in
            // An entry of a map: key 1, value 2.
            guard let key = entry.text(1), let instrument = names[key],
                let feed = entry.message(2)
            else { return nil }
            return Self.tick(instrument, feed)
        }
    }

    private static func tick(_ instrument: InstrumentID, _ feed: ProtobufMessage) -> Tick? {
        // Feed: LTPC ltpc 1, FullFeed fullFeed 2; FullFeed: MarketFullFeed marketFF 1.
        let full = feed.message(2)?.message(1)
        // LTPC: double ltp 1, int64 ltt 2, int64 ltq 3, double cp 4.
        guard let last = (full ?? feed).message(1),
            let price = last.double(1).flatMap({ Price(fraction: $0) })
        else { return nil }
        var day = DayFigures(previousClose: last.double(4).flatMap { Price(fraction: $0) })
        guard let full else { return Tick(instrument: instrument, price: price, day: day) }
        // MarketFullFeed: ltpc 1, MarketLevel marketLevel 2, MarketOHLC marketOHLC 4, int64 vtt 6.
        day.volume = full.integer(6)
        // MarketOHLC: repeated OHLC ohlc 1; OHLC: string interval 1, double open 2, high 3, low 4.
        let bars = full.message(4)?.messages(1) ?? []
        if let bar = bars.first(where: { $0.text(1) == "1d" }) {
            day.open = bar.double(2).flatMap { Price(fraction: $0) }
            day.high = bar.double(3).flatMap { Price(fraction: $0) }
            day.low = bar.double(4).flatMap { Price(fraction: $0) }
        }
        // MarketLevel: repeated Quote bidAskQuote 1; Quote: bidQ 1, double bidP 2, askQ 3, askP 4.
        let best = full.message(2)?.messages(1).first
        day.bid = best?.double(2).flatMap { Price(fraction: $0) }
        day.ask = best?.double(4).flatMap { Price(fraction: $0) }
        return Tick(instrument: instrument, price: price, day: day)
    }
}
