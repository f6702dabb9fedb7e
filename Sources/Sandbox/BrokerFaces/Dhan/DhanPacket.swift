import Exchange
import JSON

/// One instrument's packets of the market feed, little endian (dhan.md §7).
struct DhanPacket {
    enum Mode: Sendable {
        case ticker, quote, full
    }

    /// What requests and packets name an instrument by.
    struct Key: Hashable, Sendable {
        let segment: Segment
        let security: Int

        init(segment: Segment, security: Int) {
            self.segment = segment
            self.security = security
        }

        init?(_ item: JSONValue) {
            guard let word = item["ExchangeSegment"]?.string,
                let segment = DhanWords.segment(word),
                let security = item["SecurityId"]?.string.flatMap({ Int($0) })
            else { return nil }
            self.init(segment: segment, security: security)
        }

        fileprivate var segmentByte: UInt8 {
            switch segment {
            case .nseEquity: 1
            case .nseDerivatives: 2
            case .nseCurrency: 3
            case .bseEquity: 4
            case .commodity: 5
            case .bseCurrency: 7
            case .bseDerivatives: 8
            }
        }
    }

    let key: Key
    let quote: Quote
    let now: Moment

    /// The packet before the server hangs up; it names no instrument.
    static func disconnect(_ reason: Int) -> [UInt8] {
        [50, 10, 0, 0, 0, 0, 0, 0] + short(reason)
    }

    /// 16 bytes: the close of the day before, and that day's open interest.
    var previousClose: [UInt8] { packet(6, Self.price(quote.previousClose) + Self.word(0)) }

    /// 16, 50 or 162 bytes.
    func bytes(_ mode: Mode) -> [UInt8] {
        switch mode {
        case .ticker: packet(2, Self.price(quote.lastPrice) + tradeTime)
        case .quote: packet(4, traded + day)
        case .full: packet(8, traded + Self.word(0) + Self.word(0) + Self.word(0) + day + depth)
        }
    }

    private var traded: [UInt8] {
        Self.price(quote.lastPrice) + Self.short(Int(quote.lastQuantity)) + tradeTime
            + Self.price(quote.average) + Self.word(quote.volume)
            // Those who sell come before those who buy.
            + Self.word(quote.asks.reduce(0) { $0 + $1.quantity })
            + Self.word(quote.bids.reduce(0) { $0 + $1.quantity })
    }

    /// Open, close, high, low; the day's own close is told in the evening only.
    private var day: [UInt8] {
        Self.price(quote.open) + Self.price(.zero) + Self.price(quote.high) + Self.price(quote.low)
    }

    private var depth: [UInt8] {
        (0..<5).flatMap { place -> [UInt8] in
            let bid = place < quote.bids.count ? quote.bids[place] : nil
            let ask = place < quote.asks.count ? quote.asks[place] : nil
            return Self.word(bid?.quantity ?? 0) + Self.word(ask?.quantity ?? 0)
                + Self.short(Int(bid?.orders ?? 0)) + Self.short(Int(ask?.orders ?? 0))
                + Self.price(bid?.price ?? .zero) + Self.price(ask?.price ?? .zero)
        }
    }

    /// Seconds of a clock in India, counted as if it were one in Greenwich.
    private var tradeTime: [UInt8] {
        Self.word((quote.lastTradeAt ?? now).microseconds / 1_000_000 + 19_800)
    }

    private func packet(_ code: UInt8, _ body: [UInt8]) -> [UInt8] {
        [code] + Self.short(8 + body.count) + [key.segmentByte] + Self.word(Int64(key.security))
            + body
    }

    private static func price(_ price: Rupees) -> [UInt8] {
        let rupees = Float(Double(price.tenThousandths) / 10_000)
        return word(Int64(rupees.bitPattern))
    }

    private static func word(_ number: Int64) -> [UInt8] {
        let held = UInt32(truncatingIfNeeded: min(max(number, 0), Int64(UInt32.max)))
        return (0..<4).map { UInt8(truncatingIfNeeded: held >> (8 * $0)) }
    }

    private static func short(_ number: Int) -> [UInt8] {
        let held = UInt16(clamping: number)
        return [UInt8(held & 0xFF), UInt8(held >> 8)]
    }
}
