package import Trading

/// Where instruments and each broker's names for them are kept.
package protocol InstrumentStore: Sendable {
    /// The instrument with this symbol at this exchange; case does not matter.
    func instrument(_ symbol: String, at exchange: ExchangeName) async throws(StoreFailure)
        -> Instrument?

    /// Instruments whose symbol or name begins with or contains the text.
    func search(_ text: String, limit: Int) async throws(StoreFailure) -> [Instrument]

    /// Stores what a broker's instrument master lists, in one transaction.
    ///
    /// - Returns: how many instruments were new or changed.
    func load(_ listings: [InstrumentListing], of broker: BrokerName, by actor: Actor)
        async throws(StoreFailure) -> Int
}

/// One line of a broker's instrument master.
package struct InstrumentListing: Sendable, Equatable {
    package let exchange: ExchangeName
    package let symbol: String
    package let name: String
    package let isin: String?
    package let series: String
    package let lot: Quantity
    package let tick: Price
    package let freezeQuantity: Quantity?
    package let lowerCircuit: Price?
    package let upperCircuit: Price?
    /// A price in the master, such as yesterday's close.
    package let price: Price?
    /// The broker's segment and code.
    package let segment: String
    package let code: String

    package init(
        exchange: ExchangeName,
        symbol: String,
        name: String,
        isin: String?,
        series: String,
        lot: Quantity,
        tick: Price,
        freezeQuantity: Quantity?,
        lowerCircuit: Price?,
        upperCircuit: Price?,
        price: Price?,
        segment: String,
        code: String
    ) {
        self.exchange = exchange
        self.symbol = symbol
        self.name = name
        self.isin = isin
        self.series = series
        self.lot = lot
        self.tick = tick
        self.freezeQuantity = freezeQuantity
        self.lowerCircuit = lowerCircuit
        self.upperCircuit = upperCircuit
        self.price = price
        self.segment = segment
        self.code = code
    }
}
