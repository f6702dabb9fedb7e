package import Trading

/// Tells what one bulk trade earned, client by client.
///
/// A purchase: what its shares that are sold again brought more than they cost, and what those still
/// held are worth; which share came from which purchase follows first in, first out. A sale: what it
/// brought more than the weighted average of all shares held, as the ledger booked it.
package struct ReadTradeProfit: Sendable {
    let store: any PortfolioStore
    let prices: AskPrices
    /// Clients that are read at once for the total.
    private let stride: Int
    /// Where clients have more trades than this in the instrument, there is no total.
    private let mostFills: Int

    package init(
        store: any PortfolioStore,
        quotes: any LiveQuotes,
        clock: any WallClock,
        stride: Int = 500,
        mostFills: Int = 500_000
    ) {
        self.store = store
        self.stride = stride
        self.mostFills = mostFills
        prices = AskPrices(quotes: quotes, clock: clock)
    }

    /// A page of clients, and with the first page the total over all of them.
    package func callAsFunction(of trade: BulkTrade, after: ClientID?, limit: Int)
        async throws(StoreFailure) -> TradeProfit
    {
        let instrument = trade.terms.instrument.id
        let page = try await store.filledClients(of: trade.id, after: after, limit: limit)
        let quote = await prices([instrument], for: trade.trader)[instrument]
        let total =
            after == nil
            ? try await self.total(of: trade, page, isWhole: page.count < limit, quote?.price) : nil
        return TradeProfit(
            quote: quote,
            total: total,
            clients: page.map { ClientProfit(of: trade, $0, price: quote?.price) }
        )
    }

    /// The sums over all clients, of which the first page is known; nil where it is too much work for
    /// one request.
    private func total(of trade: BulkTrade, _ page: [FilledClient], isWhole: Bool, _ price: Price?)
        async throws(StoreFailure) -> TradeTotal?
    {
        var (sum, fills) = (TradeTotal(), 0)
        var (clients, isLast) = (page, isWhole)
        while true {
            for client in clients {
                sum.add(ClientProfit(of: trade, client, price: price))
                fills += client.fills.count
            }
            guard !isLast, let last = clients.last?.id else { return sum }
            guard fills < mostFills else { return nil }
            clients = try await store.filledClients(of: trade.id, after: last, limit: stride)
            isLast = clients.count < stride
        }
    }
}

/// What one bulk trade earned.
package struct TradeProfit: Sendable, Equatable {
    package let quote: Quote?
    /// Nil on later pages, and where the instrument has too many trades to add up.
    package let total: TradeTotal?
    package let clients: [ClientProfit]
}

/// What one bulk trade earned for one client.
package struct ClientProfit: Sendable, Equatable {
    package let client: ClientID
    package let code: String
    package let name: String
    package let traded: TradeSums
    /// Whether telling all trades again comes to the very shares and cost of the ledger.
    package let isProven: Bool

    init(of trade: BulkTrade, _ client: FilledClient, price: Price?) {
        self.client = client.id
        code = client.code
        name = client.name
        var history = ShareHistory()
        var sums = TradeSums()
        for fill in client.fills {
            let sale = history.add(fill)
            guard fill.task == trade.id else { continue }
            sums.quantity = sums.quantity + fill.quantity
            sums.value += fill.value
            if let sale { sums.realised += sale.realised }
        }
        for lot in history.lots where lot.task == trade.id {
            sums.realised += lot.realised
            sums.held = sums.held + lot.held
            sums.heldCost += lot.heldCost
        }
        if sums.held == .zero {
            sums.valuation = Valuation(marketValue: .zero, cost: .zero)
        } else if let price {
            sums.valuation = Valuation(sums.held, cost: sums.heldCost, at: price)
        }
        traded = sums
        isProven =
            history.holding.quantity == client.holding.quantity
            && history.holding.cost == client.holding.cost
    }
}

/// What was traded, what of it is over, and what is still held.
package struct TradeSums: Sendable, Equatable {
    package var quantity = Quantity.zero
    package var value = Money.zero
    package var realised = Money.zero
    /// Shares that the trade bought and that are held still.
    package var held = Quantity.zero
    package var heldCost = Money.zero
    /// Of what is held; nil where no fresh price is known.
    package var valuation: Valuation?
}

/// The sums over all clients.
package struct TradeTotal: Sendable, Equatable {
    package private(set) var clients = 0
    package private(set) var sums = TradeSums()
    /// Clients for whom `ClientProfit.isProven` is false.
    package private(set) var unproven = 0

    init() { sums.valuation = Valuation(marketValue: .zero, cost: .zero) }

    mutating func add(_ row: ClientProfit) {
        clients += 1
        if !row.isProven { unproven += 1 }
        sums.quantity = sums.quantity + row.traded.quantity
        sums.value += row.traded.value
        sums.realised += row.traded.realised
        sums.held = sums.held + row.traded.held
        sums.heldCost += row.traded.heldCost
        guard let all = sums.valuation, let one = row.traded.valuation else {
            sums.valuation = nil
            return
        }
        sums.valuation = Valuation(
            marketValue: all.marketValue + one.marketValue,
            cost: sums.heldCost
        )
    }
}
