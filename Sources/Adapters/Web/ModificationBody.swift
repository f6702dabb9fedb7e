import Desk
import HTTPServer
import JSON
import Secrets
import Trading

/// What `PATCH /api/v1/orders/{id}` asks for: what is not named stays as it is.
struct ModificationBody {
    let wish: WishedShape

    /// Reads it; nothing wished is refused.
    init(_ request: HTTPServerRequest) throws(Problem) {
        var fields = try Fields(of: request)
        var wish = WishedShape()
        wish.quantity = fields.quantity("quantity", required: false)
        wish.type = fields.has("order_type") ? fields.word("order_type", OrderType.self) : nil
        wish.price = fields.price("price")
        wish.trigger = fields.price("trigger_price")
        try fields.finish()
        guard !wish.isEmpty else {
            throw Problem.invalid(
                "body",
                "nothing_wished",
                "Give at least one of quantity, price, trigger_price and order_type."
            )
        }
        self.wish = wish
    }

    /// The same for the same wish of the same order, however the body was written.
    func hash(of order: IntentID) -> [UInt8] {
        let parts = [
            "modify", "\(order)", wish.quantity?.description ?? "", wish.type?.rawValue ?? "",
            wish.price?.rupees ?? "", wish.trigger?.rupees ?? "",
        ]
        return Tokens.sha256(Array(parts.joined(separator: "\n").utf8))
    }
}

extension Problem {
    /// Why a change of an order was not taken.
    init(_ refusal: ModificationRefusal) {
        switch refusal {
        case .notOpen(let state):
            self.init(
                409,
                "order_not_open",
                "The order is \(state.rawValue); only one that rests at its broker can be changed."
            )
        case .otherOpen(let id):
            self.init(
                409,
                "modification_open",
                "Change \(id) of this order has not ended; ask again when it has."
            )
        case .tooMany(let most):
            self.init(
                409,
                "too_many_modifications",
                "The broker takes \(most) changes of one order at most."
            )
        case .notSupported:
            self.init(409, "not_supported_by_broker", "The broker does not change orders so.")
        case .nothingChanges:
            self = .invalid("body", "nothing_changes", "The order is so already.")
        case .obstacle(let reason): self.init(409, reason.rawValue, reason.sentence)
        case .invalid(let fields): self = .invalid(fields)
        }
    }
}

extension JSONWriter {
    /// How many, how and at what price, as the value of a key.
    mutating func shape(_ shape: OrderShape) {
        beginObject()
        field("quantity", shape.quantity.raw)
        field("order_type", shape.type.rawValue)
        fieldOrNull("price", shape.price?.rupees)
        fieldOrNull("trigger_price", shape.trigger?.rupees)
        endObject()
    }

    /// A change of an order, and how far it has come.
    mutating func modificationFields(_ change: Modification) {
        field("modification_id", change.id.raw)
        field("order_id", change.order.raw)
        field("task_id", change.task.raw)
        field("client_id", change.client.raw)
        field("state", change.state.rawValue)
        field("meaning", change.state.sentence)
        field("is_over", !change.state.isOpen)
        key("before")
        shape(change.before)
        key("wanted")
        shape(change.wanted)
        field("held_amount", change.heldMore.rupees)
        field("held_quantity", change.reservedMore.raw)
        field("released_amount", change.released.rupees)
        field("released_quantity", change.releasedShares.raw)
        field("tries", change.tries)
        fieldOrNull("reason_code", change.reason?.rawValue)
        fieldOrNull("broker_message", change.words)
        field("asked_at", TimestampText.text(change.askedAt))
        fieldOrNull("ended_at", change.endedAt.map(TimestampText.text))
    }
}
