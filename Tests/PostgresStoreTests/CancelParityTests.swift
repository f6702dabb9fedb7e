import Desk
import DeskTesting
import Postgres
import PostgresStore
import ServerTesting
import Testing
import Trading

/// The store in memory, on which simulation and desk tests rest, must do with a wish to cancel what
/// the real one does, whatever comes before and after it.
@Suite("Both stores do the same of a cancel", .needs(.postgres), .timeLimit(.minutes(5)))
struct CancelParityTests {
    @Test("Any order of claims, answers, books, doubts and cancels", arguments: 1...12)
    func parity(seed: Int) async throws {
        try await OrdersDesk.open { desk in
            let twins = try await StoreTwins(desk)
            var random = Chance(state: UInt64(seed))
            for step in 0..<40 {
                let what = try await twins.step(&random)
                let (real, fake) = try await (twins.realView(), twins.fakeView())
                try #require(real == fake, "seed \(seed), step \(step): \(what)")
            }
            try await desk.expectBalance()
        }
    }
}

/// Small random numbers from a seed.
struct Chance: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return state ^ state >> 29
    }

    mutating func below(_ bound: Int) -> Int { Int.random(in: 0..<bound, using: &self) }
}

/// One trade of four clients in both stores, to which the same things happen.
final class StoreTwins {
    private struct Twin {
        let job: OrderJob
        var attempt: Attempt?
    }

    private let desk: OrdersDesk
    private let clock = ManualClock()
    private let memory: MemoryStore
    private let trader: TraderID
    private let share: InstrumentID
    private var trades: [BulkTrade] = []
    private var real: [Twin] = []
    private var fake: [Twin] = []
    private var cancels: [(real: CancellationID, fake: CancellationID)] = []
    /// Shares that the broker has traded of each order.
    private var traded = [0, 0, 0, 0]

    private static let lease = Lease(worker: "test", duration: .seconds(1_000_000))
    private static let price = OrdersDesk.price

    init(_ desk: OrdersDesk) async throws {
        self.desk = desk
        memory = MemoryStore(clock: clock)
        trader = memory.addTrader()
        share = memory.addInstrument("RELIANCE").id
        _ = try await desk.clients(4)
        for number in 0..<4 {
            _ = memory.addClient(
                "C\(number)",
                of: trader,
                capital: Money(paise: 10_000_000),
                broker: .dhan
            )
        }
        let terms = desk.terms(.buy, .limit, price: Self.price)
        let (trade, jobs) = try await desk.planned(terms: terms)
        real = jobs.map { Twin(job: $0) }
        guard
            case .created(let same) = try await memory.submit(
                Submission(
                    trader: trader,
                    user: UserID(1),
                    idempotencyKey: "k",
                    bodyHash: [1],
                    terms: OrderTerms(
                        instrument: Instrument(renumbering: desk.share, as: share),
                        side: .buy,
                        type: .limit,
                        product: .delivery,
                        validity: .day,
                        price: Self.price,
                        trigger: nil
                    ),
                    sizing: .quantity(Quantity(10)),
                    clients: .all
                )
            )
        else { throw Unexpected("no trade") }
        let sames = try await memory.plan(same.id, referencePrice: Self.price, marketOpen: true)
        fake = sames.map { Twin(job: $0) }
        trades = [trade, same]
        try #require(real.count == 4 && fake.count == 4)
    }

    /// Does one thing to both; what it was.
    func step(_ random: inout Chance) async throws -> String {
        let place = random.below(4)
        switch random.below(12) {
        case 0...2: return try await claim(place)
        case 3, 4: return try await record(place, random.below(4))
        case 5: return try await book(place, random.below(4))
        case 6: return try await resolve(place, random.below(4))
        case 7, 8: return try await cancel(place, random.below(5))
        case 9, 10: return try await note(place, random.below(7))
        default: return try await sweep()
        }
    }

