import Desk
import JSON
import Trading

/// The part of the document that is about accounts at their brokers.
extension OpenAPIOperations {
    private static let below = "/api/v1/clients/{id}/broker-accounts/{account}/"
    private static let days = [
        ("from", "query", "The first day, such as 2026-11-23."),
        ("to", "query", "The last day, a year later at the most."),
    ]

    private static let period = [
        ("financial_year", "query", "Such as 2025-26; needed."),
        ("segment", "query", "EQ unless said; FO, COM or CD."),
        ("from", "query", "The first day, in that year; with `to`."),
        ("to", "query", "The last day."),
    ]

    static let brokerServices: [OpenAPIDocument.Operation] =
        [
            asked("GET", "funds", "The cash that the broker says is there.", "BrokerFunds"),
            asked("GET", "profile", "What the account may do at its broker.", "BrokerProfile"),
            asked("POST", "margin", "What orders would need together.", "MarginNeed", "Prospects"),
            asked("POST", "charges", "What orders would cost, each.", "Charges", "Prospects"),
            asked("GET", "ledger", "The broker's ledger.", "BrokerLedger", parameters: days),
            asked(
                "GET",
                "past-trades",
                "Trades of past days, a page at a time.",
                "PastTrades",
                parameters: days + [("page", "query", "From 0; the `next_page` of the one before.")]
            ),
            asked(
                "GET",
                "profit-report",
                "Realised profit as the broker reckons it, a page at a time.",
                "ProfitReport",
                parameters: period + [
                    ("page", "query", "From 0; the `next_page` of the one before.")
                ]
            ),
            asked(
                "GET",
                "profit-report/charges",
                "What the broker charged for all of that.",
                "ReportCharges",
                parameters: period
            ),
            asked(
                "GET",
                "payments",
                "What was paid in and out, as the broker has it; to hold against the own ledger.",
                "Payments"
            ),
            asked(
                "GET",
                "auctions",
                "Shares that could be sold in an auction of the exchange now.",
                "Auctions"
            ),
            asked("GET", "kill-switch", "Where the broker's own switch is on.", "KillSwitches"),
            asked("GET", "profit-exit", "The broker's exit at a profit or loss.", "ProfitExit"),
            asked("GET", "addresses", "From where the broker takes orders.", "Addresses"),
            asked(
                "GET",
                "sale-authorization",
                "What may be delivered when it is sold, and how the client says so.",
                "SaleStanding",
                parameters: [("isin", "query", "Of these shares only.")]
            ),
        ] + changes

    private static let changes: [OpenAPIDocument.Operation] = [
        asked(
            "PUT",
            "kill-switch",
            "Stop the account's trading, or let it go on.",
            "KillSwitches",
            "NewKillSwitch"
        ),
        asked(
            "PUT",
            "profit-exit",
            "Have the broker close all at a profit or loss.",
            "ProfitExit",
            "NewProfitExit"
        ),
        asked(
            "DELETE",
            "profit-exit",
            "Have it not do so.",
            "ProfitExit",
            parameters: [("reason", "query", "Why; for the audit log.")]
        ),
        asked(
            "DELETE",
            "positions",
            "Have the broker close positions by its own call: what that trades is in no book of ours.",
            "NativeExit",
            parameters: [
                ("reason", "query", "Why; for the audit log."),
                ("confirm", "query", "The account's number at its broker, once more."),
            ]
        ),
        asked(
            "PUT",
            "addresses",
            "Register addresses; once a week or so.",
            "Addresses",
            "NewAddresses"
        ),
        .init(
            method: "POST",
            path: below + "convert-position",
            summary: "Make a position one of another product.",
            body: "NewConversion",
            status: 204
        ),
        asked(
            "POST",
            "sale-authorization",
            "A page or form by which the client authorises a sale.",
            "AuthorizationPage",
            "NewSaleAuthorization"
        ),
        .init(
            method: "POST",
            path: below + "sale-authorization/pin",
            summary: "Have the depository send the client a PIN.",
            body: "WithReason",
            status: 204
        ),
    ]

    private static func asked(
        _ method: String,
        _ path: String,
        _ summary: String,
        _ answer: String,
        _ body: String? = nil,
        parameters: [(String, String, String)] = []
    ) -> OpenAPIDocument.Operation {
        .init(
            method: method,
            path: below + path,
            summary: summary,
            parameters: parameters,
            body: body,
            status: 200,
            answer: answer,
            isForClients: method == "GET"
        )
    }
}
