import JSON

/// The audit log in the OpenAPI document.
extension OpenAPIOperations {
    private static let filters = [
        (
            "from", "query",
            "A day in India, or a time: rows from then on; 31 days before `to` if left out."
        ),
        ("to", "query", "A day, its end included, or a time, itself excluded; now if left out."),
        ("action", "query", "One action only, such as ORDER_DECIDED."),
        ("client_id", "query", "Of one client only."),
        ("trader_id", "query", "Of one trader only (admins; traders see their own anyway)."),
        ("user_id", "query", "What one user did."),
    ]
    private static let cursor = ("cursor", "query", "The `next` of the page before.")

    static let audit: [OpenAPIDocument.Operation] = [
        .init(
            method: "GET",
            path: "/api/v1/audit",
            summary:
                "Who did what, newest first: all (admins), or own clients and trades (traders).",
            parameters: filters + [cursor, page[0]],
            status: 200,
            answer: "AuditEntries"
        ),
        .init(
            method: "GET",
            path: "/api/v1/audit.csv",
            summary: "The same as a file of any length.",
            parameters: filters + [cursor],
            status: 200,
            answer: "AuditFile",
            answerType: "text/csv"
        ),
    ]
}

extension OpenAPISchemas {
    static var audit: [(String, JSONValue)] {
        let id: JSONValue = ["type": ["integer", "null"]]
        let word: JSONValue = ["type": ["string", "null"]]
        return [
            (
                "AuditEntry",
                object([
                    ("id", integer), ("at", moment), ("user_id", id), ("address", word),
                    ("action", text), ("trader_id", id), ("client_id", id), ("task_id", id),
                    ("order_id", id), ("state", word), ("detail", ["type": ["object", "null"]]),
                ])
            ),
            (
                "AuditEntries",
                object(
                    [
                        ("entries", ["type": "array", "items": ref("AuditEntry")]), ("next", word),
                    ],
                    required: ["entries"]
                )
            ), ("AuditFile", text),
        ]
    }
}
