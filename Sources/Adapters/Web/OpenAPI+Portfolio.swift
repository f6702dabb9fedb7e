import Desk
import JSON
import Trading

/// Portfolios in the OpenAPI document: operations and shapes.
extension OpenAPIOperations {
    static let portfolios: [OpenAPIDocument.Operation] = [
        .init(
            method: "GET",
            path: "/api/v1/clients/{id}/portfolio",
            summary: "What a client holds, its worth, today's positions, and what trading earned.",
            status: 200,
            answer: "Portfolio",
            isForClients: true
        ),
        .init(
            method: "GET",
            path: "/api/v1/clients/{id}/transactions",
            summary: "A client's trades, newest first; of the last 31 days unless said otherwise.",
            parameters: page + [
                ("from", "query", "The first day, such as 2026-11-21."),
                ("to", "query", "The last day; today if left out."),
            ],
            status: 200,
            answer: "Transactions",
            isForClients: true
        ),
        .init(
            method: "GET",
            path: "/api/v1/portfolio",
            summary:
                "All clients of a trader together (on the first page), and one row per client.",
            parameters: page + [forTrader],
            status: 200,
            answer: "TraderPortfolio"
        ),
        .init(
            method: "GET",
            path: "/api/v1/bulk-trades/{id}/pnl",
            summary:
                "What a bulk trade earned: in all (first page, up to 500,000 trades), and per client.",
            parameters: page,
            status: 200,
            answer: "TradeProfit"
        ),
    ]
}

extension OpenAPISchemas {
    private static let maybeAmount: JSONValue = [
        "type": ["string", "null"], "pattern": "^-?[0-9]+(\\.[0-9]{1,4})?$",
    ]
    private static let maybeInteger: JSONValue = ["type": ["integer", "null"]]

    private static let quote: [(String, JSONValue)] = [
        ("last_price", maybeAmount), ("price_age_seconds", maybeInteger),
        ("price_state", ["enum": ["fresh", "no_fresh_price"]]),
    ]
    /// Null where a price is missing that they would follow from.
    private static let valuation: [(String, JSONValue)] = [
        ("market_value", maybeAmount), ("unrealised", maybeAmount),
        ("unrealised_percent", maybeAmount),
    ]
    private static let instrument: [(String, JSONValue)] = [
        ("symbol", text), ("exchange", word(ExchangeName.self)),
    ]
    private static let client: [(String, JSONValue)] = [
        ("client_id", integer), ("client_code", text), ("client_name", text),
    ]
    private static let worth: [(String, JSONValue)] =
        [("invested", amount)] + valuation + [
            ("unpriced_symbols", ["type": "array", "items": text]), ("available", amount),
            ("held", amount), ("borrowed", amount), ("realised", amount),
        ]
    private static let shares: [(String, JSONValue)] =
        instrument + [
            ("product", word(Product.self)), ("quantity", integer), ("free_quantity", integer),
            ("average_price", maybeAmount),
            ("invested", amount), ("borrowed", amount),
        ] + quote + valuation
    private static let tradeSums: [(String, JSONValue)] =
        [
            ("quantity", integer), ("value", amount), ("average_price", maybeAmount),
            ("realised", amount), ("held_quantity", integer), ("held_cost", amount),
        ] + valuation

    static var portfolios: [(String, JSONValue)] {
        let lot = object([
            ("task_id", integer), ("order_id", integer), ("product", word(Product.self)),
            ("quantity", integer), ("cost", amount), ("bought_at", moment),
        ])
        let holding: [(String, JSONValue)] =
            shares + [
                ("realised", amount), ("matches_ledger", ["type": "boolean"]),
                ("tasks", ["type": "array", "items": lot]), ("unattributed_quantity", integer),
            ]
        let total = object([("clients", integer)] + worth)
        return [
            ("Holding", object(holding)), ("Position", position), ("Transaction", transaction),
            (
                "Portfolio",
                object(
                    client + [
                        ("as_of", moment), ("total", object(worth + [("realised_today", amount)])),
                        ("holdings", ["type": "array", "items": ref("Holding")]),
                        ("positions", ["type": "array", "items": ref("Position")]),
                    ]
                )
            ), ("Transactions", transactions),
            (
                "TraderPortfolio",
                object([
                    ("trader_id", integer), ("as_of", moment), ("total", total),
                    ("holdings", ["type": "array", "items": object(shares)]),
                    ("clients", ["type": "array", "items": object(client + worth)]),
                    ("next", maybeInteger),
                ])
            ), ("TradeProfit", tradeProfit),
        ]
    }

    private static var position: JSONValue {
        object(
            instrument + [
                ("product", word(Product.self)), ("bought_quantity", integer),
                ("bought_value", amount), ("bought_average", maybeAmount),
                ("sold_quantity", integer), ("sold_value", amount), ("sold_average", maybeAmount),
                ("net_quantity", integer), ("realised", amount),
            ] + quote + [("change", maybeAmount)]
        )
    }

    private static var transaction: JSONValue {
        object(
            [("order_id", integer), ("task_id", integer), ("trade_id", text)] + instrument + [
                ("side", word(Side.self)), ("product", word(Product.self)), ("quantity", integer),
                ("price", amount), ("amount", amount), ("at", moment),
            ]
        )
    }

    private static var transactions: JSONValue {
        object([
            ("client_id", integer), ("from", ["type": "string", "format": "date"]),
            ("to", ["type": "string", "format": "date"]),
            ("transactions", ["type": "array", "items": ref("Transaction")]),
            ("next", ["type": ["string", "null"]]),
        ])
    }

    private static var tradeProfit: JSONValue {
        let total: [(String, JSONValue)] =
            [("clients", integer)] + tradeSums + [("clients_not_matching_ledger", integer)]
        let row = client + tradeSums + [("matches_ledger", ["type": "boolean"])]
        return object(
            [("task_id", integer)] + instrument + [
                ("side", word(Side.self)), ("product", word(Product.self)),
            ] + quote + [
                ("total", ["oneOf": [object(total), ["type": "null"]]]),
                ("clients", ["type": "array", "items": object(row)]), ("next", maybeInteger),
            ]
        )
    }
}
