import Desk
import DeskTesting
import Trading

/// A desk with everything around it in memory: one trader, one instrument, Dhan by a script.
struct DeskWorld: Sendable {
    let clock: ManualClock
    let store: MemoryStore
    let queue = MemoryQueue()
    let board: MemoryBoard
    let pacer = MemoryPacer()
    let gate = MemoryGate()
    let quotes: MemoryQuotes
    let dhan: ScriptedBroker
    let trader: TraderID
    let instrument: Instrument

    static let price = Price(raw: 1_000_000)

    init(
        skipsSleeps: Bool = true,
        findsByReference: Bool = true,
        historyNamesOrders: Bool = false
    ) {
        clock = ManualClock(skipsSleeps: skipsSleeps)
        store = MemoryStore(clock: clock)
        board = MemoryBoard(clock: clock)
        dhan = ScriptedBroker(
            .dhan,
            findsByReference: findsByReference,
            historyNamesOrders: historyNamesOrders
        )
        trader = store.addTrader()
        instrument = store.addInstrument("RELIANCE")
        quotes = MemoryQuotes([instrument.id: Self.price])
    }

    var brokers: Brokers { Brokers([dhan], gate: gate) }
    var complete: CompleteTrades { CompleteTrades(store: store, board: board) }
    var submit: SubmitTrade { SubmitTrade(store: store, queue: queue, outbox: store) }

    func plan(market: MarketHours = .always) -> PlanTrade {
        PlanTrade(
            store: store,
            queue: queue,
            quotes: quotes,
            market: market,
            clock: clock,
            complete: complete
        )
    }

    /// So many clients with a Dhan account each.
    func addClients(_ count: Int) -> [ClientID] {
        (0..<count).map { store.addClient("C\($0)", of: trader, broker: .dhan) }
    }

    /// A checked order: ten shares for each client, at a limit unless the type says otherwise.
    func order(
        key: String = "key",
        side: Side = .buy,
        type: OrderType = .limit,
        price: Price? = DeskWorld.price,
        trigger: Price? = nil,
        quantity: Int64 = 10,
        clients: ClientFilter = .all,
        onDoubt: DoubtPolicy = .ask
    ) -> Submission {
        Submission(
            trader: trader,
            user: UserID(1),
            idempotencyKey: key,
            bodyHash: [1],
            terms: OrderTerms(
                instrument: instrument,
                side: side,
                type: type,
                product: .delivery,
                validity: .day,
                price: price,
                trigger: trigger
            ),
            sizing: .quantity(Quantity(quantity)),
            clients: clients,
            onDoubt: onDoubt
        )
    }

    /// Submits past the desk.
    func accept(_ order: Submission) async throws -> TaskID {
        guard case .created(let trade) = try await store.submit(order) else { throw NotCreated() }
        return trade.id
    }

    /// Submits and plans past the desk, at the usual price.
    func planned(_ order: Submission) async throws -> [OrderJob] {
        let task = try await accept(order)
        let jobs = try await store.plan(task, referencePrice: Self.price, marketOpen: true)
        try await store.markPublished(task)
        return jobs
    }

    /// One planned order of one new client.
    func plannedOrder(_ code: String = "ONE") async throws -> OrderJob {
        let client = store.addClient(code, of: trader, broker: .dhan)
        let jobs = try await planned(order(key: "key " + code, clients: .named([client])))
        guard let job = jobs.first else { throw NotCreated() }
        return job
    }

    /// Calls `body` with the execution of orders, whose batchers run meanwhile.
    func executing<Result>(
        limits: ExecutionLimits = ExecutionLimits(),
        claims: (@Sendable ([OrderJob]) async throws -> [Claim])? = nil,
        market: MarketHours = .always,
        brokers: Brokers? = nil,
        halts: HaltWatch? = nil,
        egress: (any EgressProbe)? = nil,
        _ body: (ExecuteOrder) async throws -> Result
    ) async throws -> Result {
        let claimOrders = ClaimOrders(
            store: store,
            catalog: TradeCatalog(store: store),
            quotes: quotes,
            market: market,
            clock: clock,
            lease: Lease(worker: "test", duration: limits.lease),
            priceAge: .seconds(60),
            queue: queue
        )
        let records = RecordOutcomes(store: store, accounts: store, complete: complete)
        let pace = Batcher<PaceRequest, PaceAnswer>(limit: 64, lanes: 1) { [pacer] in
            await pacer.take($0)
        }
        let claim = Batcher<OrderJob, Claim>(limit: 64, lanes: 2) { jobs in
            if let claims { try await claims(jobs) } else { try await claimOrders(jobs) }
        }
        let record = Batcher<AttemptOutcome, Bool>(limit: 64, lanes: 2) { try await records($0) }
        let lanes = Task {
            await withDiscardingTaskGroup { group in
                group.addTask { await pace.run() }
                group.addTask { await claim.run() }
                group.addTask { await record.run() }
            }
        }
        defer { lanes.cancel() }
        return try await body(
            ExecuteOrder(
                pace: pace,
                claim: claim,
                record: record,
                pacer: pacer,
                brokers: brokers ?? self.brokers,
                halts: halts
                    ?? HaltWatch(clock: clock) { [store] in
                        Halts(try await store.halts().map(\.scope))
                    },
                egress: egress,
                clock: clock,
                limits: limits
            )
        )
    }

    /// Lets an order become UNKNOWN: sent, and the answer lost.
    func lostAnswer(_ job: OrderJob, words: String? = nil) async throws {
        dhan.set { $0.place = { _ in .unanswered(cause: "timeout", words: words) } }
        _ = try await executing { try await $0(job) }
    }

    /// Lets an order be accepted by the broker.
    func accepted(_ job: OrderJob) async throws {
        _ = try await executing { try await $0(job) }
    }

    struct NotCreated: Error {}
}
