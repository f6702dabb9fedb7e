import Desk
import DeskTesting
import Testing
import Trading

/// Conditional orders over memory, one client at a scripted broker.
struct ConditionalWorld: Sendable {
    let clock = ManualClock()
    let store: MemoryConditionals
    let desk: MemoryStore
    let broker: ScriptedConditionals
    let pacer = MemoryPacer()
    let gate = MemoryGate()
    let queue = MemoryQueue()
    let trader: TraderID
    let client: ClientID
    let instrument: Instrument
    let session: BrokerSession

    init(
        kinds: Set<ConditionalKind> = Set(ConditionalKind.allCases),
        showsReferences: Bool = false,
        listsEnded: Bool = true,
        namesOrders: Bool = false,
        historyNamesOrders: Bool = false
    ) {
        desk = MemoryStore(clock: clock)
        trader = desk.addTrader()
        client = desk.addClient("ONE", of: trader, broker: .dhan)
        instrument = desk.addInstrument("RELIANCE")
        broker = ScriptedConditionals(
            kinds: kinds,
            showsReferences: showsReferences,
            listsEnded: listsEnded,
            namesOrders: namesOrders,
            historyNamesOrders: historyNamesOrders,
            clock: clock
        )
        session = BrokerSession(
            account: AccountID(9),
            brokerClientID: "1",
            token: Secret("T"),
            egress: nil,
            instrument: BrokerInstrument(
                instrument: instrument.id,
                segment: "NSE_EQ",
                code: "2885"
            )
        )
        store = MemoryConditionals(clock: clock, session: session)
        stand(nil)
    }

    /// Lets something keep the client's orders from leaving; nil: nothing.
    func stand(_ obstacle: Reason?) {
        store.add(
            client,
            ConditionalStanding(
                trader: trader,
                account: AccountID(9),
                broker: .dhan,
                obstacle: obstacle
            )
        )
    }

    static func price(_ rupees: Int64) -> Price { Price(raw: rupees * 10_000) }

    static let single = Condition.single(
        .falls,
        TriggeredLeg(trigger: price(2_900), price: price(2_905))
    )
    static let bracket = Condition.bracket(
        entry: price(2_940),
        target: TriggeredLeg(trigger: price(3_000), price: price(3_000)),
        stop: TriggeredLeg(trigger: price(2_900), price: price(2_890)),
        trail: nil
    )

    func terms(_ condition: Condition = single, quantity: Int64 = 5) -> ConditionalTerms {
        ConditionalTerms(
            instrument: instrument,
            side: .buy,
            product: .delivery,
            quantity: Quantity(quantity),
            condition: condition
        )
    }

    /// One that somebody has asked for.
    func asked(_ condition: Condition = single, key: String = "k") async throws -> ConditionalID {
        let submitted = try await store.submit(
            ConditionalSubmission(
                client: client,
                user: UserID(1),
                address: nil,
                idempotencyKey: key,
                bodyHash: [1],
                account: AccountID(9),
                broker: .dhan,
                terms: terms(condition)
            )
        )
        guard case .created(let record) = submitted else { throw NotCreated() }
        return record.id
    }

    struct NotCreated: Error {}

    /// An order as the account's book shows it.
    func fired(
        _ id: String,
        _ side: Side = .buy,
        quantity: Int64 = 5,
        price: Int64? = 2_905,
        after: Duration = .zero
    ) -> OrderReport {
        OrderReport(
            brokerOrderID: id,
            reference: nil,
            status: .filled,
            quantity: Quantity(quantity),
            filled: Quantity(quantity),
            message: nil,
            reported: ReportedShape(
                type: price == nil ? .market : .limit,
                price: price.map(Self.price),
                trigger: nil
            ),
            particulars: OrderParticulars(
                side: side,
                code: "2885",
                at: clock.now().advanced(by: after)
            )
        )
    }

    /// A trade of an order of today, as the list of past trades will show it.
    func past(_ order: String, _ quantity: Int64, _ side: Side = .buy) -> PastTrade {
        PastTrade(
            tradeID: "T-\(order)-\(quantity)",
            brokerOrderID: order,
            symbol: "RELIANCE",
            isin: nil,
            segment: "NSE_EQ",
            side: side,
            quantity: Quantity(quantity),
            price: Self.price(2_905),
            atText: "",
            charges: [],
            code: "2885",
            product: .delivery,
            orderedAt: clock.now()
        )
    }

    func state(_ id: ConditionalID) -> ConditionalState? { store.record(id)?.state }

    /// Lets workers do so many rounds, each after a wait.
    func tend(rounds: Int = 1, after wait: Duration = .zero) async throws {
        let pace = Batcher<PaceRequest, PaceAnswer>(limit: 64, lanes: 1) { [pacer] in
            await pacer.take($0)
        }
        let lane = Task { await pace.run() }
        defer { lane.cancel() }
        let tend = TendConditionals(
            store: store,
            accounts: desk,
            pace: pace,
            brokers: Brokers([broker], gate: gate),
            brackets: EmulateBrackets(
                store: store,
                submit: SubmitTrade(store: desk, queue: queue, outbox: desk),
                cancel: SubmitCancel(
                    store: desk,
                    queue: queue,
                    complete: CompleteTrades(store: desk, board: MemoryBoard(clock: clock))
                ),
                clock: clock,
                lease: .seconds(60)
            ),
            clock: clock,
            limits: ExecutionLimits(),
            worker: "test"
        )
        for _ in 0..<rounds {
            if wait > .zero { clock.advance(by: wait) }
            _ = try await tend(limit: 10)
        }
    }

    /// As a person at the API does it.
    func cancel(_ id: ConditionalID) async throws {
        let now = clock.now()
        _ = try await store.change(id, fence: nil, by: Actor(user: UserID(1))) {
            $0.askToCancel(at: now)
        }
    }
}
