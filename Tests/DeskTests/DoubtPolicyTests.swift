import Desk
import DeskTesting
import Testing
import Trading

@Suite("What proves absence, and what follows it", .timeLimit(.minutes(2)))
struct DoubtPolicyTests {
    private func resolve(_ world: DeskWorld, market: MarketHours = .always) -> ResolveDoubts {
        ResolveDoubts(
            store: world.store,
            catalog: TradeCatalog(store: world.store),
            queue: world.queue,
            brokers: world.brokers,
            complete: world.complete,
            schedule: DoubtSchedule(),
            market: market,
            clock: world.clock
        )
    }

    /// An order of a new client whose answer was lost, under a policy.
    private func lost(_ world: DeskWorld, _ policy: DoubtPolicy, words: String? = nil)
        async throws -> OrderJob
    {
        let client = world.store.addClient("ONE", of: world.trader, broker: .dhan)
        let order = world.order(clients: .named([client]), onDoubt: policy)
        let job = try #require(try await world.planned(order).first)
        try await world.lostAnswer(job, words: words)
        return job
    }

    /// Two looks past the horizon into books that do not show the order.
    private func proveAbsent(_ world: DeskWorld, _ job: OrderJob, market: MarketHours = .always)
        async throws
    {
        world.clock.advance(by: .seconds(60))
        try await resolve(world, market: market)([job])
        world.clock.advance(by: .seconds(60))
        try await resolve(world, market: market)([job])
    }

