import Exchange
import HTTPServer
import JSON

/// Holdings and positions (upstox.md §5).
extension UpstoxFace {
    var portfolioRoutes: [HTTPRoute] {
        [
            route("GET", "/v2/portfolio/long-term-holdings", .other, Self.holdings),
            route("GET", "/v2/portfolio/short-term-positions") { call, world in
                Self.positions(funded: false, call, &world)
            },
            route("GET", "/v3/portfolio/mtf-positions") { call, world in
                Self.positions(funded: true, call, &world)
            },
            route("PUT", "/v2/portfolio/convert-position", .other, Self.convert),
        ]
    }

    private static let holdings: Work = { call, world throws(UpstoxError) in
        let account = world.exchange.accounts[call.account]
        let held = account.holdings.filter { $0.value.quantity > 0 }.sorted { $0.key < $1.key }
        var rows: [(Instrument, Holding, free: Int64, Quote)] = []
        for (index, holding) in held {
            let free = min(max(account.deliverable(index), 0), holding.quantity)
            let quote = world.exchange.quote(index, at: call.now)
            rows.append((world.exchange.instrument(index), holding, free, quote))
        }
        return success { writer in
            writer.beginArray()
            for (instrument, holding, free, quote) in rows {
                writer.beginObject()
                members(of: holding, used: holding.quantity - free, instrument, quote, &writer)
                writer.endObject()
            }
            writer.endArray()
        }
    }

    private static func members(
        of holding: Holding,
        used: Int64,
        _ instrument: Instrument,
        _ quote: Quote,
        _ writer: inout JSONWriter
    ) {
        writer.field("isin", instrument.isin)
        writer.field("cnc_used_quantity", used)
        writer.field("collateral_type", "WC")
        writer.field("company_name", instrument.name.uppercased())
        writer.field("haircut", Rupees(tenThousandths: 2_000))
        writer.field("product", "D")
        writer.field("quantity", holding.quantity)
        writer.field("tradingsymbol", instrument.symbol)
        writer.field("trading_symbol", instrument.symbol)
        writer.field("last_price", quote.lastPrice)
        writer.field("close_price", quote.previousClose)
        writer.field("pnl", (quote.lastPrice - holding.averagePrice) * holding.quantity)
        writer.field("day_change", Rupees.zero)
        writer.field("day_change_percentage", Rupees.zero)
        writer.field("instrument_token", UpstoxWords.key(instrument))
        writer.field("average_price", holding.averagePrice)
        writer.field("collateral_quantity", 0)
        writer.field("collateral_update_quantity", 0)
        writer.field("t1_quantity", 0)
        writer.field("exchange", UpstoxWords.exchange(instrument.key.segment))
    }

    private static func positions(
        funded: Bool,
        _ call: FaceCall,
        _ world: inout World
    ) -> FaceReply {
        let all = world.exchange.accounts[call.account].positions
            .filter { $0.value.buyQuantity > 0 || $0.value.sellQuantity > 0 }
            .filter { ($0.key.product == .funded) == funded }
            .map { key, position in
                (key, position, world.exchange.instrument(key.instrument))
            }
            .sorted {
                ($0.0.instrument, UpstoxWords.word($0.0.product))
                    < ($1.0.instrument, UpstoxWords.word($1.0.product))
            }
        var rows: [(Position, Product, Instrument, Rupees)] = []
        for (key, position, instrument) in all {
            let price = world.exchange.quote(key.instrument, at: call.now).lastPrice
            rows.append((position, key.product, instrument, price))
        }
        return success { writer in
            writer.beginArray()
            for (position, product, instrument, price) in rows {
                writer.beginObject()
                members(of: position, product, instrument, price, &writer)
                writer.endObject()
            }
            writer.endArray()
        }
    }

    /// Everything is today's: positions of earlier days are holdings here.
    private static func members(
        of position: Position,
        _ product: Product,
        _ instrument: Instrument,
        _ price: Rupees,
        _ writer: inout JSONWriter
    ) {
        writer.field("exchange", UpstoxWords.exchange(instrument.key.segment))
        writer.field("multiplier", Rupees(1))
        writer.field("value", position.buyValue - position.sellValue)
        writer.field("pnl", position.realized + position.unrealized(at: price))
        writer.field("product", UpstoxWords.word(product))
        writer.field("instrument_token", UpstoxWords.key(instrument))
        writer.key("average_price")
        if position.net == 0 {
            writer.null()
        } else {
            let average = position.net > 0 ? position.buyAverage : position.sellAverage
            writer.rawNumber(average.text())
        }
        writer.field("buy_value", position.buyValue)
        writer.field("sell_value", position.sellValue)
        writer.field("overnight_quantity", 0)
        writer.field("overnight_buy_quantity", 0)
        writer.field("overnight_sell_quantity", 0)
        writer.field("overnight_buy_amount", Rupees.zero)
        writer.field("overnight_sell_amount", Rupees.zero)
        writer.field("day_buy_quantity", position.buyQuantity)
        writer.field("day_sell_quantity", position.sellQuantity)
        writer.field("day_buy_value", position.buyValue)
        writer.field("day_sell_value", position.sellValue)
        writer.field("day_buy_price", position.buyAverage)
        writer.field("day_sell_price", position.sellAverage)
        writer.field("quantity", position.net)
        writer.field("last_price", price)
        writer.field("unrealised", position.unrealized(at: price))
        writer.field("realised", position.realized)
        writer.field("tradingsymbol", instrument.symbol)
        writer.field("trading_symbol", instrument.symbol)
        writer.field("close_price", instrument.previousClose)
        writer.field("buy_price", position.buyAverage)
        writer.field("sell_price", position.sellAverage)
    }

    private static let convert: Work = { call, world throws(UpstoxError) in
        guard let fields = call.fields, UpstoxWords.side(fields.text("transaction_type")) != nil,
            let quantity = fields.whole("quantity") ?? nil, quantity > 0
        else { throw .body }
        let instrument = try world.upstoxInstrument(fields.text("instrument_token") ?? "")
        let segment = world.exchange.instrument(instrument).key.segment
        guard let old = UpstoxWords.product(fields.text("old_product"), in: segment),
            let new = UpstoxWords.product(fields.text("new_product"), in: segment)
        else { throw .input }
        let isDone = world.exchange.convert(
            account: call.account,
            instrument: instrument,
            from: old,
            to: new,
            quantity: quantity
        )
        if !isDone { throw UpstoxError(100036, "There is no such position to convert") }
        return success { writer in
            writer.beginObject()
            writer.field("status", "complete")
            writer.endObject()
        }
    }
}
