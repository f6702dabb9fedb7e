package import Desk
package import Trading

/// Conditional orders of clients without a broker: Volley watches the last price itself, and sends what
/// it reaches as an order on paper.
///
/// Nothing is kept here: what waits, and that somebody has cancelled it, is in our own books.
extension PaperBroker: ConditionalOrders {
    package var conditionalTraits: ConditionalTraits { Self.declaredConditional }

    /// As at most brokers, so that the same trades can be tried; a bracket is an order and an OCO.
    package static let declaredConditional = ConditionalTraits(
        kinds: [.single: kind, .oneCancelsOther: kind],
        refusals: [],
        visibilityLag: .zero,
        isEmulated: true
    )

    private static let kind = ConditionalTraits.Kind(
        products: Set(Product.allCases),
        limits: .allowed,
        showsReferences: true,
        listsEnded: true
    )

    /// As long as at the brokers.
    private static let life: Duration = .seconds(365 * 86_400)

    package func place(
        _ attempt: ConditionalAttempt,
        sendBefore deadline: ContinuousClock.Instant
    ) async -> PlacementAnswer {
        guard ContinuousClock.now < deadline else { return .notSent("past its deadline") }
        return .accepted(brokerOrderID: Self.id(attempt))
    }

    private static func id(_ attempt: ConditionalAttempt) -> String {
        "PAPER-" + attempt.reference
    }

    /// One whose worker died is here all the same: nothing had to be sent anywhere.
    package func conditionalOrders(like order: ConditionalAttempt) async throws(BrokerFailure)
        -> [ConditionalReport]
    {
        [Self.report(order, .waiting, fired: nil)]
    }

    package func look(_ order: LiveConditional) async throws(BrokerFailure) -> ConditionalReport {
        let attempt = order.attempt
        guard !order.isCancelAsked else { return Self.report(attempt, .cancelled, fired: nil) }
        if attempt.startedAt.advanced(by: Self.life) < clock.now() {
            return Self.report(attempt, .expired, fired: nil)
        }
        guard let last = await lastPrice(attempt.terms.instrument.id),
            let fired = attempt.terms.firedLeg(at: last)
        else { return Self.report(attempt, .waiting, fired: nil) }
        return Self.report(attempt, .triggered, fired: fired)
    }

    private static func report(
        _ attempt: ConditionalAttempt,
        _ status: ConditionalReport.Status,
        fired: PaperLeg?
    ) -> ConditionalReport {
        ConditionalReport(
            brokerID: id(attempt),
            reference: attempt.reference,
            status: status,
            content: attempt.terms.content(code: attempt.terms.instrument.symbol),
            createdAt: attempt.startedAt,
            orders: fired.map { [$0.rawValue] } ?? [],
            message: nil
        )
    }

    /// Our own books have the new prices as soon as this returns.
    package func modify(_ order: LiveConditional, to terms: ConditionalTerms)
        async throws(BrokerFailure)
    {}

    package func cancel(_ order: LiveConditional) async throws(BrokerFailure) {}
}

extension ConditionalTerms {
    /// The leg that a last price sends; nil where it sends none.
    fileprivate func firedLeg(at last: Price) -> PaperLeg? {
        switch condition {
        case .single(.rises, let leg): last >= leg.trigger ? .entry : nil
        case .single(.falls, let leg): last <= leg.trigger ? .entry : nil
        case .oneCancelsOther(let target, let stop):
            if side == .sell {
                last >= target.trigger ? .target : last <= stop.trigger ? .stop : nil
            } else {
                last <= target.trigger ? .target : last >= stop.trigger ? .stop : nil
            }
        case .bracket: nil
        }
    }
}
