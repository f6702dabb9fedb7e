import Exchange
import HTTPServer
import JSON

/// The instrument files (upstox.md §8), whose host's paths are under `/upstox` here.
///
/// Tick sizes are in paise there, as in the real files.
extension UpstoxFace {
    var instrumentRoutes: [HTTPRoute] {
        let folder = Self.root + "/market-quote/instruments/exchange/"
        return [("complete", nil), ("NSE", "NSE"), ("BSE", "BSE")].map { file, exchange in
            HTTPRoute("GET", folder + file + ".json.gz") { _ in
                let listed = floor.enter { world, _ in world.exchange.instruments }
                let rows = listed.filter {
                    exchange == nil || exchange == LedgerWords.exchange($0.key.segment)
                }
                let text = Self.file(of: rows)
                return FaceReply(StoredGzip.packed(text), contentType: "application/gzip").response
            }
        }
    }

    private static func file(of instruments: [Instrument]) -> [UInt8] {
        var writer = JSONWriter(capacity: 512 * instruments.count)
        writer.beginArray()
        for instrument in instruments {
            writer.beginObject()
            row(instrument, &writer)
            writer.endObject()
        }
        writer.endArray()
        return writer.bytes
    }

    private static func row(_ instrument: Instrument, _ writer: inout JSONWriter) {
        let segment = instrument.key.segment
        writer.field("segment", UpstoxWords.word(segment))
        writer.field("exchange", LedgerWords.exchange(segment))
        writer.field("instrument_key", UpstoxWords.key(instrument))
        writer.field("lot_size", instrument.lot)
        // Every share has the same one in the real files, whatever the exchange's own is.
        let isShare = instrument.option == nil
        writer.field("freeze_quantity", Rupees(isShare ? 100_000 : instrument.freezeQuantity))
        writer.field("exchange_token", String(instrument.key.token))
        writer.field("tick_size", instrument.tick * 100)
        writer.field("trading_symbol", instrument.symbol)
        guard let option = instrument.option else {
            writer.field("name", instrument.name.uppercased())
            if instrument.isin != "NA" { writer.field("isin", instrument.isin) }
            writer.field("instrument_type", instrument.series)
            writer.field("short_name", instrument.name)
            writer.field("security_type", "NORMAL")
            return
        }
        writer.field("name", option.underlying)
        writer.field("weekly", true)
        writer.field("instrument_type", option.isCall ? "CE" : "PE")
        writer.field("underlying_symbol", option.underlying)
        writer.field("underlying_key", "NSE_INDEX|" + option.underlying)
        writer.field("underlying_type", "INDEX")
        writer.field("minimum_lot", instrument.lot)
        writer.field("strike_price", option.strike)
        let expiry = Moment(indianDate: option.expiry)?.advanced(byMilliseconds: 86_399_000)
        writer.field("expiry", (expiry?.microseconds ?? 0) / 1_000)
    }
}

/// Gzip without compression (RFC 1951 §3.2.4, RFC 1952): enough for whoever unpacks it.
enum StoredGzip {
    private static let longestBlock = 65_535

    static func packed(_ text: [UInt8]) -> [UInt8] {
        // Magic number, deflate, no flags, no time, no hints, unknown system.
        var bytes: [UInt8] = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 255]
        var start = 0
        repeat {
            let end = min(start + longestBlock, text.count)
            let length = UInt16(end - start)
            bytes.append(end == text.count ? 1 : 0)
            bytes += littleEndian(length) + littleEndian(~length)
            bytes += text[start..<end]
            start = end
        } while start < text.count
        return bytes + littleEndian(checksum(text)) + littleEndian(UInt32(text.count))
    }

    private static func littleEndian<N: FixedWidthInteger>(_ number: N) -> [UInt8] {
        (0..<N.bitWidth / 8).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }
    }

    /// CRC-32, a bit at a time.
    private static func checksum(_ text: [UInt8]) -> UInt32 {
        ~text.reduce(UInt32.max) { sum, byte in
            (0..<8).reduce(sum ^ UInt32(byte)) { part, _ in
                part & 1 == 1 ? part >> 1 ^ 0xEDB8_8320 : part >> 1
            }
        }
    }
}
