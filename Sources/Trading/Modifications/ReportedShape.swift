/// The kind and prices of an order as a broker's books show them; nil what they do not show.
package struct ReportedShape: Sendable, Equatable {
    package let type: OrderType?
    package let price: Price?
    package let trigger: Price?

    package init(type: OrderType?, price: Price?, trigger: Price?) {
        self.type = type
        self.price = price
        self.trigger = trigger
    }
}

/// What a broker's books say of a change that was or may have been sent.
package enum ModificationEvidence: Sendable, Equatable {
    /// The order is as it was wished.
    case changed
    /// The order is as it was before: the change did not come, or not yet.
    case asBefore
    /// Neither can be told.
    case unclear
}

extension OrderReport {
    /// What this says of a change from one shape to another.
    package func evidence(of wanted: OrderShape, from before: OrderShape) -> ModificationEvidence {
        guard wanted != before else { return .unclear }
        if shows(wanted, not: before) { return .changed }
        return shows(before, not: wanted) ? .asBefore : .unclear
    }

    /// The type tells only where it changes: a stop order that was triggered may be shown as the
    /// limit order that it then is.
    private func shows(_ shape: OrderShape, not other: OrderShape) -> Bool {
        guard quantity == shape.quantity else { return false }
        if shape.type != other.type, !showsType(shape, not: other) { return false }
        if shape.type.hasPrice, reported?.price != shape.price { return false }
        // A trigger that has fired is not shown everywhere.
        if shape.type.hasTrigger, shape.trigger != other.trigger || reported?.trigger != nil,
            reported?.trigger != shape.trigger
        {
            return false
        }
        return true
    }

    /// An order at the market may be shown as a limit order at the edge of the exchange's band.
    private func showsType(_ shape: OrderShape, not other: OrderShape) -> Bool {
        if reported?.type == shape.type { return true }
        return shape.type == .market && reported?.type == .limit && reported?.price != other.price
    }
}
