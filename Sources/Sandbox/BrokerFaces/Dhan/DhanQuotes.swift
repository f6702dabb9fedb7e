import Exchange
import HTTPServer
import JSON

/// Snapshots of the market (dhan.md §8): one call a second, up to 1,000 instruments.
extension DhanFace {
    private enum Detail {
        case lastPrice, ohlc, full
    }

    var quoteRoutes: [HTTPRoute] {
        [
            route("POST", "/marketfeed/ltp", .quote) { call, world throws(DhanError) in
                try Self.quotes(.lastPrice, call, &world)
            },
            route("POST", "/marketfeed/ohlc", .quote) { call, world throws(DhanError) in
                try Self.quotes(.ohlc, call, &world)
            },
            route("POST", "/marketfeed/quote", .quote) { call, world throws(DhanError) in
                try Self.quotes(.full, call, &world)
            },
        ]
    }

    private static func quotes(
        _ detail: Detail,
        _ call: FaceCall,
        _ world: inout World
    ) throws(DhanError) -> FaceReply {
        // Here alone the client's id must be in a header of its own.
        guard call.request.header("client-id") != nil else { throw .authentication }
        guard let body = (try? JSONValue(parsing: call.request.body))?.object else {
            throw .badInput
        }
        var writer = JSONWriter(capacity: 4_096)
        writer.beginObject()
        writer.key("data")
        writer.beginObject()
        var count = 0
        // The SDK adds dhanClientId to every body; a member that is no segment is passed over.
        for (name, ids) in body {
            guard let segment = DhanWords.segment(name), let ids = ids.array else { continue }
            count += ids.count
            guard count <= 1_000 else { throw .input("Too many instruments") }
            writer.key(name)
            writer.beginObject()
            for id in ids {
                guard let token = id.int64 else { throw .badInput }
                let key = InstrumentKey(segment: segment, token: Int(token))
                guard let index = world.exchange.find(key) else { continue }
                writer.key(String(token))
                write(world.exchange.quote(index, at: call.now), detail, call.now, &writer)
            }
            writer.endObject()
        }
        writer.endObject()
        writer.field("status", "success")
        writer.endObject()
        return FaceReply(writer.bytes)
    }

    private static func write(
        _ quote: Quote,
        _ detail: Detail,
        _ now: Moment,
        _ writer: inout JSONWriter
    ) {
        writer.beginObject()
        writer.field("last_price", quote.lastPrice)
        if detail == .full { members(of: quote, now, &writer) }
        if detail != .lastPrice {
            writer.key("ohlc")
            writer.beginObject()
            writer.field("open", quote.open)
            writer.field("close", quote.previousClose)
            writer.field("high", quote.high)
            writer.field("low", quote.low)
            writer.endObject()
        }
        writer.endObject()
    }

    private static func members(of quote: Quote, _ now: Moment, _ writer: inout JSONWriter) {
        writer.field("average_price", quote.average)
        writer.field("buy_quantity", quote.bids.reduce(0) { $0 + $1.quantity })
        writer.field("sell_quantity", quote.asks.reduce(0) { $0 + $1.quantity })
        writer.key("depth")
        writer.beginObject()
        levels("buy", quote.bids, &writer)
        levels("sell", quote.asks, &writer)
        writer.endObject()
        writer.field("last_quantity", quote.lastQuantity)
        writer.field("last_trade_time", dayFirst(quote.lastTradeAt ?? now))
        writer.field("lower_circuit_limit", quote.lowerCircuit)
        writer.field("upper_circuit_limit", quote.upperCircuit)
        writer.field("net_change", quote.lastPrice - quote.previousClose)
        writer.field("volume", quote.volume)
        for name in ["oi", "oi_day_high", "oi_day_low"] { writer.field(name, 0) }
    }

    /// Always five levels; the empty ones are zero.
    private static func levels(
        _ name: String,
        _ levels: [Quote.Level],
        _ writer: inout JSONWriter
    ) {
        writer.key(name)
        writer.beginArray()
        for index in 0..<5 {
            let level = levels.indices.contains(index) ? levels[index] : nil
            writer.beginObject()
            writer.field("quantity", level?.quantity ?? 0)
            writer.field("orders", level?.orders ?? 0)
            writer.field("price", level?.price ?? .zero)
            writer.endObject()
        }
        writer.endArray()
    }

    /// `20/11/2026 09:15:00`.
    private static func dayFirst(_ moment: Moment) -> String {
        let date = moment.indianDate.split(separator: "-").reversed().joined(separator: "/")
        return date + " " + moment.indianTime
    }
}
