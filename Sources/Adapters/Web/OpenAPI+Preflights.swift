import Desk
import JSON
import Trading

/// Preflights and costs in the OpenAPI document: operations and shapes.
extension OpenAPIOperations {
    static let preflights: [OpenAPIDocument.Operation] = [
        .init(
            method: "POST",
            path: "/api/v1/bulk-trades/preflight",
            summary:
                "What a bulk trade would come to, client by client, with every reason why not; "
                + "nothing is placed or held.",
            parameters: [forTrader, page[0]],
            body: "NewBulkTrade",
            status: 201,
            answer: "Preflight"
        ),
        .init(
            method: "GET",
            path: "/api/v1/preflights/{id}",
            summary: "A preflight again, page by page.",
            parameters: page + [("rows", "query", "all, orders or skipped.")],
            status: 200,
            answer: "Preflight"
        ),
        .init(
            method: "POST",
            path: "/api/v1/preflights/{id}/execute",
            summary:
                "Place exactly what a preflight showed, within 5 minutes; 409 says what has changed.",
            parameters: [key],
            body: "PreflightExecution",
            status: 202,
            answer: "AcceptedBulkTrade"
        ),
        .init(
            method: "POST",
            path: "/api/v1/calculate-costs",
            summary: "Brokerage, taxes and charges of a trade and of its exit, line by line.",
            body: "CostRequest",
            status: 200,
            answer: "Costs"
        ),
    ]
}

extension OpenAPISchemas {
    private static let charges = object(
        [
            "brokerage", "stt", "exchange", "ipft", "sebi", "stamp_duty", "depository", "gst",
            "total",
        ].map { ($0, amount) }
    )

    static var preflights: [(String, JSONValue)] {
        let reason = object([("code", word(Reason.self)), ("sentence", text)])
        let row = object([
            ("client_id", integer), ("client_code", text), ("client_name", text),
            ("broker", word(BrokerName.self)), ("quantity", integer),
            ("wanted_quantity", integer), ("cost", amount), ("held", amount), ("own", amount),
            ("borrowed", amount), ("available", amount), ("charges", charges),
            ("reasons", ["type": "array", "items": reason]),
            ("would_fit", object([("quantity", integer), ("cost", amount)])),
        ])
        let sums = object([
            ("clients", integer), ("orders", integer), ("skipped", integer),
            ("quantity", integer), ("cost", amount), ("held", amount), ("own", amount),
            ("borrowed", amount), ("charges", amount),
            ("reasons", ["type": "object", "additionalProperties": integer]),
        ])
        let maybe: JSONValue = ["type": ["integer", "null"]]
        return [
            (
                "Preflight",
                object([
                    ("preflight_id", integer), ("symbol", text),
                    ("exchange", word(ExchangeName.self)), ("side", word(Side.self)),
                    ("order_type", word(OrderType.self)), ("product", word(Product.self)),
                    ("created_at", moment), ("expires_at", moment), ("task_id", maybe),
                    ("price_used", ["type": ["string", "null"]]), ("price_age_seconds", maybe),
                    ("sums", sums), ("depth", tradeDepth),
                    ("clients", ["type": "array", "items": row]), ("next", maybe),
                ])
            ), ("PreflightExecution", object([("price_tolerance_percent", amount)])),
            (
                "CostRequest",
                object(
                    [
                        ("side", word(Side.self)), ("product", word(Product.self)),
                        ("segment", word(TradeSegment.self)), ("exchange", word(ExchangeName.self)),
                        ("broker", word(BrokerName.self)), ("quantity", integer),
                        ("entry_price", amount), ("exit_price", amount),
                        ("date", ["type": "string", "format": "date"]),
                    ],
                    required: ["broker", "quantity", "entry_price"]
                )
            ), ("Costs", costs),
        ]
    }

    /// Told when a preflight is made, and not kept with it.
    private static var tradeDepth: JSONValue {
        let maybeText: JSONValue = ["type": ["string", "null"]]
        return object([
            ("standing", word(DepthCheck.Standing.self)), ("needed_quantity", integer),
            ("shown_quantity", ["type": ["integer", "null"]]), ("warning", maybeText),
            ("broker", maybeText), ("at", maybeText),
        ])
    }

    static var depth: [(String, JSONValue)] {
        let maybeText: JSONValue = ["type": ["string", "null"]]
        let maybeInteger: JSONValue = ["type": ["integer", "null"]]
        let levels: JSONValue = [
            "type": "array",
            "items": object([("price", amount), ("quantity", integer), ("orders", maybeInteger)]),
        ]
        return [
            (
                "MarketDepth",
                object([
                    ("symbol", text), ("exchange", word(ExchangeName.self)),
                    ("broker", word(BrokerName.self)), ("at", moment), ("last_price", maybeText),
                    ("last_trade_at", maybeText), ("volume", maybeInteger),
                    ("lower_circuit", maybeText), ("upper_circuit", maybeText), ("bids", levels),
                    ("asks", levels),
                ])
            )
        ]
    }

    private static var costs: JSONValue {
        let leg = object([
            ("side", word(Side.self)), ("price", amount), ("turnover", amount),
            ("charges", charges),
        ])
        return object([
            ("broker", word(BrokerName.self)), ("exchange", word(ExchangeName.self)),
            ("segment", word(TradeSegment.self)), ("quantity", integer),
            ("on", ["type": "string", "format": "date"]),
            ("rates_from", ["type": "string", "format": "date"]), ("rates_source", text),
            ("entry", leg), ("exit", leg), ("total_charges", amount), ("gross_profit", amount),
            ("net_profit", amount),
        ])
    }
}
