package import Trading

/// Turns an open position into one of another product, such as intraday into delivery.
package protocol PositionConversion: Sendable {
    /// Asks for it once; whether it is done, the positions tell.
    func convert(_ conversion: Conversion, _ session: BrokerSession) async throws(BrokerFailure)
}

/// A position to be converted.
package struct Conversion: Sendable, Equatable {
    package let instrument: BrokerInstrument
    /// The side on which the position was opened.
    package let side: Side
    package let quantity: Quantity
    package let from: Product
    package let to: Product
    /// Whether it was carried over from an earlier day.
    package let isOvernight: Bool

    package init(
        instrument: BrokerInstrument,
        side: Side,
        quantity: Quantity,
        from: Product,
        to: Product,
        isOvernight: Bool = false
    ) {
        self.instrument = instrument
        self.side = side
        self.quantity = quantity
        self.from = from
        self.to = to
        self.isOvernight = isOvernight
    }
}
