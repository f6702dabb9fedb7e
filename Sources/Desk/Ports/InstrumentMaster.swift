package import Trading

/// A broker's list of what it trades.
package protocol InstrumentMaster: Sendable {
    /// The broker whose list it is.
    var broker: BrokerName { get }
    /// The whole list as of today.
    func list() async throws(BrokerFailure) -> InstrumentList
}

/// A list of instruments that is read a piece at a time, so that its values are never there all at
/// once.
package struct InstrumentList: Sendable {
    private let begin: @Sendable () throws(BrokerFailure) -> any InstrumentReader

    /// A list that is read from its beginning by each reader that `begin` makes.
    package init(
        _ begin: @escaping @Sendable () throws(BrokerFailure) -> any InstrumentReader
    ) {
        self.begin = begin
    }

    /// Begins to read.
    package func reader() throws(BrokerFailure) -> any InstrumentReader { try begin() }

    /// Everything at once, for short lists.
    package func all() throws(BrokerFailure) -> [InstrumentListing] {
        var reader = try reader()
        var listings: [InstrumentListing] = []
        while let listing = try reader.next() { listings.append(listing) }
        return listings
    }
}

/// Reads a list from its beginning to its end.
package protocol InstrumentReader {
    /// The next listing; nil at the end.
    mutating func next() throws(BrokerFailure) -> InstrumentListing?
}

extension InstrumentReader {
    /// The next listings, `count` at most; none at the end.
    package mutating func next(_ count: Int) throws(BrokerFailure) -> [InstrumentListing] {
        var listings: [InstrumentListing] = []
        listings.reserveCapacity(count)
        while listings.count < count, let listing = try next() { listings.append(listing) }
        return listings
    }
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
    /// What the broker's market feed calls it, where that is not the code.
    package let feedCode: String?
    /// How many times the own part a purchase on margin may be, in hundredths; nil: not told.
    package let marginLeverage: Int64?
    /// Whether name, series, lot and tick are this list's to say; another list's otherwise.
    package var describes = true

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
        code: String,
        feedCode: String? = nil,
        marginLeverage: Int64? = nil
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
        self.feedCode = feedCode
        self.marginLeverage = marginLeverage
    }
}
