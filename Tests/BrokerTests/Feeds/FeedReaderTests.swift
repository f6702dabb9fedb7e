import BrokerKit
import Desk
import HTTPClient
import NATS
import Testing
import Trading
import WebSocket

@testable import Dhan
@testable import Groww
@testable import Upstox
@testable import Zerodha

/// What the readers of market feeds make of single messages.
@Suite("Market feeds: messages")
struct FeedReaderTests {
    private static let instrument = FeedUnderTest.reliance

    private func kite() -> ZerodhaFeedReader {
        var reader = ZerodhaFeedReader()
        reader.know([FeedUnderTest.zerodha.named(Self.instrument)])
        return reader
    }

    private func dhan() -> DhanFeedReader {
        var reader = DhanFeedReader()
        reader.know([FeedUnderTest.dhan.named(Self.instrument)])
        return reader
    }

    private func groww() -> GrowwFeedReader {
        var reader = GrowwFeedReader()
        reader.know([FeedUnderTest.groww.named(Self.instrument)])
        return reader
    }

    private func published(_ kind: String, _ payload: [UInt8]) -> NATSMessage {
        NATSMessage(subject: "/ld/eq/nse/\(kind).2885", subscription: "2", payload: payload)
    }

    /// A field of eight bytes, or of a message.
    private func field(_ number: UInt8, _ fraction: Double) -> [UInt8] {
        [number << 3 | 1] + withUnsafeBytes(of: fraction.bitPattern.littleEndian) { Array($0) }
    }
    private func field(_ number: UInt8, _ message: [UInt8]) -> [UInt8] {
        [number << 3 | 2, UInt8(message.count)] + message
    }

