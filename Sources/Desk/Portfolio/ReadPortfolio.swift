package import Trading

/// Tells what clients hold, what it is worth, and what trading earned.
///
/// 1. Nothing is guessed: where no fresh price is known, all that follows from it is nil.
/// 2. What is held and what it cost is the ledger's own. What sales earned is told again from the
///    trades, by the ledger's rules; where that does not end at the ledger's numbers (shares that
///    came from elsewhere, trades booked in the same instant), `isProven` is false.
package struct ReadPortfolio: Sendable {
    let store: any PortfolioStore
    let clock: any WallClock
    let prices: AskPrices

    package init(store: any PortfolioStore, quotes: any LiveQuotes, clock: any WallClock) {
        self.store = store
        self.clock = clock
        prices = AskPrices(quotes: quotes, clock: clock)
    }

    /// One client's portfolio; nil where there is no such client.
    package func client(_ id: ClientID) async throws(StoreFailure) -> ClientPortfolio? {
        let now = clock.now()
        let morning = CalendarDay(containing: now).time(0, 0)
        guard let books = try await store.books(of: id, tradedSince: morning) else { return nil }
        let stand = books.stand
        let told = Telling(books.fills, morning: morning)
        let wanted = stand.shares.map(\.instrument) + told.positions.map(\.instrument)
        let quotes = await prices(wanted, for: stand.client.trader)
        return ClientPortfolio(
            client: stand.client,
            funds: stand.funds,
            holdings: stand.shares.map { told.value($0, quotes) },
            positions: told.positions.map { traded in
                ValuedPosition(
                    instrument: traded.instrument,
                    exchange: traded.exchange,
                    symbol: traded.symbol,
                    position: traded.position,
                    quote: quotes[traded.instrument]
                )
            },
            worth: Worth(stand.shares, quotes),
            at: now
        )
    }

    /// All clients of a trader, and a page of them; the total comes with the first page only.
    package func trader(_ trader: TraderID, after: ClientID?, limit: Int)
        async throws(StoreFailure) -> TraderPortfolio
    {
        let totals = after == nil ? try await store.totals(of: trader) : nil
        let page = try await store.stands(of: trader, after: after, limit: limit)
        let held = (totals?.shares ?? []) + page.flatMap(\.shares)
        let quotes = await prices(held.map(\.instrument), for: trader)
        let total = totals.map { totals in
            TraderTotal(
                clients: totals.clients,
                funds: totals.funds,
                worth: Worth(totals.shares, quotes),
                holdings: totals.shares.map { shares in
                    ValuedShares(
                        shares: shares,
                        quote: quotes[shares.instrument],
                        valuation: shares.valuation(quotes)
                    )
                }
            )
        }
        let clients = page.map { stand in
            ClientWorth(
                client: stand.client,
                funds: stand.funds,
                worth: Worth(stand.shares, quotes)
            )
        }
        return TraderPortfolio(total: total, clients: clients, at: clock.now())
    }
}

/// A client's trades told again, for each kind of shares.
private struct Telling {
    struct Traded {
        let instrument: InstrumentID
        let exchange: ExchangeName
        let symbol: String
        var position: DayPosition
    }
    private struct Key: Hashable {
        let instrument: InstrumentID
        let product: Product
    }
    private var histories: [ShareKey: ShareHistory] = [:]
    private var today: [Key: Traded] = [:]

    /// `fills` in the order of booking; those from `morning` on make today's positions.
    init(_ fills: [BookedFill], morning: Timestamp) {
        for booked in fills {
            let fill = booked.fill
            let sale = histories[booked.key, default: ShareHistory()].add(fill)
            guard fill.at >= morning else { continue }
            let new = Traded(
                instrument: booked.instrument,
                exchange: booked.exchange,
                symbol: booked.symbol,
                position: DayPosition(product: fill.product)
            )
            let key = Key(instrument: booked.instrument, product: fill.product)
            today[key, default: new].position.add(fill, sale)
        }
    }

    /// Today's trades in the order of symbols.
    var positions: [Traded] {
        today.values.sorted {
            ($0.symbol, $0.instrument, $0.position.product.rawValue)
                < ($1.symbol, $1.instrument, $1.position.product.rawValue)
        }
    }

    func value(_ shares: HeldShares, _ quotes: [InstrumentID: Quote]) -> ValuedHolding {
        let history = histories[shares.key] ?? ShareHistory()
        let lots = history.lots.filter { $0.held > .zero }
        let attributed = lots.reduce(Quantity.zero) { $0 + $1.held }
        let held = shares.holding.quantity
        return ValuedHolding(
            shares: shares,
            quote: quotes[shares.instrument],
            valuation: shares.valuation(quotes),
            realised: history.realised,
            lots: lots,
            unattributed: held > attributed ? held - attributed : .zero,
            isProven: history.holding.quantity == held
                && history.holding.cost == shares.holding.cost
        )
    }
}
