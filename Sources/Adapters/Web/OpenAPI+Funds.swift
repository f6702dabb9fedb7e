import Desk
import JSON
import Trading

/// Payments and ledgers in the OpenAPI document: operations and shapes.
extension OpenAPIOperations {
    private static let days = [
        ("from", "query", "The first day, such as 2026-11-21; 30 days before `to` if left out."),
        ("to", "query", "The last day; today if left out."),
    ]

    static let funds: [OpenAPIDocument.Operation] = [
        .init(
            method: "POST",
            path: "/api/v1/clients/{id}/deposits",
            summary: "Money that a client paid in; its capital grows by it.",
            parameters: [key],
            body: "NewCashMove",
            status: 201,
            answer: "CashMove"
        ),
        .init(
            method: "POST",
            path: "/api/v1/clients/{id}/withdrawals",
            summary:
                "Money that a client took out, profit before capital; never more than is free.",
            parameters: [key],
            body: "NewCashMove",
            status: 201,
            answer: "CashMove"
        ),
        .init(
            method: "GET",
            path: "/api/v1/clients/{id}/ledger",
            summary: "A client's balances, and the transfers that made them, newest first.",
            parameters: page + days,
            status: 200,
            answer: "Ledger",
            isForClients: true
        ),
        .init(
            method: "GET",
            path: "/api/v1/clients/{id}/ledger.csv",
            summary: "The same transfers, all of them, as CSV.",
            parameters: days,
            status: 200,
            answer: "CSV",
            answerType: "text/csv",
            isForClients: true
        ),
    ]
}

extension OpenAPISchemas {
    static var cash: [(String, JSONValue)] {
        let balances = object(Funds.Account.allCases.map { ($0.rawValue, amount) })
        let account = word(Funds.Account.self)
        let line = object([
            ("id", integer), ("at", moment), ("kind", word(Transfer.Kind.self)),
            ("debit", account), ("credit", account), ("amount", amount),
            ("available_after", amount), ("order_id", ["type": ["integer", "null"]]),
        ])
        return [
            (
                "NewCashMove",
                object([("amount", amount), ("note", text)], required: ["amount"])
            ),
            (
                "CashMove",
                object([
                    ("id", integer), ("kind", word(CashKind.self)), ("client_id", integer),
                    ("amount", amount), ("note", ["type": ["string", "null"]]), ("at", moment),
                    ("funds", balances),
                ])
            ),
            (
                "Ledger",
                object([
                    ("client_id", integer), ("from", ["type": "string", "format": "date"]),
                    ("to", ["type": "string", "format": "date"]), ("funds", balances),
                    ("transfers", ["type": "array", "items": line]),
                    ("next", ["type": ["integer", "null"]]),
                ])
            ),
        ]
    }
}
