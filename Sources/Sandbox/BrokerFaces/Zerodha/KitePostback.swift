import Exchange
import JSON

/// The body of Kite's postback: the order with a checksum (kite.md §7).
extension KiteFace {
    /// Nil while an order is on its way or waits for the first time: the documents name four states
    /// that are told.
    static func postback(_ update: OrderUpdate, orderIDBase: Int) -> [UInt8]? {
        let order = update.event.order
        let status: String
        switch update.event.kind {
        case .received, .confirmed: return nil
        case .modified, .partTraded: status = "UPDATE"
        case .traded: status = "COMPLETE"
        case .rejected: status = "REJECTED"
        case .cancelled, .expired: status = "CANCELLED"
        }
        let json = KiteOrderJSON(orderIDBase: orderIDBase)
        var writer = JSONWriter(capacity: 1_536)
        writer.beginObject()
        writer.field("user_id", update.client)
        writer.field("unfilled_quantity", order.remaining)
        writer.field("app_id", 1_234)
        writer.field(
            "checksum",
            KiteDigest.sha256(json.id(order) + json.time(order.updatedAt) + apiSecret)
        )
        json.members(of: order, update.client, update.instrument, telling: status, &writer)
        writer.endObject()
        return writer.bytes
    }
}