    @Test("Policies are read and written alike, and nothing else is a policy")
    func texts() {
        for text in ["ask", "resend:1s", "resend:30s", "resend:3600s"] {
            #expect(DoubtPolicy(text)?.text == text)
        }
        #expect(DoubtPolicy("resend:30") == .resend(withinSeconds: 30))
        for text in [
            "", "ASK", "resend", "resend:", "resend:s", "resend:0s", "resend:3601s", "resend:-1s",
            "resend:+5s", "resend:1m", "resend:30ss", "resend: 30s",
        ] { #expect(DoubtPolicy(text) == nil, "\(text)") }
    }

    @Test("With ask, an order that is proven absent ends, and nothing is sent again")
    func ask() async throws {
        let world = DeskWorld()
        let job = try await lost(world, .ask)
        try await proveAbsent(world, job)
        let intent = try #require(world.store.intent(job.intent))
        #expect(intent.state == .rejected && intent.reason == .provenNotPlaced)
        #expect(intent.held == .zero)
        #expect(world.dhan.placements.count == 1)
    }

    @Test("With resend, one proven absent in time is sent once more, under another reference")
    func resend() async throws {
        let world = DeskWorld()
        let job = try await lost(world, .resend(withinSeconds: 300))
        try await proveAbsent(world, job)
        #expect(world.store.intent(job.intent)?.state == .ready)
        #expect(world.queue.published == [.order(job, small: true)])
        #expect(world.dhan.placements.count == 1)
        world.dhan.set { $0.place = { .accepted(brokerOrderID: "B" + $0.reference) } }
        _ = try await world.executing { try await $0(job) }
        _ = try await world.executing { try await $0(job) }
        #expect(world.store.intent(job.intent)?.state == .accepted)
        let references = world.dhan.placements.map(\.reference)
        #expect(references.count == 2 && Set(references).count == 2)
    }

    @Test("A time-out alone never lets anything be sent again, whatever the policy")
    func noProof() async throws {
        let world = DeskWorld()
        let job = try await lost(world, .resend(withinSeconds: 3_600))
        world.dhan.set { $0.orders = { _ throws(BrokerFailure) in throw .unreachable("down") } }
        for _ in 0..<20 {
            world.clock.advance(by: .seconds(100))
            try await resolve(world)([job])
            _ = try await world.executing { try await $0(job) }
        }
        #expect(world.store.intent(job.intent)?.state == .unknown)
        #expect(world.dhan.placements.count == 1)
    }

    @Test("What the broker claims to have is never sent again and never ends by silence")
    func claimed() async throws {
        for policy in [DoubtPolicy.ask, .resend(withinSeconds: 3_600)] {
            let world = DeskWorld()
            let client = world.store.addClient("ONE", of: world.trader, broker: .dhan)
            let order = world.order(clients: .named([client]), onDoubt: policy)
            let job = try #require(try await world.planned(order).first)
            world.dhan.set { $0.place = { _ in .claimed(words: "GA007: seen before") } }
            _ = try await world.executing { try await $0(job) }
            for _ in 0..<20 {
                world.clock.advance(by: .seconds(100))
                try await resolve(world)([job])
                _ = try await world.executing { try await $0(job) }
            }
            // After the close the book is the day's statement, but for what is claimed.
            world.clock.advance(by: .seconds(7 * 3_600))
            try await resolve(world, market: .exchange)([job])
            let intent = try #require(world.store.intent(job.intent))
            #expect(intent.state == .unknown && intent.held > .zero)
            #expect(world.dhan.placements.count == 1 && world.queue.published.isEmpty)
            // Found at last, by some look: it is ours and goes on.
            let reference = try #require(world.dhan.placements.first?.reference)
            let report = OrderReport(
                brokerOrderID: "B1",
                reference: reference,
                status: .open,
                quantity: intent.quantity,
                filled: .zero,
                message: nil
            )
            world.dhan.set { $0.find = { _ in report } }
            try await resolve(world)([job])
            #expect(world.store.intent(job.intent)?.state == .accepted)
        }
    }

    @Test("Proof that comes too late, or to a closed market, ends the order with that reason")
    func tooLate() async throws {
        let late = DeskWorld()
        let first = try await lost(late, .resend(withinSeconds: 100))
        try await proveAbsent(late, first)
        #expect(late.store.intent(first.intent)?.state == .rejected)
        #expect(late.store.intent(first.intent)?.reason == .resendTooLate)
        #expect(late.store.intent(first.intent)?.held == .zero)

        let closed = DeskWorld()
        // 15:29 in India: the proof comes after the close.
        closed.clock.advance(by: .seconds(5 * 3_600 + 29 * 60))
        let second = try await lost(closed, .resend(withinSeconds: 3_600))
        try await proveAbsent(closed, second, market: .exchange)
        #expect(closed.store.intent(second.intent)?.state == .rejected)
        #expect(closed.store.intent(second.intent)?.reason == .marketClosed)
    }

    @Test("A resend that waits in the queue past its time is not sent")
    func tooLateInTheQueue() async throws {
        let world = DeskWorld()
        let job = try await lost(world, .resend(withinSeconds: 300))
        try await proveAbsent(world, job)
        #expect(world.store.intent(job.intent)?.state == .ready)
        world.clock.advance(by: .seconds(300))
        _ = try await world.executing { try await $0(job) }
        #expect(world.store.intent(job.intent)?.state == .skipped)
        #expect(world.store.intent(job.intent)?.reason == .resendTooLate)
        #expect(world.dhan.placements.count == 1)
    }

    @Test("A broker that said no, though not in a way that is proof, is not asked again")
    func saidNo() async throws {
        let world = DeskWorld()
        let job = try await lost(world, .resend(withinSeconds: 3_600), words: "RMS: blocked")
        try await proveAbsent(world, job)
        #expect(world.store.intent(job.intent)?.state == .rejected)
        #expect(world.store.intent(job.intent)?.reason == .brokerRefused)
    }

    @Test("Looks that the broker did not answer in full count for nothing")
    func unansweredLooks() async throws {
        let world = DeskWorld()
        let job = try await lost(world, .ask)
        world.dhan.set { $0.orders = { _ throws(BrokerFailure) in throw .unreachable("down") } }
        for _ in 0..<5 {
            world.clock.advance(by: .seconds(100))
            try await resolve(world)([job])
        }
        world.dhan.set { $0.orders = { _ in [] } }
        // The first look that saw the book, long past the horizon: one is not enough.
        try await resolve(world)([job])
        #expect(world.store.intent(job.intent)?.state == .unknown)
        try await resolve(world)([job])
        #expect(world.store.intent(job.intent)?.state == .rejected)
    }

    @Test("A book that lacks an order of its own trades proves nothing")
    func tradesWithoutOrder() async throws {
        let world = DeskWorld()
        let job = try await lost(world, .ask)
        world.dhan.set { script in
            script.trades = { _ in
                [
                    TradeReport(
                        brokerOrderID: "X-1",
                        tradeID: "T1",
                        quantity: Quantity(10),
                        price: Price(raw: 1_000_000),
                        at: ManualClock.morning
                    )
                ]
            }
        }
        for _ in 0..<5 { try await proveAbsent(world, job) }
        #expect(world.store.intent(job.intent)?.state == .unknown)
        world.dhan.set { $0.trades = { _ throws(BrokerFailure) in throw .unreachable("down") } }
        for _ in 0..<5 { try await proveAbsent(world, job) }
        #expect(world.store.intent(job.intent)?.state == .unknown)
        world.dhan.set { $0.trades = { _ in [] } }
        try await proveAbsent(world, job)
        #expect(world.store.intent(job.intent)?.state == .rejected)
    }

    @Test("Another day's book proves nothing of this day's orders")
    func nextDay() async throws {
        let world = DeskWorld()
        let job = try await lost(world, .ask)
        world.clock.advance(by: .seconds(86_400))
        for _ in 0..<5 { try await proveAbsent(world, job, market: .exchange) }
        let intent = try #require(world.store.intent(job.intent))
        #expect(intent.state == .unknown && intent.held > .zero)
        let known = try #require(
            try await world.store.unknownOrders(UnknownQuery(trader: nil, limit: 9)).first
        )
        #expect(known.doubt.looks == 10 && known.doubt.absences == 0)
        #expect(known.doubt.lastAnswer?.contains("decide") == true)
    }

