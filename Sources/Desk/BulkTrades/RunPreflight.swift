package import Trading

/// Tells what a bulk trade would come to, without placing or holding anything.
package struct RunPreflight: Sendable {
    let store: any PreflightStore
    let prices: PreflightPrices
    let depth: ReadDepth
    let market: MarketHours
    let brokers: Set<BrokerName>
    let clock: any WallClock

    /// `brokers`: those that this installation can send to, paper among them.
    package init(
        store: any PreflightStore,
        prices: PreflightPrices,
        depth: ReadDepth,
        market: MarketHours,
        brokers: Set<BrokerName>,
        clock: any WallClock
    ) {
        self.store = store
        self.prices = prices
        self.depth = depth
        self.market = market
        self.brokers = brokers
        self.clock = clock
    }

    /// What became of a request.
    package enum Answer: Sendable {
        /// With what the order book says to it, which is not kept.
        case made(Preflight, PreflightDepth)
        /// Some of the named clients are not this trader's.
        case unknownClients([ClientID])
    }

    /// Looks, judges and stores; its rows are read page by page.
    package func callAsFunction(_ request: PreflightRequest) async throws -> Answer {
        // First, since a book tells the price too, and brokers allow few such calls a second.
        let book = await depth(request.terms.instrument.id, for: request.trader)
        let quote = await prices(request.terms, for: request.trader)
        let look = try await store.look(
            PreflightQuery(
                trader: request.trader,
                shares: request.terms.shares,
                clients: request.clients
            )
        )
        if case .named(let ids) = request.clients {
            let known = Set(look.candidates.map(\.client.id))
            let strangers = ids.filter { !known.contains($0) }
            guard strangers.isEmpty else { return .unknownClients(strangers) }
        }
        let now = clock.now()
        let rules = rules(request.terms, request.sizing, price: quote?.price, look, at: now)
        let rows = look.candidates.map(rules.row)
        let draft = PreflightDraft(
            request: request,
            price: quote?.price,
            priceAge: quote?.age,
            createdAt: now
        )
        let id = try await store.save(draft, rows)
        return .made(
            draft.preflight(id, PreflightSums(rows)),
            PreflightDepth(request.terms, rows, book)
        )
    }

    /// What decides of each client, as things stand.
    func rules(
        _ terms: OrderTerms,
        _ sizing: Sizing,
        price: Price?,
        _ look: PreflightLook,
        at now: Timestamp
    ) -> PreflightRules {
        PreflightRules(
            terms: terms,
            sizing: sizing,
            price: price,
            eligibility: Eligibility(
                halts: look.halts,
                marketIsOpen: market.isOpen(at: now),
                brokers: brokers,
                now: now,
                instrument: terms.instrument.id
            ),
            leverage: look.leverage
        )
    }
}

/// A bulk trade held against the order book.
package struct PreflightDepth: Sendable {
    package let check: DepthCheck
    /// The book, or why nobody tells it.
    package let book: Result<ToldDepth, AskSessions.Untold>

    init(
        _ terms: OrderTerms,
        _ rows: [PreflightRow],
        _ book: Result<ToldDepth, AskSessions.Untold>
    ) {
        // Orders of paper meet no book.
        let sent = rows.filter { $0.broker != .paper }
        check = DepthCheck(
            terms,
            needed: Quantity(sent.reduce(0) { $0 + $1.quantity.raw }),
            in: try? book.get().depth
        )
        self.book = book
    }
}

/// The price that a bulk trade would be sized from.
package struct PreflightPrices: Sendable {
    let live: any LiveQuotes
    let source: any QuoteSource
    /// A price that is older is asked for anew.
    let maximumAge: Duration

    package init(
        live: any LiveQuotes,
        source: any QuoteSource,
        maximumAge: Duration = .seconds(2)
    ) {
        self.live = live
        self.source = source
        self.maximumAge = maximumAge
    }

    /// A price, and how old it is where somebody says.
    package struct Found: Sendable, Equatable {
        package let price: Price
        package let age: Duration?
    }

    /// The stated price, else the last one, as the plan takes it; nil where nobody knows one.
    package func callAsFunction(_ terms: OrderTerms, for trader: TraderID) async -> Found? {
        if let stated = terms.price ?? terms.trigger { return Found(price: stated, age: .zero) }
        let id = terms.instrument.id
        if let quote = await live.quote(id, for: trader, maximumAge: maximumAge) {
            return Found(price: quote.price, age: quote.age)
        }
        return await source.lastPrice(terms.instrument, for: trader)
            .map { Found(price: $0, age: nil) }
    }
}
