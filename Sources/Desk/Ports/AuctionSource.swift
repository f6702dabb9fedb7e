package import Trading

/// Reads which shares of an account could be sold in an auction that the exchange holds now.
package protocol AuctionSource: Sendable {
    /// One entry for each auction; to take part is the client's own affair.
    func auctions(_ session: BrokerSession) async throws(BrokerFailure) -> [Auction]
}

/// An auction of shares that an account has.
package struct Auction: Sendable, Equatable {
    /// The broker's number of it.
    package let number: String
    package let symbol: String
    package let exchange: String
    package let isin: String?
    /// Shares that the account has.
    package let quantity: Quantity
    package let lastPrice: Price?

    package init(
        number: String,
        symbol: String,
        exchange: String,
        isin: String?,
        quantity: Quantity,
        lastPrice: Price?
    ) {
        self.number = number
        self.symbol = symbol
        self.exchange = exchange
        self.isin = isin
        self.quantity = quantity
        self.lastPrice = lastPrice
    }
}
