/// Judges clients as the plan and the claim of a bulk trade would at this moment.
///
/// The same rules as theirs: `Eligibility`, then `Sizing`; but every reason is told.
package struct PreflightRules: Sendable {
    package let terms: OrderTerms
    package let sizing: Sizing
    /// Nil: none is known.
    package let price: Price?
    package let eligibility: Eligibility
    /// The trader's, for MTF.
    package let leverage: Leverage

    package init(
        terms: OrderTerms,
        sizing: Sizing,
        price: Price?,
        eligibility: Eligibility,
        leverage: Leverage
    ) {
        self.terms = terms
        self.sizing = sizing
        self.price = price
        self.eligibility = eligibility
        self.leverage = leverage
    }

    /// What the client's order would be.
    package func row(for candidate: PreflightCandidate) -> PreflightRow {
        let sized = assess(candidate, sizing)
        let reasons = obstacles(to: candidate) + (sized?.reasons ?? [.noPrice])
        let turnover = price?.value(of: sized?.quantity ?? .zero) ?? .zero
        let order = Charges.Order(
            terms,
            broker: candidate.broker,
            day: CalendarDay(containing: eligibility.now)
        )
        return PreflightRow(
            client: candidate.client.id,
            code: candidate.client.code,
            name: candidate.client.name,
            broker: candidate.broker,
            account: candidate.account,
            quantity: reasons.isEmpty ? sized?.quantity ?? .zero : .zero,
            wanted: sized?.quantity ?? .zero,
            reasons: reasons,
            fits: sized?.fits,
            cost: terms.side == .buy ? sized?.cost ?? .zero : turnover,
            hold: reasons.isEmpty ? sized?.hold ?? .zero : .zero,
            own: sized?.own ?? .zero,
            borrowed: sized?.borrowed ?? .zero,
            charges: Charges(of: order, turnover: turnover),
            available: candidate.available
        )
    }

    /// Why an order that was shown could not be placed just so any more; empty where it could.
    package func objections(to shown: Quantity, of candidate: PreflightCandidate) -> [Reason] {
        let against = obstacles(to: candidate)
        guard let sized = assess(candidate, .quantity(shown)) else { return against + [.noPrice] }
        let isLess = sized.reasons.isEmpty && sized.quantity < shown
        return against + sized.reasons + (isLess ? [.sharesReserved] : [])
    }

    private func obstacles(to candidate: PreflightCandidate) -> [Reason] {
        eligibility.obstacles(
            to: candidate.client.trader,
            client: candidate.client.id,
            status: candidate.client.status,
            broker: candidate.broker,
            account: candidate.standing
        )
    }

    private func assess(_ candidate: PreflightCandidate, _ sizing: Sizing) -> Assessment? {
        guard let price else { return nil }
        return sizing.assess(
            terms,
            from: SizingBasis(
                capital: candidate.client.capital,
                usualPart: candidate.usualPart,
                available: candidate.available,
                free: candidate.holding.free,
                owned: candidate.holding.quantity,
                price: price,
                leverage: terms.isLent ? leverage : nil
            )
        )
    }
}

extension OrderTerms {
    /// Whether a broker lends a part of the cost.
    package var isLent: Bool { product == .marginFunding && side == .buy }
}