    @Test("Once the market has closed, one whole look at the day's book settles it")
    func statement() async throws {
        let world = DeskWorld()
        // 15:29 in India.
        world.clock.advance(by: .seconds(5 * 3_600 + 29 * 60))
        let job = try await lost(world, .ask)
        world.clock.advance(by: .seconds(50))
        try await resolve(world, market: .exchange)([job])
        #expect(world.store.intent(job.intent)?.state == .unknown)

        let silent = DeskWorld()
        silent.clock.advance(by: .seconds(5 * 3_600 + 29 * 60))
        let second = try await lost(silent, .ask)
        silent.clock.advance(by: .seconds(61))
        try await resolve(silent, market: .exchange)([second])
        #expect(silent.store.intent(second.intent)?.state == .rejected)
        #expect(silent.store.intent(second.intent)?.held == .zero)
    }

    @Test("An attempt that was abandoned counts its age from the end of its lease")
    func abandoned() async throws {
        let world = DeskWorld()
        let job = try await world.plannedOrder()
        let trade = try #require(try await world.store.trade(job.task))
        let request = ClaimRequest(job: job, trade: trade, price: DeskWorld.price, obstacle: nil)
        let lease = Lease(worker: "killed", duration: .seconds(60))
        _ = try await world.store.claim([request], lease: lease)
        world.clock.advance(by: .seconds(59))
        try await resolve(world)([job])
        #expect(world.store.intent(job.intent)?.state == .sending)
        world.clock.advance(by: .seconds(1))
        try await resolve(world)([job])
        world.clock.advance(by: .seconds(119))
        try await resolve(world)([job])
        #expect(world.store.intent(job.intent)?.state == .unknown)
        world.clock.advance(by: .seconds(1))
        try await resolve(world)([job])
        #expect(world.store.intent(job.intent)?.state == .rejected)
    }

    @Test("A lease leaves room for a late send and its time-out")
    func lease() {
        for seconds in [6, 8, 26, 60, 600] {
            let limits = ExecutionLimits(lease: .seconds(seconds))
            #expect(limits.sendWithin > .zero && limits.brokerTimeout > .zero)
            #expect(limits.sendWithin + limits.brokerTimeout < limits.lease)
            #expect(limits.recordWithin < limits.lease)
        }
    }
}
