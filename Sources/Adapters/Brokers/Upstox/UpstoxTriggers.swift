import BrokerKit
package import Desk
import HTTPClient
import JSON
package import Trading

/// GTT orders v3: an entry at a trigger, or an entry with a target and a stop (upstox.md §4).
extension UpstoxBroker: ConditionalOrders {
    static let triggering = "/v3/order/gtt/place"

    package var conditionalTraits: ConditionalTraits { Self.declaredConditional }

    /// What Upstox's documents promise of these: no tag, and a list of the active ones alone.
    package static let declaredConditional = ConditionalTraits(
        kinds: [
            .single: .init(
                products: [.delivery, .intraday, .marginFunding],
                limits: .none,
                showsReferences: false,
                listsEnded: false,
                namesOrders: true
            ),
            .bracket: .init(
                products: [.delivery, .intraday, .marginFunding],
                limits: .none,
                showsReferences: false,
                listsEnded: false,
                trails: true,
                needsEntryPrice: true,
                namesOrders: true
            ),
        ],
        refusals: proof(401, "UDAPI100050", .sessionExpired)
            + proof(403, "UDAPI1154", .brokerRefused)
            // "GTT rules".
            + (1126...1151).flatMap { proof(400, "UDAPI\($0)", .brokerRefused) }
    )

    private static func proof(_ status: Int, _ code: String, _ reason: Reason) -> [RefusalProof] {
        RefusalProof.each(
            path: triggering,
            statuses: [status],
            code: code,
            reason: reason,
            source: "upstox.md §9, table of codes"
        )
    }

    package func place(
        _ attempt: ConditionalAttempt,
        sendBefore deadline: ContinuousClock.Instant
    ) async -> PlacementAnswer {
        guard let instrument = attempt.session.instrument else {
            return .refused(.noInstrumentAtBroker, words: "")
        }
        do {
            // Not the host for orders: the official SDK sends these to the other one.
            let reply = try await hosts.reads.sendOnce(
                "POST",
                Self.triggering,
                headers: Self.headers(attempt.session),
                body: Self.triggerBody(attempt.terms, instrument),
                egress: attempt.session.egress,
                before: deadline
            )
            return UpstoxErrors.answer(
                toPlacement: reply,
                at: Self.triggering,
                by: Self.declaredConditional.refusals,
                idsAs: "gtt_order_ids"
            )
        } catch {
            return PlacementAnswer(error)
        }
    }

    static func triggerBody(_ terms: ConditionalTerms, _ instrument: BrokerInstrument) -> [UInt8] {
        var body = JSONWriter(capacity: 512)
        body.beginObject()
        body.field("type", terms.kind == .single ? "SINGLE" : "MULTIPLE")
        body.field("quantity", terms.quantity.raw)
        body.field("product", UpstoxWords.product(terms.product))
        rules(terms, &body)
        body.field("instrument_token", UpstoxWords.key(instrument))
        body.field("transaction_type", terms.side.rawValue)
        body.endObject()
        return body.bytes
    }

    private static func rules(_ terms: ConditionalTerms, _ body: inout JSONWriter) {
        func rule(
            _ strategy: String,
            _ type: String,
            _ trigger: Price?,
            gap: Price? = nil
        ) {
            body.beginObject()
            body.field("strategy", strategy)
            body.field("trigger_type", type)
            body.key("trigger_price")
            body.rawNumber(trigger?.rupees ?? "0")
            if let gap {
                body.key("trailing_gap")
                body.rawNumber(gap.rupees)
            }
            body.endObject()
        }
        body.key("rules")
        body.beginArray()
        switch terms.condition {
        case .single(let direction, let leg):
            rule("ENTRY", direction == .rises ? "ABOVE" : "BELOW", leg.trigger)
        case .bracket(let entry, let target, let stop, let trail):
            rule("ENTRY", "IMMEDIATE", entry)
            rule("TARGET", "IMMEDIATE", target.trigger)
            rule("STOPLOSS", "IMMEDIATE", stop.trigger, gap: trail)
        case .oneCancelsOther:
            // Not declared: an entry is compulsory.
            break
        }
        body.endArray()
    }

    package func conditionalOrders(like order: ConditionalAttempt) async throws(BrokerFailure)
        -> [ConditionalReport]
    {
        guard let entries = try await read("/v3/order/gtt", order.session).array else {
            throw .unreachable("the GTT orders are no list")
        }
        return try entries.map(Self.triggerReport)
    }

