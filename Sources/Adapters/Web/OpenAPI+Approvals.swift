import Desk
import JSON
import Trading

/// Approvals in the document.
extension OpenAPIOperations {
    static let approvals: [OpenAPIDocument.Operation] = [
        .init(
            method: "GET",
            path: "/api/v1/approvals",
            summary: "Trades and baskets above the trader's limit that wait for somebody else.",
            parameters: [page[0], ("before", "query", "The `next` of the page before.")],
            status: 200,
            answer: "Approvals"
        ),
        .init(
            method: "POST",
            path: "/api/v1/approvals/{id}/approve",
            summary:
                "Approve a trade that somebody else asked for, by its task id; or a whole basket.",
            body: "ApprovalReason",
            status: 200,
            answer: "DecidedApproval",
            scope: .admin
        ),
        .init(
            method: "POST",
            path: "/api/v1/approvals/{id}/reject",
            summary: "Reject it, with a reason; whoever asked may, too.",
            body: "Rejection",
            status: 200,
            answer: "DecidedApproval",
            scope: .admin
        ),
    ]
}

extension OpenAPISchemas {
    static var approvals: [(String, JSONValue)] {
        [
            ("ApprovalReason", object([("reason", text)])),
            ("Rejection", object([("reason", text)], required: ["reason"])),
            (
                "DecidedApproval",
                object([
                    ("task_id", integer), ("state", word(BulkTrade.State.self)),
                    ("status_url", text),
                ])
            ),
            (
                "Approval",
                object([
                    ("trader_id", integer), ("maker_id", integer), ("maker_name", text),
                    ("is_mine", ["type": "boolean"]), ("clients", integer),
                    ("largest_amount", amount), ("asked_at", moment), ("expires_at", moment),
                    ("trade", ref("BulkTrade")),
                    ("basket_legs", ["type": "array", "items": ref("BulkTrade")]),
                ])
            ), ("Approvals", list("approvals", of: "Approval")),
        ]
    }
}
