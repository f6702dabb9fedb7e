/// What a client's orders may come to; nil: no limit of this kind.
///
/// Checked at the claim, under the lock of the client's money, so that two orders at once cannot pass
/// where one may. Limits on what is bought keep nobody from selling: a sale makes a risk smaller.
package struct OrderLimits: Sendable, Equatable {
    /// Orders sent within any 60 seconds, purchases and sales.
    package var ordersPerMinute: Int?
    /// What shares of one instrument may have cost, with what is on order, as a part of capital.
    package var positionPart: BasisPoints?
    /// What one order may be worth.
    package var maximumOrderValue: Money?
    /// Once so much is lost today by sales, nothing more is bought.
    package var maximumDayLoss: Money?
    /// The same as a part of capital.
    package var maximumDayLossPart: BasisPoints?

    package init() {}

    /// Whether nothing is limited.
    package var isEmpty: Bool { self == OrderLimits() }

    /// Both at once: of each kind the stricter one.
    package func and(_ other: OrderLimits) -> OrderLimits {
        func least<Value: Comparable>(_ left: Value?, _ right: Value?) -> Value? {
            guard let left, let right else { return left ?? right }
            return min(left, right)
        }
        var both = OrderLimits()
        both.ordersPerMinute = least(ordersPerMinute, other.ordersPerMinute)
        both.positionPart = least(positionPart, other.positionPart)
        both.maximumOrderValue = least(maximumOrderValue, other.maximumOrderValue)
        both.maximumDayLoss = least(maximumDayLoss, other.maximumDayLoss)
        both.maximumDayLossPart = least(maximumDayLossPart, other.maximumDayLossPart)
        return both
    }

    /// What an order would break; nil where it may go.
    package func breach(_ side: Side, worth: Money, _ basis: LimitBasis) -> LimitBreach? {
        if let most = ordersPerMinute, basis.sentLately >= most {
            return LimitBreach(
                .limitOrdersPerMinute,
                "limit \(most) orders a minute, \(basis.sentLately) were sent"
            )
        }
        if let most = maximumOrderValue, worth > most {
            return LimitBreach(
                .limitOrderValue,
                "limit ₹\(most.rupees) an order, this one is worth ₹\(worth.rupees)"
            )
        }
        guard side == .buy else { return nil }
        let losses = [maximumDayLoss, maximumDayLossPart.map { basis.capital.part($0) }]
        if let most = losses.compactMap(\.self).min(), basis.dayLoss >= most {
            return LimitBreach(
                .limitDayLoss,
                "limit ₹\(most.rupees) lost in a day, ₹\(basis.dayLoss.rupees) are"
            )
        }
        if let part = positionPart {
            let most = basis.capital.part(part)
            let position = basis.position + worth
            if position > most {
                return LimitBreach(
                    .limitPosition,
                    "limit ₹\(most.rupees) (\(part.percent) %) in one symbol, "
                        + "it would be ₹\(position.rupees)"
                )
            }
        }
        return nil
    }
}

/// What a client's orders have come to.
package struct LimitBasis: Sendable, Equatable {
    package let capital: Money
    /// Orders sent within the last 60 seconds.
    package var sentLately: Int
    /// What the shares held of the instrument have cost, and what is held for more of them.
    package var position: Money
    /// What was lost today by sales, less what was gained; negative for a gain.
    package let dayLoss: Money

    package init(capital: Money, sentLately: Int, position: Money, dayLoss: Money) {
        self.capital = capital
        self.sentLately = sentLately
        self.position = position
        self.dayLoss = dayLoss
    }
}

/// Which limit an order would break, with both numbers.
package struct LimitBreach: Sendable, Equatable {
    package let reason: Reason
    package let words: String

    package init(_ reason: Reason, _ words: String) {
        self.reason = reason
        self.words = words
    }
}
