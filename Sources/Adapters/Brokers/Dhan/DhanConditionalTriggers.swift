import BrokerKit
import Desk
import JSON
import Trading

/// Conditional triggers: an order that is sent once a price has been crossed (dhan.md §4).
extension DhanBroker {
    static func triggerBody(_ attempt: ConditionalAttempt, _ instrument: BrokerInstrument)
        -> [UInt8]
    {
        triggerBody(attempt.terms, attempt.session, instrument, id: nil)
    }

    static func triggerChange(_ order: LiveConditional, _ terms: ConditionalTerms) -> [[UInt8]] {
        guard let instrument = order.session.instrument else { return [] }
        return [triggerBody(terms, order.session, instrument, id: order.brokerID)]
    }

    /// Amounts of the orders are texts here, and the condition's is a number.
    private static func triggerBody(
        _ terms: ConditionalTerms,
        _ session: BrokerSession,
        _ instrument: BrokerInstrument,
        id: String?
    ) -> [UInt8] {
        guard case .single(let direction, let leg) = terms.condition else {
            preconditionFailure("conditional triggers are single")
        }
        var body = JSONWriter(capacity: 640)
        body.beginObject()
        body.field("dhanClientId", session.brokerClientID)
        if let id { body.field("alertId", id) }
        body.key("condition")
        body.beginObject()
        body.field("comparisonType", "PRICE_WITH_VALUE")
        body.field("exchangeSegment", instrument.segment)
        body.field("securityId", instrument.code)
        body.field("operator", direction == .rises ? "CROSSING_UP" : "CROSSING_DOWN")
        body.amount("comparingValue", leg.trigger)
        body.field("frequency", "ONCE")
        body.endObject()
        body.key("orders")
        body.beginArray()
        body.beginObject()
        body.field("transactionType", terms.side.rawValue)
        body.field("exchangeSegment", instrument.segment)
        body.field("productType", DhanWords.product(terms.product))
        body.field("orderType", leg.price == nil ? "MARKET" : "LIMIT")
        body.field("securityId", instrument.code)
        body.field("quantity", terms.quantity.raw)
        body.field("validity", "DAY")
        body.field("price", leg.price?.rupees ?? "0")
        body.field("discQuantity", "0")
        body.field("triggerPrice", "0")
        body.endObject()
        body.endArray()
        body.endObject()
        return body.bytes
    }

    static func trigger(_ value: JSONValue) throws(BrokerFailure) -> ConditionalReport {
        guard let id = value.text("alertId"), let condition = value["condition"],
            let order = value["orders"]?.array?.first,
            // Others may wait for indicators or indices: no price of theirs is a trigger of ours.
            let content = content(
                order,
                .single,
                [condition.price("comparingValue")].compactMap(\.self)
            )
        else { throw .unreachable("an entry of the conditional triggers is not understood") }
        return ConditionalReport(
            brokerID: id,
            reference: nil,
            status: triggerStatus(value.text("alertStatus")),
            content: content,
            createdAt: universalTime(value, "createdTime"),
            orders: [],
            message: nil,
            firedAt: universalTime(value, "triggeredTime")
        )
    }

    /// Universal time here, and Indian time elsewhere.
    private static func universalTime(_ value: JSONValue, _ name: String) -> Timestamp? {
        value.text(name).flatMap(IndianTimeText.parse)?.advanced(by: .seconds(19_800))
    }

    private static func triggerStatus(_ word: String?) -> ConditionalReport.Status {
        switch word?.uppercased() {
        case "TRIGGERED": .triggered
        case "EXPIRED": .expired
        case "CANCELLED": .cancelled
        default: .waiting
        }
    }
}
