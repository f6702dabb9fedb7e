package import Trading

/// Places exactly what a preflight showed, or nothing, and says what has changed.
///
/// The claim of each order looks once more: what changes in the moments between is then declined,
/// and never ordered in another quantity.
package struct ExecutePreflight: Sendable {
    let preflight: RunPreflight
    let submit: SubmitTrade

    package init(_ preflight: RunPreflight, submit: SubmitTrade) {
        self.preflight = preflight
        self.submit = submit
    }

    /// Who executes what.
    package struct Request: Sendable {
        let preflight: PreflightID
        /// Nil: whoever's it is (for admins only).
        let trader: TraderID?
        let user: UserID
        let idempotencyKey: String
        let bodyHash: [UInt8]
        /// How far the price may have moved.
        let tolerance: BasisPoints

        package init(
            preflight: PreflightID,
            trader: TraderID?,
            user: UserID,
            idempotencyKey: String,
            bodyHash: [UInt8],
            tolerance: BasisPoints
        ) {
            self.preflight = preflight
            self.trader = trader
            self.user = user
            self.idempotencyKey = idempotencyKey
            self.bodyHash = bodyHash
            self.tolerance = tolerance
        }
    }

    /// One client whose order could not be placed as it was shown.
    package struct Change: Sendable, Equatable {
        package let client: ClientID
        package let code: String
        package let shown: Quantity
        package let reasons: [Reason]
        package let availableThen: Money
        package let availableNow: Money?
    }

    /// What became of it.
    package enum Answer: Sendable {
        case submitted(Submitted)
        case notFound
        case expired(at: Timestamp)
        /// It showed no order at all.
        case nothingToPlace
        /// The price moved further than was tolerated, or is not known any more.
        case priceMoved(from: Price, to: Price?)
        case changed([Change])
    }

    /// Does it, once: the same key repeats the first answer, whatever has changed since.
    package func callAsFunction(_ request: Request) async throws -> Answer {
        guard let shown = try await preflight.store.preflight(request.preflight),
            request.trader.map({ $0 == shown.trader }) != false
        else { return .notFound }
        if shown.task == nil, let obstacle = try await obstacle(to: shown, request) {
            return obstacle
        }
        return .submitted(
            try await submit(
                Submission(
                    trader: shown.trader,
                    user: request.user,
                    idempotencyKey: request.idempotencyKey,
                    bodyHash: request.bodyHash,
                    terms: shown.terms,
                    sizing: shown.sizing,
                    clients: shown.clients,
                    onDoubt: shown.onDoubt,
                    preflight: shown.id,
                    price: shown.price
                )
            )
        )
    }

    private func obstacle(to shown: Preflight, _ request: Request) async throws -> Answer? {
        let now = preflight.clock.now()
        guard now < shown.expiresAt else { return .expired(at: shown.expiresAt) }
        guard shown.sums.orders > 0, let before = shown.price else { return .nothingToPlace }
        let price = await preflight.prices(shown.terms, for: shown.trader)?.price
        guard let price, price.isWithin(request.tolerance, of: before) else {
            return .priceMoved(from: before, to: price)
        }
        let changes = try await changes(since: shown, price: price, at: now)
        return changes.isEmpty ? nil : .changed(changes)
    }

    private func changes(since shown: Preflight, price: Price, at now: Timestamp) async throws
        -> [Change]
    {
        let page = PreflightPage(after: nil, limit: .max, isOrdered: true)
        let rows = try await preflight.store.rows(of: shown.id, page)
        let look = try await preflight.store.look(
            PreflightQuery(
                trader: shown.trader,
                shares: shown.terms.shares,
                clients: .named(rows.map(\.client))
            )
        )
        let rules = preflight.rules(shown.terms, shown.sizing, price: price, look, at: now)
        let known = Dictionary(look.candidates.map { ($0.client.id, $0) }) { first, _ in first }
        return rows.compactMap { row in
            let candidate = known[row.client]
            let reasons = candidate.map { rules.objections(to: row.quantity, of: $0) } ?? []
            guard candidate == nil || !reasons.isEmpty || candidate?.account != row.account else {
                return nil
            }
            return Change(
                client: row.client,
                code: row.code,
                shown: row.quantity,
                reasons: reasons.isEmpty ? [.changedSincePreflight] : reasons,
                availableThen: row.available,
                availableNow: candidate?.available
            )
        }
    }
}
