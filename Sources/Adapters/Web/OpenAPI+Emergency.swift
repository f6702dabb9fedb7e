import Desk
import JSON
import Trading

/// Limits, repair, undo and baskets in the OpenAPI document: operations and shapes.
extension OpenAPIOperations {
    static let emergency: [OpenAPIDocument.Operation] = limits + takingBack + baskets

    private static let limits: [OpenAPIDocument.Operation] = [
        .init(
            method: "GET",
            path: "/api/v1/limits",
            summary: "Limits of each of a trader's clients, checked before an order is sent.",
            parameters: [forTrader],
            status: 200,
            answer: "Limits"
        ),
        .init(
            method: "PUT",
            path: "/api/v1/limits",
            summary: "Set all of a trader's limits anew (admin); what is not named holds no more.",
            parameters: [forTrader],
            body: "NewLimits",
            status: 200,
            answer: "Limits"
        ),
        .init(
            method: "GET",
            path: "/api/v1/clients/{id}/limits",
            summary: "One client's own limits, and what holds with the trader's.",
            status: 200,
            answer: "Limits"
        ),
        .init(
            method: "PUT",
            path: "/api/v1/clients/{id}/limits",
            summary: "Set all of one client's limits anew.",
            body: "NewLimits",
            status: 200,
            answer: "Limits"
        ),
    ]

    private static let takingBack: [OpenAPIDocument.Operation] = [
        .init(
            method: "GET",
            path: "/api/v1/bulk-trades/{id}/repair",
            summary: "Which orders of a trade a repair would place, which not, and why.",
            parameters: page,
            status: 200,
            answer: "Repair"
        ),
        .init(
            method: "POST",
            path: "/api/v1/bulk-trades/{id}/repair",
            summary:
                "Place the orders that are proven not placed, as a trade of their own; each once.",
            parameters: [key],
            status: 202,
            answer: "AcceptedBulkTrade"
        ),
        .init(
            method: "POST",
            path: "/api/v1/bulk-trades/{id}/undo",
            summary: "Take a trade back: cancel what is open, then offer reverse orders.",
            status: 202,
            answer: "Undo"
        ),
        .init(
            method: "GET",
            path: "/api/v1/bulk-trades/{id}/undo",
            summary: "How far it has come, and what would be reversed.",
            parameters: page,
            status: 200,
            answer: "Undo"
        ),
        .init(
            method: "POST",
            path: "/api/v1/bulk-trades/{id}/undo/confirm",
            summary: "Place the reverse orders that `preflight` was shown for; once.",
            body: "ConfirmUndo",
            status: 202,
            answer: "AcceptedBulkTrade"
        ),
    ]

    private static let baskets: [OpenAPIDocument.Operation] = [
        .init(
            method: "POST",
            path: "/api/v1/baskets",
            summary: "Submit several legs as one; each leg is a bulk trade.",
            parameters: [key, forTrader],
            body: "NewBasket",
            status: 202,
            answer: "Basket"
        ),
        .init(
            method: "GET",
            path: "/api/v1/baskets",
            summary: "Baskets, newest first.",
            parameters: [page[0], ("before", "query", "The `next` of the page before.")],
            status: 200,
            answer: "Baskets"
        ),
        .init(
            method: "GET",
            path: "/api/v1/baskets/{id}",
            summary: "A basket with its legs and how far each has come.",
            status: 200,
            answer: "Basket"
        ),
        .init(
            method: "GET",
            path: "/api/v1/baskets/{id}/results",
            summary: "A row per client and leg.",
            parameters: page + [("client_id", "query", "Only this client's.")],
            status: 200,
            answer: "BasketResults"
        ),
        .init(
            method: "POST",
            path: "/api/v1/baskets/{id}/cancel",
            summary: "Cancel all that is open of every leg; a cancellation for each.",
            parameters: [key],
            status: 202,
            answer: "BasketCancel"
        ),
    ]
}

extension OpenAPISchemas {
    static var emergency: [(String, JSONValue)] { limits + takingBack + baskets }

