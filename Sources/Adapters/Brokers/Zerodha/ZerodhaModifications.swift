import BrokerKit
package import Desk
import HTTPClient
import JSON
package import Trading

/// Changes of orders (kite.md §2).
extension ZerodhaBroker {
    package func modify(
        _ order: LiveOrder,
        to shape: OrderShape,
        sendBefore deadline: ContinuousClock.Instant
    ) async -> ModificationAnswer {
        let form = [(name: "Content-Type", value: "application/x-www-form-urlencoded")]
        do {
            let reply = try await calls.sendOnce(
                "PUT",
                Self.placing + "/" + order.brokerOrderID,
                headers: headers(order.session) + form,
                body: Self.modificationForm(order, shape),
                egress: order.session.egress,
                before: deadline,
                unless: order.brake
            )
            // The errors that come before an order exists come before a change of it as well.
            return ModificationAnswer(ZerodhaErrors.answer(toPlacement: reply))
                .hearing { () throws(BrokerFailure) in try ZerodhaErrors.data(of: reply) }
        } catch {
            return ModificationAnswer(PlacementAnswer(error))
        }
    }

    /// What does not apply is left out: Kite takes no empty values.
    static func modificationForm(_ order: LiveOrder, _ shape: OrderShape) -> [UInt8] {
        var form = FormBody()
        form.field("quantity", String(shape.quantity.raw))
        if let price = shape.price { form.field("price", price.rupees) }
        form.field("order_type", ZerodhaWords.orderType(shape.type))
        if let trigger = shape.trigger { form.field("trigger_price", trigger.rupees) }
        form.field("validity", order.terms.validity.rawValue)
        // As with placements: no order at the market without protection.
        if shape.price == nil { form.field("market_protection", "-1") }
        return form.bytes
    }
}
