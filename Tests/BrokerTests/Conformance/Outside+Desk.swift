import Desk
import DeskTesting
import Testing
import Trading

/// What became of a placement, in the four classes that the port knows.
enum OutcomeClass: Sendable, Equatable {
    case accepted, refused, notSent, inDoubt

    init(_ answer: PlacementAnswer) {
        switch answer {
        case .accepted: self = .accepted
        case .refused: self = .refused
        case .notSent, .withheld: self = .notSent
        case .unanswered, .claimed: self = .inDoubt
        }
    }
}

/// The desk's own steps, one at a time, so that a test can look between them.
extension Outside {
    /// One order for five shares, claimed: written as SENDING, its money held.
    func claimed(limit: String? = "2900.00") async throws -> Attempt {
        let limit = limit.flatMap { Price(rupees: $0) }
        let created = try await store.submit(
            Submission(
                trader: trader,
                user: UserID(1),
                idempotencyKey: "\(store.size[0])",
                bodyHash: [1],
                terms: OrderTerms(
                    instrument: instrument,
                    side: .buy,
                    type: limit == nil ? .market : .limit,
                    product: .delivery,
                    validity: .day,
                    price: limit,
                    trigger: nil
                ),
                sizing: .quantity(Quantity(5)),
                clients: .all
            )
        )
        guard case .created(let trade) = created else { throw NotMade() }
        let price = Price(rupees: "2950.00")
        let jobs = try await store.plan(trade.id, referencePrice: price, marketOpen: true)
        let job = try #require(jobs.first)
        let claims = try await store.claim(
            [ClaimRequest(job: job, trade: trade, price: limit ?? price, obstacle: nil)],
            lease: Lease(worker: "test", duration: .seconds(60))
        )
        guard case .send(let attempt)? = claims.first else { throw NotMade() }
        return attempt
    }

    struct NotMade: Error {}

    /// Sends the attempt and writes down what came of it.
    @discardableResult
    func send(_ attempt: Attempt, hastily: Bool = false) async throws -> PlacementAnswer {
        let answer = await (hastily ? hasty : broker).place(attempt)
        _ = try await store.record([AttemptOutcome(attempt: attempt, answer: answer)])
        return answer
    }

    /// Looks once into the doubt about an attempt, as the doubt queue does.
    func lookIntoDoubt(_ attempt: Attempt) async throws {
        let resolve = ResolveDoubts(
            store: store,
            catalog: TradeCatalog(store: store),
            queue: MemoryQueue(),
            brokers: Brokers([broker], gate: MemoryGate()),
            complete: complete,
            schedule: DoubtSchedule(),
            market: .always,
            clock: clock
        )
        try await resolve([attempt.job])
    }

    /// Looks once at an order that the broker has, as hints and sweeps make it happen.
    func look(_ attempt: Attempt) async throws {
        let look = LookAtOrders(
            store: store,
            accounts: store,
            brokers: Brokers([broker], gate: MemoryGate()),
            complete: complete,
            market: .always,
            clock: clock
        )
        try await look([attempt.job])
    }

    private var complete: CompleteTrades {
        CompleteTrades(store: store, board: MemoryBoard(clock: clock))
    }

    /// The order as the desk knows it now.
    func intent(_ attempt: Attempt) throws -> OrderIntent {
        try #require(store.intent(attempt.job.intent))
    }

    /// Lets the clock come to so many seconds after the attempt was claimed.
    func wait(until seconds: Int64, since start: Timestamp) {
        let passed = start.duration(to: clock.now())
        if passed < .seconds(seconds) { clock.advance(by: .seconds(seconds) - passed) }
    }
}
