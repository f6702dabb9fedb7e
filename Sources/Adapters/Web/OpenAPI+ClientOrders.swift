import Desk
import JSON
import Trading

/// A client's own orders in the document.
extension OpenAPIOperations {
    static let clientOrders: [OpenAPIDocument.Operation] = [
        .init(
            method: "GET",
            path: "/api/v1/clients/{id}/orders",
            summary: "A client's orders, those of the newest trades first.",
            parameters: page,
            status: 200,
            answer: "ClientOrders",
            isForClients: true
        )
    ]
}

extension OpenAPISchemas {
    static var clientOrders: [(String, JSONValue)] {
        [
            (
                "ClientOrder",
                object([
                    ("order_id", integer), ("task_id", integer), ("symbol", text),
                    ("exchange", word(ExchangeName.self)), ("side", word(Side.self)),
                    ("order_type", word(OrderType.self)), ("product", word(Product.self)),
                    ("price", amount), ("trigger_price", amount),
                    ("status", word(OrderState.Outcome.self)), ("state", word(OrderState.self)),
                    ("broker", word(BrokerName.self)), ("quantity", integer),
                    ("filled_quantity", integer), ("average_price", amount),
                    ("filled_value", amount), ("held_amount", amount), ("broker_order_id", text),
                    ("reason_code", word(Reason.self)), ("reason", text),
                    ("broker_message", text), ("accepted_at", moment), ("updated_at", moment),
                ])
            ),
            (
                "ClientOrders",
                object([
                    ("client_id", integer),
                    ("orders", ["type": "array", "items": ref("ClientOrder")]),
                    ("next", ["type": ["string", "null"]]),
                ])
            ),
        ]
    }
}
