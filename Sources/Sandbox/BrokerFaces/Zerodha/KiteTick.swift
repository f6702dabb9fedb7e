import Exchange

/// One instrument's packet of the ticker, big endian (kite.md §7).
struct KiteTick {
    enum Mode: String, Sendable {
        case lastPrice = "ltp"
        case quote, full
    }

    let token: Int
    let quote: Quote

    /// Some packets as one message: their number, then each behind its length.
    static func frame(_ packets: [[UInt8]]) -> [UInt8] {
        var bytes = short(packets.count)
        for packet in packets { bytes += short(packet.count) + packet }
        return bytes
    }

    /// 8, 44 or 184 bytes.
    func packet(_ mode: Mode, _ now: Moment) -> [UInt8] {
        var bytes = Self.word(Int64(token)) + price(quote.lastPrice)
        if mode == .lastPrice { return bytes }
        bytes += Self.word(quote.lastQuantity) + price(quote.average) + Self.word(quote.volume)
        bytes += Self.word(quote.bids.reduce(0) { $0 + $1.quantity })
        bytes += Self.word(quote.asks.reduce(0) { $0 + $1.quantity })
        for part in [quote.open, quote.high, quote.low, quote.previousClose] {
            bytes += price(part)
        }
        if mode == .quote { return bytes }
        bytes += Self.word((quote.lastTradeAt ?? now).microseconds / 1_000_000)
        // No open interest is simulated.
        for _ in 0..<3 { bytes += Self.word(0) }
        bytes += Self.word(now.microseconds / 1_000_000)
        for levels in [quote.bids, quote.asks] {
            for place in 0..<5 {
                let level = place < levels.count ? levels[place] : nil
                bytes += Self.word(level?.quantity ?? 0) + price(level?.price ?? .zero)
                bytes += Self.short(Int(level?.orders ?? 0)) + [0, 0]
            }
        }
        return bytes
    }

    /// In paise; currencies, which have finer prices, are not listed here.
    private func price(_ price: Rupees) -> [UInt8] { Self.word(price.tenThousandths / 100) }

    private static func word(_ number: Int64) -> [UInt8] {
        let held = UInt32(truncatingIfNeeded: min(max(number, 0), Int64(UInt32.max)))
        return (0..<4).map { UInt8(truncatingIfNeeded: held >> (24 - 8 * $0)) }
    }

    private static func short(_ number: Int) -> [UInt8] {
        let held = UInt16(clamping: number)
        return [UInt8(held >> 8), UInt8(held & 0xFF)]
    }
}
