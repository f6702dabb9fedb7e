import Desk
import JSON
import Trading

/// Conditional orders in the OpenAPI document: operations and shapes.
extension OpenAPIOperations {
    static let conditional: [OpenAPIDocument.Operation] = [
        .init(
            method: "POST",
            path: "/api/v1/clients/{id}/conditional-orders",
            summary: "Place an order that waits at the client's broker for a price: SINGLE, OCO or"
                + " BRACKET; answers at once.",
            parameters: [key],
            body: "NewConditionalOrder",
            status: 202,
            answer: "ConditionalOrder"
        ),
        .init(
            method: "GET",
            path: "/api/v1/clients/{id}/conditional-orders",
            summary: "A client's conditional orders, newest first.",
            parameters: filters,
            status: 200,
            answer: "ConditionalOrders"
        ),
        .init(
            method: "GET",
            path: "/api/v1/conditional-orders",
            summary: "All conditional orders, newest first.",
            parameters: filters,
            status: 200,
            answer: "ConditionalOrders"
        ),
        .init(
            method: "GET",
            path: "/api/v1/conditional-orders/{id}",
            summary: "One conditional order.",
            status: 200,
            answer: "ConditionalOrder"
        ),
        .init(
            method: "PATCH",
            path: "/api/v1/conditional-orders/{id}",
            summary: "Change quantity or prices; what is not named stays.",
            body: "ConditionalChange",
            status: 202,
            answer: "ConditionalOrder"
        ),
        .init(
            method: "DELETE",
            path: "/api/v1/conditional-orders/{id}",
            summary: "Cancel it, and all that still waits of it.",
            status: 202,
            answer: "ConditionalOrder"
        ),
        .init(
            method: "GET",
            path: "/api/v1/conditional-orders/{id}/candidates",
            summary: "What the broker lists of this kind now, asked at once: for an UNKNOWN one.",
            status: 200,
            answer: "ConditionalCandidates"
        ),
        .init(
            method: "POST",
            path: "/api/v1/conditional-orders/{id}/decision",
            summary:
                "Decide an UNKNOWN one by hand (admins): placed or not_placed; or name the order"
                + " that came of a TRIGGERED one: fired. 409 where there is nothing to decide.",
            body: "ConditionalDecision",
            status: 200,
            answer: "ConditionalOrder",
            scope: .admin
        ),
    ]

    private static let filters = [
        page[0], ("before", "query", "The `next` of the page before."),
        (
            "state", "query",
            ConditionalState.allCases.map(\.rawValue).joined(separator: ", ") + "; commas between."
        ),
    ]
}

extension OpenAPISchemas {
    static var conditional: [(String, JSONValue)] {
        let leg: [(String, JSONValue)] = [("trigger_price", amount), ("price", amount)]
        let levels: [(String, JSONValue)] = [
            ("quantity", integer), ("trigger_price", amount), ("price", amount),
            ("target", ref("ConditionalTarget")), ("stop", ref("ConditionalStop")),
        ]
        let what: [(String, JSONValue)] =
            [
                ("kind", word(ConditionalKind.self)), ("symbol", text),
                ("exchange", word(ExchangeName.self)), ("side", word(Side.self)),
                ("product", word(Product.self)), ("direction", word(TriggerDirection.self)),
            ] + levels
        let strings: JSONValue = ["type": "array", "items": ["type": "string"]]
        let status: [(String, JSONValue)] = [
            ("conditional_order_id", integer), ("client_id", integer),
            ("broker", word(BrokerName.self)), ("state", word(ConditionalState.self)),
            ("change_wished", ref("ConditionalChange")), ("cancel_asked", ["type": "boolean"]),
            ("broker_conditional_id", text), ("broker_order_ids", strings),
            ("order_ids", ["type": "array", "items": integer]),
            ("reason_code", word(Reason.self)), ("meaning", text), ("broker_message", text),
            ("exits_of", integer), ("entry_task_id", integer), ("created_at", moment),
            ("updated_at", moment),
        ]
        let candidate = object([
            ("broker_conditional_id", text), ("reference", text), ("status", text),
            ("kind", word(ConditionalKind.self)), ("side", word(Side.self)),
            ("quantity", integer), ("trigger_prices", strings), ("created_at", moment),
            ("is_alike", ["type": "boolean"]),
        ])
        return [
            ("ConditionalTarget", object(leg)),
            ("ConditionalStop", object(leg + [("trail", amount)])),
            (
                "NewConditionalOrder",
                object(what, required: ["kind", "symbol", "side", "quantity"])
            ),
            ("ConditionalChange", object(levels)), ("ConditionalOrder", object(status + what)),
            ("ConditionalOrders", list("conditional_orders", of: "ConditionalOrder")),
            (
                "ConditionalDecision",
                object(
                    [
                        ("decision", ["enum": ["placed", "not_placed", "fired"]]),
                        ("broker_id", text), ("reason", text),
                    ],
                    required: ["decision", "reason"]
                )
            ),
            (
                "ConditionalCandidates",
                object([
                    (
                        "candidates",
                        ["type": "array", "items": candidate]
                    )
                ])
            ),
        ]
    }
}
