import BrokerKit
package import Desk
import HTTPClient
import JSON
package import Trading

/// Smart orders: GTT and OCO (groww.md §4). Amounts are texts here.
extension GrowwBroker: ConditionalOrders {
    static let advancing = "/order-advance/create"

    package var conditionalTraits: ConditionalTraits { Self.declaredConditional }

    /// What Groww's documents promise of these.
    package static let declaredConditional = ConditionalTraits(
        kinds: [
            .single: .init(
                products: [.delivery, .intraday],
                limits: .allowed,
                showsReferences: true,
                listsEnded: true
            ),
            // Of shares the pages disagree: "not supported", or "MIS only".
            .oneCancelsOther: .init(
                products: [.intraday],
                limits: .allowed,
                showsReferences: true,
                listsEnded: true
            ),
        ],
        refusals: refusals.map {
            RefusalProof(
                path: advancing,
                status: $0.status,
                code: $0.code,
                reason: $0.reason,
                source: $0.source
            )
        }
    )

    package func place(
        _ attempt: ConditionalAttempt,
        sendBefore deadline: ContinuousClock.Instant
    ) async -> PlacementAnswer {
        guard let listing = GrowwListing(attempt.session.instrument) else {
            return .refused(.noInstrumentAtBroker, words: "")
        }
        var position: Int64 = 0
        if attempt.terms.kind == .oneCancelsOther {
            do {
                position = try await netPosition(attempt, listing)
            } catch {
                // Only positions were asked for so far.
                return .notSent("no positions: \(error.words)")
            }
            let closes = attempt.terms.side == .sell ? position : -position
            guard closes >= attempt.terms.quantity.raw else {
                return .refused(.brokerRefused, words: "there is no such position to close")
            }
        }
        do {
            let reply = try await calls.sendOnce(
                "POST",
                Self.advancing,
                headers: headers(attempt.session),
                body: Self.smartOrderBody(attempt, listing, position: position),
                egress: attempt.session.egress,
                before: deadline
            )
            return GrowwErrors.answer(
                toPlacement: reply,
                of: attempt.reference,
                at: Self.advancing,
                by: Self.declaredConditional.refusals,
                idAs: "smart_order_id",
                referenceAs: "reference_id"
            )
        } catch {
            return PlacementAnswer(error)
        }
    }

    /// An OCO closes a position, and must name how large that is.
    private func netPosition(_ attempt: ConditionalAttempt, _ listing: GrowwListing)
        async throws(BrokerFailure) -> Int64
    {
        let product = GrowwWords.product(attempt.terms.product)
        return try await positions(attempt.session)
            .filter { $0.symbol == listing.symbol && $0.product == product }
            .reduce(0) { $0 + $1.netQuantity }
    }

    static func smartOrderBody(
        _ attempt: ConditionalAttempt,
        _ listing: GrowwListing,
        position: Int64
    ) -> [UInt8] {
        let terms = attempt.terms
        var body = JSONWriter(capacity: 512)
        body.beginObject()
        body.field("smart_order_type", word(terms))
        body.field("reference_id", attempt.reference)
        body.field("segment", listing.segment)
        body.field("trading_symbol", listing.symbol)
        body.field("quantity", terms.quantity.raw)
        body.field("product_type", GrowwWords.product(terms.product))
        body.field("exchange", listing.exchange)
        body.field("duration", "DAY")
        switch terms.condition {
        case .single(let direction, let leg):
            single(direction, leg, terms.side, &body)
        case .oneCancelsOther(let target, let stop):
            body.field("net_position_quantity", position)
            pair(target, stop, &body)
            body.field("transaction_type", terms.side.rawValue)
        case .bracket:
            // Not declared.
            break
        }
        body.endObject()
        return body.bytes
    }

    private static func word(_ terms: ConditionalTerms) -> String {
        terms.kind == .single ? "GTT" : "OCO"
    }

    private static func single(
        _ direction: TriggerDirection,
        _ leg: TriggeredLeg,
        _ side: Side,
        _ body: inout JSONWriter
    ) {
        body.field("trigger_price", leg.trigger.rupees)
        body.field("trigger_direction", direction == .rises ? "UP" : "DOWN")
        body.key("order")
        body.beginObject()
        body.field("order_type", leg.price == nil ? "MARKET" : "LIMIT")
        body.fieldOrNull("price", leg.price?.rupees)
        body.field("transaction_type", side.rawValue)
        body.endObject()
    }

    private static func pair(
        _ target: TriggeredLeg,
        _ stop: TriggeredLeg,
        _ body: inout JSONWriter
    ) {
        let kinds = [
            ("target", target, target.price == nil ? "MARKET" : "LIMIT"),
            ("stop_loss", stop, stop.price == nil ? "SL_M" : "SL"),
        ]
        for (name, leg, type) in kinds {
            body.key(name)
            body.beginObject()
            body.field("trigger_price", leg.trigger.rupees)
            body.field("order_type", type)
            body.fieldOrNull("price", leg.price?.rupees)
            body.endObject()
        }
    }

