import BrokerKit
import Desk
import Testing
import Trading
import WebSocket

@testable import Dhan
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
        for _ in 0..<3_000 {
            let length = Int.random(in: 0...220, using: &random)
            var bytes = (0..<length).map { _ in UInt8.random(in: 0...255, using: &random) }
            if Bool.random(using: &random), length > 0 {
                bytes[0] = [0, 2, 4, 6, 8, 10, 18][Int.random(in: 0..<7, using: &random)]
            }
            _ = try? kite.ticks(in: .binary(bytes))
            _ = try? dhan.ticks(in: .binary(bytes))
            _ = try? upstox.ticks(in: .binary(bytes))
        }
    }
}
