import BrokerKit
package import Desk
import HTTPClient
import JSON
package import Trading

/// Orders: place, find, list, look, cancel (dhan.md §2).
extension DhanBroker {
    package func place(_ attempt: Attempt, sendBefore deadline: ContinuousClock.Instant) async
        -> PlacementAnswer
    {
        guard let instrument = attempt.session.instrument else {
            return .refused(.noInstrumentAtBroker, words: "")
        }
        do {
            let reply = try await calls.sendOnce(
                "POST",
                Self.placing,
                headers: headers(attempt.session),
                body: Self.placementBody(attempt, instrument),
                egress: attempt.session.egress,
                before: deadline,
                unless: attempt.brake
            )
            return DhanErrors.answer(toPlacement: reply)
        } catch {
            return PlacementAnswer(error)
        }
    }

    static func placementBody(_ attempt: Attempt, _ instrument: BrokerInstrument) -> [UInt8] {
        let terms = attempt.terms
        var body = JSONWriter(capacity: 384)
        body.beginObject()
        body.field("dhanClientId", attempt.session.brokerClientID)
        body.field("correlationId", attempt.reference)
        body.field("transactionType", terms.side.rawValue)
        body.field("exchangeSegment", instrument.segment)
        body.field("productType", DhanWords.product(terms.product))
        body.field("orderType", DhanWords.orderType(terms.type))
        body.field("validity", terms.validity.rawValue)
        body.field("securityId", instrument.code)
        body.field("quantity", attempt.quantity.raw)
        body.field("disclosedQuantity", 0)
        body.key("price")
        body.rawNumber(terms.price?.rupees ?? "0")
        body.key("triggerPrice")
        body.rawNumber(terms.trigger?.rupees ?? "0")
        body.field("afterMarketOrder", false)
        body.endObject()
        return body.bytes
    }

    package func find(_ doubt: Doubt) async throws(BrokerFailure) -> OrderReport? {
        do {
            let value = try await read("/orders/external/\(doubt.reference)", doubt.session)
            return Self.reports(in: value).first { $0.reference == doubt.reference }
        } catch .refused {
            // Dhan answers an unknown reference with an error; only the whole book proves absence.
            return nil
        }
    }

    package func orders(_ session: BrokerSession) async throws(BrokerFailure) -> [OrderReport] {
        let value = try await read("/orders", session)
        guard let entries = value.array else { throw .unreachable("the order book is no list") }
        let reports = Self.reports(in: value)
        // A book that is not understood to the last entry cannot testify that an order is absent.
        guard reports.count == entries.count else {
            throw .unreachable("an entry of the order book is not understood")
        }
        return reports
    }

    package func trades(_ session: BrokerSession) async throws(BrokerFailure) -> [TradeReport] {
        let value = try await read("/trades", session)
        guard let entries = value.array else { throw .unreachable("the trades are no list") }
        let trades = entries.flatMap { entry in
            entry.text("orderId").map { Self.trades(in: entry, of: $0) } ?? []
        }
        // As with the book: what is not understood to the last entry proves nothing.
        guard trades.count == entries.count else {
            throw .unreachable("an entry of the trades is not understood")
        }
        return trades
    }

    package func look(_ order: LiveOrder) async throws(BrokerFailure) -> (
        OrderReport, [TradeReport]
    ) {
        // What a cancel came to is not to wait behind orders either.
        try await (order.isCancelAsked ? DhanBroker(calls: cancelCalls) : self).read(order)
    }

    private func read(_ order: LiveOrder) async throws(BrokerFailure) -> (
        OrderReport, [TradeReport]
    ) {
        if let filled = try await filledAtTheMarket(order) { return filled }
        let value: JSONValue
        do {
            value = try await read("/orders/\(order.brokerOrderID)", order.session)
        } catch .refused(let code, let words) {
            // Of an order of an earlier day only its trades are left.
            if let past = try await pastTrades(of: order) { return past }
            throw .refused(code: code, words: words)
        }
        if value.array?.isEmpty == true {
            // As good as the refusal above.
            if let past = try await pastTrades(of: order) { return past }
            throw .refused(code: "none", words: "no such order")
        }
        guard
            let report = Self.reports(in: value)
                .first(where: { $0.brokerOrderID == order.brokerOrderID })
        else { throw .unreachable("the order is not in the answer") }
        guard report.filled > order.filled else { return (report, []) }
        return (report, try await trades(of: order))
    }

