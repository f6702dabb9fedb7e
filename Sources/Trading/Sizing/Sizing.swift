/// How many shares each client trades.
///
/// Sources: seed 000 "Capital Allocation Rules", seed 001 scenario 1.
package enum Sizing: Sendable, Equatable {
    /// BUY: `floor(capital × part ÷ price)`; with MTF the part is of the client's own money, so
    /// `floor(capital × part × leverage ÷ price)`. SELL: `floor(held × part)`.
    case part(BasisPoints)
    /// BUY: `min(quantity, floor(capital × part ÷ price))`, the part being the client's or trader's
    /// own where nil. SELL: `min(quantity, held and free)`.
    case quantityWithin(Quantity, part: BasisPoints?)
    /// BUY: exactly so many, or none. SELL: `min(quantity, held and free)`.
    case quantity(Quantity)
    /// `floor(amount ÷ price)`; a SELL never more than is held and free.
    case amount(Money)
    /// Each client's own quantity, kept beside the bulk trade: as `quantity` with that number.
    case listed
}

/// What one client's order was sized from, frozen with the order.
package struct SizingBasis: Sendable, Equatable {
    /// What may be put to work for the client.
    package let capital: Money
    /// The part per order that applies where the bulk trade names none.
    package let usualPart: BasisPoints
    /// Cash that is neither held nor invested.
    package let available: Money
    /// Shares that are held and not yet promised to another sale.
    package let free: Quantity
    /// Shares that are held.
    package let owned: Quantity
    /// The limit, trigger, or last price.
    package let price: Price
    /// How many times its own money an MTF purchase may cost; nil for all others.
    package let leverage: Leverage?

    package init(
        capital: Money,
        usualPart: BasisPoints,
        available: Money,
        free: Quantity,
        owned: Quantity,
        price: Price,
        leverage: Leverage? = nil
    ) {
        self.capital = capital
        self.usualPart = usualPart
        self.available = available
        self.free = free
        self.owned = owned
        self.price = price
        self.leverage = leverage
    }
}

extension SizingBasis {
    /// What a part of the capital may buy.
    fileprivate func reach(_ part: BasisPoints) -> Money {
        let own = capital.part(part)
        return leverage?.reach(of: own) ?? own
    }
}

/// An order's size and the money to hold for it, or why there is none.
package enum SizedOrder: Sendable, Equatable {
    /// Buy so many; hold so much cash. `hold` is zero for a SELL, which reserves shares instead.
    case order(Quantity, hold: Money)
    /// As above the first of several orders, since the exchange does not take all in one; the later
    /// ones are of these quantities, and each is sized and held for when its turn has come.
    case sliced(Quantity, hold: Money, later: [Quantity])
    case none(Reason)
}

extension Sizing {
    /// How far above the last price a MARKET order may fill, for which money is held where there is
    /// any.
    ///
    /// Indian brokers turn MARKET into a limit order within a protection band (regulation.md §2).
    package static let marketBuffer = BasisPoints(100)

    /// One client's order, never more than the client's cash or shares allow.
    package func size(for terms: OrderTerms, from basis: SizingBasis) -> SizedOrder {
        let sized = assess(terms, from: basis)
        if let reason = sized.reasons.first { return .none(reason) }
        guard !sized.later.isEmpty else { return .order(sized.first, hold: sized.hold) }
        return .sliced(sized.first, hold: sized.hold, later: sized.later)
    }

    /// The same with every reason against it, and what would fit.
    package func assess(_ terms: OrderTerms, from basis: SizingBasis) -> Assessment {
        let instrument = terms.instrument
        let wanted =
            switch terms.side {
            case .buy: quantityToBuy(from: basis)
            case .sell: quantityToSell(from: basis)
            }
        guard terms.side == .buy || basis.free > .zero else {
            return Assessment(against: basis.owned > .zero ? .sharesReserved : .notHeld)
        }
        let quantity = wanted.wholeLots(of: instrument.lot)
        guard quantity > .zero else {
            return Assessment(against: wanted > .zero ? .belowOneLot : tooSmall(terms.side))
        }
        var sized = Assessment(quantity: quantity, cost: basis.price.cost(of: quantity))
        let cut = OrderSlices.cut(
            quantity,
            freeze: instrument.freezeQuantity,
            lot: instrument.lot
        )
        if let cut {
            sized.slices = cut
        } else {
            sized.reasons.append(.aboveFreezeQuantity)
            sized.fits = OrderSlices.largest(
                freeze: instrument.freezeQuantity,
                lot: instrument.lot
            )
        }
        guard terms.side == .buy else { return sized }
        // The whole of it must be affordable before the first part is sent.
        let leverage = basis.leverage ?? .once
        sized.own = leverage.ownPart(of: sized.cost)
        guard sized.own <= basis.available else {
            sized.reasons.append(basis.leverage == nil ? .insufficientFunds : .beyondMTFLimit)
            let most = affordable(leverage.reach(of: basis.available), at: basis.price)
            sized.fits = min(most.wholeLots(of: instrument.lot), sized.fits ?? quantity)
            return sized
        }
        guard sized.reasons.isEmpty else { return sized }
        guard !terms.type.hasPrice else {
            sized.hold = leverage.ownPart(of: basis.price.cost(of: sized.first))
            return sized
        }
        let cautious = basis.price.raised(by: Sizing.marketBuffer, tick: instrument.tick)
        sized.hold = min(leverage.ownPart(of: cautious.cost(of: sized.first)), basis.available)
        return sized
    }

    private func quantityToBuy(from basis: SizingBasis) -> Quantity {
        switch self {
        case .part(let part): affordable(basis.reach(part), at: basis.price)
        case .quantityWithin(let asked, let part):
            min(asked, affordable(basis.reach(part ?? basis.usualPart), at: basis.price))
        case .quantity(let asked): asked
        case .amount(let amount): affordable(amount, at: basis.price)
        case .listed: .zero
        }
    }

    private func quantityToSell(from basis: SizingBasis) -> Quantity {
        switch self {
        case .part(let part): min(basis.owned.part(part), basis.free)
        case .quantityWithin(let asked, _), .quantity(let asked): min(asked, basis.free)
        case .amount(let amount): min(affordable(amount, at: basis.price), basis.free)
        case .listed: .zero
        }
    }

    private func affordable(_ money: Money, at price: Price) -> Quantity {
        // Money is in paise and prices in hundredths of a paisa.
        money.paise <= 0 ? .zero : Quantity(money.paise * 100 / price.raw)
    }

    private func tooSmall(_ side: Side) -> Reason {
        side == .buy ? .capitalBelowOneShare : .partBelowOneShare
    }
}
