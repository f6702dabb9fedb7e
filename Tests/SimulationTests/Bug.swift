import Desk
import Trading

/// A defect planted on purpose, in what surrounds the desk: the simulation must find each.
enum Bug: String, Sendable, CaseIterable {
    /// A sender takes a claim for granted before it is committed.
    case sendBeforeCommit
    /// The adapter sends again when the broker's answer does not come.
    case resendAfterTimeout
    /// An order that the books do not show soon counts as rejected.
    case unknownTimesOut
    /// The queue forgets a message as it hands it out.
    case ackBeforeRecord
    /// A fill that is told again is booked again.
    case fillTwice
    /// Nobody looks for cancels that are due.
    case cancelForgotten
    /// An order that somebody wished cancelled counts as cancelled, whatever the books say.
    case cancelGuessed
}

extension DoubtFinding {
    /// What somebody finds who has no patience.
    var givenUpSoon: DoubtFinding {
        guard case .stillUnknown = result, doubt.looks >= 1 else { return self }
        return DoubtFinding(doubt: doubt, result: .absentProven(.end(.provenNotPlaced)))
    }
}

extension OrderReport {
    /// What somebody says who takes the wish for the deed.
    var guessedCancelled: OrderReport {
        OrderReport(
            brokerOrderID: brokerOrderID,
            reference: reference,
            status: .cancelled,
            quantity: quantity,
            filled: filled,
            message: message
        )
    }
}

extension BookedOrder {
    /// The same trades under names that were never heard.
    func renumbered(at moment: Int64) -> BookedOrder {
        BookedOrder(
            intent: intent,
            report: report,
            trades: trades.map { trade in
                TradeReport(
                    brokerOrderID: trade.brokerOrderID,
                    tradeID: "\(trade.tradeID)-\(moment)",
                    quantity: trade.quantity,
                    price: trade.price,
                    at: trade.at
                )
            }
        )
    }
}

/// An adapter that breaks the one rule: it sends again when it hears nothing.
struct ResendingBroker: Broker {
    let honest: SimulatedBroker
    var traits: BrokerTraits { honest.traits }

    func place(_ attempt: Attempt, sendBefore deadline: ContinuousClock.Instant) async
        -> PlacementAnswer
    {
        let answer = await honest.place(attempt, sendBefore: deadline)
        guard case .unanswered("timeout", _) = answer else { return answer }
        return await honest.place(attempt, sendBefore: deadline)
    }

    func find(_ doubt: Doubt) async throws(BrokerFailure) -> OrderReport? {
        try await honest.find(doubt)
    }
    func orders(_ session: BrokerSession) async throws(BrokerFailure) -> [OrderReport] {
        try await honest.orders(session)
    }
    func trades(_ session: BrokerSession) async throws(BrokerFailure) -> [TradeReport] {
        try await honest.trades(session)
    }
    func look(_ order: LiveOrder) async throws(BrokerFailure) -> (OrderReport, [TradeReport]) {
        try await honest.look(order)
    }
    /// Nobody asks for changes here.
    func modify(
        _ order: LiveOrder,
        to shape: OrderShape,
        sendBefore deadline: ContinuousClock.Instant
    ) async -> ModificationAnswer {
        .notSent("nobody asks for changes here")
    }
    func cancel(_ order: LiveOrder) async throws(BrokerFailure) { try await honest.cancel(order) }
    func quotes(_ instruments: [BrokerInstrument], _ session: BrokerSession)
        async throws(BrokerFailure) -> [InstrumentID: Price]
    {
        try await honest.quotes(instruments, session)
    }
    func holdings(_ session: BrokerSession) async throws(BrokerFailure) -> [BrokerHolding] {
        try await honest.holdings(session)
    }
    func positions(_ session: BrokerSession) async throws(BrokerFailure) -> [BrokerPosition] {
        try await honest.positions(session)
    }
    func funds(_ session: BrokerSession) async throws(BrokerFailure) -> BrokerFunds {
        try await honest.funds(session)
    }
    func check(_ session: BrokerSession) async throws(BrokerFailure) -> SessionCheck {
        try await honest.check(session)
    }
}
