import Exchange
import HTTPServer
import JSON

/// Holdings and positions (kite.md §5).
extension KiteFace {
    var portfolioRoutes: [HTTPRoute] {
        [
            route("GET", "/portfolio/holdings", .other, Self.holdings),
            route("GET", "/portfolio/holdings/auctions", .other, Self.auctions),
            route("GET", "/portfolio/positions", .other, Self.positions),
            route("PUT", "/portfolio/positions", .other, Self.convert),
        ]
    }

    private static let holdings: Work = { call, world in
        let account = world.exchange.accounts[call.account]
        let held = account.holdings.filter { $0.value.quantity > 0 }.sorted { $0.key < $1.key }
        let quotes = held.map { world.exchange.quote($0.key, at: call.now) }
        return .success { writer in
            writer.beginArray()
            for ((index, holding), quote) in zip(held, quotes) {
                let instrument = world.exchange.instrument(index)
                let free = min(max(account.deliverable(index), 0), holding.quantity)
                writer.beginObject()
                let quantities = (
                    used: holding.quantity - free,
                    authorised: world.authorised(index, of: call.account)
                )
                write(holding, quantities, instrument, quote, &writer)
                writer.field("authorised_date", call.now.indianDate + " 00:00:00")
                writer.endObject()
            }
            writer.endArray()
        }
    }

    /// The holdings that could be sold in an auction now.
    private static let auctions: Work = { call, world in
        let account = world.exchange.accounts[call.account]
        let held = account.holdings.filter { $0.value.quantity > 0 }.sorted { $0.key < $1.key }
        let rows = held.compactMap { index, holding in
            world.auctions[index].map { number in
                (
                    number, holding, world.exchange.instrument(index),
                    world.exchange.quote(index, at: call.now)
                )
            }
        }
        return .success { writer in
            writer.beginArray()
            for (number, holding, instrument, quote) in rows {
                writer.beginObject()
                write(holding, (0, 0), instrument, quote, &writer)
                writer.field("authorised_date", call.now.indianDate + " 00:00:00")
                writer.field("auction_number", number)
                writer.endObject()
            }
            writer.endArray()
        }
    }

    /// What is on its way to the depository is not simulated: all held is settled.
    private static func write(
        _ holding: Holding,
        _ quantities: (used: Int64, authorised: Int64),
        _ instrument: Instrument,
        _ quote: Quote,
        _ writer: inout JSONWriter
    ) {
        writer.field("tradingsymbol", KiteWords.symbol(instrument))
        writer.field("exchange", KiteWords.word(instrument.key.segment))
        writer.field("instrument_token", KiteWords.token(instrument.key))
        writer.field("isin", instrument.isin)
        writer.field("product", "CNC")
        writer.field("price", 0)
        writer.field("quantity", holding.quantity)
        writer.field("used_quantity", quantities.used)
        writer.field("t1_quantity", 0)
        writer.field("realised_quantity", holding.quantity)
        writer.field("authorised_quantity", quantities.authorised)
        writer.field("opening_quantity", holding.quantity)
        writer.field("short_quantity", 0)
        writer.field("collateral_quantity", 0)
        writer.field("collateral_type", "")
        writer.field("discrepancy", false)
        writer.field("average_price", holding.averagePrice)
        writer.field("last_price", quote.lastPrice)
        writer.field("close_price", quote.previousClose)
        writer.field("pnl", (quote.lastPrice - holding.averagePrice) * holding.quantity)
        writer.field("day_change", quote.lastPrice - quote.previousClose)
    }

    /// Nothing is carried over night here, so what is open is what was traded today.
    private static let positions: Work = { call, world in
        let open = world.exchange.accounts[call.account].positions
            .filter { $0.value.buyQuantity > 0 || $0.value.sellQuantity > 0 }
            .sorted { place(of: $0.key) < place(of: $1.key) }
        let prices = open.map { world.exchange.quote($0.key.instrument, at: call.now).lastPrice }
        return .success { writer in
            writer.beginObject()
            for list in ["net", "day"] {
                writer.key(list)
                writer.beginArray()
                for ((key, position), price) in zip(open, prices) {
                    let instrument = world.exchange.instrument(key.instrument)
                    writer.beginObject()
                    write(position, key.product, instrument, price, &writer)
                    writer.endObject()
                }
                writer.endArray()
            }
            writer.endObject()
        }
    }

    private static func place(of key: PositionKey) -> (Int, String) {
        (key.instrument, KiteWords.word(key.product))
    }

    private static func write(
        _ position: Position,
        _ product: Product,
        _ instrument: Instrument,
        _ price: Rupees,
        _ writer: inout JSONWriter
    ) {
        let average = position.net < 0 ? position.sellAverage : position.buyAverage
        let pnl = position.realized + position.unrealized(at: price)
        writer.field("tradingsymbol", KiteWords.symbol(instrument))
        writer.field("exchange", KiteWords.word(instrument.key.segment))
        writer.field("instrument_token", KiteWords.token(instrument.key))
        writer.field("product", KiteWords.word(product))
        writer.field("quantity", position.net)
        writer.field("overnight_quantity", 0)
        writer.field("multiplier", 1)
        writer.field("average_price", position.net == 0 ? .zero : average)
        writer.field("close_price", 0)
        writer.field("last_price", price)
        writer.field("value", position.sellValue - position.buyValue)
        writer.field("pnl", pnl)
        writer.field("m2m", pnl)
        writer.field("unrealised", position.unrealized(at: price))
        writer.field("realised", position.realized)
        for prefix in ["", "day_"] {
            writer.field(prefix + "buy_quantity", position.buyQuantity)
            writer.field(prefix + "buy_price", position.buyAverage)
            writer.field(prefix + "buy_value", position.buyValue)
            writer.field(prefix + "sell_quantity", position.sellQuantity)
            writer.field(prefix + "sell_price", position.sellAverage)
            writer.field(prefix + "sell_value", position.sellValue)
        }
        writer.field("buy_m2m", position.buyValue)
        writer.field("sell_m2m", position.sellValue)
    }

    private static let convert: Work = { call, world throws(KiteError) in
        let form = try form(call)
        guard let exchange = form.text("exchange"), let symbol = form.text("tradingsymbol"),
            let instrument = world.instrument(exchange: exchange, symbol: symbol),
            KiteWords.side(form.text("transaction_type")) != nil,
            ["day", "overnight"].contains(form.text("position_type")),
            let quantity = form.whole("quantity"), quantity > 0,
            let from = KiteWords.product(form.text("old_product")),
            let to = KiteWords.product(form.text("new_product"))
        else { throw .input("Invalid field.") }
        let isDone = world.exchange.convert(
            account: call.account,
            instrument: instrument,
            from: from,
            to: to,
            quantity: quantity
        )
        if !isDone { throw .order("There is no such position to convert.") }
        return .success { $0.bool(true) }
    }
}
