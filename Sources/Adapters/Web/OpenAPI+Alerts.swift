import Desk
import JSON
import Trading

/// Alerts and the limit of MTF in the OpenAPI document: operations and shapes.
extension OpenAPIOperations {
    static let alerts: [OpenAPIDocument.Operation] = [
        .init(
            method: "GET",
            path: "/api/v1/alerts",
            summary: "Conditions that somebody should know of, newest first.",
            parameters: [
                page[0], ("before", "query", "The `next` of the page before."),
                ("status", "query", "open (if left out), closed or all."),
            ],
            status: 200,
            answer: "Alerts"
        ),
        .init(
            method: "POST",
            path: "/api/v1/alerts/{id}/ack",
            summary: "Say that an alert was seen; it stays open as long as its condition lasts.",
            status: 200,
            answer: "Alert"
        ),
        .init(
            method: "GET",
            path: "/api/v1/settings/mtf",
            summary: "How many times the own money MTF purchases may cost.",
            parameters: [forTrader],
            status: 200,
            answer: "MTFSettings"
        ),
        .init(
            method: "PATCH",
            path: "/api/v1/settings/mtf",
            summary: "Change that for trades submitted from now on: 1 to 5.",
            parameters: [forTrader],
            body: "MTFChange",
            status: 200,
            answer: "MTFSettings"
        ),
    ]
}

extension OpenAPISchemas {
    static var alerts: [(String, JSONValue)] {
        let maybe: JSONValue = ["type": ["string", "null"]]
        return [
            (
                "Alert",
                object([
                    ("id", integer), ("kind", word(AlertKind.self)), ("client_id", integer),
                    ("text", text), ("times_seen", integer), ("opened_at", moment),
                    ("seen_at", moment), ("closed_at", maybe), ("acknowledged_at", maybe),
                    ("acknowledged_by", ["type": ["integer", "null"]]),
                ])
            ), ("Alerts", list("alerts", of: "Alert")),
            ("MTFSettings", object([("trader_id", integer), ("leverage", amount)])),
            ("MTFChange", object([("leverage", amount)], required: ["leverage"])),
        ]
    }
}
