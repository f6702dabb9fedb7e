/// Which shape a conditional order has.
package enum ConditionalKind: String, Sendable, CaseIterable {
    /// One order that is sent once the price reaches its trigger.
    case single = "SINGLE"
    /// A target and a stop: one cancels the other.
    case oneCancelsOther = "OCO"
    /// An entry, and a target and a stop for whatever it fills.
    case bracket = "BRACKET"
}

/// From which side the last price must reach a trigger.
package enum TriggerDirection: String, Sendable, CaseIterable {
    case rises = "RISES_TO"
    case falls = "FALLS_TO"
}

/// A trigger, and the order that it sends.
package struct TriggeredLeg: Sendable, Equatable {
    package let trigger: Price
    /// The limit of the order; nil: at the market.
    package let price: Price?

    package init(trigger: Price, price: Price?) {
        self.trigger = trigger
        self.price = price
    }
}

/// What a conditional order waits for, and what it then sends.
package enum Condition: Sendable, Equatable {
    case single(TriggerDirection, TriggeredLeg)
    case oneCancelsOther(target: TriggeredLeg, stop: TriggeredLeg)
    /// `entry`: the entry's limit, nil at the market. `trail`: how far the stop follows the price in
    /// steps of this size, nil where it stays.
    case bracket(entry: Price?, target: TriggeredLeg, stop: TriggeredLeg, trail: Price?)

    package var kind: ConditionalKind {
        switch self {
        case .single: .single
        case .oneCancelsOther: .oneCancelsOther
        case .bracket: .bracket
        }
    }

    /// The legs that wait for a price: one, or the target before the stop.
    package var legs: [TriggeredLeg] {
        switch self {
        case .single(_, let leg): [leg]
        case .oneCancelsOther(let target, let stop), .bracket(_, let target, let stop, _):
            [target, stop]
        }
    }
}

/// What one client's conditional order asks for.
package struct ConditionalTerms: Sendable, Equatable {
    package let instrument: Instrument
    /// Of the order that comes first: a bracket's exits are on the other side.
    package let side: Side
    package let product: Product
    package let quantity: Quantity
    package let condition: Condition

    package init(
        instrument: Instrument,
        side: Side,
        product: Product,
        quantity: Quantity,
        condition: Condition
    ) {
        self.instrument = instrument
        self.side = side
        self.product = product
        self.quantity = quantity
        self.condition = condition
    }

    package var kind: ConditionalKind { condition.kind }

    /// A bracket's target and stop as an order of its own, for so many shares; nil for other kinds.
    package func exits(of quantity: Quantity) -> ConditionalTerms? {
        guard case .bracket(_, let target, let stop, _) = condition, let exitSide else {
            return nil
        }
        return ConditionalTerms(
            instrument: instrument,
            side: exitSide,
            product: product,
            quantity: quantity,
            condition: .oneCancelsOther(target: target, stop: stop)
        )
    }

    /// The side of the orders that close the position; nil where there are none.
    package var exitSide: Side? {
        switch kind {
        case .single: nil
        case .oneCancelsOther: side
        case .bracket: side == .buy ? .sell : .buy
        }
    }
}
