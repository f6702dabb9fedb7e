import Exchange
import HTTPServer
import JSON

/// Live data (groww.md §8): up to 50 instruments a call.
extension GrowwFace {
    private static let mostSymbols = 50

    var quoteRoutes: [HTTPRoute] {
        [
            route("GET", "/live-data/quote", .quote, Self.quote),
            route("GET", "/live-data/ltp", .quote) { call, world throws(GrowwError) in
                try Self.each(call, &world) { name, quote, writer in
                    writer.field(name, quote.lastPrice)
                }
            },
            route("GET", "/live-data/ohlc", .quote) { call, world throws(GrowwError) in
                try Self.each(call, &world) { name, quote, writer in
                    writer.key(name)
                    Self.ohlc(of: quote, &writer)
                }
            },
        ]
    }

    /// `NSE_RELIANCE,NSE_TCS`, or the parameter once for each; what is not listed is passed over.
    private static func each(
        _ call: FaceCall,
        _ world: inout World,
        _ write: (String, Quote, inout JSONWriter) -> Void
    ) throws(GrowwError) -> FaceReply {
        let segment = try neededSegment(call)
        let names = call.request.query.filter { $0.name == "exchange_symbols" }
            .flatMap { $0.value.split(separator: ",").map(String.init) }
        guard (1...mostSymbols).contains(names.count) else {
            throw .badRequest("exchange_symbols must name 1 to \(mostSymbols) instruments")
        }
        var quotes: [(String, Quote)] = []
        for name in names {
            let parts = name.split(separator: "_", maxSplits: 1).map(String.init)
            guard parts.count == 2 else { throw .badRequest("Invalid exchange_symbols") }
            do throws(GrowwError) {
                let found = try Self.instrument(parts[1], parts[0], segment, world)
                quotes.append((name, world.exchange.quote(found, at: call.now)))
            } catch {
                if error != .notFound { throw error }
            }
        }
        return .groww { writer in
            for (name, quote) in quotes { write(name, quote, &writer) }
        }
    }

    private static func ohlc(of quote: Quote, _ writer: inout JSONWriter) {
        writer.beginObject()
        writer.field("open", quote.open)
        writer.field("high", quote.high)
        writer.field("low", quote.low)
        writer.field("close", quote.previousClose)
        writer.endObject()
    }

    private static let quote: Work = { call, world throws(GrowwError) in
        let index = try Self.instrument(
            call.request.query("trading_symbol"),
            call.request.query("exchange"),
            try neededSegment(call),
            world
        )
        let quote = world.exchange.quote(index, at: call.now)
        return .groww { members(of: quote, call.now, &$0) }
    }

    /// All that the documents list; what a simulated market does not know is null.
    private static func members(of quote: Quote, _ now: Moment, _ writer: inout JSONWriter) {
        writer.field("average_price", quote.average)
        writer.field("bid_quantity", quote.bids.first?.quantity ?? 0)
        writer.field("bid_price", quote.bids.first?.price ?? .zero)
        writer.field("day_change", quote.lastPrice - quote.previousClose)
        unknown(["day_change_perc"], &writer)
        writer.field("upper_circuit_limit", quote.upperCircuit)
        writer.field("lower_circuit_limit", quote.lowerCircuit)
        writer.key("ohlc")
        ohlc(of: quote, &writer)
        writer.key("depth")
        writer.beginObject()
        levels("buy", quote.bids, &writer)
        levels("sell", quote.asks, &writer)
        writer.endObject()
        unknown(["high_trade_range", "low_trade_range", "implied_volatility"], &writer)
        writer.field("last_trade_quantity", quote.lastQuantity)
        writer.field("last_trade_time", (quote.lastTradeAt ?? now).microseconds / 1_000)
        writer.field("last_price", quote.lastPrice)
        unknown(["market_cap"], &writer)
        writer.field("offer_price", quote.asks.first?.price ?? .zero)
        writer.field("offer_quantity", quote.asks.first?.quantity ?? 0)
        unknown(
            [
                "oi_day_change", "oi_day_change_percentage", "open_interest",
                "previous_open_interest",
            ],
            &writer
        )
        writer.field("total_buy_quantity", quote.bids.reduce(0) { $0 + $1.quantity })
        writer.field("total_sell_quantity", quote.asks.reduce(0) { $0 + $1.quantity })
        writer.field("volume", quote.volume)
        unknown(["week_52_high", "week_52_low"], &writer)
    }

    private static func unknown(_ names: [String], _ writer: inout JSONWriter) {
        for name in names { writer.fieldOrNull(name, nil as String?) }
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
            writer.field("price", level?.price ?? .zero)
            writer.field("quantity", level?.quantity ?? 0)
            writer.endObject()
        }
        writer.endArray()
    }
}
