import BrokerKit
package import Desk
import JSON
import Trading
package import WebSocket

/// Dhan's live market feed (dhan.md §7): binary packets, least significant byte first.
package struct DhanFeed: FeedDialect {
    /// Instruments of one connection, and of one message.
    package static let room = 5_000
    private static let perMessage = 100

    private let url: String

    /// The feed at `url`, such as `wss://api-feed.dhan.co`.
    package init(url: String) { self.url = url }

    /// It sends pings, which the driver answers, and promises nothing else.
    package var silence: Duration? { nil }

    package func connect(_ session: BrokerSession) async throws -> WebSocketConnection {
        var query = FormBody()
        query.field("version", "2")
        query.field("token", session.token.reveal())
        query.field("clientId", session.brokerClientID)
        query.field("authType", "2")
        let root = url.hasSuffix("/") ? url : url + "/"
        return try await session.openSocket(root + "?" + query.text)
    }

    package func subscribe(_ instruments: [FeedInstrument]) -> [WebSocketMessage] {
        Self.requests(21, instruments)
    }

    package func unsubscribe(_ instruments: [FeedInstrument]) -> [WebSocketMessage] {
        Self.requests(22, instruments)
    }

    package func reader() -> DhanFeedReader { DhanFeedReader() }

    private static func requests(_ code: Int64, _ instruments: [FeedInstrument])
        -> [WebSocketMessage]
    {
        stride(from: 0, to: instruments.count, by: perMessage).map { start in
            let part = instruments[start..<min(start + perMessage, instruments.count)]
            var frame = JSONWriter()
            frame.beginObject()
            frame.field("RequestCode", code)
            frame.field("InstrumentCount", Int64(part.count))
            frame.key("InstrumentList")
            frame.beginArray()
            for instrument in part {
                frame.beginObject()
                frame.field("ExchangeSegment", instrument.segment)
                frame.field("SecurityId", instrument.code)
                frame.endObject()
            }
            frame.endArray()
            frame.endObject()
            return .text(String(decoding: frame.bytes, as: UTF8.self))
        }
    }
}

/// Reads the feed's packets, of which one message may hold several.
package struct DhanFeedReader: FeedReader {
    private struct Key: Hashable {
        let segment: UInt8
        let security: UInt32
    }

    private static let header = 8
    private var names: [Key: InstrumentID] = [:]
    /// Told once, when a subscription begins.
    private var previousCloses: [Key: Price] = [:]

    package mutating func know(_ instruments: Set<FeedInstrument>) {
        names = [:]
        for instrument in instruments {
            guard let segment = Self.segment(instrument.segment),
                let security = UInt32(instrument.code)
            else { continue }
            names[Key(segment: segment, security: security)] = instrument.instrument
        }
    }

    package mutating func ticks(in message: WebSocketMessage) throws(BrokerFailure) -> [Tick] {
        guard case .binary(let bytes) = message else { return [] }
        var ticks: [Tick] = []
        var rest = bytes[...]
        while !rest.isEmpty {
            guard rest.count >= Self.header, let code = rest.first else {
                throw .unreachable("a packet that is cut off")
            }
            guard let length = Self.length(of: code) else {
                // Of a kind that came later than this: how long it is only its header knows.
                let told = PacketBytes(rest).little16(1)
                guard told >= Self.header else { return ticks }
                rest = rest.dropFirst(told)
                continue
            }
            guard rest.count >= length else {
                throw .unreachable("a packet \(code) of \(rest.count) bytes")
            }
            if let tick = try tick(PacketBytes(rest.prefix(length)), code) { ticks.append(tick) }
            rest = rest.dropFirst(length)
        }
        return ticks
    }

    /// Nil for packets of another kind.
    private static func length(of code: UInt8) -> Int? {
        switch code {
        case 2, 6: 16
        case 4: 50
        case 5: 12
        case 7: 8
        case 8: 162
        case 50: 10
        default: nil
        }
    }

    private mutating func tick(_ packet: PacketBytes, _ code: UInt8) throws(BrokerFailure)
        -> Tick?
    {
        if code == 50 {
            throw .unreachable("the server ends it: \(packet.little16(8))")
        }
        let key = Key(
            segment: UInt8(packet.little16(2) >> 8),
            security: packet.little32(4)
        )
        let price = { Price(fraction: Double(packet.littleFloat($0))) }
        if code == 6 {
            previousCloses[key] = price(8)
            return nil
        }
        guard let instrument = names[key], [2, 4, 8].contains(code), let last = price(8) else {
            return nil
        }
        var day = DayFigures(previousClose: previousCloses[key])
        // Open, close, high, low; the close is the day's own, which there is in the evening only.
        let figures = code == 4 ? 34 : 46
        if code != 2 {
            day.volume = Int64(packet.little32(22))
            day.open = price(figures)
            day.high = price(figures + 8)
            day.low = price(figures + 12)
        }
        if code == 8 {
            day.bid = price(74)
            day.ask = price(78)
        }
        return Tick(instrument: instrument, price: last, day: day)
    }

    private static func segment(_ word: String) -> UInt8? {
        switch word {
        case "NSE_EQ": 1
        case "NSE_FNO": 2
        case "NSE_CURRENCY": 3
        case "BSE_EQ": 4
        case "MCX_COMM": 5
        case "BSE_CURRENCY": 7
        case "BSE_FNO": 8
        default: nil
        }
    }
}
