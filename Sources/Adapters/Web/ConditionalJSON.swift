import Desk
import JSON
import Trading

extension JSONWriter {
    /// One conditional order, without the braces.
    mutating func conditionalFields(_ record: ConditionalRecord) {
        let terms = record.terms
        field("conditional_order_id", record.id.raw)
        field("client_id", record.client.raw)
        field("broker", record.broker.rawValue)
        field("state", record.state.rawValue)
        field("kind", terms.kind.rawValue)
        field("symbol", terms.instrument.symbol)
        field("exchange", terms.instrument.exchange.rawValue)
        field("side", terms.side.rawValue)
        field("product", terms.product.rawValue)
        conditionalLevels(terms)
        if let wished = record.wished {
            key("change_wished")
            beginObject()
            conditionalLevels(wished)
            endObject()
        }
        field("cancel_asked", record.isCancelAsked)
        fieldOrNull("broker_conditional_id", record.brokerID)
        key("broker_order_ids")
        beginArray()
        for order in record.orders { string(order) }
        endArray()
        key("order_ids")
        beginArray()
        for order in record.fired { integer(order.intent.raw) }
        endArray()
        fieldOrNull("reason_code", record.reason?.rawValue)
        fieldOrNull("meaning", record.reason?.sentence)
        fieldOrNull("broker_message", record.words)
        fieldOrNull("exits_of", record.parent?.raw)
        fieldOrNull("entry_task_id", record.entryTask?.raw)
        field("created_at", TimestampText.text(record.createdAt))
        field("updated_at", TimestampText.text(record.updatedAt))
    }

    private mutating func conditionalLevels(_ terms: ConditionalTerms) {
        field("quantity", terms.quantity.raw)
        switch terms.condition {
        case .single(let direction, let leg):
            field("direction", direction.rawValue)
            levels(leg)
        case .oneCancelsOther(let target, let stop):
            exits(target, stop, trail: nil)
        case .bracket(let entry, let target, let stop, let trail):
            fieldOrNull("price", entry?.rupees)
            exits(target, stop, trail: trail)
        }
    }

    private mutating func exits(_ target: TriggeredLeg, _ stop: TriggeredLeg, trail: Price?) {
        key("target")
        beginObject()
        levels(target)
        endObject()
        key("stop")
        beginObject()
        levels(stop)
        if let trail { field("trail", trail.rupees) }
        endObject()
    }

    private mutating func levels(_ leg: TriggeredLeg) {
        field("trigger_price", leg.trigger.rupees)
        fieldOrNull("price", leg.price?.rupees)
    }
}

extension ConditionalTerms {
    /// What tells one wish from another, the same for the same wish.
    var canonical: String {
        let levels = condition.legs.map { "\($0.trigger.raw) \($0.price?.raw ?? 0)" }
        var rest = ""
        if case .single(let direction, _) = condition { rest = direction.rawValue }
        if case .bracket(let entry, _, _, let trail) = condition {
            rest = "\(entry?.raw ?? 0) \(trail?.raw ?? 0)"
        }
        return "\(kind.rawValue) \(instrument.id) \(side.rawValue) \(product.rawValue) "
            + "\(quantity.raw) \(levels.joined(separator: " ")) \(rest)"
    }
}
