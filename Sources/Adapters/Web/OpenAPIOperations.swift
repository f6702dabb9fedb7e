import Desk

/// Every operation of the API, in the order in which a reader needs them.
enum OpenAPIOperations {
    static let page = [
        ("limit", "query", "Rows on a page."),
        ("after", "query", "The `next` of the page before."),
    ]
    static let forTrader = (
        "trader_id", "query", "For admins: the trader on whose behalf."
    )
    static let key = (
        "Idempotency-Key", "header",
        "1 to 200 visible ASCII characters. The same key gives the same task; with another body 409."
    )

    static let all: [OpenAPIDocument.Operation] = [
        identity,
        logins,
        trading,
        approvals,
        cancels,
        orders,
        modifications,
        exits,
        conditional,
        clients,
        brokerLogins,
        portfolios,
        funds,
        preflights,
        alerts,
        reconciliation,
        watchlists,
        switches,
        brokers,
        brokerServices,
        audit,
        emergency,
        machines,
    ].flatMap(\.self)

    /// The line of a route; nil where there is none.
    static func operation(_ method: String, _ path: String) -> OpenAPIDocument.Operation? {
        byRoute["\(method) \(path)"]
    }

    private static let byRoute = Dictionary(
        all.map { ("\($0.method) \($0.path)", $0) },
        uniquingKeysWith: { first, _ in first }
    )

    private static let identity: [OpenAPIDocument.Operation] = [
        .init(
            method: "POST",
            path: "/api/v1/login",
            summary: "Log in with e-mail and password.",
            body: "Login",
            status: 200,
            answer: "Token",
            isOpen: true
        ),
        .init(
            method: "GET",
            path: "/api/v1/me",
            summary: "Who am I.",
            status: 200,
            answer: "User",
            isForClients: true,
            isForSetUp: true
        ),
        .init(
            method: "POST",
            path: "/api/v1/api-keys",
            summary: "Make an API key; it is shown this once.",
            body: "NewAPIKey",
            status: 201,
            answer: "CreatedAPIKey",
            scope: .admin
        ),
        .init(
            method: "GET",
            path: "/api/v1/api-keys",
            summary: "My API keys, without their secrets.",
            status: 200,
            answer: "APIKeys",
            scope: .admin
        ),
        .init(
            method: "DELETE",
            path: "/api/v1/api-keys/{id}",
            summary: "End an API key.",
            status: 204,
            scope: .admin
        ),
        .init(
            method: "POST",
            path: "/api/v1/users",
            summary: "Make a user (admins).",
            body: "NewUser",
            status: 201,
            answer: "User",
            scope: .admin
        ),
        .init(
            method: "GET",
            path: "/api/v1/users",
            summary: "All users (admins).",
            parameters: page,
            status: 200,
            answer: "Users",
            scope: .admin
        ),
        .init(
            method: "GET",
            path: "/api/v1/settings",
            summary: "The trader's settings.",
            parameters: [forTrader],
            status: 200,
            answer: "Settings"
        ),
        .init(
            method: "PATCH",
            path: "/api/v1/settings",
            summary: "Change the trader's settings.",
            parameters: [forTrader],
            body: "SettingsChange",
            status: 200,
            answer: "Settings",
            scope: .admin
        ),
    ]

    private static let trading: [OpenAPIDocument.Operation] = [
        .init(
            method: "POST",
            path: "/api/v1/bulk-trades",
            summary: "Submit one trade for many clients; answers at once with the task id.",
            parameters: [key, forTrader],
            body: "NewBulkTrade",
            status: 202,
            answer: "AcceptedBulkTrade",
            isForClients: true
        ),
        .init(
            method: "GET",
            path: "/api/v1/bulk-trades",
            summary: "Bulk trades, newest first.",
            parameters: [page[0], ("before", "query", "The `next` of the page before.")],
            status: 200,
            answer: "BulkTrades"
        ),
        .init(
            method: "GET",
            path: "/api/v1/bulk-trades/{id}",
            summary: "How far a bulk trade has come; send the ETag back to poll cheaply.",
            parameters: [("If-None-Match", "header", "The ETag of the last answer.")],
            status: 200,
            answer: "BulkTradeStatus",
            isForClients: true
        ),
        .init(
            method: "GET",
            path: "/api/v1/bulk-trades/{id}/results",
            summary: "One row per client.",
            parameters: page + [
                ("status", "query", "success, failed, skipped, unknown, pending; commas between."),
                ("state", "query", "READY, SENDING, …; commas between."),
                ("client_id", "query", "One client only."),
                ("by", "query", "order; or client: one row for each, in a list `clients`."),
            ],
            status: 200,
            answer: "Results",
            isForClients: true
        ),
        .init(
            method: "GET",
            path: "/api/v1/bulk-trades/{id}/events",
            summary: "Server-sent events: `status` at every change.",
            parameters: [("until", "query", "`complete`: end with the trade's completion.")],
            status: 200,
            answer: "BulkTradeStatus",
            answerType: "text/event-stream",
            isForClients: true
        ),
        .init(
            method: "POST",
            path: "/api/admin/execute-order",
            summary: "Submit and wait for the summary; after 25 s 202 and the task id.",
            parameters: [key, forTrader],
            body: "ExecuteOrder",
            status: 200,
            answer: "ExecutionSummary"
        ),
        .init(
            method: "GET",
            path: "/api/v1/instruments",
            summary: "Search instruments: how a symbol or words of a name begin, or an ISIN.",
            parameters: [("q", "query", "Symbol, words or ISIN."), page[0]],
            status: 200,
            answer: "Instruments",
            isForClients: true
        ),
        .init(
            method: "GET",
            path: "/api/v1/instruments/depth",
            summary:
                "The best five bids and asks, at most a second old, through one of the trader's "
                + "accounts; 409 no_depth where none tells them.",
            parameters: [
                ("symbol", "query", "Such as TCS."), ("exchange", "query", "NSE or BSE."),
                forTrader,
            ],
            status: 200,
            answer: "MarketDepth"
        ),
    ]

