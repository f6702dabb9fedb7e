import Exchange
import HTTPServer
import JSON

/// Snapshots of the market (upstox.md §8): up to 500 instruments, named by key.
extension UpstoxFace {
    private static let mostKeys = 500

    private typealias Members = @Sendable (Instrument, Quote, Moment, inout JSONWriter) -> Void

    var quoteRoutes: [HTTPRoute] {
        [
            quoteRoute("/v3/market-quote/ltp") { instrument, quote, _, writer in
                writer.field("last_price", quote.lastPrice)
                writer.field("instrument_token", UpstoxWords.key(instrument))
                writer.field("ltq", quote.lastQuantity)
                writer.field("volume", quote.volume)
                writer.field("cp", quote.previousClose)
            },
            quoteRoute("/v2/market-quote/ltp") { instrument, quote, _, writer in
                writer.field("last_price", quote.lastPrice)
                writer.field("instrument_token", UpstoxWords.key(instrument))
            },
            quoteRoute("/v3/market-quote/ohlc") { instrument, quote, now, writer in
                writer.field("last_price", quote.lastPrice)
                writer.field("instrument_token", UpstoxWords.key(instrument))
                writer.fieldOrNull("prev_ohlc", nil as String?)
                writer.key("live_ohlc")
                Self.bar(quote, now, &writer)
            },
            quoteRoute("/v2/market-quote/quotes") { instrument, quote, now, writer in
                writer.key("ohlc")
                writer.beginObject()
                Self.prices(quote, &writer)
                writer.endObject()
                Self.full(instrument, quote, now, &writer)
            },
            quoteRoute("/v3/market-quote/quotes") { instrument, quote, now, writer in
                writer.key("ohlc")
                Self.bar(quote, now, &writer)
                Self.full(instrument, quote, now, &writer)
                writer.field("prev_close_price", quote.previousClose)
                Self.unknown(&writer)
            },
        ]
    }

    /// The documents name the parameter `instrument_key`; the official SDK sends `symbol` to v2.
    private func quoteRoute(_ path: String, _ members: @escaping Members) -> HTTPRoute {
        route("GET", path, .quote) { call, world throws(UpstoxError) in
            let asked = call.request.query("instrument_key") ?? call.request.query("symbol") ?? ""
            let keys = asked.split(separator: ",")
            guard !keys.isEmpty else { throw .badKey }
            guard keys.count <= Self.mostKeys else { throw .tooManyKeys }
            var found: [(Instrument, Quote)] = []
            for key in keys {
                // A key that names nothing is left out of the answer.
                guard let index = try? world.upstoxInstrument(String(key)) else { continue }
                let instrument = world.exchange.instrument(index)
                guard !found.contains(where: { $0.0.key == instrument.key }) else { continue }
                found.append((instrument, world.exchange.quote(index, at: call.now)))
            }
            return Self.success { writer in
                writer.beginObject()
                for (instrument, quote) in found {
                    // By symbol, whatever it was asked by.
                    let segment = UpstoxWords.word(instrument.key.segment)
                    writer.key("\(segment):\(instrument.symbol)")
                    writer.beginObject()
                    members(instrument, quote, call.now, &writer)
                    writer.endObject()
                }
                writer.endObject()
            }
        }
    }

    private static let full: Members = { instrument, quote, now, writer in
        writer.key("depth")
        writer.beginObject()
        levels("buy", quote.bids, &writer)
        levels("sell", quote.asks, &writer)
        writer.endObject()
        writer.field("timestamp", now.rfc3339)
        writer.field("instrument_token", UpstoxWords.key(instrument))
        writer.field("symbol", instrument.symbol)
        writer.field("last_price", quote.lastPrice)
        writer.field("volume", quote.volume)
        writer.field("average_price", quote.average)
        for name in ["oi", "oi_day_high", "oi_day_low"] { writer.field(name, Rupees.zero) }
        writer.field("net_change", quote.lastPrice - quote.previousClose)
        writer.field("total_buy_quantity", quote.bids.reduce(0) { $0 + $1.quantity })
        writer.field("total_sell_quantity", quote.asks.reduce(0) { $0 + $1.quantity })
        writer.field("lower_circuit_limit", quote.lowerCircuit)
        writer.field("upper_circuit_limit", quote.upperCircuit)
        let traded = quote.lastTradeAt ?? now
        writer.field("last_trade_time", String(traded.microseconds / 1_000))
    }

    private static func bar(_ quote: Quote, _ now: Moment, _ writer: inout JSONWriter) {
        writer.beginObject()
        prices(quote, &writer)
        writer.field("volume", quote.volume)
        writer.field("ts", now.microseconds / 1_000)
        writer.endObject()
    }

    /// What a simulated market does not know, the closing auction among it.
    private static func unknown(_ writer: inout JSONWriter) {
        for name in [
            "year_high", "year_low", "previous_oi", "indicative_equilibrium_price",
            "reference_price", "indicative_equilibrium_quantity",
            "indicative_imbalance_quantity_total", "indicative_imbalance_quantity_market",
            "cas_eligible",
        ] {
            writer.fieldOrNull(name, nil as String?)
        }
    }

    private static func prices(_ quote: Quote, _ writer: inout JSONWriter) {
        writer.field("open", quote.open)
        writer.field("high", quote.high)
        writer.field("low", quote.low)
        writer.field("close", quote.lastPrice)
    }

    /// Always five levels; the empty ones are zero.
    private static func levels(_ name: String, _ all: [Quote.Level], _ writer: inout JSONWriter) {
        writer.key(name)
        writer.beginArray()
        for place in 0..<5 {
            let level = place < all.count ? all[place] : nil
            writer.beginObject()
            writer.field("quantity", level?.quantity ?? 0)
            writer.field("price", level?.price ?? .zero)
            writer.field("orders", level?.orders ?? 0)
            writer.endObject()
        }
        writer.endArray()
    }
}
