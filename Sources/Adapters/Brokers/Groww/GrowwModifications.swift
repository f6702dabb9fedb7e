import BrokerKit
package import Desk
import HTTPClient
import JSON
package import Trading

/// Changes of orders (groww.md §2, "Modify"): validity, product and side stay.
extension GrowwBroker {
    package func modify(
        _ order: LiveOrder,
        to shape: OrderShape,
        sendBefore deadline: ContinuousClock.Instant
    ) async -> ModificationAnswer {
        do {
            let reply = try await calls.sendOnce(
                "POST",
                "/order/modify",
                headers: headers(order.session),
                body: Self.modificationBody(order, shape),
                egress: order.session.egress,
                before: deadline,
                unless: order.brake
            )
            // The codes that come before an order exists come before a change of it as well.
            return ModificationAnswer(GrowwErrors.answer(toPlacement: reply, of: order.reference))
                .hearing { () throws(BrokerFailure) in try GrowwErrors.payload(of: reply) }
        } catch {
            return ModificationAnswer(PlacementAnswer(error))
        }
    }

    /// All six members, nulls for what is absent, as the official SDK always sends them.
    static func modificationBody(_ order: LiveOrder, _ shape: OrderShape) -> [UInt8] {
        var body = JSONWriter(capacity: 256)
        body.beginObject()
        body.field("quantity", shape.quantity.raw)
        body.key("price")
        if let price = shape.price { body.rawNumber(price.rupees) } else { body.null() }
        body.key("trigger_price")
        if let trigger = shape.trigger { body.rawNumber(trigger.rupees) } else { body.null() }
        body.field("groww_order_id", order.brokerOrderID)
        body.field("order_type", GrowwWords.orderType(shape.type))
        body.field("segment", GrowwListing.segment(order.session))
        body.endObject()
        return body.bytes
    }
}
