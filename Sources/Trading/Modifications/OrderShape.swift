/// What of an order at a broker may be changed: how many in all, how, at what price.
package struct OrderShape: Sendable, Equatable {
    /// All shares of the order, those that are filled included.
    package let quantity: Quantity
    package let type: OrderType
    /// Present exactly where `type.hasPrice`.
    package let price: Price?
    /// Present exactly where `type.hasTrigger`.
    package let trigger: Price?

    package init(quantity: Quantity, type: OrderType, price: Price?, trigger: Price?) {
        self.quantity = quantity
        self.type = type
        self.price = price
        self.trigger = trigger
    }

    /// The shape of an order of these terms.
    package init(_ terms: OrderTerms, quantity: Quantity) {
        self.init(
            quantity: quantity,
            type: terms.type,
            price: terms.price,
            trigger: terms.trigger
        )
    }

    /// Whether an order that ended with so much filled must have had the wanted shape.
    package static func isShown(
        _ wanted: OrderShape,
        _ before: OrderShape,
        byFilled filled: Quantity
    )
        -> Bool
    {
        filled > before.quantity
            || filled == wanted.quantity && wanted.quantity != before.quantity
    }

    /// The cash that must be held for so many shares still to be bought, and what holds it.
    ///
    /// As for a new order: a stated price as it is, any other with room for the market to move.
    /// - Returns: nil where the market decides and no price is known.
    package func cost(of shares: Quantity, tick: Price, market: Price?) -> ShapeCost? {
        if type.hasPrice, let price {
            let cost = price.cost(of: shares)
            return ShapeCost(needed: cost, cautious: cost, price: price)
        }
        guard let basis = type.hasTrigger ? trigger : market else { return nil }
        let cautious = basis.raised(by: Sizing.marketBuffer, tick: tick)
        return ShapeCost(
            needed: basis.cost(of: shares),
            cautious: cautious.cost(of: shares),
            price: basis
        )
    }
}

/// What shares that are still to be bought may cost.
package struct ShapeCost: Sendable, Equatable {
    /// Without this much there is no order.
    package let needed: Money
    /// Held where there is so much.
    package let cautious: Money
    /// The price from which both follow.
    package let price: Price
}

extension OrderTerms {
    /// The same terms in another shape.
    package func reshaped(_ shape: OrderShape) -> OrderTerms {
        OrderTerms(
            instrument: instrument,
            side: side,
            type: shape.type,
            product: product,
            validity: validity,
            price: shape.price,
            trigger: shape.trigger
        )
    }
}

/// What somebody wishes changed of an order; nil: stays as it is.
package struct WishedShape: Sendable, Equatable {
    package var quantity: Quantity?
    package var type: OrderType?
    package var price: Price?
    package var trigger: Price?

    package init(
        quantity: Quantity? = nil,
        type: OrderType? = nil,
        price: Price? = nil,
        trigger: Price? = nil
    ) {
        self.quantity = quantity
        self.type = type
        self.price = price
        self.trigger = trigger
    }

    /// Whether nothing is wished.
    package var isEmpty: Bool { quantity == nil && type == nil && price == nil && trigger == nil }

    /// The whole shape: prices that the new type does not have fall away by themselves.
    package func applied(to shape: OrderShape) -> OrderShape {
        let type = type ?? shape.type
        return OrderShape(
            quantity: quantity ?? shape.quantity,
            type: type,
            price: price ?? (type.hasPrice ? shape.price : nil),
            trigger: trigger ?? (type.hasTrigger ? shape.trigger : nil)
        )
    }
}
