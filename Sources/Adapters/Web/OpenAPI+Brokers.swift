import Desk
import JSON
import Trading

/// The brokers' part of the document.
extension OpenAPIOperations {
    static let brokers: [OpenAPIDocument.Operation] = [
        .init(
            method: "GET",
            path: "/api/v1/brokers",
            summary:
                "What each broker can do, natively or emulated, its limits, and how it answers.",
            status: 200,
            answer: "Brokers",
            isForClients: true
        ),
        .init(
            method: "GET",
            path: "/api/v1/readiness",
            summary: "Broker accounts to which orders cannot go today, and why; counts of all.",
            parameters: [
                ("broker", "query", "Only this broker's."),
                (
                    "state", "query",
                    "Only accounts in this state; otherwise all that are not ready."
                ),
                ("after", "query", "The last account of the page before."), page[0],
            ],
            status: 200,
            answer: "Readiness"
        ),
    ]
}

extension OpenAPISchemas {
    static var brokers: [(String, JSONValue)] {
        let limits: JSONValue = [
            "type": "array", "items": object([("calls", integer), ("seconds", integer)]),
        ]
        let health = object([
            (
                "state",
                ["type": "string", "enum": ["answering", "silent", "resting", "unknown"]]
            ), ("workers", integer), ("workers_resting", integer), ("last_answer_at", moment),
            ("last_silence_at", moment),
        ])
        let can = BrokerCapability.allCases.map {
            ($0.rawValue, word(BrokerCapability.Provision.self))
        }
        let list = { (words: JSONValue) -> JSONValue in ["type": "array", "items": words] }
        return [
            (
                "Broker",
                object([
                    ("broker", word(BrokerName.self)), ("health", health), ("can", object(can)),
                    (
                        "conditional_holds",
                        object(
                            ConditionalKind.allCases.map {
                                ($0.rawValue, word(ConditionalHold.self))
                            }
                        )
                    ), ("products", list(word(Product.self))),
                    ("order_types", list(word(OrderType.self))),
                    ("look_ups", list(word(LookUp.self))), ("reference_length", integer),
                    ("refuses_duplicates", ["type": "boolean"]),
                    ("visibility_lag_seconds", integer), ("order_limits", limits),
                    ("cancel_limits", limits), ("read_limits", limits),
                    ("quote_limits", limits),
                ])
            ), ("Brokers", Self.list("brokers", of: "Broker", paged: false)),
            (
                "Readiness",
                object([
                    (
                        "counts",
                        list(
                            object([
                                ("broker", word(BrokerName.self)),
                                ("state", word(SessionState.self)), ("accounts", integer),
                            ])
                        )
                    ),
                    (
                        "accounts",
                        list(
                            object([
                                ("account_id", integer), ("client_id", integer), ("code", text),
                                ("name", text), ("broker", word(BrokerName.self)),
                                ("broker_client_id", text), ("state", word(SessionState.self)),
                                ("meaning", text), ("words", ["type": ["string", "null"]]),
                                ("session_ends", moment), ("checked_at", moment),
                            ])
                        )
                    ), ("next", ["type": ["integer", "null"]]),
                ])
            ),
        ]
    }
}
