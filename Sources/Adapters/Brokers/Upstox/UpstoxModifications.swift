import BrokerKit
package import Desk
import HTTPClient
import JSON
package import Trading

/// Changes of orders (upstox.md §2, "Modify").
extension UpstoxBroker {
    package func modify(
        _ order: LiveOrder,
        to shape: OrderShape,
        sendBefore deadline: ContinuousClock.Instant
    ) async -> ModificationAnswer {
        do {
            let reply = try await hosts.orders.sendOnce(
                "PUT",
                "/v3/order/modify",
                headers: Self.headers(order.session),
                body: Self.modificationBody(order, shape),
                egress: order.session.egress,
                before: deadline,
                unless: order.brake
            )
            return Self.answer(toModification: reply, of: order.brokerOrderID)
        } catch {
            return ModificationAnswer(PlacementAnswer(error))
        }
    }

    /// Numbers of errors repeat with other meanings at other paths, so of all that prove something of
    /// a placement only the one that speaks of the caller proves something here.
    private static func answer(toModification reply: HTTPResponse, of id: String)
        -> ModificationAnswer
    {
        if let data = try? UpstoxErrors.data(of: reply), data.text("order_id") == id {
            return .taken
        }
        let answer = ModificationAnswer(UpstoxErrors.answer(toPlacement: reply))
        guard case .refused(let reason, let words) = answer, reason != .sessionExpired else {
            return answer.hearing { () throws(BrokerFailure) in try UpstoxErrors.data(of: reply) }
        }
        return .unanswered(cause: "HTTP \(reply.status)", words: words)
    }

    /// `quantity` is the order's total.
    static func modificationBody(_ order: LiveOrder, _ shape: OrderShape) -> [UInt8] {
        var body = JSONWriter(capacity: 256)
        body.beginObject()
        body.field("order_id", order.brokerOrderID)
        body.field("quantity", shape.quantity.raw)
        body.field("validity", order.terms.validity.rawValue)
        body.key("price")
        body.rawNumber(shape.price?.rupees ?? "0")
        body.field("order_type", UpstoxWords.orderType(shape.type))
        body.field("disclosed_quantity", 0)
        body.key("trigger_price")
        body.rawNumber(shape.trigger?.rupees ?? "0")
        // As with placements: no order at the market without protection.
        if shape.price == nil { body.field("market_protection", -1) }
        body.endObject()
        return body.bytes
    }
}
