import Exchange
import JSON

/// The body of Dhan's postback: the order object with `filled_qty` (dhan.md §7).
extension DhanFace {
    /// Nil for a partial fill: the documents list no postback for that status.
    static func postback(_ update: OrderUpdate, orderIDBase: Int) -> [UInt8]? {
        let order = update.event.order
        guard order.state != .partTraded else { return nil }
        var writer = JSONWriter(capacity: 1_024)
        DhanOrderJSON(orderIDBase: orderIDBase)
            .object(order, update.client, update.instrument, isPostback: true, &writer)
        return writer.bytes
    }
}
