/// One trade of one client in one instrument, as our books took it.
package struct ShareFill: Sendable, Equatable {
    package let intent: IntentID
    package let task: TaskID
    package let side: Side
    package let product: Product
    package let quantity: Quantity
    package let price: Price
    /// What the trade cost or brought, before charges.
    package let value: Money
    package let at: Timestamp

    package init(
        intent: IntentID,
        task: TaskID,
        side: Side,
        product: Product,
        quantity: Quantity,
        price: Price,
        value: Money,
        at: Timestamp
    ) {
        self.intent = intent
        self.task = task
        self.side = side
        self.product = product
        self.quantity = quantity
        self.price = price
        self.value = value
        self.at = at
    }
}

/// What one client's trades in one instrument, of products that are held as one, came to, told trade
/// by trade in the order of booking.
///
/// 1. Profit follows the weighted average, as the ledger books it: a sale's cost is the average of
///    all shares held, rounded down to the paisa, and the last share takes what remains. So cost of
///    what is held + cost of what was sold = what was paid, to the paisa.
/// 2. Which purchase a share came from follows first in, first out. A lot's cost and a sale's
///    proceeds are divided by shares, rounded down, and the last part takes what remains. So these
///    too add up to the paisa.
/// 3. There is one average for each `ShareKey`: so are shares held.
package struct ShareHistory: Sendable, Equatable {
    /// What is held after the trades that were told, and what it cost.
    package private(set) var holding = Holding()
    /// What sales brought more than the average cost of their shares; negative for a loss.
    package private(set) var realised = Money.zero
    /// Every purchase, oldest first, also those of which nothing is held any more.
    package private(set) var lots: [ShareLot] = []
    /// Purchases before this place are sold.
    private var firstHeld = 0

    /// No trade yet.
    package init() {}

    /// What these trades came to, in the order in which they were booked.
    package init(_ fills: some Sequence<ShareFill>) {
        for fill in fills { _ = add(fill) }
    }

    /// Tells of one more trade.
    ///
    /// - Returns: what it earned, where it was a sale; nil for a purchase.
    package mutating func add(_ fill: ShareFill) -> Sale? {
        switch fill.side {
        case .buy:
            holding.add(fill.quantity, cost: fill.value)
            lots.append(ShareLot(fill))
            return nil
        case .sell: return sell(fill)
        }
    }

    /// Shares that are sold though nothing is held move no money: nobody knows what they had cost.
    private mutating func sell(_ fill: ShareFill) -> Sale {
        let shares = min(fill.quantity, holding.quantity)
        guard shares > .zero, holding.reserve(shares) else {
            return Sale(quantity: .zero, proceeds: .zero, cost: .zero)
        }
        let sale = Sale(
            quantity: shares,
            proceeds: fill.price.value(of: shares),
            cost: holding.sellReserved(shares)
        )
        realised += sale.realised
        takeFromLots(sale)
        return sale
    }

    private mutating func takeFromLots(_ sale: Sale) {
        var (shares, proceeds) = (sale.quantity, sale.proceeds)
        while shares > .zero, firstHeld < lots.count {
            let part = min(shares, lots[firstHeld].held)
            let share = proceeds.share(part, of: shares)
            lots[firstHeld].sell(part, for: share)
            shares = shares - part
            proceeds -= share
            if lots[firstHeld].held == .zero { firstHeld += 1 }
        }
    }
}

/// What one sale earned by the weighted average.
package struct Sale: Sendable, Equatable {
    /// Shares that were held and are now sold.
    package let quantity: Quantity
    package let proceeds: Money
    /// What the shares had cost on average.
    package let cost: Money
    /// Negative for a loss.
    package var realised: Money { proceeds - cost }
}

/// One purchase, and what became of its shares by first in, first out.
package struct ShareLot: Sendable, Equatable {
    package let intent: IntentID
    package let task: TaskID
    package let product: Product
    package let boughtAt: Timestamp
    package let bought: Quantity
    package let cost: Money
    package private(set) var sold = Quantity.zero
    /// What the sold shares had cost.
    package private(set) var soldCost = Money.zero
    /// What the sold shares brought.
    package private(set) var proceeds = Money.zero

    fileprivate init(_ fill: ShareFill) {
        intent = fill.intent
        task = fill.task
        product = fill.product
        boughtAt = fill.at
        bought = fill.quantity
        cost = fill.value
    }

    /// Shares of it that are held still.
    package var held: Quantity { bought - sold }
    /// What these cost.
    package var heldCost: Money { cost - soldCost }
    /// What the sold ones earned; negative for a loss.
    package var realised: Money { proceeds - soldCost }

    fileprivate mutating func sell(_ shares: Quantity, for amount: Money) {
        soldCost += heldCost.share(shares, of: held)
        sold = sold + shares
        proceeds += amount
    }
}

extension Money {
    /// The part of an amount that falls to some of its shares, rounded down; all to all of them.
    fileprivate func share(_ part: Quantity, of whole: Quantity) -> Money {
        guard part < whole else { return self }
        let (high, low) = paise.multipliedFullWidth(by: part.raw)
        return Money(paise: whole.raw.dividingFullWidth((high, low)).quotient)
    }
}
