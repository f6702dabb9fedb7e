import Desk
import JSON
import Trading

extension JSONWriter {
    /// An instrument with the limits of the exchange and what is known of its price and its day.
    mutating func listed(_ listed: ListedInstrument, _ quote: Quote?) {
        let instrument = listed.instrument
        beginObject()
        field("symbol", instrument.symbol)
        field("exchange", instrument.exchange.rawValue)
        field("name", instrument.name)
        fieldOrNull("isin", instrument.isin)
        field("lot", instrument.lot.raw)
        field("tick", instrument.tick.rupees)
        fieldOrNull("freeze_quantity", instrument.freezeQuantity?.raw)
        fieldOrNull("lower_circuit", instrument.lowerCircuit?.rupees)
        fieldOrNull("upper_circuit", instrument.upperCircuit?.rupees)
        fieldOrNull("last_price", quote?.price.rupees)
        fieldOrNull("price_age_seconds", quote?.age.components.seconds)
        fieldOrNull("change_percent", quote.flatMap(Self.change))
        fieldOrNull("open", quote?.day.open?.rupees)
        fieldOrNull("high", quote?.day.high?.rupees)
        fieldOrNull("low", quote?.day.low?.rupees)
        fieldOrNull("previous_close", quote?.day.previousClose?.rupees)
        fieldOrNull("volume", quote?.day.volume)
        fieldOrNull("bid", quote?.day.bid?.rupees)
        fieldOrNull("ask", quote?.day.ask?.rupees)
        let price = quote?.price ?? listed.price
        fieldOrNull("mtf_amount", price.flatMap(listed.marginAmount)?.rupees)
        endObject()
    }

    /// How far the price is from the close of the day before, in percent with two decimals.
    private static func change(_ quote: Quote) -> String? {
        guard let close = quote.day.previousClose, close.raw > 0 else { return nil }
        let difference = quote.price.raw - close.raw
        // Hundredths of a percent, rounded to the nearest.
        let half = difference < 0 ? -close.raw / 2 : close.raw / 2
        // Paise are hundredths, as these are.
        return Money(paise: (difference * 10_000 + half) / close.raw).rupees
    }
}
