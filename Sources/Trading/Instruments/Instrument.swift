/// The exchanges on which an instrument is listed.
package enum ExchangeName: String, Sendable, CaseIterable {
    case nse = "NSE"
    case bse = "BSE"
}

/// Something that can be traded, with the exchange's rules for its orders.
package struct Instrument: Sendable, Equatable {
    package let id: InstrumentID
    package let exchange: ExchangeName
    /// The exchange's symbol, such as `RELIANCE`.
    package let symbol: String
    package let name: String
    package let isin: String?
    /// Orders are whole multiples of this.
    package let lot: Quantity
    /// Prices are whole multiples of this.
    package let tick: Price
    /// The largest quantity that the exchange takes in one order; nil: no limit known.
    package let freezeQuantity: Quantity?
    /// No order below this price is taken today; nil: not known.
    package let lowerCircuit: Price?
    /// No order above this price is taken today; nil: not known.
    package let upperCircuit: Price?

    package init(
        id: InstrumentID,
        exchange: ExchangeName,
        symbol: String,
        name: String,
        isin: String?,
        lot: Quantity,
        tick: Price,
        freezeQuantity: Quantity?,
        lowerCircuit: Price?,
        upperCircuit: Price?
    ) {
        precondition(lot.raw > 0 && tick.raw > 0, "lot and tick are positive")
        self.id = id
        self.exchange = exchange
        self.symbol = symbol
        self.name = name
        self.isin = isin
        self.lot = lot
        self.tick = tick
        self.freezeQuantity = freezeQuantity
        self.lowerCircuit = lowerCircuit
        self.upperCircuit = upperCircuit
    }
}
