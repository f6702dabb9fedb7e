/// What tells a client's shares apart: of which instrument, and as what they are held.
package struct ShareKey: Sendable, Hashable, Comparable {
    package let instrument: InstrumentID
    /// CNC or MTF: see `Product.heldAs`.
    package let product: Product

    /// The shares that an order of a product is about.
    package init(_ instrument: InstrumentID, boughtAs product: Product) {
        self.instrument = instrument
        self.product = product.heldAs
    }

    package static func < (a: ShareKey, b: ShareKey) -> Bool {
        (a.instrument, a.product.rawValue) < (b.instrument, b.product.rawValue)
    }
}

/// Shares of one instrument that one client holds as one product.
package struct Holding: Sendable, Equatable {
    /// Shares held.
    package private(set) var quantity: Quantity
    /// Shares promised to sales that are not filled yet; never more than `quantity`.
    package private(set) var reserved: Quantity
    /// What the shares cost in all; the average price is this divided by the quantity.
    package private(set) var cost: Money
    /// Of what they cost, the part that is lent still; of MTF shares only.
    package private(set) var borrowed: Money

    package init(
        quantity: Quantity = .zero,
        reserved: Quantity = .zero,
        cost: Money = .zero,
        borrowed: Money = .zero
    ) {
        precondition(reserved <= quantity, "more shares are promised than held")
        self.quantity = quantity
        self.reserved = reserved
        self.cost = cost
        self.borrowed = borrowed
    }

    /// Shares that may still be sold.
    package var free: Quantity { quantity - reserved }

    /// What one share cost, rounded to the nearest; nil where none is held.
    package var averagePrice: Price? { Price(average: cost, of: quantity) }

    /// Promises shares to a sale; false where there are not so many.
    package mutating func reserve(_ shares: Quantity) -> Bool {
        guard shares <= free else { return false }
        reserved = reserved + shares
        return true
    }

    /// Gives back shares that a sale no longer needs.
    package mutating func release(_ shares: Quantity) { reserved = reserved - shares }

    /// Adds bought shares.
    package mutating func add(_ shares: Quantity, cost added: Money, lent: Money = .zero) {
        quantity = quantity + shares
        cost += added
        borrowed += lent
    }

    /// Takes off what a sale, already taken out of the shares, must repay of what is lent.
    ///
    /// The proceeds repay first of all, as far as they go; with the last share all of it is due.
    package mutating func repayLoan(from proceeds: Money) -> Money {
        let due = quantity == .zero ? borrowed : min(borrowed, proceeds)
        borrowed -= due
        return due
    }

    /// Takes sold shares out of those reserved, and tells what they had cost.
    ///
    /// The cost is the average, rounded down; the last share takes what remains, so that nothing is
    /// lost.
    package mutating func sellReserved(_ shares: Quantity) -> Money {
        precondition(shares <= reserved, "sold more shares than were reserved")
        let (high, low) = cost.paise.multipliedFullWidth(by: shares.raw)
        let share = Money(
            paise: shares == quantity
                ? cost.paise : quantity.raw.dividingFullWidth((high, low)).quotient
        )
        quantity = quantity - shares
        reserved = reserved - shares
        cost -= share
        return share
    }
}
