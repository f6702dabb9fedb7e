/// An order as it is when somebody asks for a change of it, with all that decides.
package struct ModificationBasis: Sendable {
    package let state: OrderState
    /// The order's terms as they are now.
    package let terms: OrderTerms
    package let quantity: Quantity
    package let filled: Quantity
    /// Cash that the order holds.
    package let held: Money
    /// The client's cash that is free.
    package let available: Money
    /// The client's shares that are free.
    package let free: Quantity
    /// Changes that were sent for this order so far.
    package let made: Int
    /// Changes of one order that its broker takes; nil: any number.
    package let most: Int?
    /// Whether the broker can change orders at all, and to this kind.
    package let types: Set<OrderType>
    /// Why nothing may be sent for the client now: halted, inactive, no session, market closed.
    package let obstacle: Reason?
    /// The last price, where one is known: it decides only where an order states none.
    package let market: Price?

    package init(
        state: OrderState,
        terms: OrderTerms,
        quantity: Quantity,
        filled: Quantity,
        held: Money,
        available: Money,
        free: Quantity,
        made: Int,
        most: Int?,
        types: Set<OrderType>,
        obstacle: Reason?,
        market: Price?
    ) {
        self.state = state
        self.terms = terms
        self.quantity = quantity
        self.filled = filled
        self.held = held
        self.available = available
        self.free = free
        self.made = made
        self.most = most
        self.types = types
        self.obstacle = obstacle
        self.market = market
    }

    /// The order's shape as it is.
    package var shape: OrderShape { OrderShape(terms, quantity: quantity) }
}

/// Whether a change may be sent, and what must be held for it first.
package enum ModificationDecision: Sendable, Equatable {
    /// To this shape; more cash and shares are to be held until the broker's books have told.
    ///
    /// `price`: from which the new shape was sized.
    case take(OrderShape, holdMore: Money, reserveMore: Quantity, price: Price)
    case refuse(ModificationRefusal)
}

/// Why a change is not taken.
package enum ModificationRefusal: Sendable, Equatable {
    /// Only an order that rests at its broker can be changed.
    case notOpen(OrderState)
    /// Another change of the order has not ended.
    case otherOpen(ModificationID)
    /// The broker takes no more changes of this order.
    case tooMany(Int)
    /// The broker cannot change orders so.
    case notSupported
    /// The order is so already.
    case nothingChanges
    /// Nothing may be sent for the client now.
    case obstacle(Reason)
    case invalid([FieldProblem])
}

extension ModificationBasis {
    /// What follows from the wish.
    ///
    /// 1. An order that rests may be changed; one that is to be cancelled, or in doubt, may not.
    /// 2. Never to what is filled or less, never above the freeze quantity, never to a price that a
    ///    new order could not have.
    /// 3. More cash or shares are held before anything is sent; less is released once the books have
    ///    shown the change.
    package func decide(_ wish: WishedShape) -> ModificationDecision {
        guard state == .accepted || state == .open || state == .partlyFilled else {
            return .refuse(.notOpen(state))
        }
        if let most, made >= most { return .refuse(.tooMany(most)) }
        if let obstacle { return .refuse(.obstacle(obstacle)) }
        let wanted = wish.applied(to: shape)
        guard types.contains(wanted.type) else { return .refuse(.notSupported) }
        guard wanted != shape else { return .refuse(.nothingChanges) }
        let problems =
            terms.reshaped(wanted).problems(.quantity(wanted.quantity)) + quantityProblems(wanted)
        guard problems.isEmpty else { return .refuse(.invalid(problems)) }
        return hold(for: wanted)
    }

    private func quantityProblems(_ wanted: OrderShape) -> [FieldProblem] {
        let problems = terms.instrument.problems(ofOneOrder: wanted.quantity)
        guard problems.isEmpty else { return problems }
        guard wanted.quantity <= filled else { return [] }
        return [
            .init(
                "quantity",
                "not_above_filled",
                "\(filled) are filled: the quantity must be more. To keep just these, cancel."
            )
        ]
    }

    private func hold(for wanted: OrderShape) -> ModificationDecision {
        let tick = terms.instrument.tick
        guard
            let cost = wanted.cost(of: wanted.quantity - filled, tick: tick, market: market)
        else { return .refuse(.obstacle(.noPrice)) }
        switch terms.side {
        case .buy:
            let able = held + available
            guard cost.needed <= able else { return .refuse(.obstacle(.insufficientFunds)) }
            let hold = min(cost.cautious, able)
            return .take(
                wanted,
                holdMore: max(.zero, hold - held),
                reserveMore: .zero,
                price: cost.price
            )
        case .sell:
            let more = wanted.quantity > quantity ? wanted.quantity - quantity : .zero
            guard more <= free else { return .refuse(.obstacle(.sharesReserved)) }
            return .take(wanted, holdMore: .zero, reserveMore: more, price: cost.price)
        }
    }
}

/// What an order need not hold any more once a change of it has ended.
package struct ModificationRelease: Sendable, Equatable {
    package let cash: Money
    package let shares: Quantity

    /// For an order of this shape and side, of which so much is filled, that holds and reserves so
    /// much; `price`: from which it was sized.
    package init(
        _ shape: OrderShape,
        _ side: Side,
        filled: Quantity,
        held: Money,
        reserved: Quantity,
        tick: Price,
        price: Price
    ) {
        let rest = shape.quantity > filled ? shape.quantity - filled : .zero
        let cost = shape.cost(of: rest, tick: tick, market: price)
        switch side {
        case .buy:
            cash = max(.zero, held - (cost?.cautious ?? held))
            shares = .zero
        case .sell:
            cash = .zero
            shares = reserved > rest ? reserved - rest : .zero
        }
    }
}
