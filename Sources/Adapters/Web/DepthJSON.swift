import Desk
import JSON
import Trading

extension JSONWriter {
    /// An instrument's order book, with who told it and when.
    mutating func depth(_ told: ToldDepth, of instrument: Instrument) {
        let depth = told.depth
        beginObject()
        field("symbol", instrument.symbol)
        field("exchange", instrument.exchange.rawValue)
        field("broker", told.broker.rawValue)
        field("at", TimestampText.text(told.at))
        fieldOrNull("last_price", depth.lastPrice?.rupees)
        fieldOrNull("last_trade_at", depth.lastTradeAt.map(TimestampText.text))
        fieldOrNull("volume", depth.volume)
        fieldOrNull("lower_circuit", depth.lowerCircuit?.rupees)
        fieldOrNull("upper_circuit", depth.upperCircuit?.rupees)
        levels("bids", depth.bids)
        levels("asks", depth.asks)
        endObject()
    }

    private mutating func levels(_ name: String, _ levels: [MarketDepth.Level]) {
        key(name)
        beginArray()
        for level in levels {
            beginObject()
            field("price", level.price.rupees)
            field("quantity", level.quantity.raw)
            fieldOrNull("orders", level.orders)
            endObject()
        }
        endArray()
    }

    /// What a bulk trade takes of the order book; `warning` says what should be known of that.
    mutating func preflightDepth(_ depth: PreflightDepth, _ terms: OrderTerms) {
        let check = depth.check
        key("depth")
        beginObject()
        field("standing", check.standing.rawValue)
        field("needed_quantity", check.needed.raw)
        fieldOrNull("shown_quantity", check.shown?.raw)
        var warning = check.warning(for: terms)
        if case .failure(let untold) = depth.book { warning?.append(" (\(untold.words))") }
        fieldOrNull("warning", warning)
        let told = try? depth.book.get()
        fieldOrNull("broker", told?.broker.rawValue)
        fieldOrNull("at", told.map { TimestampText.text($0.at) })
        endObject()
    }
}
