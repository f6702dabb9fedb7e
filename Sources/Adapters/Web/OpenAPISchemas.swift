import Desk
import JSON
import Trading

/// The shapes of bodies and answers.
enum OpenAPISchemas {
    static var all: JSONValue {
        var schemas = JSONObject()
        for (name, schema) in shapes { _ = schemas.append(name, schema) }
        return .object(schemas)
    }

    static let text: JSONValue = ["type": "string"]
    static let integer: JSONValue = ["type": "integer"]
    static let amount: JSONValue = [
        "type": "string", "pattern": "^-?[0-9]+(\\.[0-9]{1,4})?$", "examples": ["2950.50"],
    ]
    static let moment: JSONValue = ["type": "string", "format": "date-time"]
    private static let texts: JSONValue = ["type": "array", "items": ["type": "string"]]

    static func object(_ fields: [(String, JSONValue)], required: [String] = [])
        -> JSONValue
    {
        var properties = JSONObject()
        for (name, schema) in fields { _ = properties.append(name, schema) }
        return [
            "type": "object", "properties": .object(properties),
            "required": .array(required.map(JSONValue.string)),
        ]
    }

    static func list(_ name: String, of schema: String, paged: Bool = true) -> JSONValue {
        var fields: [(String, JSONValue)] = [(name, ["type": "array", "items": ref(schema)])]
        if paged { fields.append(("next", ["type": ["integer", "null"]])) }
        return object(fields, required: [name])
    }

    static func ref(_ name: String) -> JSONValue {
        ["$ref": .string("#/components/schemas/" + name)]
    }

    static func word<Word: CaseIterable & RawRepresentable>(_ type: Word.Type) -> JSONValue
    where Word.RawValue == String {
        ["type": "string", "enum": .array(type.allCases.map { .string($0.rawValue) })]
    }

    private static var shapes: [(String, JSONValue)] {
        [
            emergency,
            identity,
            logins,
            trades,
            approvals,
            cancels,
            watchlists,
            orders,
            modifications,
            exits,
            conditional,
            clients,
            brokerLogins,
            portfolios,
            cash,
            preflights,
            depth,
            alerts,
            others,
            brokers,
            brokerServices,
            reconciliation,
            audit,
        ].flatMap(\.self)
    }

    private static var identity: [(String, JSONValue)] {
        let user: [(String, JSONValue)] = [
            ("user_id", integer), ("email", text), ("name", text), ("role", word(Role.self)),
            ("trader_id", ["type": ["integer", "null"]]),
            ("client_id", ["type": ["integer", "null"]]),
            ("has_second_factor", ["type": "boolean"]),
        ]
        let key: [(String, JSONValue)] = [
            ("id", integer), ("name", text), ("prefix", text), ("created_at", moment),
        ]
        // Above either a trade waits for approval; `none`: it does not. Admins change them.
        let approval: [(String, JSONValue)] = [
            ("approval_amount", text), ("approval_clients", ["type": ["integer", "string"]]),
        ]
        let limits: [(String, JSONValue)] = [
            ("scopes", ["type": "array", "items": word(Scope.self)]), ("expires_at", moment),
            ("client_id", ["type": ["integer", "null"]]),
        ]
        return [
            (
                "Login",
                object(
                    [
                        ("email", text), ("password", text), ("code", text),
                        ("recovery_code", text),
                    ],
                    required: ["email", "password"]
                )
            ),
            (
                "Token",
                object([
                    ("access_token", text), ("token_type", text), ("expires_in", integer),
                    ("refresh_token", text), ("session_id", integer), ("session_ends", moment),
                    ("must_set_up_second_factor", ["type": "boolean"]), ("user", ref("User")),
                ])
            ),
            ("User", object(user)),
            (
                "NewUser",
                object(
                    [
                        ("email", text), ("name", text), ("role", word(Role.self)),
                        ("password", text), ("trader_id", integer), ("client_id", integer),
                    ],
                    required: ["email", "name", "role", "password"]
                )
            ), ("Users", list("users", of: "User")),
            ("NewAPIKey", object([("name", text)] + limits, required: ["name"])),
            ("APIKey", object(key + limits)),
            ("CreatedAPIKey", object(key + limits + [("api_key", text)])),
            ("APIKeys", list("api_keys", of: "APIKey", paged: false)),
            ("Settings", object([("trader_id", integer), ("usual_percent", amount)] + approval)),
            ("SettingsChange", object([("usual_percent", amount)] + approval)),
        ]
    }

    private static var terms: [(String, JSONValue)] {
        [
            ("symbol", text), ("exchange", word(ExchangeName.self)), ("side", word(Side.self)),
            ("order_type", word(OrderType.self)), ("product", word(Product.self)),
            ("validity", word(Validity.self)), ("price", amount), ("trigger_price", amount),
            ("percent", amount), ("quantity", integer), ("cap_percent", amount),
            ("exact", ["type": "boolean"]), ("amount", amount), ("on_doubt", doubtPolicy),
        ]
    }

    private static let doubtPolicy: JSONValue = [
        "type": "string", "pattern": "^(ask|resend:[0-9]+s?)$", "default": "ask",
        "description": .string(
            "Where the broker's books prove that an order never arrived: `ask` ends it, `resend:30s` "
                + "sends it again until 30 s after the trade was accepted, never after a mere time-out."
        ),
    ]