    private func claim(_ place: Int) async throws -> String {
        let requests = [(real[place].job, trades[0]), (fake[place].job, trades[1])].map {
            ClaimRequest(job: $0.0, trade: $0.1, price: Self.price, obstacle: nil)
        }
        let claims = try await [
            desk.orders.claim([requests[0]], lease: Self.lease)[0],
            memory.claim([requests[1]], lease: Self.lease)[0],
        ]
        if case .send(let attempt) = claims[0] { real[place].attempt = attempt }
        if case .send(let attempt) = claims[1] { fake[place].attempt = attempt }
        return "claim \(place)"
    }

    private func record(_ place: Int, _ kind: Int) async throws -> String {
        guard let one = real[place].attempt, let other = fake[place].attempt else { return "" }
        let answer: PlacementAnswer =
            switch kind {
            case 0: .accepted(brokerOrderID: "B\(place)")
            case 1: .notSent("no route")
            case 2: .unanswered(cause: "timeout", words: nil)
            default: .refused(.brokerRefused, words: "no")
            }
        let kept = try await desk.orders.record([AttemptOutcome(attempt: one, answer: answer)])
        let same = try await memory.record([AttemptOutcome(attempt: other, answer: answer)])
        #expect(kept == same)
        return "record \(place): \(answer)"
    }

    private func book(_ place: Int, _ kind: Int) async throws -> String {
        guard try await mayBeAtBroker(place) else { return "" }
        if kind > 1 { traded[place] = min(10, traded[place] + 4) }
        let status: OrderReport.Status =
            traded[place] == 10 ? .filled : kind == 1 ? .cancelled : .open
        for (store, job, reference) in [
            (desk.orders as any OrderStore, real[place].job, real[place].attempt?.reference),
            (memory, fake[place].job, fake[place].attempt?.reference),
        ] {
            try await store.apply([booked(place, job, reference, status)])
        }
        return "book \(place): \(status), \(traded[place]) traded"
    }

    private func booked(
        _ place: Int,
        _ job: OrderJob,
        _ reference: String?,
        _ status: OrderReport.Status
    ) -> BookedOrder {
        let trades = stride(from: 0, to: traded[place], by: 4).map { start in
            TradeReport(
                brokerOrderID: "B\(place)",
                tradeID: "T\(place)-\(start)",
                quantity: Quantity(Int64(min(4, traded[place] - start))),
                price: Self.price,
                at: ManualClock.morning
            )
        }
        let report = OrderReport(
            brokerOrderID: "B\(place)",
            reference: reference,
            status: status,
            quantity: Quantity(10),
            filled: Quantity(Int64(traded[place])),
            message: nil
        )
        return BookedOrder(intent: job.intent, report: report, trades: trades)
    }

    private func resolve(_ place: Int, _ kind: Int) async throws -> String {
        for (store, job) in [
            (desk.orders as any OrderStore, real[place].job), (memory, fake[place].job),
        ] {
            guard let doubt = try await store.doubts([job.intent]).first else { return "" }
            let result: DoubtFinding.Result =
                switch kind {
                case 0: .found(booked(place, job, doubt.reference, .open).report)
                case 1: .absentProven(.resend)
                case 2: .absentProven(.end(.provenNotPlaced))
                default: .stillUnknown(lookAgainIn: .seconds(9))
                }
            try await store.resolve([DoubtFinding(doubt: doubt, result: result)])
        }
        return "resolve \(place): \(kind)"
    }

    private func cancel(_ place: Int, _ kind: Int) async throws -> String {
        var made: [CancellationID] = []
        clock.advance(by: .seconds(1))
        for (store, job, trader, share) in [
            (desk.orders as any CancelStore, real[place].job, desk.trader, desk.share.id),
            (memory, fake[place].job, self.trader, self.share),
        ] {
            let client = try await client(of: job, isReal: made.isEmpty)
            let scope: CancelScope =
                switch kind {
                case 0: .task(job.task)
                case 1, 2: .order(job.intent)
                case 3: .client(client)
                default: .instrument(share)
                }
            let asked = try await store.askToCancel(
                CancelRequest(
                    trader: trader,
                    user: desk.user,
                    idempotencyKey: "cancel \(cancels.count)",
                    bodyHash: [1],
                    scope: scope
                )
            )
            guard case .created(let head, _, _) = asked else { throw Unexpected("\(asked)") }
            made.append(head.id)
        }
        cancels.append((made[0], made[1]))
        return "cancel \(place): \(kind)"
    }

