package import Trading

/// Where preflights look, and where they are kept for their short life.
package protocol PreflightStore: Sendable {
    /// The clients that a bulk trade of the trader would be planned for, in the order of their ids,
    /// and what else decides; nothing is locked or held.
    func look(_ query: PreflightQuery) async throws(StoreFailure) -> PreflightLook

    /// Stores what was found, with the audit line; also deletes old ones that were not executed.
    func save(_ draft: PreflightDraft, _ rows: [PreflightRow]) async throws(StoreFailure)
        -> PreflightID

    /// A preflight with its sums; nil where there is none, or none any more.
    func preflight(_ id: PreflightID) async throws(StoreFailure) -> Preflight?

    /// One page of its rows in the order of the clients' ids.
    func rows(of id: PreflightID, _ page: PreflightPage) async throws(StoreFailure)
        -> [PreflightRow]
}

/// Whose clients are asked for, to trade in what.
package struct PreflightQuery: Sendable {
    package let trader: TraderID
    package let shares: ShareKey
    package let clients: ClientFilter

    package init(trader: TraderID, shares: ShareKey, clients: ClientFilter) {
        self.trader = trader
        self.shares = shares
        self.clients = clients
    }
}

/// What a look at clients found.
package struct PreflightLook: Sendable {
    package let candidates: [PreflightCandidate]
    package let halts: Halts
    /// The trader's limit for MTF.
    package let leverage: Leverage

    package init(candidates: [PreflightCandidate], halts: Halts, leverage: Leverage) {
        self.candidates = candidates
        self.halts = halts
        self.leverage = leverage
    }
}

/// A preflight that is about to be stored.
package struct PreflightDraft: Sendable {
    package let trader: TraderID
    package let actor: Actor
    package let user: UserID
    package let terms: OrderTerms
    package let sizing: Sizing
    package let clients: ClientFilter
    package let onDoubt: DoubtPolicy
    package let price: Price?
    package let priceAge: Duration?
    package let createdAt: Timestamp
    package let expiresAt: Timestamp

    package init(
        request: PreflightRequest,
        price: Price?,
        priceAge: Duration?,
        createdAt: Timestamp
    ) {
        trader = request.trader
        actor = Actor(user: request.user, address: request.address)
        user = request.user
        terms = request.terms
        sizing = request.sizing
        clients = request.clients
        onDoubt = request.onDoubt
        self.price = price
        self.priceAge = priceAge
        self.createdAt = createdAt
        expiresAt = createdAt.advanced(by: Preflight.life)
    }

    /// The preflight that it becomes.
    package func preflight(_ id: PreflightID, _ sums: PreflightSums) -> Preflight {
        Preflight(
            id: id,
            trader: trader,
            terms: terms,
            sizing: sizing,
            clients: clients,
            onDoubt: onDoubt,
            price: price,
            priceAge: priceAge,
            createdAt: createdAt,
            expiresAt: expiresAt,
            sums: sums,
            task: nil
        )
    }
}

/// What a trader asks to be told of beforehand, checked as a submission is.
package struct PreflightRequest: Sendable {
    package let trader: TraderID
    package let user: UserID
    package let address: String?
    package let terms: OrderTerms
    package let sizing: Sizing
    package let clients: ClientFilter
    package let onDoubt: DoubtPolicy

    package init(
        trader: TraderID,
        user: UserID,
        address: String?,
        terms: OrderTerms,
        sizing: Sizing,
        clients: ClientFilter,
        onDoubt: DoubtPolicy
    ) {
        self.trader = trader
        self.user = user
        self.address = address
        self.terms = terms
        self.sizing = sizing
        self.clients = clients
        self.onDoubt = onDoubt
    }
}

/// Which rows of a preflight are asked for.
package struct PreflightPage: Sendable {
    package let after: ClientID?
    package let limit: Int
    /// Only those that would be ordered (true), or that would not (false).
    package let isOrdered: Bool?

    package init(after: ClientID?, limit: Int, isOrdered: Bool? = nil) {
        self.after = after
        self.limit = limit
        self.isOrdered = isOrdered
    }
}