    private static let clients: [OpenAPIDocument.Operation] = [
        .init(
            method: "POST",
            path: "/api/v1/clients",
            summary: "Make a client; its capital is paid in.",
            parameters: [forTrader],
            body: "NewClient",
            status: 201,
            answer: "Client",
            scope: .clients
        ),
        .init(
            method: "GET",
            path: "/api/v1/clients",
            summary: "Clients with their money, accounts and holdings.",
            parameters: page + [
                ("status", "query", "active, inactive, pending or archived."),
                ("group", "query", "Of one group only."),
                ("search", "query", "Part of a code, name or e-mail address."),
            ],
            status: 200,
            answer: "Clients"
        ),
        .init(
            method: "GET",
            path: "/api/v1/clients/{id}",
            summary: "One client.",
            status: 200,
            answer: "Client",
            isForClients: true
        ),
        .init(
            method: "PATCH",
            path: "/api/v1/clients/{id}",
            summary: "Change a client; another capital is paid in or out.",
            body: "ClientChange",
            status: 200,
            answer: "Client",
            scope: .clients
        ),
        .init(
            method: "DELETE",
            path: "/api/v1/clients/{id}",
            summary: "Archive a client.",
            status: 204,
            scope: .clients
        ),
        .init(
            method: "POST",
            path: "/api/v1/clients/import",
            summary: "Import clients from CSV; tells what is wrong line by line.",
            parameters: [
                forTrader,
                ("all_or_nothing", "query", "`true`: nothing unless all lines are good."),
            ],
            body: "CSV",
            bodyType: "text/csv",
            status: 200,
            answer: "ImportReport",
            scope: .clients
        ),
        .init(
            method: "PUT",
            path: "/api/v1/clients/{id}/broker-accounts",
            summary: "Connect a broker account, or renew its token.",
            body: "NewBrokerAccount",
            status: 200,
            answer: "BrokerAccount",
            scope: .clients
        ),
        .init(
            method: "DELETE",
            path: "/api/v1/clients/{id}/broker-accounts/{account}",
            summary: "Forget an account's token.",
            status: 204,
            scope: .clients
        ),
    ]

    private static let reconciliation: [OpenAPIDocument.Operation] = [
        .init(
            method: "GET",
            path: "/api/v1/orders/unknown",
            summary: "Orders whose outcome nobody knows, with what is known of each.",
            parameters: page,
            status: 200,
            answer: "UnknownOrders"
        ),
        .init(
            method: "POST",
            path: "/api/v1/orders/{id}/decision",
            summary:
                "Decide an UNKNOWN order by hand (admins), or end one with fills_untold; else 409.",
            body: "Decision",
            status: 200,
            answer: "DecidedOrder",
            scope: .admin
        ),
        .init(
            method: "GET",
            path: "/api/v1/reconciliation",
            summary: "Where our books and the brokers' differ, newest first.",
            parameters: [
                page[0], ("before", "query", "The `next` of the page before."),
                ("client_id", "query", "Of one client only."),
                ("status", "query", "open (if left out), closed, or all."),
                ("kind", "query", "One kind only, such as external_order."),
            ],
            status: 200,
            answer: "Drifts"
        ),
    ]

    private static let switches: [OpenAPIDocument.Operation] = [
        .init(
            method: "GET",
            path: "/api/v1/halts",
            summary: "The halt switches that are on.",
            status: 200,
            answer: "Halts"
        ),
        .init(
            method: "POST",
            path: "/api/v1/halts",
            summary: "Halt: from the answer on no worker begins to send what the switch covers.",
            body: "HaltSwitch",
            status: 204
        ),
        .init(
            method: "DELETE",
            path: "/api/v1/halts",
            summary: "Resume.",
            body: "HaltSwitch",
            status: 204
        ),
    ]

    private static let machines: [OpenAPIDocument.Operation] = [
        .init(
            method: "POST",
            path: "/postbacks/{broker}",
            summary: "Where brokers post order updates; taken as hints only.",
            body: "Postback",
            status: 204,
            isOpen: true
        ),
        .init(method: "GET", path: "/healthz", summary: "Alive.", status: 200, isOpen: true),
        .init(method: "GET", path: "/readyz", summary: "Able to serve.", status: 200, isOpen: true),
        .init(
            method: "GET",
            path: "/metrics",
            summary: "Figures for Prometheus.",
            status: 200,
            isOpen: true
        ),
        .init(
            method: "GET",
            path: "/openapi.json",
            summary: "This document.",
            status: 200,
            isOpen: true
        ),
    ]
}
