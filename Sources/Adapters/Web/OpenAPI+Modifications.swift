import JSON
import Trading

/// Changes of orders in the OpenAPI document: operations and shapes.
extension OpenAPIOperations {
    static let modifications: [OpenAPIDocument.Operation] = [
        .init(
            method: "PATCH",
            path: "/api/v1/orders/{id}",
            summary: "Change quantity, price, trigger price or type of an order that rests at its "
                + "broker; answers at once, and what became of it is at `status_url`.",
            parameters: [key],
            body: "OrderChange",
            status: 202,
            answer: "AcceptedModification"
        ),
        .init(
            method: "GET",
            path: "/api/v1/modifications/{id}",
            summary: "What became of a change of an order.",
            status: 200,
            answer: "Modification"
        ),
    ]
}

extension OpenAPISchemas {
    static var modifications: [(String, JSONValue)] {
        let shape: [(String, JSONValue)] = [
            ("quantity", integer), ("order_type", word(OrderType.self)), ("price", amount),
            ("trigger_price", amount),
        ]
        let fields: [(String, JSONValue)] = [
            ("modification_id", integer), ("order_id", integer), ("task_id", integer),
            ("client_id", integer), ("state", word(ModificationState.self)), ("meaning", text),
            ("is_over", ["type": "boolean"]), ("before", ref("OrderShape")),
            ("wanted", ref("OrderShape")), ("held_amount", amount), ("held_quantity", integer),
            ("released_amount", amount), ("released_quantity", integer), ("tries", integer),
            ("reason_code", word(Reason.self)), ("broker_message", text), ("asked_at", moment),
            ("ended_at", moment),
        ]
        return [
            ("OrderChange", object(shape)), ("OrderShape", object(shape)),
            ("Modification", object(fields)),
            ("AcceptedModification", object(fields + [("status_url", text)])),
        ]
    }
}
