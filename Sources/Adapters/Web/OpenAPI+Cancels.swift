import Desk
import JSON
import Trading

/// Cancels in the OpenAPI document: operations and shapes.
extension OpenAPIOperations {
    static let cancels: [OpenAPIDocument.Operation] = [
        .init(
            method: "POST",
            path: "/api/v1/bulk-trades/{id}/cancel",
            summary: "Cancel all that is open of a bulk trade; answers at once.",
            parameters: [key],
            body: "CancelReason",
            status: 202,
            answer: "AcceptedCancel"
        ),
        .init(
            method: "POST",
            path: "/api/v1/orders/{id}/cancel",
            summary:
                "Cancel one order with all its slices; the status shows each, and what is released.",
            parameters: [key],
            body: "CancelReason",
            status: 202,
            answer: "AcceptedCancel",
            isForClients: true
        ),
        .init(
            method: "POST",
            path: "/api/v1/cancels",
            summary: "Cancel all open orders of a client, a symbol, a trader, or everything.",
            parameters: [key],
            body: "NewCancel",
            status: 202,
            answer: "AcceptedCancel"
        ),
        .init(
            method: "GET",
            path: "/api/v1/cancels",
            summary: "Cancellations, newest first.",
            parameters: [page[0], ("before", "query", "The `next` of the page before.")],
            status: 200,
            answer: "Cancels"
        ),
        .init(
            method: "GET",
            path: "/api/v1/cancels/{id}",
            summary: "How far a cancellation has come, and what became of each order.",
            parameters: page + [
                (
                    "result", "query",
                    CancelResult.allCases.map(\.rawValue).joined(separator: ", ")
                        + "; commas between."
                )
            ],
            status: 200,
            answer: "Cancel",
            isForClients: true
        ),
    ]
}

extension OpenAPISchemas {
    static var cancels: [(String, JSONValue)] {
        let head: [(String, JSONValue)] = [
            ("cancellation_id", integer),
            ("scope", ["enum": ["task", "order", "client", "symbol", "everything"]]),
            ("task_id", integer), ("order_id", integer), ("client_id", integer),
            ("instrument_id", integer), ("trader_id", ["type": ["integer", "null"]]),
            ("asked_at", moment), ("reason", ["type": ["string", "null"]]),
        ]
        let counts: JSONValue = object(
            [("total", integer)] + CancelResult.allCases.map { ($0.rawValue, integer) }
        )
        let status: [(String, JSONValue)] =
            head + [
                ("state", ["enum": ["RUNNING", "COMPLETE"]]), ("counts", counts),
                ("released_amount", amount),
            ]
        return [
            (
                "NewCancel",
                object(
                    [
                        ("scope", word(CancelBody.Kind.self)), ("client_id", integer),
                        ("symbol", text), ("exchange", word(ExchangeName.self)),
                        ("trader_id", integer), ("reason", text),
                    ],
                    required: ["scope"]
                )
            ), ("CancelReason", object([("reason", text)])),
            ("AcceptedCancel", object(status + [("status_url", text)])),
            ("CancelHead", object(head)), ("Cancels", list("cancels", of: "CancelHead")),
            ("CancelledOrder", cancelledOrder),
            (
                "Cancel",
                object(
                    status + [
                        ("orders", ["type": "array", "items": ref("CancelledOrder")]),
                        ("next", ["type": ["integer", "null"]]),
                    ]
                )
            ),
        ]
    }

    private static var cancelledOrder: JSONValue {
        object([
            ("order_id", integer), ("slice", integer), ("task_id", integer),
            ("client_id", integer), ("client_code", text), ("side", word(Side.self)),
            ("symbol", text),
            ("broker", word(BrokerName.self)), ("broker_order_id", text),
            ("result", word(CancelResult.self)), ("meaning", text),
            ("state", word(OrderState.self)), ("quantity", integer),
            ("filled_quantity", integer), ("released_amount", amount),
            ("released_quantity", integer), ("held_amount", amount),
            ("reason_code", word(Reason.self)), ("tries", integer), ("broker_message", text),
            ("unknown", ref("Doubt")), ("updated_at", moment),
        ])
    }
}
