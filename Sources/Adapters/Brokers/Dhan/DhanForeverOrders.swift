import BrokerKit
import Desk
import JSON
import Trading

/// Forever orders: one trigger, or a target and a stop, for delivery (dhan.md §4).
///
/// Of an OCO the first leg is the target: its changes name it TARGET_LEG, and the second STOP_LOSS_LEG.
extension DhanBroker {
    static func foreverBody(_ attempt: ConditionalAttempt, _ instrument: BrokerInstrument)
        -> [UInt8]
    {
        let terms = attempt.terms
        let first = terms.condition.legs[0]
        let second = terms.condition.legs.dropFirst().first
        var body = JSONWriter(capacity: 512)
        body.beginObject()
        body.field("dhanClientId", attempt.session.brokerClientID)
        body.field("correlationId", attempt.reference)
        body.field("orderFlag", second == nil ? "SINGLE" : "OCO")
        body.field("transactionType", terms.side.rawValue)
        body.field("exchangeSegment", instrument.segment)
        body.field("productType", DhanWords.product(terms.product))
        body.field("orderType", orderType(terms))
        body.field("validity", "DAY")
        body.field("securityId", instrument.code)
        body.field("quantity", terms.quantity.raw)
        body.field("disclosedQuantity", 0)
        body.amount("price", first.price)
        body.amount("triggerPrice", first.trigger)
        body.amount("price1", second?.price)
        body.amount("triggerPrice1", second?.trigger)
        body.field("quantity1", second == nil ? 0 : terms.quantity.raw)
        body.endObject()
        return body.bytes
    }

    /// There is one word for both legs: where either has a limit, both are limit orders.
    private static func orderType(_ terms: ConditionalTerms) -> String {
        terms.condition.legs.allSatisfy { $0.price == nil } ? "MARKET" : "LIMIT"
    }

    static func foreverChanges(_ order: LiveConditional, _ terms: ConditionalTerms) -> [[UInt8]] {
        let names = ["TARGET_LEG", "STOP_LOSS_LEG"]
        let legs = zip(names, zip(order.terms.condition.legs, terms.condition.legs))
        return legs.compactMap { name, change in
            let (old, new) = change
            guard old != new || terms.quantity != order.terms.quantity else { return nil }
            var body = JSONWriter(capacity: 256)
            body.beginObject()
            body.field("dhanClientId", order.session.brokerClientID)
            body.field("orderId", order.brokerID)
            body.field("orderFlag", terms.kind == .single ? "SINGLE" : "OCO")
            body.field("orderType", orderType(terms))
            body.field("legName", name)
            body.field("quantity", terms.quantity.raw)
            body.field("disclosedQuantity", 0)
            body.amount("price", new.price)
            body.amount("triggerPrice", new.trigger)
            body.field("validity", "DAY")
            body.endObject()
            return body.bytes
        }
    }

    /// The list has a line for each leg; those of one id are one order.
    static func forever(_ entries: [JSONValue]) throws(BrokerFailure) -> [ConditionalReport] {
        var order: [String] = []
        var lines: [String: [JSONValue]] = [:]
        for entry in entries {
            guard let id = entry.text("orderId") else {
                throw .unreachable("an entry of the forever orders has no id")
            }
            if lines[id] == nil { order.append(id) }
            lines[id, default: []].append(entry)
        }
        return try order.map { id throws(BrokerFailure) in
            try forever(id, (lines[id] ?? []).sorted { place($0) < place($1) })
        }
    }

    private static func place(_ line: JSONValue) -> Int {
        line.text("legName") == "STOP_LOSS_LEG" ? 1 : 0
    }

    private static func forever(_ id: String, _ lines: [JSONValue]) throws(BrokerFailure)
        -> ConditionalReport
    {
        let first = lines[0]
        let isPair = first.text("orderType")?.uppercased() == "OCO" || lines.count > 1
        let triggers = lines.compactMap { $0.price("triggerPrice") }
        guard triggers.count == lines.count,
            let content = content(first, isPair ? .oneCancelsOther : .single, triggers)
        else { throw .unreachable("an entry of the forever orders is not understood") }
        let words = lines.compactMap { $0.text("orderStatus")?.uppercased() }
        return ConditionalReport(
            brokerID: id,
            reference: first.text("correlationId"),
            status: foreverStatus(words),
            content: content,
            createdAt: createdAt(first),
            orders: [],
            message: lines.lazy.compactMap { $0.text("omsErrorDescription") }.first,
            hasFilled: words.contains("TRADED")
        )
    }

    /// What has fired tells; else what still waits; else how it ended.
    private static func foreverStatus(_ words: [String]) -> ConditionalReport.Status {
        if words.contains(where: { ["TRADED", "TRIGGERED", "PART_TRADED"].contains($0) }) {
            return .triggered
        }
        if words.contains(where: { !["REJECTED", "CANCELLED", "EXPIRED"].contains($0) }) {
            return .waiting
        }
        if words.contains("REJECTED") { return .rejected }
        return words.contains("EXPIRED") ? .expired : .cancelled
    }
}
