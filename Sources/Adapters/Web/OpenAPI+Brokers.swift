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
            answer: "Brokers"
        )
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
                    ("products", list(word(Product.self))),
                    ("order_types", list(word(OrderType.self))),
                    ("look_ups", list(word(LookUp.self))), ("reference_length", integer),
                    ("refuses_duplicates", ["type": "boolean"]),
                    ("visibility_lag_seconds", integer), ("order_limits", limits),
                    ("cancel_limits", limits), ("read_limits", limits),
                ])
            ), ("Brokers", Self.list("brokers", of: "Broker", paged: false)),
        ]
    }
}
