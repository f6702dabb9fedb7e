import BrokerKit
import Desk
import JSON
import Trading

/// Entries of the order book, of histories and of the trades (kite.md §2).
extension ZerodhaBroker {
    static func report(_ value: JSONValue) -> OrderReport? {
        guard let id = value.text("order_id"), let filled = value.filled("filled_quantity")
        else { return nil }
        return OrderReport(
            brokerOrderID: id,
            reference: reference(value),
            status: ZerodhaWords.status(value.text("status"), filled: filled),
            quantity: value.quantity("quantity") ?? .zero,
            filled: filled,
            message: value.text("status_message") ?? value.text("status_message_raw"),
            reported: ReportedShape(
                type: value.text("order_type").flatMap(ZerodhaWords.orderType),
                price: value.price("price"),
                trigger: value.price("trigger_price")
            ),
            particulars: particulars(value)
        )
    }

    private static func particulars(_ value: JSONValue) -> OrderParticulars? {
        guard let side = value.text("transaction_type").flatMap(Side.init(rawValue:)),
            let code = value.text("tradingsymbol")
        else { return nil }
        let at = value.text("order_timestamp").flatMap(IndianTimeText.parse)
        return OrderParticulars(side: side, code: code, at: at)
    }

    /// `tags` repeats what `tag` says, and is there only where there is one.
    static func reference(_ value: JSONValue) -> String? {
        value.text("tag") ?? value["tags"]?.array?.first?.string
    }

    static func trades(in value: JSONValue) throws(BrokerFailure) -> [TradeReport] {
        guard let entries = value.array else { throw .unreachable("the trades are no list") }
        let trades = entries.compactMap(trade)
        // As with the book: what is not understood to the last entry proves nothing.
        guard trades.count == entries.count else {
            throw .unreachable("an entry of the trades is not understood")
        }
        return trades
    }

    private static func trade(_ value: JSONValue) -> TradeReport? {
        guard let order = value.text("order_id"), let id = value.text("trade_id"),
            let quantity = value.quantity("quantity"), quantity > .zero,
            let price = value.price("average_price")
        else { return nil }
        // `order_timestamp` is a time without a day here.
        let at = ["fill_timestamp", "exchange_timestamp"].lazy
            .compactMap { value.text($0).flatMap(IndianTimeText.parse) }.first
        return TradeReport(
            brokerOrderID: order,
            tradeID: id,
            quantity: quantity,
            price: price,
            at: at ?? Timestamp(microseconds: 0)
        )
    }
}
