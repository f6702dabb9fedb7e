import Exchange
import JSON

/// A message of Dhan's order-update socket (dhan.md §7).
enum DhanOrderAlert {
    static func text(_ update: OrderUpdate, _ orderIDBase: Int) -> String {
        var writer = JSONWriter(capacity: 1_536)
        writer.beginObject()
        writer.key("Data")
        writer.beginObject()
        identity(update, DhanOrderJSON(orderIDBase: orderIDBase), &writer)
        amounts(update, &writer)
        circumstances(update, DhanOrderJSON(orderIDBase: orderIDBase), &writer)
        listing(update, &writer)
        writer.endObject()
        writer.field("Type", "order_alert")
        writer.endObject()
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    private static func identity(
        _ update: OrderUpdate,
        _ encoder: DhanOrderJSON,
        _ writer: inout JSONWriter
    ) {
        let order = update.event.order
        let (exchange, letter) = DhanWords.exchange(update.instrument.key.segment)
        writer.field("Exchange", exchange)
        writer.field("Segment", letter)
        writer.field("Source", "P")
        writer.field("SecurityId", String(update.instrument.key.token))
        writer.field("ClientId", update.client)
        writer.field("ExchOrderNo", encoder.exchangeID(order) ?? "")
        writer.field("OrderNo", encoder.id(order))
        writer.field("Product", DhanWords.letter(order.product))
        writer.field("TxnType", order.side == .buy ? "B" : "S")
        writer.field("OrderType", DhanWords.shortWord(order.kind))
        writer.field("Validity", DhanWords.word(order.validity))
    }

    private static func amounts(_ update: OrderUpdate, _ writer: inout JSONWriter) {
        let order = update.event.order
        writer.field("DiscQuantity", order.disclosed)
        writer.field("DiscQtyRem", min(order.disclosed, order.remaining))
        writer.field("RemainingQuantity", order.remaining)
        writer.field("Quantity", order.quantity)
        writer.field("TradedQty", order.filled)
        writer.field("Price", order.price)
        writer.field("TriggerPrice", order.trigger)
        writer.field("TradedPrice", order.lastFillPrice)
        writer.field("AvgTradedPrice", order.averagePrice)
    }

    private static func circumstances(
        _ update: OrderUpdate,
        _ encoder: DhanOrderJSON,
        _ writer: inout JSONWriter
    ) {
        let order = update.event.order
        writer.field("AlgoOrdNo", "")
        writer.field("OffMktFlag", order.isAfterMarket ? "1" : "0")
        writer.field("OrderDateTime", encoder.time(order.bookedAt))
        writer.field("ExchOrderTime", encoder.time(order.updatedAt))
        writer.field("LastUpdatedTime", encoder.time(order.updatedAt))
        writer.field("Remarks", "NR")
        writer.field("MktType", "NL")
        writer.field("ReasonDescription", order.rejection?.text ?? "CONFIRMED")
        writer.field("LegNo", 1)
        writer.field("Status", DhanWords.titleWord(order.state))
        writer.field("ProductName", DhanWords.word(order.product))
        writer.field("GoodTillDaysDate", order.bookedAt.indianDate)
        writer.field("CorrelationId", order.reference ?? "")
    }

    private static func listing(_ update: OrderUpdate, _ writer: inout JSONWriter) {
        let instrument = update.instrument
        let option = instrument.option
        writer.field("Instrument", DhanWords.instrumentKind(instrument))
        writer.field("Symbol", instrument.symbol)
        writer.field("DisplayName", instrument.name)
        writer.field("LotSize", instrument.lot)
        writer.field("StrikePrice", option?.strike ?? .zero)
        writer.field("ExpiryDate", (option?.expiry ?? "0001-01-01") + " 00:00:00")
        writer.field("OptType", option.map { $0.isCall ? "CE" : "PE" } ?? "XX")
        writer.field("Isin", instrument.isin)
        writer.field("Series", instrument.series)
        writer.field("RefLtp", update.event.lastPrice)
        writer.field("TickSize", instrument.tick)
        writer.field("AlgoId", "0")
        writer.field("Multiplier", 1)
        // The documents' samples repeat some members in camel case.
        writer.field("algoId", "0")
        writer.field("series", instrument.series)
        writer.field("refLtp", update.event.lastPrice)
        writer.field("tickSize", instrument.tick)
    }
}
