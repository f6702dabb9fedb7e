/// What a client's order would be, and everything that speaks against it.
package struct Assessment: Sendable, Equatable {
    /// What was asked for in whole lots; zero where that comes to nothing.
    package let quantity: Quantity
    /// What it costs at the price that it was sized from, rounded up to the paisa.
    package let cost: Money
    /// The own part of the cost; the rest is lent.
    package var own = Money.zero
    /// The cash to hold for the first of its orders; zero for a SELL, which reserves shares, and where there is a reason
    /// against it.
    package var hold = Money.zero
    /// The orders that it becomes, where the exchange does not take all in one.
    package var slices: [Quantity] = []
    /// Everything against it; empty where it can be placed.
    package var reasons: [Reason] = []
    /// How many whole lots would fit, where money or the exchange's limit is too small for all.
    package var fits: Quantity?

    /// An order of so many.
    package init(quantity: Quantity, cost: Money) {
        self.quantity = quantity
        self.cost = cost
    }

    /// None at all.
    package init(against reason: Reason) {
        quantity = .zero
        cost = .zero
        reasons = [reason]
    }

    /// The first of its orders, and for most the only one.
    package var first: Quantity { slices.first ?? quantity }

    /// The orders for the rest.
    package var later: [Quantity] { Array(slices.dropFirst()) }

    /// What would fit, for people; nil where nothing is too much.
    package func whatFits(at price: Price) -> String? {
        fits.map { fits in
            fits > .zero
                ? "\(fits) would fit, for \(price.cost(of: fits)) at \(price)" : "none would fit"
        }
    }

    /// What is lent.
    package var borrowed: Money { own > .zero ? cost - own : .zero }
}
