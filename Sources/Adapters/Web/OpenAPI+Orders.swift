import Desk
import JSON
import Trading

/// Single orders in the OpenAPI document: operations and shapes.
extension OpenAPIOperations {
    static let orders: [OpenAPIDocument.Operation] = [
        .init(
            method: "POST",
            path: "/api/v1/clients/{id}/orders",
            summary: "Place one order for one client, on the same terms and the same safe way as a "
                + "bulk trade; the Idempotency-Key is required.",
            parameters: [key],
            body: "NewOrder",
            status: 202,
            answer: "AcceptedOrder",
            isForClients: true
        ),
        .init(
            method: "GET",
            path: "/api/v1/clients/{id}/orders",
            summary: "A client's orders, newest first.",
            parameters: page + [
                ("status", "query", "success, failed, skipped, unknown, pending; commas between."),
                ("state", "query", "States of orders; commas between."),
                ("from", "query", "A day such as 2026-11-21."),
                ("to", "query", "A day; that day included."),
            ],
            status: 200,
            answer: "Orders",
            isForClients: true
        ),
        .init(
            method: "GET",
            path: "/api/v1/orders/{id}",
            summary:
                "One order, what happened to it, its changes, and all slices where it was cut.",
            status: 200,
            answer: "OrderDetails",
            isForClients: true
        ),
    ]
}

extension OpenAPISchemas {
    static var orders: [(String, JSONValue)] {
        let terms: [(String, JSONValue)] = [
            ("symbol", text), ("exchange", word(ExchangeName.self)), ("side", word(Side.self)),
            ("order_type", word(OrderType.self)), ("product", word(Product.self)),
            ("validity", word(Validity.self)), ("price", amount), ("trigger_price", amount),
        ]
        let order: [(String, JSONValue)] =
            terms + [
                ("task_id", integer), ("order_id", integer), ("slice", integer),
                ("accepted_at", moment),
                ("client_id", integer), ("client_code", text), ("client_name", text),
                ("status", word(OrderState.Outcome.self)), ("state", word(OrderState.self)),
                ("broker", word(BrokerName.self)), ("quantity", integer),
                ("filled_quantity", integer), ("average_price", amount),
                ("filled_value", amount), ("held_amount", amount), ("broker_order_id", text),
                ("reason_code", word(Reason.self)), ("reason", text), ("broker_message", text),
                ("updated_at", moment),
            ]
        let sizes: [(String, JSONValue)] = [
            ("percent", text), ("quantity", integer), ("amount", amount), ("cap_percent", text),
            ("exact", ["type": "boolean"]), ("on_doubt", text),
        ]
        return [
            ("NewOrder", object(terms + sizes, required: ["symbol", "side"])),
            (
                "AcceptedOrder",
                object([
                    ("task_id", integer), ("order_id", ["type": ["integer", "null"]]),
                    ("client_id", integer), ("status_url", text), ("results_url", text),
                ])
            ), ("Order", object(order)),
            (
                "Orders",
                object([
                    ("client_id", integer),
                    ("orders", ["type": "array", "items": ref("Order")]),
                    ("next", ["type": ["string", "null"]]),
                ])
            ), ("OrderEvent", orderEvent),
            (
                "OrderDetails",
                object(
                    order + [
                        ("events", ["type": "array", "items": ref("OrderEvent")]),
                        ("slices", ["type": "array", "items": ref("Order")]),
                        ("modifications", ["type": "array", "items": ref("Modification")]),
                    ]
                )
            ),
        ]
    }

    private static var orderEvent: JSONValue {
        object([
            ("at", moment), ("event", word(OrderEventRecord.Kind.self)), ("detail", text),
        ])
    }
}
