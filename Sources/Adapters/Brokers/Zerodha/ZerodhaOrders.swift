import BrokerKit
package import Desk
import HTTPClient
import JSON
package import Trading

/// Orders: place, find, list, look, cancel (kite.md §2).
extension ZerodhaBroker {
    package func place(_ attempt: Attempt, sendBefore deadline: ContinuousClock.Instant) async
        -> PlacementAnswer
    {
        guard let instrument = attempt.session.instrument else {
            return .refused(.noInstrumentAtBroker, words: "")
        }
        let form = [(name: "Content-Type", value: "application/x-www-form-urlencoded")]
        do {
            let reply = try await calls.sendOnce(
                "POST",
                Self.placing,
                headers: headers(attempt.session) + form,
                body: Self.placementForm(attempt, instrument),
                egress: attempt.session.egress,
                before: deadline,
                unless: attempt.brake
            )
            return ZerodhaErrors.answer(toPlacement: reply)
        } catch {
            return PlacementAnswer(error)
        }
    }

    /// What does not apply is left out: Kite takes no empty values.
    static func placementForm(_ attempt: Attempt, _ instrument: BrokerInstrument) -> [UInt8] {
        let terms = attempt.terms
        var form = FormBody()
        form.field("exchange", instrument.segment)
        form.field("tradingsymbol", instrument.code)
        form.field("transaction_type", terms.side.rawValue)
        form.field("quantity", String(attempt.quantity.raw))
        form.field("product", ZerodhaWords.product(terms.product))
        form.field("order_type", ZerodhaWords.orderType(terms.type))
        form.field("validity", terms.validity.rawValue)
        if let price = terms.price { form.field("price", price.rupees) }
        if let trigger = terms.trigger { form.field("trigger_price", trigger.rupees) }
        // Since April 2026 Kite rejects orders at the market that set no protection; -1 leaves the
        // percentage to it.
        if terms.price == nil { form.field("market_protection", "-1") }
        form.field("tag", attempt.reference)
        return form.bytes
    }

    package func find(_ doubt: Doubt) async throws(BrokerFailure) -> OrderReport? {
        try await orders(doubt.session).first { $0.reference == doubt.reference }
    }

    /// The book, and beside it every order that only its trades tell of: these carry no tag, so the
    /// order's own history is asked whose it is.
    package func orders(_ session: BrokerSession) async throws(BrokerFailure) -> [OrderReport] {
        guard let entries = try await read("/orders", session).array else {
            throw .unreachable("the order book is no list")
        }
        var reports = entries.compactMap(Self.report)
        // A book that is not understood to the last entry cannot testify that an order is absent.
        guard reports.count == entries.count else {
            throw .unreachable("an entry of the order book is not understood")
        }
        let listed = Set(reports.map(\.brokerOrderID))
        let traded = Set(try await trades(session).map(\.brokerOrderID))
        for id in traded.subtracting(listed).sorted() {
            do {
                if let report = try await history(id, session, calls) { reports.append(report) }
            } catch .refused {
                // Left out: its trade stays, and whoever reads both sees that the book lacks it.
                continue
            }
        }
        return reports
    }

    package func trades(_ session: BrokerSession) async throws(BrokerFailure) -> [TradeReport] {
        try Self.trades(in: await read("/trades", session))
    }

    package func look(_ order: LiveOrder) async throws(BrokerFailure) -> (
        OrderReport, [TradeReport]
    ) {
        // What a cancel came to is not to wait behind orders either.
        let calls = order.isCancelAsked ? cancelCalls : calls
        if let filled = try await filledAtTheMarket(order, calls) { return filled }
        guard let report = try await history(order.brokerOrderID, order.session, calls) else {
            throw .unreachable("the order is not in the answer")
        }
        if report.status.isEnd, report.filled <= order.filled { return (report, []) }
        do {
            let trades = try await trades(of: order, calls)
            return (report.raised(to: trades.total), trades)
        } catch {
            switch error {
            case .sessionEnded: throw error
            // The order's state is news all the same; its trades are looked for again.
            case .refused, .limited, .unreachable: return (report, [])
            }
        }
    }

    /// An order at the market, where its own trades show it filled to the last share.
    ///
    /// They then say all that its history would, in one read instead of two.
    private func filledAtTheMarket(_ order: LiveOrder, _ calls: BrokerCalls)
        async throws(BrokerFailure) -> (OrderReport, [TradeReport])?
    {
        guard order.terms.type == .market, order.filled < order.quantity, !order.isBeingModified
        else { return nil }
        let trades: [TradeReport]
        do {
            trades = try await self.trades(of: order, calls)
        } catch .refused {
            // Where there are none yet, an error may say so.
            return nil
        }
        guard trades.total == order.quantity else { return nil }
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

    /// An order as the last line of its history has it; nil where the history has no lines.
    private func history(_ id: String, _ session: BrokerSession, _ calls: BrokerCalls)
        async throws(BrokerFailure) -> OrderReport?
    {
        let reply = try await calls.read("GET", "/orders/" + id, headers: headers(session))
        let lines = try ZerodhaErrors.data(of: reply).array ?? []
        // Oldest first.
        return lines.compactMap(Self.report).last { $0.brokerOrderID == id }
    }

    private func trades(of order: LiveOrder, _ calls: BrokerCalls) async throws(BrokerFailure)
        -> [TradeReport]
    {
        let path = "/orders/\(order.brokerOrderID)/trades"
        let reply = try await calls.read("GET", path, headers: headers(order.session))
        return try Self.trades(in: ZerodhaErrors.data(of: reply))
            .filter { $0.brokerOrderID == order.brokerOrderID }
    }

    package func cancel(_ order: LiveOrder) async throws(BrokerFailure) {
        let reply = try await cancelCalls.read(
            "DELETE",
            Self.placing + "/" + order.brokerOrderID,
            headers: headers(order.session),
            egress: order.session.egress
        )
        _ = try ZerodhaErrors.data(of: reply)
    }
}

extension [TradeReport] {
    fileprivate var total: Quantity { reduce(.zero) { $0 + $1.quantity } }
}

extension OrderReport {
    /// The same, where its trades tell of more shares: no document says that a history has a line
    /// for every partial fill.
    fileprivate func raised(to traded: Quantity) -> OrderReport {
        guard traded > filled else { return self }
        return OrderReport(
            brokerOrderID: brokerOrderID,
            reference: reference,
            status: status.isEnd ? status : .partlyFilled,
            quantity: quantity,
            filled: traded,
            message: message,
            reported: reported,
            particulars: particulars
        )
    }
}

extension OrderReport.Status {
    fileprivate var isEnd: Bool {
        switch self {
        case .filled, .cancelled, .rejected, .expired: true
        case .inTransit, .open, .partlyFilled: false
        }
    }
}
