/// Whether shares are bought or sold.
package enum Side: String, Sendable, CaseIterable {
    case buy = "BUY"
    case sell = "SELL"
}

/// How an order meets the market.
package enum OrderType: String, Sendable, CaseIterable {
    case market = "MARKET"
    case limit = "LIMIT"
    /// A limit order that waits for its trigger price.
    case stopLimit = "SL"
    /// A market order that waits for its trigger price.
    case stopMarket = "SL-M"

    /// Whether the order states a limit price.
    package var hasPrice: Bool { self == .limit || self == .stopLimit }
    /// Whether the order waits for a trigger price.
    package var hasTrigger: Bool { self == .stopLimit || self == .stopMarket }
}

/// What the shares are bought for; each broker has its own word for it.
package enum Product: String, Sendable, CaseIterable {
    /// Delivery, paid in full.
    case delivery = "CNC"
    /// Closed the same day.
    case intraday = "INTRADAY"
    /// Delivery with money lent by the broker (margin trading facility).
    case marginFunding = "MTF"
    /// Futures and options carried overnight.
    case carryForward = "NRML"

    /// As what the shares are held.
    ///
    /// Those that were bought with lent money are apart, since the loan hangs on them; all others
    /// are the client's own, whatever the order was called.
    package var heldAs: Product { self == .marginFunding ? .marginFunding : .delivery }
}

/// How long an order stays in the market.
package enum Validity: String, Sendable, CaseIterable {
    case day = "DAY"
    /// What is not filled at once is cancelled.
    case immediate = "IOC"
}

/// What is to be traded and how, the same for every client of a bulk trade.
package struct OrderTerms: Sendable, Equatable {
    package let instrument: Instrument
    package let side: Side
    package let type: OrderType
    package let product: Product
    package let validity: Validity
    /// Present exactly where `type.hasPrice`.
    package let price: Price?
    /// Present exactly where `type.hasTrigger`.
    package let trigger: Price?

    package init(
        instrument: Instrument,
        side: Side,
        type: OrderType,
        product: Product,
        validity: Validity,
        price: Price?,
        trigger: Price?
    ) {
        self.instrument = instrument
        self.side = side
        self.type = type
        self.product = product
        self.validity = validity
        self.price = price
        self.trigger = trigger
    }

    /// The shares that such an order adds to, or takes from.
    package var shares: ShareKey { ShareKey(instrument.id, boughtAs: product) }
}
