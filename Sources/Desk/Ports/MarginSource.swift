package import Trading

/// Tells what orders would need of an account, without placing any.
package protocol MarginSource: Sendable {
    /// What these orders together would need, by the broker's own reckoning.
    func margin(_ orders: [ProspectiveOrder], _ session: BrokerSession)
        async throws(BrokerFailure) -> MarginNeed
}

/// An order that nobody has placed.
package struct ProspectiveOrder: Sendable, Equatable {
    package let instrument: BrokerInstrument
    package let side: Side
    package let type: OrderType
    package let product: Product
    package let quantity: Quantity
    /// What it is reckoned at: its limit, or what the market is thought to be.
    package let price: Price
    package let trigger: Price?

    package init(
        instrument: BrokerInstrument,
        side: Side,
        type: OrderType,
        product: Product,
        quantity: Quantity,
        price: Price,
        trigger: Price? = nil
    ) {
        self.instrument = instrument
        self.side = side
        self.type = type
        self.product = product
        self.quantity = quantity
        self.price = price
        self.trigger = trigger
    }
}

/// What orders would need.
package struct MarginNeed: Sendable, Equatable {
    package let required: Money
    /// What the account has for them; nil where the broker does not say in the same answer.
    package let available: Money?
    /// What the broker says the orders would cost beside it; nil where it does not say here.
    package let charges: Money?

    package init(required: Money, available: Money?, charges: Money?) {
        self.required = required
        self.available = available
        self.charges = charges
    }

    /// What is lacking; nil where nobody knows what is available.
    package var missing: Money? { available.map { max(required - $0, .zero) } }
}