    @Test("Groww's prices and books come one without the other, and are told together")
    func growwMessages() throws {
        var reader = groww()
        // Level 0 has no number on the wire; the best price may have any.
        let worse = field(2, field(1, 2_940)) + [0x08, 1]
        let better = field(2, field(1, 2_949.95) + field(2, 7))
        let asked = field(3, field(2, field(1, 2_951)))
        let book = field(5, field(2, worse) + field(2, better) + asked)
        #expect(try reader.ticks(in: published("book", book)).isEmpty)
        let price = try #require(Price(rupees: "2950.05"))
        let live = field(4, field(13, 2_950.05) + field(5, 2_910.55) + field(6, 12))
        let ticks = try reader.ticks(in: published("price", live))
        let day = DayFigures(
            previousClose: Price(rupees: "2910.55"),
            volume: 12,
            bid: Price(rupees: "2949.95"),
            ask: Price(rupees: "2951")
        )
        #expect(ticks == [Tick(instrument: Self.instrument, price: price, day: day)])
        // A book with nobody in it.
        let empty = try reader.ticks(in: published("book", field(5, [UInt8]()))).first
        #expect(empty?.price == price && empty?.day.bid == nil && empty?.day.volume == 12)
        let other = NATSMessage(subject: "/ld/eq/bse/price.2885", subscription: "2", payload: live)
        #expect(try reader.ticks(in: other).isEmpty)
        #expect(throws: BrokerFailure.self) {
            try reader.ticks(in: published("price", [0x0A, 9]))
        }
    }

    @Test("Groww is asked for two subjects of each instrument, by numbers that end them again")
    func growwSubjects() {
        let feed = GrowwFeed(url: "ws://x", calls: BrokerCalls(base: "", client: HTTPClient()))
        let instruments = [
            FeedUnderTest.groww.named(FeedUnderTest.tcs),
            FeedInstrument(instrument: InstrumentID(9), segment: "BSE_CASH", code: "500325"),
            FeedInstrument(instrument: InstrumentID(10), segment: "MCX_COMMODITY", code: "1"),
            FeedInstrument(instrument: InstrumentID(11), segment: "NSE_CASH", code: "1\r\nPUB"),
        ]
        let subscriptions = [
            NATSSubscription("/ld/eq/nse/price.11536", id: 4),
            NATSSubscription("/ld/eq/nse/book.11536", id: 5),
            NATSSubscription("/ld/eq/bse/price.500325", id: 18),
            NATSSubscription("/ld/eq/bse/book.500325", id: 19),
        ].compactMap(\.self)
        #expect(subscriptions.count == 4)
        #expect(feed.subscribe(instruments) == subscriptions.map { .subscribe($0) })
        #expect(feed.unsubscribe(instruments) == subscriptions.map { .unsubscribe($0) })
        #expect(2 * GrowwFeed.room < 1_000)
    }

    private func big(_ number: UInt32) -> [UInt8] {
        (0..<4).map { UInt8(number >> (24 - 8 * $0) & 0xFF) }
    }
    private func little(_ number: UInt32) -> [UInt8] {
        (0..<4).map { UInt8(number >> (8 * $0) & 0xFF) }
    }

    @Test("Kite's packets without details tell the price alone; heartbeats and texts tell nothing")
    func kiteFrames() throws {
        var reader = kite()
        let packet = big(738_561) + big(295_005)
        let two = [0, 2, 0, 8] as [UInt8] + packet + [0, 8] + big(7) + big(100)
        let ticks = try reader.ticks(in: .binary(two))
        #expect(ticks == [Tick(instrument: Self.instrument, price: Price(raw: 29_500_500))])
        #expect(try reader.ticks(in: .binary([0])).isEmpty)
        #expect(try reader.ticks(in: .text(#"{"type":"order","data":{}}"#)).isEmpty)
        // A price of nothing is none.
        let free = [0, 1, 0, 8] as [UInt8] + big(738_561) + big(0)
        #expect(try reader.ticks(in: .binary(free)).isEmpty)
    }

    @Test("A frame of Kite's that is cut off anywhere is no frame")
    func kiteCutOff() {
        let frame = [0, 1, 0, 8] as [UInt8] + big(738_561) + big(295_005)
        for length in 2..<frame.count {
            var reader = kite()
            #expect(throws: BrokerFailure.self) {
                try reader.ticks(in: .binary(Array(frame.prefix(length))))
            }
        }
    }

    @Test("Dhan's packets may come together, and the close of the day before stays known")
    func dhanPackets() throws {
        var reader = dhan()
        let close =
            [6, 16, 0, 1] as [UInt8] + little(2_885)
            + little(Float(2_910.55).bitPattern) + little(0)
        let ticker =
            [2, 16, 0, 1] as [UInt8] + little(2_885)
            + little(Float(2_950.05).bitPattern) + little(0)
        let unknownKind = [99, 12, 0, 1] as [UInt8] + little(2_885) + little(1)
        let otherSegment =
            [2, 16, 0, 4] as [UInt8] + little(2_885)
            + little(Float(1).bitPattern) + little(0)
        let ticks = try reader.ticks(in: .binary(close + unknownKind + otherSegment + ticker))
        let day = DayFigures(previousClose: Price(rupees: "2910.55"))
        let price = try #require(Price(rupees: "2950.05"))
        #expect(ticks == [Tick(instrument: Self.instrument, price: price, day: day)])
        #expect(try reader.ticks(in: .binary(ticker)) == ticks)
    }

    @Test("Dhan's farewell ends the connection with its reason")
    func dhanFarewell() {
        var reader = dhan()
        #expect(throws: BrokerFailure.unreachable("the server ends it: 807")) {
            try reader.ticks(in: .binary([50, 10, 0, 0, 0, 0, 0, 0, 0x27, 0x03]))
        }
    }

    @Test("Prices that are no prices are none", arguments: [0, -1, Float.nan, .infinity, 1e20])
    func noPrice(_ number: Float) throws {
        var reader = dhan()
        let ticker =
            [2, 16, 0, 1] as [UInt8] + little(2_885)
            + little(number.bitPattern) + little(0)
        #expect(try reader.ticks(in: .binary(ticker)).isEmpty)
    }

    @Test("Whatever bytes come, readers read or refuse them")
    func anyBytes() {
        var random = SystemRandomNumberGenerator()
        var kite = kite()
        var dhan = dhan()
        var upstox = UpstoxFeedReader()
        upstox.know([FeedUnderTest.upstox.named(Self.instrument)])
        var groww = groww()
        for _ in 0..<3_000 {
            let length = Int.random(in: 0...220, using: &random)
            var bytes = (0..<length).map { _ in UInt8.random(in: 0...255, using: &random) }
            if Bool.random(using: &random), length > 0 {
                bytes[0] = [0, 2, 4, 6, 8, 10, 18][Int.random(in: 0..<7, using: &random)]
            }
            _ = try? kite.ticks(in: .binary(bytes))
            _ = try? dhan.ticks(in: .binary(bytes))
            _ = try? upstox.ticks(in: .binary(bytes))
            _ = try? groww.ticks(in: published("price", bytes))
        }
    }
}