    package func look(_ order: LiveConditional) async throws(BrokerFailure) -> ConditionalReport {
        let path = "/v3/order/gtt?gtt_order_id=" + FormBody.encoded(order.brokerID)
        let entries = try await read(path, order.session).array ?? []
        for entry in entries where entry.text("gtt_order_id") == order.brokerID {
            return try Self.triggerReport(entry)
        }
        throw .unreachable("the GTT order is not in the answer")
    }

    package func modify(_ order: LiveConditional, to terms: ConditionalTerms)
        async throws(BrokerFailure)
    {
        var body = JSONWriter(capacity: 512)
        body.beginObject()
        body.field("type", terms.kind == .single ? "SINGLE" : "MULTIPLE")
        body.field("quantity", terms.quantity.raw)
        Self.rules(terms, &body)
        body.field("gtt_order_id", order.brokerID)
        body.endObject()
        try await change("PUT", "/v3/order/gtt/modify", order.session, body.bytes)
    }

    /// The id is in the body, also of a DELETE.
    package func cancel(_ order: LiveConditional) async throws(BrokerFailure) {
        var body = JSONWriter()
        body.beginObject()
        body.field("gtt_order_id", order.brokerID)
        body.endObject()
        try await change("DELETE", "/v3/order/gtt/cancel", order.session, body.bytes)
    }

    private func change(
        _ method: String,
        _ path: String,
        _ session: BrokerSession,
        _ body: [UInt8]
    ) async throws(BrokerFailure) {
        let reply = try await cancelHosts.reads.read(
            method,
            path,
            headers: Self.headers(session),
            body: body,
            egress: session.egress
        )
        _ = try UpstoxErrors.data(of: reply)
    }
}

/// Reading what the list of GTT orders says.
extension UpstoxBroker {
    static func triggerReport(_ value: JSONValue) throws(BrokerFailure) -> ConditionalReport {
        let rules = value["rules"]?.array ?? []
        func rule(_ strategy: String) -> JSONValue? {
            rules.first { $0.text("strategy") == strategy }
        }
        let isBracket = value.text("type") == "MULTIPLE"
        let waiting = isBracket ? ["TARGET", "STOPLOSS"] : ["ENTRY"]
        guard let id = value.text("gtt_order_id"), let entry = rule("ENTRY"),
            let side = entry.text("transaction_type").flatMap(Side.init(rawValue:)),
            let token = value.text("instrument_token"), let quantity = value.quantity("quantity")
        else { throw .unreachable("a GTT order is not understood") }
        return ConditionalReport(
            brokerID: id,
            reference: nil,
            status: isBracket
                ? bracketStatus(entry, waiting.compactMap(rule)) : singleStatus(entry),
            content: ConditionalContent(
                kind: isBracket ? .bracket : .single,
                side: side,
                code: String(token.split(separator: "|").last ?? ""),
                quantity: quantity,
                triggers: waiting.compactMap { rule($0)?.price("trigger_price") }
            ),
            createdAt: value.wholeNumber("created_at").map(Timestamp.init(microseconds:)),
            orders: rules.compactMap { $0.text("order_id") },
            message: rules.lazy.compactMap { $0.text("message") }.first
        )
    }

    private static func singleStatus(_ rule: JSONValue) -> ConditionalReport.Status {
        switch rule.text("status") {
        case "TRIGGERED", "OPEN", "COMPLETED": .triggered
        case "CANCELLED": .cancelled
        case "EXPIRED": .expired
        case "FAILED": .rejected
        default: .waiting
        }
    }

    /// An entry that is done is alive while an exit waits.
    private static func bracketStatus(_ entry: JSONValue, _ exits: [JSONValue])
        -> ConditionalReport.Status
    {
        switch entry.text("status") {
        case "CANCELLED": return .cancelled
        case "EXPIRED": return .expired
        case "FAILED": return .rejected
        case "COMPLETED": break
        default: return .waiting
        }
        let words = exits.compactMap { $0.text("status") }
        // Its order is at the exchange, or has filled.
        let fired: Set = ["OPEN", "TRIGGERED", "COMPLETED"]
        if words.contains(where: fired.contains) { return .triggered }
        return words.allSatisfy { $0 == "CANCELLED" || $0 == "FAILED" } ? .cancelled : .entered
    }
}
