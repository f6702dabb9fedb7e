/// Why an order was not changed or cancelled; it stays as it was.
package enum ChangeRefusal: Error, Equatable {
    case noSuchOrder
    /// It has ended already.
    case notOpen(OrderState)
    case tooManyModifications
    case belowFilled
    case rule(Rejection)
}

/// What a modification asks for; the quantity is the order's total.
package struct OrderChange: Sendable {
    package var kind: OrderKind
    package var validity: Validity
    package var quantity: Int64
    package var disclosed: Int64
    package var price: Rupees
    package var trigger: Rupees

    package init(
        kind: OrderKind,
        validity: Validity,
        quantity: Int64,
        disclosed: Int64,
        price: Rupees,
        trigger: Rupees
    ) {
        self.kind = kind
        self.validity = validity
        self.quantity = quantity
        self.disclosed = disclosed
        self.price = price
        self.trigger = trigger
    }
}

extension Exchange {
    package static let greatestModifications = 25

    /// Cancels what is still open of an order.
    package mutating func cancel(_ number: Int, at moment: Moment) throws(ChangeRefusal) {
        let index = try openOrder(number, at: moment)
        close(index, as: .cancelled, .cancelled, at: moment)
    }

    /// Changes an open order.
    ///
    /// It goes to the end of its queue, unless all that changes is that the quantity shrinks.
    package mutating func modify(
        _ number: Int,
        _ change: OrderChange,
        at moment: Moment
    ) throws(ChangeRefusal) {
        let index = try openOrder(number, at: moment)
        let old = orders[index]
        guard old.modifications < Self.greatestModifications else { throw .tooManyModifications }
        guard change.quantity > old.filled else { throw .belowFilled }
        let wasTriggered = old.kind.isStop && !old.isArmed
        if let broken = brokenRule(
            markets[old.instrument],
            old.side,
            wasTriggered && change.kind == .stopLimit ? .limit : change.kind,
            quantity: change.quantity,
            disclosed: change.disclosed,
            price: change.price,
            trigger: change.trigger
        ) {
            throw .rule(broken)
        }
        let keepsPlace =
            change.kind == old.kind && change.price == old.price && change.trigger == old.trigger
            && change.validity == old.validity && change.quantity <= old.quantity
        if !keepsPlace { leaveQueue(index) }
        release(index)
        orders[index].kind = change.kind
        orders[index].validity = change.validity
        orders[index].quantity = change.quantity
        orders[index].disclosed = change.disclosed
        orders[index].price = change.price
        orders[index].trigger = change.trigger
        orders[index].modifications += 1
        orders[index].updatedAt = moment
        orders[index].isArmed = change.kind.isStop && !wasTriggered
        blockRemaining(index)
        note(.modified, index, at: moment)
        guard !keepsPlace, old.state != .transit else { return }
        if orders[index].isArmed {
            queue(index)
        } else {
            go(index, at: moment)
            fireStops(old.instrument, at: moment)
        }
    }

    /// The place of an order that can still be changed, with its market brought up to date.
    private mutating func openOrder(
        _ number: Int,
        at moment: Moment
    ) throws(ChangeRefusal) -> Int {
        guard let known = order(number) else { throw .noSuchOrder }
        advance(known.instrument, to: moment)
        let index = number - firstOrder
        let state = orders[index].state
        guard state.isOpen else { throw .notOpen(state) }
        return index
    }

    private mutating func blockRemaining(_ index: Int) {
        let order = orders[index]
        let all = moneyNeeded(order)
        let needed = Rupees(
            tenThousandths: all.tenThousandths / order.quantity * (order.quantity - order.filled)
        )
        orders[index].blocked = needed
        accounts[order.account].blocked += needed
        if order.product == .delivery, order.side == .sell {
            accounts[order.account].promised[order.instrument, default: 0] +=
                order.quantity - order.filled
        }
    }
}
