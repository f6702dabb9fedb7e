import Exchange
import JSON

/// Writes orders and trades as Upstox does (upstox.md §2).
struct UpstoxOrderJSON: Sendable {
    /// Where an order is written: a history lacks some members.
    enum Place {
        case book, history
    }

    let orderIDBase: Int
    /// Microseconds by which the times are wrong.
    var clockShift: Int64 = 0

    func id(_ order: Order) -> String { String(order.number + orderIDBase) }

    /// Empty before the exchange has answered, and where it never saw the order.
    private func exchangeID(_ order: Order) -> String {
        let isThere = order.state != .transit && order.rejection?.code != "RMS"
        return isThere ? "1\(order.number + orderIDBase)" : ""
    }

    private func time(_ moment: Moment) -> String {
        Moment(microseconds: moment.microseconds + clockShift).indianText
    }

    /// `20-Nov-2026 10:00:00`, as trades have it.
    private func dayFirst(_ moment: Moment) -> String {
        let shifted = Moment(microseconds: moment.microseconds + clockShift)
        let (year, month, day) = shifted.indianCalendar
        let names = [
            "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
        ]
        let padded = day < 10 ? "0\(day)" : String(day)
        return "\(padded)-\(names[Int(month) - 1])-\(year) \(shifted.indianTime)"
    }

    // MARK: Orders

    func members(
        of order: Order,
        _ instrument: Instrument,
        as status: String? = nil,
        in place: Place = .book,
        client: String,
        _ writer: inout JSONWriter
    ) {
        terms(order, instrument, &writer)
        writer.field("placed_by", client)
        writer.field("validity", UpstoxWords.word(order.validity))
        writer.field("price", order.price)
        writer.field("trigger_price", order.trigger)
        writer.field("quantity", order.quantity)
        writer.field("disclosed_quantity", order.disclosed)
        writer.fieldOrNull("tag", order.reference)
        writer.field("variety", "SIMPLE")
        writer.field("is_amo", order.isAfterMarket)
        writer.field("status", status ?? UpstoxWords.status(order))
        let reason = status == nil ? self.reason(order) : nil
        writer.fieldOrNull("status_message", reason)
        let isEarlier = status != nil
        writer.field("filled_quantity", isEarlier ? 0 : order.filled)
        writer.field("average_price", isEarlier ? .zero : order.averagePrice)
        writer.field("order_id", id(order))
        writer.field("exchange_order_id", isEarlier ? "" : exchangeID(order))
        writer.fieldOrNull("parent_order_id", nil as String?)
        writer.fieldOrNull("order_request_id", "1" as String?)
        writer.field("order_timestamp", time(isEarlier ? order.bookedAt : order.updatedAt))
        let exchangeTime = exchangeID(order).isEmpty || isEarlier ? nil : time(order.updatedAt)
        writer.fieldOrNull("exchange_timestamp", exchangeTime)
        guard place != .history else { return }
        writer.fieldOrNull("guid", nil as String?)
        writer.field("pending_quantity", order.state.isOpen ? order.remaining : 0)
        writer.fieldOrNull("status_message_raw", reason)
        writer.field("order_ref_id", "R" + id(order))
    }

    func book(_ orders: [Order], _ world: World, _ writer: inout JSONWriter) {
        writer.beginArray()
        for order in orders {
            writer.beginObject()
            members(
                of: order,
                world.exchange.instrument(order.instrument),
                client: world.clients[order.account].client,
                &writer
            )
            writer.endObject()
        }
        writer.endArray()
    }

    /// The states that an order has been in, the present one last.
    func history(_ orders: [Order], _ world: World, _ writer: inout JSONWriter) {
        writer.beginArray()
        for order in orders {
            for status in earlier(order).map(Optional.some) + [nil] {
                writer.beginObject()
                members(
                    of: order,
                    world.exchange.instrument(order.instrument),
                    as: status,
                    in: .history,
                    client: world.clients[order.account].client,
                    &writer
                )
                writer.endObject()
            }
        }
        writer.endArray()
    }

    private func earlier(_ order: Order) -> [String] {
        if order.isAfterMarket, order.state == .transit { return [] }
        let first = ["put order req received", "validation pending"]
        if order.rejection?.code == "RMS" { return first }
        if order.state == .pending || order.state == .partTraded { return first + ["open pending"] }
        return first + ["open pending", order.kind.isStop ? "trigger pending" : "open"]
    }

    private func reason(_ order: Order) -> String? {
        if let rejection = order.rejection { return rejection.text }
        return order.state == .expired ? "Order lapsed at the end of the day" : nil
    }

    // MARK: Trades

    func trades(of orders: [Order], _ world: World, _ writer: inout JSONWriter) {
        writer.beginArray()
        for order in orders {
            let instrument = world.exchange.instrument(order.instrument)
            for trade in order.trades.compactMap({ world.exchange.trade($0) }) {
                writer.beginObject()
                terms(order, instrument, &writer)
                writer.field("quantity", trade.quantity)
                writer.field("exchange_order_id", exchangeID(order))
                writer.field("order_id", id(order))
                writer.field("exchange_timestamp", dayFirst(trade.at))
                writer.field("average_price", trade.price)
                writer.field("trade_id", String(trade.number + orderIDBase))
                writer.field("order_ref_id", "R" + id(order))
                writer.field("order_timestamp", dayFirst(order.bookedAt))
                writer.endObject()
            }
        }
        writer.endArray()
    }

    /// What orders and trades have in common.
    private func terms(_ order: Order, _ instrument: Instrument, _ writer: inout JSONWriter) {
        writer.field("exchange", UpstoxWords.exchange(instrument.key.segment))
        writer.field("product", UpstoxWords.word(order.product))
        writer.field("tradingsymbol", instrument.symbol)
        writer.field("trading_symbol", instrument.symbol)
        writer.field("instrument_token", UpstoxWords.key(instrument))
        writer.field("order_type", UpstoxWords.word(order.kind))
        writer.field("transaction_type", UpstoxWords.word(order.side))
    }
}