    private static var trades: [(String, JSONValue)] {
        let ids: JSONValue = ["type": "array", "items": ["type": "integer"]]
        let status: [(String, JSONValue)] =
            [("task_id", integer), ("state", word(BulkTrade.State.self))] + terms + [
                ("reference_price", amount), ("accepted_at", moment), ("planned_at", moment),
                ("completed_at", moment), ("preflight_id", integer),
            ]
        let counts = ["total"] + OrderState.Outcome.allCases.map(\.rawValue)
        return [
            (
                "NewBulkTrade",
                object(
                    terms + [
                        ("clients", ["oneOf": [["const": "all"], ids]]), ("group", text),
                    ],
                    required: ["symbol", "side"]
                )
            ),
            (
                "AcceptedBulkTrade",
                object([
                    ("task_id", integer), ("state", word(BulkTrade.State.self)),
                    ("status_url", text), ("results_url", text), ("events_url", text),
                ])
            ), ("BulkTrade", object(status)), ("BulkTrades", list("bulk_trades", of: "BulkTrade")),
            (
                "BulkTradeStatus",
                object(
                    status + [
                        ("counts", object(counts.map { ($0, integer) })),
                        ("states", object(OrderState.allCases.map { ($0.rawValue, integer) })),
                        ("filled_quantity", integer), ("filled_value", amount),
                    ]
                )
            ), ("Results", list("results", of: "Result")), ("Result", result),
            (
                "ExecuteOrder",
                object(
                    [
                        ("symbol", text), ("transactionType", word(Side.self)),
                        ("orderType", word(OrderType.self)), ("quantity", integer),
                        ("productType", word(Product.self)), ("price", amount),
                    ],
                    required: ["symbol", "transactionType", "quantity"]
                )
            ),
            (
                "ExecutionSummary",
                object([
                    ("message", text), ("executionId", text), ("task_id", integer),
                    ("totalSubscribers", integer), ("successfulExecutions", integer),
                    ("failedExecutions", integer), ("skippedExecutions", integer),
                    ("results", ["type": "array", "items": ["type": "object"]]),
                ])
            ),
        ]
    }

    private static var result: JSONValue {
        object([
            ("order_id", integer), ("slice", integer), ("client_id", integer),
            ("client_code", text), ("client_name", text), ("status", word(OrderState.Outcome.self)),
            ("state", word(OrderState.self)), ("broker", word(BrokerName.self)),
            ("quantity", integer), ("sizing_price", amount), ("filled_quantity", integer),
            ("average_price", amount), ("filled_value", amount), ("held_amount", amount),
            ("borrowed_amount", amount),
            ("broker_order_id", text), ("reason_code", word(Reason.self)), ("reason", text),
            ("broker_message", text), ("unknown", ref("Doubt")), ("updated_at", moment),
        ])
    }

    private static var clients: [(String, JSONValue)] {
        let draft: [(String, JSONValue)] = [
            ("name", text), ("email", text), ("status", word(Client.Status.self)),
            ("capital", amount), ("usual_percent", amount), ("groups", texts),
        ]
        let permission: [(String, JSONValue)] = [("may_trade", ["type": "boolean"])]
        let account: [(String, JSONValue)] = [
            ("broker", word(BrokerName.self)), ("broker_client_id", text),
            ("session_ends", moment), ("egress", text),
        ]
        let holding = object([
            ("symbol", text), ("product", word(Product.self)), ("quantity", integer),
            ("reserved", integer), ("cost", amount), ("borrowed", amount),
        ])
        let funds = object(Funds.Account.allCases.map { ($0.rawValue, amount) })
        let lineError = object([
            ("line", integer), ("field", text), ("code", text), ("detail", text),
        ])
        return [
            ("NewClient", object([("code", text)] + draft, required: ["code", "name", "capital"])),
            ("ClientChange", object(draft + permission)),
            (
                "Client",
                object(
                    [("id", integer), ("trader_id", integer), ("code", text)] + draft + permission
                        + [
                            ("funds", funds),
                            (
                                "broker_accounts",
                                ["type": "array", "items": ref("BrokerAccount")]
                            ),
                            ("holdings", ["type": "array", "items": holding]),
                            ("created_at", moment), ("updated_at", moment),
                        ]
                )
            ), ("Clients", list("clients", of: "Client")),
            (
                "NewBrokerAccount",
                object(
                    account + [("access_token", text)],
                    required: ["broker", "broker_client_id", "access_token"]
                )
            ),
            (
                "BrokerAccount",
                object(
                    [("id", integer), ("status", word(BrokerAccount.Status.self))] + account
                )
            ), ("CSV", text),
            (
                "ImportReport",
                object([
                    ("imported", integer), ("refused", integer),
                    ("errors", ["type": "array", "items": lineError]),
                ])
            ),
        ]
    }

    private static var others: [(String, JSONValue)] {
        let scope: JSONValue = ["enum": ["everything", "broker", "symbol", "trader", "client"]]
        let halt: [(String, JSONValue)] = [
            ("scope", scope), ("subject", ["type": ["string", "integer", "null"]]), ("why", text),
        ]
        let instrument = object(
            [
                ("symbol", text), ("exchange", word(ExchangeName.self)), ("name", text),
                ("isin", text), ("lot", integer), ("tick", amount), ("freeze_quantity", integer),
                ("lower_circuit", amount), ("upper_circuit", amount),
            ] + quoteFields
        )
        let fieldError = object([("field", text), ("code", text), ("detail", text)])
        return [
            (
                "HaltSwitch",
                object(halt + [("exchange", word(ExchangeName.self))], required: ["scope"])
            ),
            ("Halt", object(halt + [("since", moment)])),
            ("Halts", list("halts", of: "Halt", paged: false)), ("Instrument", instrument),
            ("Instruments", list("instruments", of: "Instrument", paged: false)),
            ("Postback", ["type": "object"]),
            (
                "Problem",
                object(
                    [
                        ("type", text), ("title", text), ("status", integer), ("code", text),
                        ("detail", text), ("field", text),
                        ("errors", ["type": "array", "items": fieldError]),
                    ],
                    required: ["status", "code", "detail"]
                )
            ),
        ]
    }
}
