import Exchange
import JSON

/// Writes orders and trades as Kite does (kite.md §2).
struct KiteOrderJSON: Sendable {
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

    func id(_ order: Order) -> String { KiteFace.orderID(order.number + orderIDBase) }

    /// An order the exchange never saw has no number there.
    private func exchangeID(_ order: Order) -> String? {
        let reachedExchange = order.state != .transit && order.rejection?.code != "RMS"
        return reachedExchange ? "1\(order.number + orderIDBase)" : nil
    }

    func time(_ moment: Moment) -> String {
        Moment(microseconds: moment.microseconds + clockShift).indianText
    }

    func book(_ orders: [Order], _ world: World, _ writer: inout JSONWriter) {
        writer.beginArray()
        for order in orders {
            writer.beginObject()
            members(
                of: order,
                world.clients[order.account].client,
                world.exchange.instrument(order.instrument),
                &writer
            )
            writer.endObject()
        }
        writer.endArray()
    }

    /// The stations of an order, oldest first; the last line is how it stands.
    func history(of order: Order, _ world: World, _ writer: inout JSONWriter) {
        var stations = ["PUT ORDER REQ RECEIVED"]
        switch order.state {
        case .transit: stations = []
        case .rejected: stations += ["VALIDATION PENDING"]
        case .pending: stations += ["VALIDATION PENDING", "OPEN PENDING"]
        case .partTraded, .traded, .cancelled, .expired:
            stations += ["VALIDATION PENDING", "OPEN PENDING", "OPEN"]
        }
        let client = world.clients[order.account].client
        let instrument = world.exchange.instrument(order.instrument)
        writer.beginArray()
        for station in stations.map(Optional.some) + [nil] {
            writer.beginObject()
            members(of: order, client, instrument, station: station, isHistory: true, &writer)
            writer.endObject()
        }
        writer.endArray()
    }

    /// An order's members, as it stands or as it stood at an earlier station; a postback has words
    /// of its own for the status.
    func members(
        of order: Order,
        _ client: String,
        _ instrument: Instrument,
        station: String? = nil,
        telling status: String? = nil,
        isHistory: Bool = false,
        _ writer: inout JSONWriter
    ) {
        let isPast = station != nil
        let words = isPast ? nil : order.rejection?.text
        let reached = exchangeID(order) != nil && !isPast
        writer.field("placed_by", client)
        writer.field("account_id", client)
        writer.field("order_id", id(order))
        writer.fieldOrNull("exchange_order_id", isPast ? nil : exchangeID(order))
        writer.fieldOrNull("parent_order_id", nil as String?)
        writer.field("status", station ?? status ?? KiteWords.status(order))
        writer.fieldOrNull("status_message", words)
        if !isHistory { writer.fieldOrNull("status_message_raw", words) }
        writer.field("order_timestamp", time(isPast ? order.bookedAt : order.updatedAt))
        writer.fieldOrNull("exchange_update_timestamp", reached ? time(order.updatedAt) : nil)
        writer.fieldOrNull("exchange_timestamp", reached ? time(order.updatedAt) : nil)
        writer.field("variety", order.isAfterMarket ? "amo" : "regular")
        writer.field("modified", order.modifications > 0)
        terms(order, instrument, &writer)
        writer.field("average_price", isPast ? .zero : order.averagePrice)
        writer.field("filled_quantity", isPast ? 0 : order.filled)
        writer.field("pending_quantity", isPast ? order.quantity : order.remaining)
        let isCancelled = !isPast && (order.state == .cancelled || order.state == .expired)
        writer.field("cancelled_quantity", isCancelled ? order.remaining : 0)
        writer.field("market_protection", 0)
        if !isHistory {
            writer.key("meta")
            writer.beginObject()
            writer.endObject()
        }
        writer.fieldOrNull("tag", order.reference)
        if let reference = order.reference {
            writer.key("tags")
            writer.beginArray()
            writer.string(reference)
            writer.endArray()
        }
        if !isHistory { writer.field("guid", "guid-" + id(order)) }
    }

    private func terms(_ order: Order, _ instrument: Instrument, _ writer: inout JSONWriter) {
        writer.field("exchange", KiteWords.word(instrument.key.segment))
        writer.field("tradingsymbol", KiteWords.symbol(instrument))
        writer.field("instrument_token", KiteWords.token(instrument.key))
        writer.field("order_type", KiteWords.word(order.kind))
        writer.field("transaction_type", KiteWords.word(order.side))
        writer.field("validity", KiteWords.word(order.validity))
        writer.field("validity_ttl", 0)
        writer.field("product", KiteWords.word(order.product))
        writer.field("quantity", order.quantity)
        writer.field("disclosed_quantity", order.disclosed)
        writer.field("price", order.price)
        writer.field("trigger_price", order.trigger)
        writer.fieldOrNull("auction_number", nil as String?)
    }

    func trades(of orders: [Order], _ world: World, _ writer: inout JSONWriter) {
        writer.beginArray()
        for order in orders {
            let instrument = world.exchange.instrument(order.instrument)
            for number in order.trades {
                guard let trade = world.exchange.trade(number) else { continue }
                writer.beginObject()
                writer.field("trade_id", String(trade.number + orderIDBase))
                writer.field("order_id", id(order))
                writer.fieldOrNull("exchange_order_id", exchangeID(order))
                writer.field("exchange", KiteWords.word(instrument.key.segment))
                writer.field("tradingsymbol", KiteWords.symbol(instrument))
                writer.field("instrument_token", KiteWords.token(instrument.key))
                writer.field("product", KiteWords.word(order.product))
                writer.field("average_price", trade.price)
                writer.field("quantity", trade.quantity)
                writer.field("transaction_type", KiteWords.word(order.side))
                writer.field("fill_timestamp", time(trade.at))
                // A time without a day, unlike the others.
                writer.field("order_timestamp", String(time(trade.at).suffix(8)))
                writer.field("exchange_timestamp", time(trade.at))
                writer.endObject()
            }
        }
        writer.endArray()
    }
}