    package func modify(_ order: LiveConditional, to terms: ConditionalTerms)
        async throws(BrokerFailure)
    {
        var body = JSONWriter(capacity: 384)
        body.beginObject()
        body.field("smart_order_type", Self.word(terms))
        body.field("segment", GrowwListing.segment(order.session))
        body.field("quantity", terms.quantity.raw)
        switch terms.condition {
        case .single(let direction, let leg): Self.single(direction, leg, terms.side, &body)
        case .oneCancelsOther(let target, let stop): Self.pair(target, stop, &body)
        case .bracket: break
        }
        body.endObject()
        let reply = try await cancelCalls.read(
            "PUT",
            "/order-advance/modify/" + order.brokerID,
            headers: headers(order.session),
            body: body.bytes,
            egress: order.session.egress
        )
        _ = try GrowwErrors.payload(of: reply)
    }

    package func cancel(_ order: LiveConditional) async throws(BrokerFailure) {
        let reply = try await cancelCalls.read(
            "POST",
            "/order-advance/cancel/" + Self.place(of: order) + order.brokerID,
            headers: headers(order.session),
            egress: order.session.egress
        )
        _ = try GrowwErrors.payload(of: reply)
    }

    /// `CASH/GTT/`, as paths have it.
    private static func place(of order: LiveConditional) -> String {
        GrowwListing.segment(order.session) + "/" + word(order.terms) + "/"
    }

    package func look(_ order: LiveConditional) async throws(BrokerFailure) -> ConditionalReport {
        let path = "/order-advance/status/" + Self.place(of: order) + "internal/" + order.brokerID
        let report = try Self.smartReport(await read(path, order.session))
        guard report.brokerID == order.brokerID else {
            throw .unreachable("the smart order is not in the answer")
        }
        return report
    }

    private static let states = [
        "ACTIVE", "TRIGGERED", "COMPLETED", "CANCELLED", "EXPIRED", "FAILED",
    ]
    private static let pageSize = 50

    /// Each state is asked for by itself, page by page, from the day before it was sent.
    package func conditionalOrders(like order: ConditionalAttempt) async throws(BrokerFailure)
        -> [ConditionalReport]
    {
        var reports: [ConditionalReport] = []
        for state in Self.states {
            for page in 0...500 {
                let query = FormBody([
                    ("smart_order_type", Self.word(order.terms)),
                    ("segment", GrowwListing.segment(order.session)), ("status", state),
                    ("page", String(page)), ("page_size", String(Self.pageSize)),
                    ("start_date_time", GrowwTimeText.text(order.startedAt, days: -1)),
                    ("end_date_time", GrowwTimeText.text(order.startedAt, days: 2)),
                ])
                let value = try await read("/order-advance/list?" + query.text, order.session)
                guard let entries = value["orders"]?.array else {
                    throw .unreachable("the smart orders are no list")
                }
                reports += try entries.map(Self.smartReport)
                if entries.count < Self.pageSize { break }
            }
        }
        return reports
    }

    static func smartReport(_ value: JSONValue) throws(BrokerFailure) -> ConditionalReport {
        let isPair = value.text("smart_order_type") == "OCO"
        let triggers =
            isPair
            ? [value["target"], value["stop_loss"]].compactMap { $0?.price("trigger_price") }
            : [value.price("trigger_price")].compactMap(\.self)
        let word = value.text("transaction_type") ?? value["order"]?.text("transaction_type")
        guard let id = value.text("smart_order_id"), let symbol = value.text("trading_symbol"),
            let side = word.flatMap(Side.init(rawValue:)), let quantity = value.quantity("quantity")
        else { throw .unreachable("a smart order is not understood") }
        return ConditionalReport(
            brokerID: id,
            reference: value.text("reference_id"),
            status: smartStatus(value.text("status")),
            content: ConditionalContent(
                kind: isPair ? .oneCancelsOther : .single,
                side: side,
                code: symbol,
                quantity: quantity,
                triggers: triggers
            ),
            createdAt: value.text("created_at").flatMap(GrowwTime.parse),
            // Which order came of it is documented nowhere.
            orders: [],
            message: value.text("remark"),
            firedAt: value.text("triggered_at").flatMap(GrowwTime.parse)
        )
    }

    private static func smartStatus(_ word: String?) -> ConditionalReport.Status {
        switch word {
        case "TRIGGERED", "COMPLETED": .triggered
        case "CANCELLED": .cancelled
        case "EXPIRED": .expired
        case "FAILED": .rejected
        default: .waiting
        }
    }
}
