import BrokerKit
package import Desk
import HTTPClient
import JSON
package import Trading

/// Orders: place, find, list, look, cancel (groww.md §2).
extension GrowwBroker {
    package func place(_ attempt: Attempt, sendBefore deadline: ContinuousClock.Instant) async
        -> PlacementAnswer
    {
        guard let listing = GrowwListing(attempt.session.instrument) else {
            return .refused(.noInstrumentAtBroker, words: "")
        }
        guard traits.products.contains(attempt.terms.product) else {
            return .refused(.brokerNotSupported, words: "\(attempt.terms.product.rawValue)")
        }
        do {
            let reply = try await calls.sendOnce(
                "POST",
                Self.placing,
                headers: headers(attempt.session),
                body: Self.placementBody(attempt, listing),
                egress: attempt.session.egress,
                before: deadline,
                unless: attempt.brake
            )
            return GrowwErrors.answer(toPlacement: reply, of: attempt.reference)
        } catch {
            return PlacementAnswer(error)
        }
    }

    /// All eleven members, as the official SDK always sends them.
    static func placementBody(_ attempt: Attempt, _ listing: GrowwListing) -> [UInt8] {
        let terms = attempt.terms
        var body = JSONWriter(capacity: 384)
        body.beginObject()
        body.field("trading_symbol", listing.symbol)
        body.field("quantity", attempt.quantity.raw)
        body.key("price")
        body.rawNumber(terms.price?.rupees ?? "0")
        body.key("trigger_price")
        if let trigger = terms.trigger { body.rawNumber(trigger.rupees) } else { body.null() }
        body.field("validity", terms.validity.rawValue)
        body.field("exchange", listing.exchange)
        body.field("segment", listing.segment)
        body.field("product", GrowwWords.product(terms.product))
        body.field("order_type", GrowwWords.orderType(terms.type))
        body.field("transaction_type", terms.side.rawValue)
        body.field("order_reference_id", attempt.reference)
        body.endObject()
        return body.bytes
    }

    package func find(_ doubt: Doubt) async throws(BrokerFailure) -> OrderReport? {
        let segment = GrowwListing.segment(doubt.session)
        do {
            let value = try await read(
                "/order/status/reference/\(doubt.reference)?segment=\(segment)",
                doubt.session
            )
            guard value.text("order_reference_id") == doubt.reference else { return nil }
            // The answer tells no quantity; nobody else knows this order, so it is as it was sent.
            return Self.report(value, quantity: doubt.quantity)
        } catch .refused {
            // GA004 may also mean "not yet"; only the whole book proves absence.
            return nil
        }
    }

    package func orders(_ session: BrokerSession) async throws(BrokerFailure) -> [OrderReport] {
        var pace = GrowwReadPace()
        return try await book(session, &pace)
    }

    package func look(_ order: LiveOrder) async throws(BrokerFailure) -> (
        OrderReport, [TradeReport]
    ) {
        // What a cancel came to is not to wait behind orders either.
        try await (order.isCancelAsked ? GrowwBroker(calls: cancelCalls) : self).detail(order)
    }

    private func detail(_ order: LiveOrder) async throws(BrokerFailure) -> (
        OrderReport, [TradeReport]
    ) {
        let segment = GrowwListing.segment(order.session)
        let value = try await read(
            "/order/detail/\(order.brokerOrderID)?segment=\(segment)",
            order.session
        )
        guard let report = Self.report(value), report.brokerOrderID == order.brokerOrderID else {
            throw .unreachable("the order is not in the answer")
        }
        guard report.filled > order.filled else { return (report, []) }
        return (report, try await tradesIfTold(of: report, segment, order.session))
    }

    /// None where they are not told now: the order's state is news all the same, and what it lacks
    /// is looked at again.
    private func tradesIfTold(
        of report: OrderReport,
        _ segment: String,
        _ session: BrokerSession
    ) async throws(BrokerFailure) -> [TradeReport] {
        var pace = GrowwReadPace()
        do {
            return try await trades(of: report, segment, session, &pace)
        } catch {
            guard case .sessionEnded = error else { return [] }
            throw error
        }
    }

    package func cancel(_ order: LiveOrder) async throws(BrokerFailure) {
        var body = JSONWriter()
        body.beginObject()
        body.field("segment", GrowwListing.segment(order.session))
        body.field("groww_order_id", order.brokerOrderID)
        body.endObject()
        let reply = try await cancelCalls.read(
            "POST",
            "/order/cancel",
            headers: headers(order.session),
            body: body.bytes,
            egress: order.session.egress
        )
        _ = try GrowwErrors.payload(of: reply)
    }

    /// Nil without an id and what is filled; `known` is the quantity where the answer has none.
    static func report(_ value: JSONValue, quantity known: Quantity = .zero) -> OrderReport? {
        guard let id = value.text("groww_order_id"), let filled = value.filled("filled_quantity")
        else { return nil }
        let quantity = value.quantity("quantity") ?? known
        let status = GrowwWords.status(value.text("order_status"), filled: filled, of: quantity)
        return OrderReport(
            brokerOrderID: id,
            reference: value.text("order_reference_id"),
            status: status,
            quantity: quantity,
            filled: filled,
            // Orders that are well have a remark too, which says so.
            message: status == .rejected || status == .cancelled ? value.text("remark") : nil,
            reported: ReportedShape(
                type: value.text("order_type").flatMap(GrowwWords.orderType),
                price: value.price("price"),
                trigger: value.price("trigger_price")
            ),
            particulars: particulars(value)
        )
    }

    private static func particulars(_ value: JSONValue) -> OrderParticulars? {
        guard let side = value.text("transaction_type").flatMap(Side.init(rawValue:)),
            let code = value.text("trading_symbol")
        else { return nil }
        let at = value.text("created_at").flatMap(GrowwTime.parse)
        return OrderParticulars(
            side: side,
            code: code,
            at: at,
            product: value.text("product").flatMap(GrowwWords.product)
        )
    }
}
