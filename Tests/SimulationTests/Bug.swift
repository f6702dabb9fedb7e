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
    /// The adapter asks for a change again when the broker's answer does not come.
    case changeResent
    /// A change of which nothing was heard counts as done.
    case changeGuessed
    /// Halts are trusted for as long as a claim is.
    case haltRemembered
    /// A claim cuts an order that is cut already.
    case slicedAgain
    /// Nobody remembers which orders a repair took.
    case repairForgotten
    /// An exit sells without waiting for its cancels.
    case exitInHaste
    /// An exit's sales go by another key each time.
    case exitSoldAgain
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

extension PositionExit {
    /// As one that was asked for long ago.
    func asked(before span: Duration) -> PositionExit {
        PositionExit(
            id: id,
            scope: scope,
            trader: trader,
            user: user,
            product: product,
            state: state,
            cancellation: cancellation,
            sales: sales,
            askedAt: askedAt.advanced(by: .zero - span),
            endedAt: endedAt
        )
    }
}

extension Submission {
    /// The same under another key.
    func renamed(at moment: Int64) -> Submission {
        Submission(
            trader: trader,
            user: user,
            idempotencyKey: "\(idempotencyKey) \(moment)",
            bodyHash: bodyHash,
            terms: terms,
            sizing: sizing,
            clients: clients,
            isExit: isExit
        )
    }
}

/// An adapter that breaks the one rule: it sends again when it hears nothing.
struct ResendingBroker: Broker {
    let honest: SimulatedBroker
    /// Changes; else placements.
    let resendsChanges: Bool
    var traits: BrokerTraits { honest.traits }

    func place(_ attempt: Attempt, sendBefore deadline: ContinuousClock.Instant) async
        -> PlacementAnswer
    {
        let answer = await honest.place(attempt, sendBefore: deadline)
        guard !resendsChanges, case .unanswered("timeout", _) = answer else { return answer }
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
    func modify(
        _ order: LiveOrder,
        to shape: OrderShape,
        sendBefore deadline: ContinuousClock.Instant
    ) async -> ModificationAnswer {
        let answer = await honest.modify(order, to: shape, sendBefore: deadline)
        guard resendsChanges, case .unanswered("timeout", _) = answer else { return answer }
        return await honest.modify(order, to: shape, sendBefore: deadline)
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
