/// Books trades in a client's money and shares together: whoever books one does it through here.
package enum Booking {
    /// Books bought shares: what the leverage lends by the lender, the rest from what was held for
    /// them, then from cash, then on credit.
    ///
    /// - Returns: the transfers, and the own part of the cost.
    package static func buy(
        _ shares: Quantity,
        for cost: Money,
        fromHeld held: Money,
        at leverage: Leverage,
        _ funds: inout Funds,
        _ holding: inout Holding
    ) -> (transfers: [Transfer], own: Money) {
        let own = leverage.ownPart(of: cost)
        let transfers = funds.buy(for: cost, fromHeld: held, lent: cost - own)
        holding.add(shares, cost: cost, lent: cost - own)
        return (transfers, own)
    }

    /// Books sold shares: out of those that were reserved for the order, then out of free ones.
    ///
    /// `holding` is of the order's own product: a sale for cash never repays what was lent for others.
    /// What is sold beyond the holding moves no money: nobody can say what it had cost.
    /// - Returns: the transfers, how many were sold, and how many of these had been reserved.
    package static func sell(
        _ shares: Quantity,
        at price: Price,
        reserved: Quantity,
        _ funds: inout Funds,
        _ holding: inout Holding
    ) -> (transfers: [Transfer], sold: Quantity, promised: Quantity) {
        let promised = min(shares, reserved)
        let more = min(shares - promised, holding.free)
        // Free shares first become promised, so that all leave by the same door.
        precondition(holding.reserve(more), "free shares cannot be promised")
        let sold = promised + more
        guard sold > .zero else { return ([], .zero, .zero) }
        let cost = holding.sellReserved(sold)
        let proceeds = price.value(of: sold)
        let loan = holding.repayLoan(from: proceeds)
        return (funds.sell(for: proceeds, cost: cost, repaying: loan), sold, promised)
    }
}
