import Exchange
import JSON

/// Writes orders and trades as Dhan does.
struct DhanOrderJSON: Sendable {
    let orderIDBase: Int
    /// Microseconds by which the times are wrong.
    var clockShift: Int64 = 0

    init(orderIDBase: Int) {
        self.orderIDBase = orderIDBase
    }

    init(_ call: FaceCall) {
        orderIDBase = call.orderIDBase
        clockShift = call.clockShift
    }

    func id(_ order: Order) -> String { String(order.number + orderIDBase) }

    /// An order the exchange never saw has no number there.
    func exchangeID(_ order: Order) -> String? {
        let reachedExchange = order.state != .transit && order.rejection?.code != "RMS"
        return reachedExchange ? "1\(order.number + orderIDBase)" : nil
    }

    func time(_ moment: Moment) -> String {
        Moment(microseconds: moment.microseconds + clockShift).indianText
    }

    func array(_ orders: [Order], _ world: World, _ writer: inout JSONWriter) {
        writer.beginArray()
        for order in orders { object(order, world, &writer) }
        writer.endArray()
    }

    func object(_ order: Order, _ world: World, _ writer: inout JSONWriter) {
        let client = world.clients[order.account].client
        object(order, client, world.exchange.instrument(order.instrument), &writer)
    }

    func object(
        _ order: Order,
        _ client: String,
        _ instrument: Instrument,
        isPostback: Bool = false,
        _ writer: inout JSONWriter
    ) {
        writer.beginObject()
        writer.field("dhanClientId", client)
        writer.field("orderId", id(order))
        writer.fieldOrNull("exchangeOrderId", exchangeID(order))
        writer.fieldOrNull("correlationId", order.reference)
        writer.field("orderStatus", DhanWords.word(order.state))
        terms(order, instrument, &writer)
        writer.field("quantity", order.quantity)
        writer.field("disclosedQuantity", order.disclosed)
        writer.field("price", order.price)
        writer.field("triggerPrice", order.trigger)
        writer.field("afterMarketOrder", order.isAfterMarket)
        writer.field("boProfitValue", Rupees.zero)
        writer.field("boStopLossValue", Rupees.zero)
        writer.fieldOrNull("legName", nil as String?)
        times(order, &writer)
        derivative(instrument, &writer)
        writer.fieldOrNull("omsErrorCode", order.rejection?.code)
        writer.fieldOrNull("omsErrorDescription", order.rejection?.text)
        writer.field("algoId", "0")
        if isPostback {
            writer.field("filled_qty", order.filled)
        } else {
            writer.field("remainingQuantity", order.remaining)
            writer.field("averageTradedPrice", order.averagePrice)
            writer.field("filledQty", order.filled)
        }
        writer.endObject()
    }

    func trades(of orders: [Order], _ world: World, _ writer: inout JSONWriter) {
        writer.beginArray()
        for order in orders {
            let client = world.clients[order.account].client
            let instrument = world.exchange.instrument(order.instrument)
            for number in order.trades {
                guard let trade = world.exchange.trade(number) else { continue }
                writer.beginObject()
                members(of: trade, order, client, instrument, &writer)
                writer.endObject()
            }
        }
        writer.endArray()
    }

    /// The members of a trade that all of Dhan's lists of trades have.
    func members(
        of trade: Trade,
        _ order: Order,
        _ client: String,
        _ instrument: Instrument,
        _ writer: inout JSONWriter
    ) {
        writer.field("dhanClientId", client)
        writer.field("orderId", id(order))
        writer.fieldOrNull("exchangeOrderId", exchangeID(order))
        writer.field("exchangeTradeId", String(trade.number + orderIDBase))
        terms(order, instrument, isTrade: true, &writer)
        writer.field("tradedQuantity", trade.quantity)
        writer.field("tradedPrice", trade.price)
        writer.field("createTime", time(order.bookedAt))
        writer.field("updateTime", time(trade.at))
        writer.field("exchangeTime", time(trade.at))
        derivative(instrument, &writer)
    }

    private func terms(
        _ order: Order,
        _ instrument: Instrument,
        isTrade: Bool = false,
        _ writer: inout JSONWriter
    ) {
        writer.field("transactionType", DhanWords.word(order.side))
        writer.field("exchangeSegment", DhanWords.word(instrument.key.segment))
        writer.field("productType", DhanWords.word(order.product))
        writer.field("orderType", DhanWords.word(order.kind))
        if !isTrade { writer.field("validity", DhanWords.word(order.validity)) }
        writer.field("tradingSymbol", instrument.symbol)
        writer.field("securityId", String(instrument.key.token))
    }

    private func times(_ order: Order, _ writer: inout JSONWriter) {
        writer.field("createTime", time(order.bookedAt))
        writer.field("updateTime", time(order.updatedAt))
        let reachedExchange = exchangeID(order) != nil
        writer.field(
            "exchangeTime",
            reachedExchange ? time(order.updatedAt) : "0001-01-01 00:00:00"
        )
    }

    private func derivative(_ instrument: Instrument, _ writer: inout JSONWriter) {
        writer.fieldOrNull("drvExpiryDate", instrument.option?.expiry)
        writer.fieldOrNull("drvOptionType", instrument.option.map { $0.isCall ? "CALL" : "PUT" })
        writer.field("drvStrikePrice", instrument.option?.strike ?? .zero)
    }
}

extension JSONWriter {
    /// Writes an amount as a number, `2950.0`, from its integer.
    mutating func field(_ name: String, _ amount: Rupees) {
        key(name)
        rawNumber(amount.text())
    }
}
