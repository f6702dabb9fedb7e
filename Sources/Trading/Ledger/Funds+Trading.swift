extension Funds {
    /// Promises cash to an order; nil where there is not enough.
    package mutating func hold(_ amount: Money) -> [Transfer]? {
        guard amount <= available else { return nil }
        return perform([transfer(.hold, debit: .held, credit: .available, amount)])
    }

    /// Gives back what an order no longer needs.
    package mutating func release(_ amount: Money) -> [Transfer] {
        perform([transfer(.release, debit: .available, credit: .held, amount)])
    }

    /// Pays for a buy: what is lent for it by the lender; the rest first from what was held for it,
    /// then from cash, then on credit.
    ///
    /// A fill is a fact: it is booked even where it cost more than there was, as a shortfall.
    package mutating func buy(for cost: Money, fromHeld: Money, lent: Money = .zero) -> [Transfer] {
        precondition(lent <= cost, "more is lent than the shares cost")
        let own = cost - lent
        let paid = min(own, fromHeld)
        let more = min(own - paid, available)
        return perform([
            transfer(.loan, debit: .invested, credit: .borrowed, lent),
            transfer(.fill, debit: .invested, credit: .held, paid),
            transfer(.fill, debit: .invested, credit: .available, more),
            transfer(.shortfall, debit: .invested, credit: .shortfall, own - paid - more),
        ])
    }

    /// Books a sale: the shares' cost leaves `invested`, the proceeds repay what was lent for them,
    /// then a shortfall, and become cash.
    ///
    /// `loan`: what must be repaid out of this sale. What proceeds and cash do not cover is owed as
    /// a shortfall from then on: shares that are gone secure no loan.
    package mutating func sell(for proceeds: Money, cost: Money, repaying loan: Money = .zero)
        -> [Transfer]
    {
        let back = min(proceeds, cost)
        let gain = proceeds - back
        let loss = cost - back
        let transfers = perform([
            transfer(.fill, debit: .available, credit: .invested, back),
            transfer(.gain, debit: .available, credit: .realisedGain, gain),
            transfer(.loss, debit: .realisedLoss, credit: .invested, loss),
        ])
        return transfers + repay(loan) + repayShortfall()
    }

    /// Pays capital in; what is owed is paid first.
    package mutating func deposit(_ amount: Money) -> [Transfer] {
        perform([transfer(.deposit, debit: .available, credit: .deposited, amount)])
            + (amount > .zero ? repayShortfall() : [])
    }

    /// Pays capital out; nil where there is not so much free cash.
    package mutating func withdraw(_ amount: Money) -> [Transfer]? {
        guard amount <= available, amount <= deposited else { return nil }
        return perform([transfer(.withdrawal, debit: .deposited, credit: .available, amount)])
    }

    /// What has been earned and not paid out; never below zero.
    package var undistributedProfit: Money {
        max(realisedGain - realisedLoss - interest - withdrawn, .zero)
    }

    /// Pays cash out, profit before capital; nil where there is not so much free cash.
    package mutating func payOut(_ amount: Money) -> [Transfer]? {
        let profit = min(amount, undistributedProfit)
        guard amount <= available, amount - profit <= deposited else { return nil }
        return perform([
            transfer(.withdrawal, debit: .withdrawn, credit: .available, profit),
            transfer(.withdrawal, debit: .deposited, credit: .available, amount - profit),
        ])
    }

    /// Pays a day's interest on what is lent: from cash, and what that does not cover is owed.
    package mutating func payInterest(_ amount: Money) -> [Transfer] {
        let paid = min(amount, available)
        return perform([
            transfer(.interest, debit: .interest, credit: .available, paid),
            transfer(.interest, debit: .interest, credit: .shortfall, amount - paid),
        ])
    }

    private mutating func repay(_ loan: Money) -> [Transfer] {
        let paid = min(loan, available)
        return perform([
            transfer(.loanRepayment, debit: .borrowed, credit: .available, paid),
            transfer(.shortfall, debit: .borrowed, credit: .shortfall, loan - paid),
        ])
    }

    private mutating func repayShortfall() -> [Transfer] {
        let owed = min(shortfall, available)
        return perform([transfer(.repayment, debit: .shortfall, credit: .available, owed)])
    }

    private func transfer(
        _ kind: Transfer.Kind,
        debit: Account,
        credit: Account,
        _ amount: Money
    ) -> Transfer? {
        amount > .zero ? Transfer(kind, debit: debit, credit: credit, amount: amount) : nil
    }

    private mutating func perform(_ transfers: [Transfer?]) -> [Transfer] {
        let real = transfers.compactMap(\.self)
        for transfer in real { apply(transfer) }
        return real
    }
}
