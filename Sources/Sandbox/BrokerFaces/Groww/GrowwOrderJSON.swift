import Exchange
import JSON

/// Writes orders and trades as Groww does (groww.md §2, §3).
struct GrowwOrderJSON: Sendable {
    private let orderIDBase: Int
    private let now: Moment
    /// Microseconds by which the times are wrong.
    private let clockShift: Int64

    init(_ call: FaceCall) {
        orderIDBase = call.orderIDBase
        now = call.now
        clockShift = call.clockShift
    }

    func id(_ order: Order) -> String { GrowwOrderID.text(order.number + orderIDBase) }

    private func time(_ moment: Moment) -> String {
        Moment(microseconds: moment.microseconds + clockShift).growwText
    }

    /// An order is done when it is EXECUTED; what is delivered goes on to wait for that.
    func status(_ order: Order) -> String {
        switch order.state {
        case .transit: return "NEW"
        case .pending: return order.isArmed ? "TRIGGER_PENDING" : "APPROVED"
        // There is no word for a part: the quantities tell.
        case .partTraded: return "APPROVED"
        case .traded:
            let isSettling = now > order.updatedAt.advanced(byMilliseconds: 60_000)
            return order.product == .delivery && isSettling ? "DELIVERY_AWAITED" : "EXECUTED"
        // Groww's own checks fail an order, the exchange rejects it.
        case .rejected: return order.rejection?.code == "RMS" ? "FAILED" : "REJECTED"
        // No word tells that a day has ended.
        case .cancelled, .expired: return "CANCELLED"
        }
    }

    func remark(_ order: Order) -> String {
        switch order.state {
        case .rejected: order.rejection?.text ?? "Order rejected"
        case .cancelled: "Order cancelled successfully"
        case .expired: "Order expired at the end of the day"
        case .transit, .pending, .partTraded, .traded: "Order placed successfully"
        }
    }

    /// What `/order/status` tells.
    func brief(_ order: Order, _ writer: inout JSONWriter) {
        writer.field("groww_order_id", id(order))
        writer.field("order_status", status(order))
        writer.field("remark", remark(order))
        writer.field("filled_quantity", order.filled)
        writer.fieldOrNull("order_reference_id", order.reference)
    }

    func members(of order: Order, _ instrument: Instrument, _ writer: inout JSONWriter) {
        let place = GrowwWords.place(instrument.key.segment)
        writer.field("groww_order_id", id(order))
        writer.field("trading_symbol", GrowwWords.symbol(instrument))
        writer.field("order_status", status(order))
        writer.field("remark", remark(order))
        writer.field("quantity", order.quantity)
        writer.field("price", order.price)
        writer.field("trigger_price", order.trigger)
        writer.field("filled_quantity", order.filled)
        writer.field("remaining_quantity", order.remaining)
        writer.field("average_fill_price", order.averagePrice)
        writer.field("deliverable_quantity", order.product == .delivery ? order.filled : 0)
        writer.field("amo_status", "NA")
        writer.field("validity", GrowwWords.word(order.validity))
        writer.fieldOrNull("exchange", place?.exchange)
        writer.field("order_type", GrowwWords.word(order.kind))
        writer.field("transaction_type", GrowwWords.word(order.side))
        writer.fieldOrNull("segment", place?.segment)
        writer.field("product", GrowwWords.word(order.product))
        writer.field("created_at", time(order.bookedAt))
        writer.fieldOrNull("exchange_time", reached(order) ? time(order.updatedAt) : nil)
        writer.field("trade_date", utc(order.bookedAt))
        writer.fieldOrNull("order_reference_id", order.reference)
    }

    func members(
        of trade: Trade,
        _ order: Order,
        _ instrument: Instrument,
        _ writer: inout JSONWriter
    ) {
        let place = GrowwWords.place(instrument.key.segment)
        writer.field("price", trade.price)
        writer.field("isin", instrument.isin)
        writer.field("quantity", trade.quantity)
        writer.field("groww_order_id", id(order))
        // Empty in the documents' sample too.
        writer.field("groww_trade_id", "")
        writer.field("exchange_trade_id", String(trade.number + orderIDBase))
        writer.field("exchange_order_id", "1\(order.number + orderIDBase)")
        writer.field("trade_status", "EXECUTED")
        writer.field("trading_symbol", GrowwWords.symbol(instrument))
        writer.fieldOrNull("remark", nil as String?)
        writer.fieldOrNull("exchange", place?.exchange)
        writer.fieldOrNull("segment", place?.segment)
        writer.field("product", GrowwWords.word(order.product))
        writer.field("transaction_type", GrowwWords.word(order.side))
        writer.field("created_at", time(trade.at))
        writer.field("trade_date_time", time(trade.at))
        writer.field("settlement_number", "2026001")
    }

    private func reached(_ order: Order) -> Bool {
        order.state != .transit && order.rejection?.code != "RMS"
    }

    /// `2019-08-24T14:15:22Z`: the one time that has a zone.
    private func utc(_ moment: Moment) -> String {
        Moment(microseconds: moment.microseconds + clockShift - 19_800_000_000).growwText + "Z"
    }
}
