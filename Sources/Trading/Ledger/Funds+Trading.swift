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

    /// Pays for a buy: first from what was held for it, then from cash, then on credit.
    ///
    /// A fill is a fact: it is booked even where it cost more than there was, as a shortfall.
    package mutating func buy(for cost: Money, fromHeld: Money) -> [Transfer] {
        let paid = min(cost, fromHeld)
        let more = min(cost - paid, available)
        return perform([
            transfer(.fill, debit: .invested, credit: .held, paid),
            transfer(.fill, debit: .invested, credit: .available, more),
            transfer(.shortfall, debit: .invested, credit: .shortfall, cost - paid - more),
        ])
    }

    /// Books a sale: the shares' cost leaves `invested`, the proceeds repay a shortfall and become cash.
    package mutating func sell(for proceeds: Money, cost: Money) -> [Transfer] {
        let back = min(proceeds, cost)
        let gain = proceeds - back
        let loss = cost - back
        let transfers = perform([
            transfer(.fill, debit: .available, credit: .invested, back),
            transfer(.gain, debit: .available, credit: .realisedGain, gain),
            transfer(.loss, debit: .realisedLoss, credit: .invested, loss),
        ])
        let owed = min(shortfall, available)
        return transfers
            + perform([transfer(.repayment, debit: .shortfall, credit: .available, owed)])
    }

    /// Pays capital in.
    package mutating func deposit(_ amount: Money) -> [Transfer] {
        perform([transfer(.deposit, debit: .available, credit: .deposited, amount)])
    }

    /// Pays capital out; nil where there is not so much free cash.
    package mutating func withdraw(_ amount: Money) -> [Transfer]? {
        guard amount <= available, amount <= deposited else { return nil }
        return perform([transfer(.withdrawal, debit: .deposited, credit: .available, amount)])
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
