import BrokerKit
import Desk
import JSON
import Trading

/// Super orders: an entry with a target and a stop that may trail (dhan.md §4).
extension DhanBroker {
    static func superOrderBody(_ attempt: ConditionalAttempt, _ instrument: BrokerInstrument)
        -> [UInt8]
    {
        guard case .bracket(let entry, let target, let stop, let trail) = attempt.terms.condition
        else { preconditionFailure("super orders are brackets") }
        let terms = attempt.terms
        var body = JSONWriter(capacity: 384)
        body.beginObject()
        body.field("dhanClientId", attempt.session.brokerClientID)
        body.field("correlationId", attempt.reference)
        body.field("transactionType", terms.side.rawValue)
        body.field("exchangeSegment", instrument.segment)
        body.field("productType", DhanWords.product(terms.product))
        body.field("orderType", entry == nil ? "MARKET" : "LIMIT")
        body.field("securityId", instrument.code)
        body.field("quantity", terms.quantity.raw)
        body.amount("price", entry)
        body.amount("targetPrice", target.trigger)
        body.amount("stopLossPrice", stop.trigger)
        body.amount("trailingJump", trail)
        body.endObject()
        return body.bytes
    }

    /// One body for each leg that changes; the entry's first, since it carries the quantity.
    static func superOrderChanges(_ order: LiveConditional, _ terms: ConditionalTerms) -> [[UInt8]]
    {
        guard
            case .bracket(let oldEntry, let oldTarget, let oldStop, let oldTrail) =
                order.terms.condition,
            case .bracket(let entry, let target, let stop, let trail) = terms.condition
        else { return [] }
        func body(_ leg: String, _ members: (inout JSONWriter) -> Void) -> [UInt8] {
            var body = JSONWriter(capacity: 256)
            body.beginObject()
            body.field("dhanClientId", order.session.brokerClientID)
            body.field("orderId", order.brokerID)
            body.field("legName", leg)
            members(&body)
            body.endObject()
            return body.bytes
        }
        if entry != oldEntry || terms.quantity != order.terms.quantity {
            let all = body("ENTRY_LEG") { body in
                body.field("orderType", entry == nil ? "MARKET" : "LIMIT")
                body.field("quantity", terms.quantity.raw)
                body.amount("price", entry)
                body.amount("targetPrice", target.trigger)
                body.amount("stopLossPrice", stop.trigger)
                body.amount("trailingJump", trail)
            }
            return [all]
        }
        var bodies: [[UInt8]] = []
        if target != oldTarget {
            bodies.append(body("TARGET_LEG") { $0.amount("targetPrice", target.trigger) })
        }
        if stop != oldStop || trail != oldTrail {
            bodies.append(
                body("STOP_LOSS_LEG") { body in
                    body.amount("stopLossPrice", stop.trigger)
                    // Left out, the trail would be cancelled.
                    body.amount("trailingJump", trail)
                }
            )
        }
        return bodies
    }

    static func superOrder(_ value: JSONValue) throws(BrokerFailure) -> ConditionalReport {
        let legs = value["legDetails"]?.array ?? []
        let target = legs.first { $0.text("legName") == "TARGET_LEG" }
        let stop = legs.first { $0.text("legName") == "STOP_LOSS_LEG" }
        let triggers = [target, stop].compactMap { $0?.price("price") }
        guard let id = value.text("orderId"), let content = content(value, .bracket, triggers)
        else { throw .unreachable("an entry of the super orders is not understood") }
        return ConditionalReport(
            brokerID: id,
            reference: value.text("correlationId"),
            status: superStatus(value.text("orderStatus"), [target, stop].compactMap(\.self)),
            content: content,
            createdAt: createdAt(value),
            orders: [id],
            message: value.text("omsErrorDescription"),
            hasFilled: [target, stop].contains {
                $0?.text("orderStatus")?.uppercased() == "TRADED"
            }
        )
    }

    /// An entry that has traded is alive for as long as one of its exits waits.
    private static func superStatus(_ word: String?, _ exits: [JSONValue])
        -> ConditionalReport.Status
    {
        let words = exits.compactMap { $0.text("orderStatus")?.uppercased() }
        switch word?.uppercased() {
        case "CLOSED": return .triggered
        case "TRADED":
            if words.contains("TRADED") || words.contains("TRIGGERED") { return .triggered }
            let ended = words.allSatisfy { $0 == "CANCELLED" || $0 == "REJECTED" }
            return ended && !words.isEmpty ? .cancelled : .entered
        case "CANCELLED": return .cancelled
        case "REJECTED": return .rejected
        case "EXPIRED": return .expired
        default: return .waiting
        }
    }
}

extension JSONWriter {
    /// Writes a price as a number; none as 0, which is how Dhan writes it.
    mutating func amount(_ name: String, _ price: Price?) {
        key(name)
        rawNumber(price?.rupees ?? "0")
    }
}
