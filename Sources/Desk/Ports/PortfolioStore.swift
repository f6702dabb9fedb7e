package import Trading

/// Where portfolios are read from; nothing here writes.
package protocol PortfolioStore: Sendable {
    /// A client's money and shares, and the trades that made them; nil where there is no such client.
    ///
    /// The trades are all there ever were in the instruments that are held or were traded since
    /// the moment, in the order in which they were booked.
    func books(of client: ClientID, tradedSince: Timestamp) async throws(StoreFailure)
        -> ClientBooks?

    /// One page of a client's trades, newest first.
    func transactions(_ query: TransactionQuery) async throws(StoreFailure) -> [BookedFill]

    /// The sums over all clients of a trader.
    func totals(of trader: TraderID) async throws(StoreFailure) -> TraderTotals

    /// One page of a trader's clients in the order of their ids, with money and shares.
    func stands(of trader: TraderID, after: ClientID?, limit: Int) async throws(StoreFailure)
        -> [ClientStand]

    /// One page of the clients for whom a bulk trade was filled, in the order of their ids, with all
    /// their trades in the shares it was about, in the order in which they were booked.
    func filledClients(of task: TaskID, after: ClientID?, limit: Int) async throws(StoreFailure)
        -> [FilledClient]
}

/// Shares of one instrument that somebody holds as one product.
package struct HeldShares: Sendable, Equatable {
    package let key: ShareKey
    package let exchange: ExchangeName
    package let symbol: String
    package let holding: Holding

    package init(
        _ key: ShareKey,
        exchange: ExchangeName,
        symbol: String,
        holding: Holding
    ) {
        self.key = key
        self.exchange = exchange
        self.symbol = symbol
        self.holding = holding
    }

    package var instrument: InstrumentID { key.instrument }
}

/// A trade as it was booked.
package struct BookedFill: Sendable, Equatable {
    package let client: ClientID
    package let instrument: InstrumentID
    package let exchange: ExchangeName
    package let symbol: String
    /// The broker's id of the trade.
    package let tradeID: String
    package let fill: ShareFill

    package init(
        client: ClientID,
        instrument: InstrumentID,
        exchange: ExchangeName,
        symbol: String,
        tradeID: String,
        fill: ShareFill
    ) {
        self.client = client
        self.instrument = instrument
        self.exchange = exchange
        self.symbol = symbol
        self.tradeID = tradeID
        self.fill = fill
    }

    /// The shares that it added to, or took from.
    package var key: ShareKey { ShareKey(instrument, boughtAs: fill.product) }

    /// Where this trade stands in a list of them.
    package var place: TransactionPlace {
        TransactionPlace(at: fill.at, intent: fill.intent, tradeID: tradeID)
    }
}

/// What a client has: money, and shares in the order of their symbols.
package struct ClientStand: Sendable, Equatable {
    package let client: Client
    package let funds: Funds
    package let shares: [HeldShares]

    package init(client: Client, funds: Funds, shares: [HeldShares]) {
        self.client = client
        self.funds = funds
        self.shares = shares
    }
}

/// What a client has, and the trades that made it.
package struct ClientBooks: Sendable, Equatable {
    package let stand: ClientStand
    package let fills: [BookedFill]

    package init(stand: ClientStand, fills: [BookedFill]) {
        self.stand = stand
        self.fills = fills
    }
}

/// The sums over all clients of a trader.
package struct TraderTotals: Sendable, Equatable {
    package let clients: Int
    package let funds: Funds
    package let shares: [HeldShares]

    package init(clients: Int, funds: Funds, shares: [HeldShares]) {
        self.clients = clients
        self.funds = funds
        self.shares = shares
    }
}

/// A client for whom a bulk trade was filled.
package struct FilledClient: Sendable, Equatable {
    package let id: ClientID
    package let code: String
    package let name: String
    /// What the client now holds of the shares that the trade was about.
    package let holding: Holding
    package let fills: [ShareFill]

    package init(id: ClientID, code: String, name: String, holding: Holding, fills: [ShareFill]) {
        self.id = id
        self.code = code
        self.name = name
        self.holding = holding
        self.fills = fills
    }
}

/// Where one trade stands in a list by time: brokers' clocks count whole seconds, so the time alone
/// names no trade.
package struct TransactionPlace: Sendable, Equatable {
    package let at: Timestamp
    package let intent: IntentID
    package let tradeID: String

    package init(at: Timestamp, intent: IntentID, tradeID: String) {
        self.at = at
        self.intent = intent
        self.tradeID = tradeID
    }

    /// Whether this one is the older, and so comes later in the list.
    package func isBefore(_ other: TransactionPlace) -> Bool {
        if at != other.at { return at < other.at }
        if intent != other.intent { return intent < other.intent }
        return tradeID.utf8.lexicographicallyPrecedes(other.tradeID.utf8)
    }
}

/// Which of a client's trades are asked for.
package struct TransactionQuery: Sendable {
    package let client: ClientID
    package let from: Timestamp
    /// Trades at this moment and later are left out.
    package let to: Timestamp
    /// The last one of the page before.
    package let after: TransactionPlace?
    package let limit: Int

    package init(
        client: ClientID,
        from: Timestamp,
        to: Timestamp,
        after: TransactionPlace?,
        limit: Int
    ) {
        self.client = client
        self.from = from
        self.to = to
        self.after = after
        self.limit = limit
    }
}
