import JSON

/// Shapes of what is told and changed of accounts at their brokers.
extension OpenAPISchemas {
    private static let flag: JSONValue = ["type": "boolean"]

    private static func list(_ items: JSONValue) -> JSONValue {
        ["type": "array", "items": items]
    }

    static var brokerServices: [(String, JSONValue)] { answersOfBrokers + changesAtBrokers }

    private static var answersOfBrokers: [(String, JSONValue)] {
        let lines = list(object([("kind", text), ("amount", amount)]))
        return [
            ("BrokerFunds", object([("available", amount), ("utilised", amount)])),
            (
                "BrokerProfile",
                object([
                    ("broker_client_id", text), ("name", text), ("segments", list(text)),
                    ("has_mandate", flag), ("has_margin_funding", flag), ("session_ends", moment),
                ])
            ),
            (
                "MarginNeed",
                object([
                    ("required", amount), ("available", amount), ("missing", amount),
                    ("charges", amount),
                ])
            ),
            (
                "Charges",
                object([
                    ("total", amount),
                    ("orders", list(object([("total", amount), ("lines", lines)]))),
                ])
            ),
            (
                "BrokerLedger",
                object([
                    (
                        "lines",
                        list(
                            object([
                                ("day", text), ("day_text", text), ("narration", text),
                                ("voucher", text), ("exchange", text), ("debit", amount),
                                ("credit", amount), ("balance", amount),
                            ])
                        )
                    )
                ])
            ),
            (
                "Payments",
                object([
                    (
                        "payments",
                        list(
                            object([
                                ("way", ["enum": ["in", "out"]]), ("payment_id", text),
                                ("amount", amount),
                                ("state", ["enum": ["done", "pending", "failed"]]),
                                ("word", text), ("mode", text), ("bank", text), ("at", text),
                            ])
                        )
                    )
                ])
            ),
            (
                "Auctions",
                object([
                    (
                        "auctions",
                        list(
                            object([
                                ("auction_number", text), ("symbol", text), ("exchange", text),
                                ("isin", text), ("quantity", ["type": "integer"]),
                                ("last_price", amount),
                            ])
                        )
                    )
                ])
            ),
            (
                "PastTrades",
                object([
                    (
                        "trades",
                        list(
                            object([
                                ("trade_id", text), ("broker_order_id", text), ("symbol", text),
                                ("isin", text), ("segment", text), ("side", text),
                                ("quantity", integer), ("price", amount), ("at", text),
                                ("lines", lines),
                            ])
                        )
                    ), ("next_page", integer),
                ])
            ),
            (
                "ProfitReport",
                object([
                    ("total_rows", integer),
                    (
                        "rows",
                        list(
                            object([
                                ("name", text), ("isin", text), ("kind", text),
                                ("quantity", integer), ("buy_day", text), ("buy_average", amount),
                                ("buy_amount", amount), ("sell_day", text),
                                ("sell_average", amount), ("sell_amount", amount),
                                ("profit", amount),
                            ])
                        )
                    ), ("next_page", integer),
                ])
            ), ("ReportCharges", object([("total", amount), ("lines", lines)])),
            (
                "NativeExit",
                object([("reach", text), ("broker_order_ids", list(text)), ("words", text)])
            ),
            (
                "KillSwitches",
                object([("switches", list(object([("segment", text), ("on", flag)])))])
            ),
            (
                "ProfitExit",
                object([
                    ("on", flag), ("profit", amount), ("loss", amount), ("products", list(text)),
                    ("kill_switch", flag),
                ])
            ),
            (
                "Addresses",
                object([
                    ("primary", text), ("secondary", text), ("changed", text), ("seen_from", text),
                    ("egress", text), ("standing", text), ("ends_sessions", flag),
                ])
            ),
            (
                "SaleStanding",
                object([
                    ("way", text), ("has_mandate", flag),
                    (
                        "shares",
                        list(
                            object([("isin", text), ("held", integer), ("authorised", integer)])
                        )
                    ),
                ])
            ),
            ("AuthorizationPage", object([("url", text), ("form_html", text)])),
        ]
    }

    private static var changesAtBrokers: [(String, JSONValue)] {
        let order = object([
            ("symbol", text), ("exchange", text), ("side", text), ("order_type", text),
            ("product", text), ("quantity", integer), ("price", amount), ("trigger_price", amount),
        ])
        return [
            ("Prospects", object([("orders", list(order))], required: ["orders"])),
            (
                "NewKillSwitch",
                object(
                    [("on", flag), ("segments", list(text)), ("reason", text)],
                    required: ["on", "reason"]
                )
            ),
            (
                "NewProfitExit",
                object(
                    [
                        ("profit", amount), ("loss", amount), ("products", list(text)),
                        ("kill_switch", flag), ("reason", text),
                    ],
                    required: ["profit", "loss", "products", "reason"]
                )
            ),
            (
                "NewAddresses",
                object(
                    [("primary", text), ("secondary", text), ("reason", text)],
                    required: ["primary", "reason"]
                )
            ),
            (
                "NewConversion",
                object(
                    [
                        ("symbol", text), ("exchange", text), ("side", text), ("quantity", integer),
                        ("from_product", text), ("to_product", text), ("overnight", flag),
                        ("reason", text),
                    ],
                    required: [
                        "symbol", "side", "quantity", "from_product", "to_product", "reason",
                    ]
                )
            ),
            (
                "NewSaleAuthorization",
                object(
                    [
                        (
                            "shares",
                            list(
                                object([("isin", text), ("quantity", integer), ("exchange", text)])
                            )
                        ), ("reason", text),
                    ],
                    required: ["shares", "reason"]
                )
            ),
            ("WithReason", object([("reason", text)], required: ["reason"])),
        ]
    }
}
