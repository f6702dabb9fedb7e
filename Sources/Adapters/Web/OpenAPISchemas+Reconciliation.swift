import Desk
import JSON
import Trading

/// The shapes of doubts, decisions and differences.
extension OpenAPISchemas {
    static var reconciliation: [(String, JSONValue)] {
        let side: JSONValue = object([
            ("state", text), ("quantity", integer), ("filled_quantity", integer),
            ("cash", amount),
        ])
        return [
            ("Doubt", doubt),
            (
                "UnknownOrder",
                object([
                    ("order_id", integer), ("task_id", integer), ("client_id", integer),
                    ("client_code", text), ("broker", word(BrokerName.self)),
                    ("broker_client_id", text), ("symbol", text), ("side", word(Side.self)),
                    ("quantity", integer), ("held_amount", amount), ("unknown", ref("Doubt")),
                ])
            ), ("UnknownOrders", list("orders", of: "UnknownOrder")),
            (
                "Decision",
                object(
                    [
                        ("decision", ["enum": ["placed", "not_placed", "ended"]]),
                        ("broker_order_id", text), ("reason", text),
                    ],
                    required: ["decision", "reason"]
                )
            ),
            (
                "DecidedOrder",
                object([
                    ("order_id", integer), ("task_id", integer), ("state", word(OrderState.self)),
                ])
            ),
            (
                "Drift",
                object([
                    ("id", integer), ("kind", word(DriftKind.self)), ("meaning", text),
                    ("subject", text), ("client_id", integer), ("account_id", integer),
                    ("order_id", ["type": ["integer", "null"]]), ("ours", side), ("theirs", side),
                    ("times_seen", integer), ("opened_at", moment), ("seen_at", moment),
                    ("closed_at", moment),
                ])
            ), ("Drifts", list("drift", of: "Drift")),
        ]
    }

    private static var doubt: JSONValue {
        object([
            ("attempt", integer), ("reference", text), ("since", moment), ("outcome", text),
            ("broker_words", text), ("looks", integer), ("absences", integer),
            ("last_look_at", moment), ("last_answer", text),
        ])
    }
}
