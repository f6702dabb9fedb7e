import BrokerKit
package import Desk
import HTTPClient
import JSON
package import Trading

/// Changes of orders (dhan.md §2, "Modify and cancel").
extension DhanBroker {
    package func modify(
        _ order: LiveOrder,
        to shape: OrderShape,
        sendBefore deadline: ContinuousClock.Instant
    ) async -> ModificationAnswer {
        do {
            let reply = try await calls.sendOnce(
                "PUT",
                "/orders/\(order.brokerOrderID)",
                headers: headers(order.session),
                body: Self.modificationBody(order, shape),
                egress: order.session.egress,
                before: deadline,
                unless: order.brake
            )
            // The codes that come before an order exists come before a change of it as well.
            return ModificationAnswer(DhanErrors.answer(toPlacement: reply))
                .hearing { () throws(BrokerFailure) in try DhanErrors.value(of: reply) }
        } catch {
            return ModificationAnswer(PlacementAnswer(error))
        }
    }

    /// `quantity` is the order's total.
    ///
    /// The leg's name means something for bracket orders only; the official SDK always sends one.
    static func modificationBody(_ order: LiveOrder, _ shape: OrderShape) -> [UInt8] {
        var body = JSONWriter(capacity: 256)
        body.beginObject()
        body.field("dhanClientId", order.session.brokerClientID)
        body.field("orderId", order.brokerOrderID)
        body.field("orderType", DhanWords.orderType(shape.type))
        body.field("legName", "ENTRY_LEG")
        body.field("quantity", shape.quantity.raw)
        body.key("price")
        body.rawNumber(shape.price?.rupees ?? "0")
        body.field("disclosedQuantity", 0)
        body.key("triggerPrice")
        body.rawNumber(shape.trigger?.rupees ?? "0")
        body.field("validity", order.terms.validity.rawValue)
        body.endObject()
        return body.bytes
    }
}
