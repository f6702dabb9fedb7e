import JSON
import Trading

/// Exits in the OpenAPI document: operations and shapes.
extension OpenAPIOperations {
    static let exits: [OpenAPIDocument.Operation] = [
        .init(
            method: "POST",
            path: "/api/v1/exits",
            summary: "Leave the positions of a client, in a symbol, or of all clients of a trader: "
                + "what is open is cancelled, then what is held and free is sold at the market.",
            parameters: [key],
            body: "NewExit",
            status: 202,
            answer: "AcceptedExit"
        ),
        .init(
            method: "GET",
            path: "/api/v1/exits",
            summary: "Exits, newest first.",
            parameters: [page[0], ("before", "query", "The `next` of the page before.")],
            status: 200,
            answer: "Exits"
        ),
        .init(
            method: "GET",
            path: "/api/v1/exits/{id}",
            summary:
                "How far an exit has come: its cancel, and a bulk trade per instrument and product.",
            status: 200,
            answer: "ExitDetails"
        ),
    ]
}

extension OpenAPISchemas {
    static var exits: [(String, JSONValue)] {
        let fields: [(String, JSONValue)] = [
            ("exit_id", integer), ("scope", word(ExitBody.Kind.self)), ("client_id", integer),
            ("instrument_id", integer), ("trader_id", integer),
            ("product", ["enum": .array(Product.allCases.map { .string($0.rawValue) } + [.null])]),
            ("state", word(ExitState.self)), ("cancellation_id", ["type": ["integer", "null"]]),
            ("task_ids", ["type": "array", "items": integer]), ("asked_at", moment),
            ("ended_at", moment),
        ]
        let counts: JSONValue = object(
            [("total", integer)] + OrderState.Outcome.allCases.map { ($0.rawValue, integer) }
        )
        return [
            (
                "NewExit",
                object(
                    [
                        ("scope", word(ExitBody.Kind.self)), ("client_id", integer),
                        ("symbol", text), ("exchange", word(ExchangeName.self)),
                        ("trader_id", integer), ("product", word(Product.self)),
                    ],
                    required: ["scope"]
                )
            ), ("Exit", object(fields)), ("Exits", list("exits", of: "Exit")),
            ("AcceptedExit", object(fields + [("status_url", text)])),
            (
                "ExitSale",
                object([
                    ("task_id", integer), ("symbol", text), ("product", word(Product.self)),
                    ("state", text), ("counts", counts),
                    ("filled_quantity", integer), ("filled_value", amount), ("results_url", text),
                ])
            ),
            (
                "ExitDetails",
                object(
                    fields + [
                        ("cancel", ref("Cancel")),
                        ("sales", ["type": "array", "items": ref("ExitSale")]),
                    ]
                )
            ),
        ]
    }
}
