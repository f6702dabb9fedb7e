package import Desk
package import Trading

/// Executes orders of clients without a broker at the last known price; sends nothing anywhere.
///
/// It keeps no state of its own: an order's id and trade id follow from our reference, whether it
/// fills follows from the price at the moment of the look, and whether it is cancelled from our own
/// books: whoever wished that has cancelled what would not fill. A lost answer is therefore never in doubt:
/// outside our database nothing happened, so absence is proven at once.
package struct PaperBroker: Broker {
    package let traits = PaperBroker.declared
    /// What there is to declare of a broker that is nowhere.
    package static let declared = BrokerTraits(
        name: .paper,
        referenceLength: 20,
        refusesDuplicates: true,
        // Nobody is asked, so nobody can refuse, and nothing can be lost.
        refusals: [],
        lookUps: [],
        visibilityLag: .zero,
        abilities: [.cancel],
        sessionLife: .endless,
        modifications: ModificationRules(mostPerOrder: nil),
        orderLimits: [],
        readLimits: [],
        conditional: declaredConditional,
        // Nothing is filled there but by a look.
        historyNamesOrders: true
    )
    let lastPrice: @Sendable (InstrumentID) async -> Price?
    let clock: any WallClock

    /// A paper broker that asks `lastPrice` whether resting orders would fill.
    package init(
        lastPrice: @escaping @Sendable (InstrumentID) async -> Price?,
        clock: any WallClock
    ) {
        self.lastPrice = lastPrice
        self.clock = clock
    }

    package func place(_ attempt: Attempt, sendBefore deadline: ContinuousClock.Instant) async
        -> PlacementAnswer
    {
        guard ContinuousClock.now < deadline else { return .notSent("past its deadline") }
        if let obstacle = attempt.brake?.obstacle() { return .notSent(obstacle) }
        return .accepted(brokerOrderID: "PAPER-" + attempt.reference)
    }

    package func look(_ order: LiveOrder) async throws(BrokerFailure) -> (
        OrderReport, [TradeReport]
    ) {
        let price = await fillPrice(of: order)
        let rests = order.terms.validity == .day && !order.isCancelAsked
        let report = OrderReport(
            brokerOrderID: order.brokerOrderID,
            reference: order.reference,
            status: price != nil ? .filled : rests ? .open : .cancelled,
            quantity: order.quantity,
            filled: price != nil ? order.quantity : .zero,
            message: nil,
            reported: ReportedShape(
                type: order.terms.type,
                price: order.terms.price,
                trigger: order.terms.trigger
            )
        )
        guard let price else { return (report, []) }
        let trade = TradeReport(
            brokerOrderID: order.brokerOrderID,
            tradeID: order.brokerOrderID + "-1",
            quantity: order.quantity,
            price: price,
            at: clock.now()
        )
        return (report, [trade])
    }

    /// The price at which the order fills now; nil where it rests.
    private func fillPrice(of order: LiveOrder) async -> Price? {
        let terms = order.terms
        let last = await lastPrice(terms.instrument.id)
        switch terms.type {
        case .market:
            return last ?? order.sizingPrice
        case .limit:
            guard let last, let limit = terms.price else { return nil }
            return crosses(limit, last, terms.side) ? last : nil
        case .stopLimit, .stopMarket:
            guard let last, let trigger = terms.trigger else { return nil }
            let isTriggered = terms.side == .buy ? last >= trigger : last <= trigger
            guard isTriggered, let limit = terms.price else { return isTriggered ? last : nil }
            return crosses(limit, last, terms.side) ? last : nil
        }
    }

    private func crosses(_ limit: Price, _ last: Price, _ side: Side) -> Bool {
        side == .buy ? last <= limit : last >= limit
    }

    package func find(_ doubt: Doubt) async throws(BrokerFailure) -> OrderReport? { nil }

    package func orders(_ session: BrokerSession) async throws(BrokerFailure) -> [OrderReport] {
        []
    }

    package func trades(_ session: BrokerSession) async throws(BrokerFailure) -> [TradeReport] {
        []
    }

    /// Nothing is anywhere that could be told: the look that follows ends the order.
    ///
    /// One that fills at the present price has traded already, as at any exchange.
    package func cancel(_ order: LiveOrder) async throws(BrokerFailure) {
        if await fillPrice(of: order) != nil {
            throw .refused(code: "traded", words: "the order has traded")
        }
    }

    /// An order is what our own books say: it is changed as soon as they do.
    ///
    /// One that fills at the present price has traded already, as at any exchange.
    package func modify(
        _ order: LiveOrder,
        to shape: OrderShape,
        sendBefore deadline: ContinuousClock.Instant
    ) async -> ModificationAnswer {
        guard ContinuousClock.now < deadline else { return .notSent("past its deadline") }
        if let obstacle = order.brake?.obstacle() { return .notSent(obstacle) }
        guard await fillPrice(of: order) == nil else {
            return .refused(.orderNotOpen, words: "the order has traded")
        }
        return .done
    }

    package func quotes(_ instruments: [BrokerInstrument], _ session: BrokerSession)
        async throws(BrokerFailure) -> [InstrumentID: Price]
    {
        [:]
    }

    package func holdings(_ session: BrokerSession) async throws(BrokerFailure) -> [BrokerHolding] {
        []
    }

    package func positions(_ session: BrokerSession) async throws(BrokerFailure)
        -> [BrokerPosition]
    {
        []
    }

    package func funds(_ session: BrokerSession) async throws(BrokerFailure) -> BrokerFunds {
        BrokerFunds(available: .zero, utilised: .zero)
    }

    package func check(_ session: BrokerSession) async throws(BrokerFailure) -> SessionCheck {
        SessionCheck(ends: nil)
    }
}
