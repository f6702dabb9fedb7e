import Exchange
import HTTPServer
import JSON

/// Snapshots of the market (kite.md §8): one call a second.
extension KiteFace {
    private enum Detail {
        case lastPrice, ohlc, full
    }

    var quoteRoutes: [HTTPRoute] {
        [
            route("GET", "/quote/ltp", .quote) { call, world throws(KiteError) in
                try Self.quotes(.lastPrice, atMost: 1_000, call, &world)
            },
            route("GET", "/quote/ohlc", .quote) { call, world throws(KiteError) in
                try Self.quotes(.ohlc, atMost: 1_000, call, &world)
            },
            route("GET", "/quote", .quote) { call, world throws(KiteError) in
                try Self.quotes(.full, atMost: 500, call, &world)
            },
        ]
    }

    /// What is not listed is left out, without an error.
    private static func quotes(
        _ detail: Detail,
        atMost limit: Int,
        _ call: FaceCall,
        _ world: inout World
    ) throws(KiteError) -> FaceReply {
        let wanted = call.request.query.filter { $0.name == "i" }.map(\.value)
        guard !wanted.isEmpty else { throw .input("Missing or empty field `i`") }
        guard wanted.count <= limit else { throw .input("Too many instruments.") }
        var found: [(key: String, token: Int, quote: Quote)] = []
        for key in wanted {
            let parts = key.split(separator: ":", maxSplits: 1).map(String.init)
            guard parts.count == 2,
                let index = world.instrument(exchange: parts[0], symbol: parts[1]),
                !found.contains(where: { $0.key == key })
            else { continue }
            let token = KiteWords.token(world.exchange.instrument(index).key)
            found.append((key, token, world.exchange.quote(index, at: call.now)))
        }
        return .success { writer in
            writer.beginObject()
            for (key, token, quote) in found {
                writer.key(key)
                writer.beginObject()
                writer.field("instrument_token", token)
                if detail == .full { members(of: quote, call.now, &writer) }
                writer.field("last_price", quote.lastPrice)
                if detail != .lastPrice { bars(of: quote, &writer) }
                writer.endObject()
            }
            writer.endObject()
        }
    }

    private static func bars(of quote: Quote, _ writer: inout JSONWriter) {
        writer.key("ohlc")
        writer.beginObject()
        writer.field("open", quote.open)
        writer.field("high", quote.high)
        writer.field("low", quote.low)
        writer.field("close", quote.previousClose)
        writer.endObject()
    }

    private static func members(of quote: Quote, _ now: Moment, _ writer: inout JSONWriter) {
        writer.field("timestamp", now.indianText)
        writer.field("last_trade_time", (quote.lastTradeAt ?? now).indianText)
        writer.field("last_quantity", quote.lastQuantity)
        writer.field("buy_quantity", quote.bids.reduce(0) { $0 + $1.quantity })
        writer.field("sell_quantity", quote.asks.reduce(0) { $0 + $1.quantity })
        writer.field("volume", quote.volume)
        writer.field("average_price", quote.average)
        for name in ["oi", "oi_day_high", "oi_day_low"] { writer.field(name, 0) }
        writer.field("net_change", quote.lastPrice - quote.previousClose)
        writer.field("lower_circuit_limit", quote.lowerCircuit)
        writer.field("upper_circuit_limit", quote.upperCircuit)
        writer.key("depth")
        writer.beginObject()
        levels("buy", quote.bids, &writer)
        levels("sell", quote.asks, &writer)
        writer.endObject()
    }

    /// Always five, the missing ones as zeros.
    private static func levels(
        _ name: String,
        _ levels: [Quote.Level],
        _ writer: inout JSONWriter
    ) {
        writer.key(name)
        writer.beginArray()
        for place in 0..<5 {
            let level = place < levels.count ? levels[place] : nil
            writer.beginObject()
            writer.field("price", level?.price ?? .zero)
            writer.field("quantity", level?.quantity ?? 0)
            writer.field("orders", level?.orders ?? 0)
            writer.endObject()
        }
        writer.endArray()
    }
}
