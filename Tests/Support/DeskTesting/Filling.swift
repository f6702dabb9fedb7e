package import Desk
package import Trading

/// Lets bulk trades be filled through the ports alone, so that any store can be told the same.
package struct Filling: Sendable {
    private let trades: any TradeStore
    private let orders: any OrderStore
    private static let lease = Lease(worker: "test", duration: .seconds(60))

    package init(trades: any TradeStore, orders: any OrderStore) {
        self.trades = trades
        self.orders = orders
    }

    /// One trade of the broker.
    package struct Part: Sendable {
        let tradeID: String
        let quantity: Int64
        let price: Price
        let at: Timestamp

        package init(_ tradeID: String, _ quantity: Int64, _ price: Price, at: Timestamp) {
            self.tradeID = tradeID
            self.quantity = quantity
            self.price = price
            self.at = at
        }
    }

    /// What did not go as it should.
    package struct NotFilled: Error {
        package let what: String
    }

    /// Submits, plans and sends a trade; the orders that the broker took.
    package func send(_ submission: Submission, price: Price) async throws -> [Attempt] {
        guard case .created(let trade) = try await trades.submit(submission) else {
            throw NotFilled(what: "the trade was not created")
        }
        let jobs = try await trades.plan(trade.id, referencePrice: price, marketOpen: true)
        guard let planned = try await trades.trade(trade.id) else {
            throw NotFilled(what: "the trade is gone")
        }
        let claims = try await orders.claim(
            jobs.map { ClaimRequest(job: $0, trade: planned, price: price, obstacle: nil) },
            lease: Self.lease
        )
        let attempts = claims.compactMap { claim -> Attempt? in
            if case .send(let attempt) = claim { attempt } else { nil }
        }
        let outcomes = attempts.map { attempt in
            AttemptOutcome(
                attempt: attempt,
                answer: .accepted(brokerOrderID: "B\(attempt.job.intent)")
            )
        }
        guard try await orders.record(outcomes).allSatisfy(\.self) else {
            throw NotFilled(what: "an answer was dropped")
        }
        return attempts
    }

    /// Books trades of an order; one that comes to less than the order leaves the rest open.
    package func fill(_ attempt: Attempt, _ parts: [Part]) async throws {
        let order = "B\(attempt.job.intent)"
        let filled = Quantity(parts.reduce(0) { $0 + $1.quantity })
        let report = OrderReport(
            brokerOrderID: order,
            reference: attempt.reference,
            status: filled >= attempt.quantity ? .filled : .partlyFilled,
            quantity: attempt.quantity,
            filled: filled,
            message: nil
        )
        let trades = parts.map { part in
            TradeReport(
                brokerOrderID: order,
                tradeID: part.tradeID,
                quantity: Quantity(part.quantity),
                price: part.price,
                at: part.at
            )
        }
        try await orders.apply(
            [BookedOrder(intent: attempt.job.intent, report: report, trades: trades)]
        )
    }

    /// Submits a trade and fills every order of it at one price, in one piece.
    @discardableResult
    package func fillAll(_ submission: Submission, at price: Price, _ moment: Timestamp)
        async throws -> TaskID
    {
        let attempts = try await send(submission, price: price)
        for attempt in attempts {
            let id = "T\(attempt.job.intent)"
            try await fill(attempt, [Part(id, attempt.quantity.raw, price, at: moment)])
        }
        guard let task = attempts.first?.job.task else {
            throw NotFilled(what: "no client took part")
        }
        return task
    }
}

extension Submission {
    /// Shares of an instrument at the market, as many for each client.
    package init(
        _ side: Side,
        _ quantity: Int64,
        of instrument: Instrument,
        product: Product = .delivery,
        clients: ClientFilter = .all,
        key: String,
        trader: TraderID,
        user: UserID = UserID(1)
    ) {
        self.init(
            trader: trader,
            user: user,
            idempotencyKey: key,
            bodyHash: [UInt8](repeating: 1, count: 32),
            terms: OrderTerms(
                instrument: instrument,
                side: side,
                type: .market,
                product: product,
                validity: .day,
                price: nil,
                trigger: nil
            ),
            sizing: .quantity(Quantity(quantity)),
            clients: clients
        )
    }
}
