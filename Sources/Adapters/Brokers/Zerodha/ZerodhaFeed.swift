import BrokerKit
package import Desk
import JSON
import Trading
package import WebSocket

/// Kite's ticker as a market feed (kite.md §7): binary frames, most significant byte first.
package struct ZerodhaFeed: FeedDialect {
    /// Instruments of one connection.
    package static let room = 3_000

    private let url: String

    /// The ticker at `url`, such as `wss://ws.kite.trade`.
    package init(url: String) { self.url = url }

    /// A heartbeat comes each second or so.
    package var silence: Duration? { .seconds(10) }

    package func connect(_ session: BrokerSession) async throws -> WebSocketConnection {
        guard let address = ZerodhaTicker.address(url, of: session) else {
            throw BrokerFailure.sessionEnded("the session's token is no pair of key and token")
        }
        return try await session.openSocket(address, headers: [("X-Kite-Version", "3")])
    }

    package func subscribe(_ instruments: [FeedInstrument]) -> [WebSocketMessage] {
        let tokens = instruments.compactMap { Int64($0.code) }
        // Full: the only mode that tells bids and asks.
        return [Self.request("subscribe", tokens), Self.request("mode", tokens, mode: "full")]
    }

    package func unsubscribe(_ instruments: [FeedInstrument]) -> [WebSocketMessage] {
        [Self.request("unsubscribe", instruments.compactMap { Int64($0.code) })]
    }

    package func reader() -> ZerodhaFeedReader { ZerodhaFeedReader() }

    private static func request(_ action: String, _ tokens: [Int64], mode: String? = nil)
        -> WebSocketMessage
    {
        var frame = JSONWriter()
        frame.beginObject()
        frame.field("a", action)
        frame.key("v")
        frame.beginArray()
        if let mode {
            frame.string(mode)
            frame.beginArray()
        }
        for token in tokens { frame.integer(token) }
        if mode != nil { frame.endArray() }
        frame.endArray()
        frame.endObject()
        return .text(String(decoding: frame.bytes, as: UTF8.self))
    }
}

/// Reads the ticker's frames.
package struct ZerodhaFeedReader: FeedReader {
    private var names: [UInt32: InstrumentID] = [:]

    package mutating func know(_ instruments: Set<FeedInstrument>) {
        names = [:]
        for instrument in instruments {
            if let token = UInt32(instrument.code) { names[token] = instrument.instrument }
        }
    }

    package mutating func ticks(in message: WebSocketMessage) throws(BrokerFailure) -> [Tick] {
        // Text frames tell of orders, which another reader hears; one byte is a heartbeat.
        guard case .binary(let bytes) = message, bytes.count > 1 else { return [] }
        let frame = PacketBytes(bytes[...])
        var ticks: [Tick] = []
        var position = 2
        for _ in 0..<frame.big16(0) {
            guard position + 2 <= bytes.count else { throw .unreachable("a frame that is cut off") }
            let length = frame.big16(position)
            position += 2
            guard length >= 8, position + length <= bytes.count else {
                throw .unreachable("a packet of \(length) bytes in a frame of \(bytes.count)")
            }
            let packet = PacketBytes(bytes[position..<(position + length)])
            if let tick = tick(packet) { ticks.append(tick) }
            position += length
        }
        return ticks
    }

    private func tick(_ packet: PacketBytes) -> Tick? {
        let token = packet.big32(0)
        let price = { Self.price(packet.big32($0), token) }
        guard let instrument = names[token], let last = price(4) else { return nil }
        var day = DayFigures()
        // Shares have 44 bytes or 184; indices have others, and are not subscribed to.
        if packet.count >= 44 {
            day.volume = Int64(packet.big32(16))
            day.open = price(28)
            day.high = price(32)
            day.low = price(36)
            day.previousClose = price(40)
        }
        if packet.count >= 184 {
            // Ten levels of quantity, price and orders: five bids, then five asks.
            day.bid = price(68)
            day.ask = price(128)
        }
        return Tick(instrument: instrument, price: last, day: day)
    }

    /// What the numbers count depends on the segment, which is the token's last byte.
    private static func price(_ number: UInt32, _ token: UInt32) -> Price? {
        let raw =
            switch token & 0xFF {
            case 3: Int64(number) / 1_000
            case 6: Int64(number)
            default: Int64(number) * 100
            }
        return raw > 0 ? Price(raw: raw) : nil
    }
}
