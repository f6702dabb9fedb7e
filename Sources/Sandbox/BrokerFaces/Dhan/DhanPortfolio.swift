import Exchange
import HTTPServer
import JSON

/// Holdings and positions (dhan.md §5).
extension DhanFace {
    var portfolioRoutes: [HTTPRoute] {
        [
            route("GET", "/holdings", .other, Self.holdings),
            route("GET", "/positions", .other, Self.positions),
            route("POST", "/positions/convert", .other, Self.convert),
            route("DELETE", "/positions", .order, Self.exitAll),
        ]
    }

    /// No holdings is an error, as at the real broker.
    private static let holdings: Work = { call, world throws(DhanError) in
        let account = world.exchange.accounts[call.account]
        let held = account.holdings.filter { $0.value.quantity > 0 }.sorted { $0.key < $1.key }
        if held.isEmpty { throw .noHoldings }
        var writer = JSONWriter(capacity: 256 * held.count)
        writer.beginArray()
        for (index, holding) in held {
            let quote = world.exchange.quote(index, at: call.now)
            let instrument = world.exchange.instrument(index)
            let free = min(max(account.deliverable(index), 0), holding.quantity)
            writer.beginObject()
            writer.field("exchange", "ALL")
            writer.field("tradingSymbol", instrument.symbol)
            writer.field("securityId", String(instrument.key.token))
            writer.field("isin", instrument.isin)
            writer.field("totalQty", holding.quantity)
            writer.field("dpQty", holding.quantity)
            writer.field("t1Qty", 0)
            writer.field("availableQty", free)
            writer.field("collateralQty", 0)
            writer.field("mtf_tq_qty", 0)
            writer.field("mtf_qty", 0)
            writer.field("avgCostPrice", holding.averagePrice)
            writer.field("lastTradedPrice", quote.lastPrice)
            writer.endObject()
        }
        writer.endArray()
        return FaceReply(writer.bytes)
    }

    private static let positions: Work = { call, world throws(DhanError) in
        let open = world.exchange.accounts[call.account].positions
            .filter { $0.value.buyQuantity > 0 || $0.value.sellQuantity > 0 }
            .sorted { order($0.key) < order($1.key) }
        var writer = JSONWriter(capacity: 16 + 768 * open.count)
        writer.beginArray()
        for (key, position) in open {
            let price = world.exchange.quote(key.instrument, at: call.now).lastPrice
            let instrument = world.exchange.instrument(key.instrument)
            writer.beginObject()
            writer.field("dhanClientId", world.clients[call.account].client)
            members(of: position, key.product, instrument, price, &writer)
            writer.endObject()
        }
        writer.endArray()
        return FaceReply(writer.bytes)
    }

    private static func order(_ key: PositionKey) -> (Int, String) {
        (key.instrument, DhanWords.word(key.product))
    }

    private static func members(
        of position: Position,
        _ product: Product,
        _ instrument: Instrument,
        _ price: Rupees,
        _ writer: inout JSONWriter
    ) {
        let type = position.net == 0 ? "CLOSED" : position.net > 0 ? "LONG" : "SHORT"
        let cost = position.net < 0 ? position.sellAverage : position.buyAverage
        writer.field("tradingSymbol", instrument.symbol)
        writer.field("securityId", String(instrument.key.token))
        writer.field("positionType", type)
        writer.field("exchangeSegment", DhanWords.word(instrument.key.segment))
        writer.field("productType", DhanWords.word(product))
        writer.field("buyAvg", position.buyAverage)
        writer.field("buyQty", position.buyQuantity)
        writer.field("costPrice", cost)
        writer.field("sellAvg", position.sellAverage)
        writer.field("sellQty", position.sellQuantity)
        writer.field("netQty", position.net)
        writer.field("realizedProfit", position.realized)
        writer.field("unrealizedProfit", position.unrealized(at: price))
        writer.field("rbiReferenceRate", Rupees(1))
        writer.field("multiplier", 1)
        for name in ["carryForwardBuyQty", "carryForwardSellQty"] { writer.field(name, 0) }
        for name in ["carryForwardBuyValue", "carryForwardSellValue"] {
            writer.field(name, Rupees.zero)
        }
        writer.field("dayBuyQty", position.buyQuantity)
        writer.field("daySellQty", position.sellQuantity)
        writer.field("dayBuyValue", position.buyValue)
        writer.field("daySellValue", position.sellValue)
        writer.field("drvExpiryDate", instrument.option?.expiry ?? "0001-01-01")
        writer.fieldOrNull("drvOptionType", instrument.option.map { $0.isCall ? "CALL" : "PUT" })
        writer.field("drvStrikePrice", instrument.option?.strike ?? .zero)
        writer.field("crossCurrency", false)
    }

    /// Documented as 202 without a body; the official SDK reads one, so there is one here.
    private static let convert: Work = { call, world throws(DhanError) in
        guard let fields = call.fields,
            let from = DhanWords.product(fields.text("fromProductType")),
            let to = DhanWords.product(fields.text("toProductType")),
            let quantity = fields.whole("convertQty") ?? nil, quantity > 0
        else { throw .badInput }
        let instrument = try DhanFace.instrument(fields, world)
        let isDone = world.exchange.convert(
            account: call.account,
            instrument: instrument,
            from: from,
            to: to,
            quantity: quantity
        )
        if !isDone { throw .order("There is no such position to convert") }
        return FaceReply(status: 202) { writer in
            writer.beginObject()
            writer.field("status", "SUCCESS")
            writer.endObject()
        }
    }

    private static let exitAll: Work = { call, world throws(DhanError) in
        if !world.exchange.isOpen(at: call.now) {
            throw .order("Market is Closed! Want to place an offline order?")
        }
        _ = world.exchange.exitAll(account: call.account, at: call.now)
        return FaceReply { writer in
            writer.beginObject()
            writer.field("status", "SUCCESS")
            writer.field("message", "All orders and positions exited successfully")
            writer.endObject()
        }
    }
}