    private func note(_ place: Int, _ kind: Int) async throws -> String {
        let answer: CancelAnswer =
            switch kind {
            case 0: .taken
            case 1: .unanswered("timeout")
            case 2: .limited(.seconds(3))
            case 3: .sessionEnded("log in")
            case 4: .noRoom(.seconds(30))
            default: .refused("not now")
            }
        for (store, job) in [
            (desk.orders as any CancelStore, real[place].job), (memory, fake[place].job),
        ] {
            let isAlive = kind == 5 && traded[place] < 10
            let booked = isAlive ? booked(place, job, nil, .open) : nil
            try await store.note([CancelOutcome(job: job, answer: answer, booked: booked)])
        }
        return "note \(place): \(answer)"
    }

    /// Both bring the same cancels, once all are due that ever will be.
    private func sweep() async throws -> String {
        clock.advance(by: .seconds(600))
        try await desk.run("UPDATE order_cancel SET due_at = now() WHERE due_at IS NOT NULL")
        let due = try await desk.orders.due(.cancel, limit: 9).map(\.intent)
        let same = try await memory.due(.cancel, limit: 9).map(\.intent)
        #expect(
            due.map { id in real.firstIndex { $0.job.intent == id } }
                == same.map { id in fake.firstIndex { $0.job.intent == id } }
        )
        return "sweep"
    }

    private func mayBeAtBroker(_ place: Int) async throws -> Bool {
        let state = try await desk.order(real[place].job).state
        return ![.ready, .skipped, .rejected].contains(state)
    }

    private func client(of job: OrderJob, isReal: Bool) async throws -> ClientID {
        if isReal { return try await desk.order(job).client }
        return try #require(memory.intent(job.intent)).client
    }

    /// Everything that may be seen of orders, money and cancels, in words that name no id.
    func realView() async throws -> [String] {
        var view: [String] = []
        for twin in real {
            let order = try await desk.order(twin.job)
            view.append(Self.words(order, try await desk.funds(order.client)))
        }
        for (id, _) in cancels { view += try await Self.words(desk.orders, id) }
        return view
    }

    func fakeView() async throws -> [String] {
        var view: [String] = []
        for twin in fake {
            let order = try #require(memory.intent(twin.job.intent))
            view.append(Self.words(order, try #require(memory.funds(of: order.client))))
        }
        for (_, id) in cancels { view += try await Self.words(memory, id) }
        return view
    }

    private static func words(_ order: OrderIntent, _ funds: Funds) -> String {
        "\(order.state) \(order.reason?.rawValue ?? "-") x\(order.quantity) held \(order.held) "
            + "filled \(order.filled) for \(order.filledValue); \(funds)"
    }

    private static func words(_ store: any CancelStore, _ id: CancellationID) async throws
        -> [String]
    {
        let status = try #require(try await store.cancellation(id))
        let counts = CancelResult.allCases.map { "\($0) \(status.counts[$0] ?? 0)" }
        let page = CancelPage(after: nil, limit: 9)
        let rows = try await store.cancelledOrders(id, page).map { row in
            "\(row.result) \(row.released) \(row.releasedShares) \(row.tries) \(row.words ?? "-")"
        }
        return ["\(counts) \(status.released) \(status.isOver)"] + rows
    }
}

extension Instrument {
    /// The same instrument under another id.
    fileprivate init(renumbering other: Instrument, as id: InstrumentID) {
        self.init(
            id: id,
            exchange: other.exchange,
            symbol: other.symbol,
            name: other.name,
            isin: other.isin,
            lot: other.lot,
            tick: other.tick,
            freezeQuantity: nil,
            lowerCircuit: nil,
            upperCircuit: nil
        )
    }
}
