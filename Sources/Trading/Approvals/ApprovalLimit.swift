/// Above what size a trade needs somebody else's approval.
package struct ApprovalLimit: Sendable, Equatable {
    /// In rupees for all clients together; nil: no amount does.
    package let amount: Money?
    /// In clients; nil: no number does.
    package let clients: Int64?

    package init(amount: Money? = nil, clients: Int64? = nil) {
        self.amount = amount
        self.clients = clients
    }

    /// Whether a trade of this size must wait; where its worth is not known, any limit on it counts.
    package func isExceeded(by size: TradeSize) -> Bool {
        if let clients, size.clients > clients { return true }
        guard let amount else { return false }
        return size.amount.map { $0 > amount } ?? true
    }
}

/// How large a trade is at the most, as far as that can be told before it is planned.
package struct TradeSize: Sendable, Equatable {
    package let clients: Int64
    /// Nil where no price is known, or where it is beyond all amounts.
    package let amount: Money?

    package init(clients: Int64, amount: Money?) {
        self.clients = clients
        self.amount = amount
    }

    /// Those who take part, all together.
    package struct Audience: Sendable, Equatable {
        package let clients: Int64
        package let capital: Money
        /// Shares of the instrument that they hold.
        package let shares: Quantity

        package init(clients: Int64, capital: Money, shares: Quantity) {
            self.clients = clients
            self.capital = capital
            self.shares = shares
        }
    }

    /// An upper bound: each client trades all that the sizing allows.
    ///
    /// Buying a part: capital × part. Selling a part: shares held × part × price. A quantity:
    /// clients × quantity × price, whatever caps it. An amount: clients × amount.
    package init(_ sizing: Sizing, _ side: Side, price: Price?, of audience: Audience) {
        let amount: Money? =
            switch (sizing, side) {
            case (.part(let part), .buy): audience.capital.part(part)
            case (.part(let part), .sell):
                Self.worth(of: audience.shares.raw, at: price).map { $0.part(part) }
            case (.quantity(let quantity), _), (.quantityWithin(let quantity, _), _):
                Self.product(quantity.raw, audience.clients).flatMap {
                    Self.worth(of: $0, at: price)
                }
            case (.amount(let amount), _):
                Self.product(amount.paise, audience.clients).map { Money(paise: $0) }
            // Nobody knows here; what repeats or reverses an approved trade is not held against it.
            case (.listed, _): nil
            }
        self.init(clients: audience.clients, amount: amount)
    }

    /// Several trades for the same clients together; whoever cuts a trade into legs gains nothing.
    package init(together sizes: [TradeSize]) {
        let amount = sizes.reduce(Int64?.some(0)) { sum, size in
            guard let sum, let part = size.amount else { return nil }
            let (whole, isTooLarge) = sum.addingReportingOverflow(part.paise)
            return isTooLarge ? nil : whole
        }
        self.init(
            clients: sizes.map(\.clients).max() ?? 0,
            amount: amount.map { Money(paise: $0) }
        )
    }

    private static func product(_ left: Int64, _ right: Int64) -> Int64? {
        let (product, isTooLarge) = left.multipliedReportingOverflow(by: right)
        return isTooLarge ? nil : product
    }

    /// In whole paise, rounded up; nil without a price.
    private static func worth(of shares: Int64, at price: Price?) -> Money? {
        guard let price, let raw = product(shares, price.raw) else { return nil }
        return Money(paise: raw / 100 + (raw % 100 > 0 ? 1 : 0))
    }
}