    /// An order at the market, where its own trades show it filled to the last share.
    ///
    /// They then say all that its entry in the book would, in one read instead of two.
    private func filledAtTheMarket(_ order: LiveOrder) async throws(BrokerFailure) -> (
        OrderReport, [TradeReport]
    )? {
        guard order.terms.type == .market, order.filled < order.quantity, !order.isBeingModified
        else { return nil }
        let trades: [TradeReport]
        do {
            trades = Self.trades(
                in: try await read("/trades/\(order.brokerOrderID)", order.session),
                of: order.brokerOrderID
            )
        } catch .refused {
            // Where there are none yet, an error may say so.
            return nil
        }
        guard trades.reduce(Quantity.zero, { $0 + $1.quantity }) == order.quantity else {
            return nil
        }
        let report = OrderReport(
            brokerOrderID: order.brokerOrderID,
            reference: order.reference,
            status: .filled,
            quantity: order.quantity,
            filled: order.quantity,
            message: nil
        )
        return (report, trades)
    }

    /// The order's trades, from the day's list where its own is refused; none where neither tells
    /// now: the order's state is news all the same, and what it lacks is looked at again.
    private func trades(of order: LiveOrder) async throws(BrokerFailure) -> [TradeReport] {
        for path in ["/trades/\(order.brokerOrderID)", "/trades"] {
            do {
                let trades = Self.trades(
                    in: try await read(path, order.session),
                    of: order.brokerOrderID
                )
                if !trades.isEmpty { return trades }
            } catch {
                switch error {
                case .sessionEnded: throw error
                case .refused: continue
                case .limited, .unreachable: return []
                }
            }
        }
        return []
    }

    package func cancel(_ order: LiveOrder) async throws(BrokerFailure) {
        let reply = try await cancelCalls.read(
            "DELETE",
            "/orders/\(order.brokerOrderID)",
            headers: headers(order.session),
            egress: order.session.egress
        )
        // The documents' 202 may come without a body.
        guard reply.body.isEmpty, (200...299).contains(reply.status) else {
            _ = try DhanErrors.value(of: reply)
            return
        }
    }

    /// The orders in an answer: a list, or one object where the documents say so.
    static func reports(in value: JSONValue) -> [OrderReport] {
        (value.array ?? [value]).compactMap(report)
    }

    private static func report(_ value: JSONValue) -> OrderReport? {
        guard let id = value.text("orderId"), let filled = value.filled("filledQty", "filled_qty")
        else { return nil }
        return OrderReport(
            brokerOrderID: id,
            reference: value.text("correlationId"),
            // An order with a word that nobody documents is there all the same; it must not be
            // taken for absent, and nothing more is known of it.
            status: value.text("orderStatus").flatMap(DhanWords.status) ?? .inTransit,
            quantity: value.quantity("quantity") ?? .zero,
            filled: filled,
            message: value.text("omsErrorDescription"),
            reported: ReportedShape(
                type: value.text("orderType").flatMap(DhanWords.orderType),
                price: value.price("price"),
                trigger: value.price("triggerPrice")
            ),
            particulars: particulars(value)
        )
    }

    private static func particulars(_ value: JSONValue) -> OrderParticulars? {
        guard let side = value.text("transactionType").flatMap(Side.init(rawValue:)),
            let code = value.text("securityId")
        else { return nil }
        return OrderParticulars(
            side: side,
            code: code,
            at: createdAt(value),
            product: value.text("productType").flatMap(DhanWords.product),
            leg: value.text("legName").flatMap { $0.isEmpty ? nil : $0 }
        )
    }

    /// The trades of one order; the documents show one object, answers show a list.
    static func trades(in value: JSONValue, of order: String) -> [TradeReport] {
        (value.array ?? [value]).compactMap { trade -> TradeReport? in
            guard trade.text("orderId") == order, let id = trade.text("exchangeTradeId"),
                let quantity = trade.quantity("tradedQuantity"), quantity > .zero,
                let price = trade.price("tradedPrice")
            else { return nil }
            let at = ["exchangeTime", "updateTime", "createTime"].lazy
                .compactMap { trade.text($0).flatMap(IndianTimeText.parse) }.first
            return TradeReport(
                brokerOrderID: order,
                tradeID: id,
                quantity: quantity,
                price: price,
                at: at ?? Timestamp(microseconds: 0)
            )
        }
    }
}