    private static var limits: [(String, JSONValue)] {
        let numbers: [(String, JSONValue)] = [
            ("orders_per_minute", integer), ("position_percent", text),
            ("max_order_value", amount), ("max_day_loss", amount), ("max_day_loss_percent", text),
        ]
        return [
            ("NewLimits", object(numbers + [("why", text)], required: ["why"])),
            (
                "Limits",
                object(
                    [
                        ("scope", ["enum": ["trader", "client"]]), ("trader_id", integer),
                        ("client_id", integer), ("version", integer),
                    ] + numbers + [
                        ("why", text), ("set_at", moment), ("effective", object(numbers)),
                    ]
                )
            ),
        ]
    }

    private static var takingBack: [(String, JSONValue)] {
        let repairRow = object([
            ("order_id", integer), ("client_id", integer), ("client_code", text),
            ("state", word(OrderState.self)), ("reason_code", word(Reason.self)),
            ("repair", word(RepairVerdict.self)), ("why", text), ("hindrance", word(Reason.self)),
            ("repaired_by_task_id", integer),
        ])
        let undoRow = object([
            ("client_id", integer), ("client_code", text), ("filled_quantity", integer),
            ("sold_since", integer), ("reserved_quantity", integer),
            ("reverse_quantity", integer),
        ])
        return [
            (
                "Repair",
                object([
                    ("task_id", integer),
                    ("counts", object(RepairVerdict.allCases.map { ($0.rawValue, integer) })),
                    ("orders", ["type": "array", "items": repairRow]),
                    ("next", ["type": ["integer", "null"]]),
                ])
            ),
            (
                "Undo",
                object([
                    ("task_id", integer),
                    ("state", ["enum": ["CANCELLING", "READY", "NOTHING_LEFT", "CONFIRMED"]]),
                    ("cancellation_id", integer), ("cancel_url", text),
                    ("undo_task_id", ["type": ["integer", "null"]]),
                    ("repair_task_ids", ["type": "array", "items": integer]),
                    ("preflight", ["type": ["string", "null"]]), ("side", word(Side.self)),
                    ("symbol", text), ("product", word(Product.self)),
                    ("order_type", word(OrderType.self)), ("total_quantity", integer),
                    ("clients", ["type": "array", "items": undoRow]),
                    ("next", ["type": ["integer", "null"]]),
                ])
            ), ("ConfirmUndo", object([("preflight", text)], required: ["preflight"])),
        ]
    }

    private static var baskets: [(String, JSONValue)] {
        let head: [(String, JSONValue)] = [
            ("basket_id", integer), ("sequence", word(BasketSequence.self)),
            ("on_refusal", word(RefusalPolicy.self)), ("accepted_at", moment),
            ("task_ids", ["type": "array", "items": integer]),
        ]
        let row = object([
            ("leg", integer), ("task_id", integer), ("symbol", text), ("side", word(Side.self)),
            ("waits_for_sales", ["type": "boolean"]), ("order", ["type": "object"]),
        ])
        let cancellation = object([
            ("task_id", integer), ("cancellation_id", integer), ("status_url", text),
        ])
        let ids: JSONValue = ["type": ["string", "array"]]
        return [
            (
                "NewBasket",
                object(
                    [
                        ("legs", ["type": "array", "items": ref("NewBulkTrade")]),
                        ("sequence", word(BasketSequence.self)),
                        ("on_refusal", word(RefusalPolicy.self)), ("clients", ids),
                        ("group", text), ("on_doubt", text),
                    ],
                    required: ["legs"]
                )
            ),
            (
                "Basket",
                object(
                    head + [
                        (
                            "state",
                            ["enum": ["AWAITING_APPROVAL", "RUNNING", "COMPLETE", "DECLINED"]]
                        ), ("status_url", text),
                        ("results_url", text),
                        ("legs", ["type": "array", "items": ["type": "object"]]),
                    ]
                )
            ), ("BasketHead", object(head)), ("Baskets", list("baskets", of: "BasketHead")),
            (
                "BasketResults",
                object([
                    ("basket_id", integer), ("results", ["type": "array", "items": row]),
                    ("next", ["type": ["integer", "null"]]),
                ])
            ),
            (
                "BasketCancel",
                object([
                    ("basket_id", integer),
                    ("cancellations", ["type": "array", "items": cancellation]),
                ])
            ),
        ]
    }
}
