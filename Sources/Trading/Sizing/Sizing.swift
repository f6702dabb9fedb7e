/// How many shares each client trades.
///
/// Sources: seed 000 "Capital Allocation Rules", seed 001 scenario 1.
package enum Sizing: Sendable, Equatable {
    /// BUY: `floor(capital × part ÷ price)`. SELL: `floor(held × part)`.
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

    package init(
        capital: Money,
        usualPart: BasisPoints,
        available: Money,
        free: Quantity,
        owned: Quantity,
        price: Price
    ) {
        self.capital = capital
        self.usualPart = usualPart
        self.available = available
        self.free = free
        self.owned = owned
        self.price = price
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
    /// How far above the last price a MARKET order may fill, for which money is held where there is any.
    ///
    /// Indian brokers turn MARKET into a limit order within a protection band (regulation.md §2).
    package static let marketBuffer = BasisPoints(100)

    /// One client's order, never more than the client's cash or shares allow.
    package func size(for terms: OrderTerms, from basis: SizingBasis) -> SizedOrder {
        let instrument = terms.instrument
        let wanted =
            switch terms.side {
            case .buy: quantityToBuy(from: basis)
            case .sell: quantityToSell(from: basis)
            }
        guard terms.side == .buy || basis.free > .zero else {
            return .none(basis.owned > .zero ? .sharesReserved : .notHeld)
        }
        let quantity = wanted.wholeLots(of: instrument.lot)
        guard quantity > .zero else {
            return .none(wanted > .zero ? .belowOneLot : tooSmall(terms.side))
        }
        let cut = OrderSlices.cut(
            quantity,
            freeze: instrument.freezeQuantity,
            lot: instrument.lot
        )
        guard let slices = cut, let first = slices.first else {
            return .none(.aboveFreezeQuantity)
        }
        // The whole of it must be affordable before the first part is sent.
        guard terms.side == .sell || basis.price.cost(of: quantity) <= basis.available else {
            return .none(.insufficientFunds)
        }
        let hold = hold(for: first, terms, basis)
        guard slices.count > 1 else { return .order(first, hold: hold) }
        return .sliced(first, hold: hold, later: Array(slices.dropFirst()))
    }

    private func hold(for quantity: Quantity, _ terms: OrderTerms, _ basis: SizingBasis) -> Money {
        guard terms.side == .buy else { return .zero }
        guard !terms.type.hasPrice else { return basis.price.cost(of: quantity) }
        let tick = terms.instrument.tick
        let cautious = basis.price.raised(by: Sizing.marketBuffer, tick: tick)
        return min(cautious.cost(of: quantity), basis.available)
    }

    private func quantityToBuy(from basis: SizingBasis) -> Quantity {
        switch self {
        case .part(let part): affordable(basis.capital.part(part), at: basis.price)
        case .quantityWithin(let asked, let part):
            min(asked, affordable(basis.capital.part(part ?? basis.usualPart), at: basis.price))
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
