import Desk
import DeskTesting
import Testing
import Trading

@Suite("Looking at orders and resolving doubts", .timeLimit(.minutes(2)))
struct LooksAndDoubtsTests {
    private func look(
        _ world: DeskWorld,
        concurrency: Int = 32,
        market: MarketHours = .always
    ) -> LookAtOrders {
        world.looking(concurrency: concurrency, market: market)
    }

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

    private static func report(_ reference: String?, _ id: String = "B-9") -> OrderReport {
        OrderReport(
            brokerOrderID: id,
            reference: reference,
            status: .open,
            quantity: Quantity(10),
            filled: .zero,
            message: nil
        )
    }

    @Test("A fill is booked once, however often it is looked at")
    func fill() async throws {
        let world = DeskWorld()
        let job = try await world.plannedOrder()
        try await world.accepted(job)
        world.dhan.set { script in
            script.look = { order async throws(BrokerFailure) in
                let report = OrderReport(
                    brokerOrderID: order.brokerOrderID,
                    reference: order.reference,
                    status: .filled,
                    quantity: order.quantity,
                    filled: order.quantity,
                    message: nil
                )
                let trade = TradeReport(
                    brokerOrderID: order.brokerOrderID,
                    tradeID: "T1",
                    quantity: order.quantity,
                    price: Price(raw: 990_000),
                    at: ManualClock.morning
                )
                return (report, [trade, trade])
            }
        }
        try await look(world)([job])
        try await look(world)([job])
        let intent = try #require(world.store.intent(job.intent))
        #expect(intent.state == .filled)
        #expect(intent.filled == Quantity(10))
        #expect(intent.filledValue == Money(paise: 99_000))
        let funds = try #require(world.store.funds(of: intent.client))
        #expect(funds.held == .zero)
        #expect(funds.invested == Money(paise: 99_000))
        #expect(funds.isBalanced)
        #expect(world.store.count(of: "apply") == 1)
    }

    @Test("A session that ended marks its account; the others are still booked")
    func sessionEnded() async throws {
        let world = DeskWorld()
        let dead = try await world.plannedOrder("DEAD")
        let good = try await world.plannedOrder("GOOD")
        try await world.accepted(dead)
        try await world.accepted(good)
        let account = try #require(dead.account)
        world.dhan.set { script in
            script.look = { order async throws(BrokerFailure) in
                guard order.job != dead else { throw .sessionEnded("DH-901") }
                return (Self.report(order.reference, order.brokerOrderID), [])
            }
        }
        try await look(world)([dead, good])
        #expect(try await world.store.session(account) == nil)
        #expect(world.store.intent(dead.intent)?.state == .accepted)
        #expect(world.store.intent(good.intent)?.state == .open)
    }

    @Test("A look with a token that was replaced meanwhile leaves the new one alone")
    func sessionRenewed() async throws {
        let world = DeskWorld()
        let job = try await world.plannedOrder()
        try await world.accepted(job)
        let account = try #require(job.account)
        let (begun, renewed) = (Latch(), Latch())
        world.dhan.set { script in
            script.look = { _ async throws(BrokerFailure) in
                begun.open()
                await renewed.pass()
                throw .sessionEnded("DH-901")
            }
        }
        let looking = Task { try await look(world)([job]) }
        await begun.pass()
        let client = try #require(world.store.intent(job.intent)?.client)
        let draft = AccountDraft(
            client: client,
            broker: .dhan,
            brokerClientID: "DONE",
            token: Secret("the-next-one"),
            sessionEnds: nil,
            egress: nil
        )
        _ = try await world.store.connect(draft, by: Actor(user: nil))
        renewed.open()
        try await looking.value
        #expect(world.store.count(of: "markExpired") == 1)
        #expect(try await world.store.session(account)?.token.reveal() == "the-next-one")
    }

    @Test(
        "A broker that does not answer leaves account and order as they are",
        arguments: [
            BrokerFailure.unreachable("502"), .limited(retryAfter: .seconds(1)),
            .refused(code: "DH-1", words: "no"),
        ]
    )
    func unreachable(_ failure: BrokerFailure) async throws {
        let world = DeskWorld()
        let job = try await world.plannedOrder()
        try await world.accepted(job)
        world.dhan.set { $0.look = { _ async throws(BrokerFailure) in throw failure } }
        try await look(world)([job])
        #expect(world.store.count(of: "markExpired") == 0)
        #expect(world.store.count(of: "apply") == 0)
        #expect(world.store.intent(job.intent)?.state == .accepted)
    }

    @Test("No more than so many reads are under way at once")
    func concurrency() async throws {
        let world = DeskWorld()
        _ = world.addClients(40)
        let jobs = try await world.planned(world.order())
        for job in jobs { try await world.accepted(job) }
        let busy = Occupancy()
        let latch = Latch()
        world.dhan.set { script in
            script.look = { order async throws(BrokerFailure) in
                busy.enter()
                await latch.pass()
                busy.leave()
                return (Self.report(order.reference, order.brokerOrderID), [])
            }
        }
        let looking = Task { try await look(world, concurrency: 8)(jobs) }
        try await until { busy.now == 8 }
        latch.open()
        try await looking.value
        #expect(busy.most == 8)
        #expect(jobs.allSatisfy { world.store.intent($0.intent)?.state == .open })
    }

    @Test("An order found by our reference is adopted, and the book is not read")
    func foundByReference() async throws {
        let world = DeskWorld()
        let job = try await world.plannedOrder()
        try await world.lostAnswer(job)
        world.dhan.set { script in
            script.find = { Self.report($0.reference) }
            script.orders = { _ throws(BrokerFailure) in throw .unreachable("not asked") }
        }
        try await resolve(world)([job])
        #expect(world.store.intent(job.intent)?.state == .accepted)
        #expect(world.store.intent(job.intent)?.brokerOrderID == "B-9")
        #expect(world.dhan.placements.count == 1)
    }

    @Test("An order that only the whole book shows is adopted too", arguments: [true, false])
    func foundInBook(_ findsByReference: Bool) async throws {
        let world = DeskWorld(findsByReference: findsByReference)
        let job = try await world.plannedOrder()
        try await world.lostAnswer(job)
        let reference = try #require(world.dhan.placements.first?.reference)
        world.dhan.set { script in
            script.orders = { _ in [Self.report(nil, "X"), Self.report(reference)] }
        }
        try await resolve(world)([job])
        #expect(world.store.intent(job.intent)?.brokerOrderID == "B-9")
    }

    @Test("Absence is proof only past the horizon and at the second look")
    func absence() async throws {
        let world = DeskWorld()
        let job = try await world.plannedOrder()
        try await world.lostAnswer(job)
        world.clock.advance(by: .seconds(500))
        try await resolve(world)([job])
        #expect(world.store.intent(job.intent)?.state == .unknown)
        try await resolve(world)([job])
        let intent = try #require(world.store.intent(job.intent))
        #expect(intent.state == .rejected)
        #expect(intent.reason == .provenNotPlaced)
        #expect(intent.held == .zero)
        #expect(world.dhan.placements.count == 1)
    }

    @Test("Within the horizon no number of looks proves anything")
    func withinHorizon() async throws {
        let world = DeskWorld()
        let job = try await world.plannedOrder()
        try await world.lostAnswer(job)
        world.clock.advance(by: .seconds(119))
        for _ in 0..<5 { try await resolve(world)([job]) }
        let intent = try #require(world.store.intent(job.intent))
        #expect(intent.state == .unknown)
        #expect(intent.held > .zero)
        world.clock.advance(by: .seconds(1))
        try await resolve(world)([job])
        #expect(world.store.intent(job.intent)?.state == .rejected)
    }

    @Test("The broker's own words shorten the wait to its visibility lag")
    func brokerSpoke() async throws {
        let world = DeskWorld()
        let job = try await world.plannedOrder()
        try await world.lostAnswer(job, words: "RMS: blocked")
        world.clock.advance(by: .seconds(9))
        try await resolve(world)([job])
        try await resolve(world)([job])
        #expect(world.store.intent(job.intent)?.state == .unknown)
        world.clock.advance(by: .seconds(1))
        try await resolve(world)([job])
        #expect(world.store.intent(job.intent)?.state == .rejected)
    }

    @Test(
        "Books that do not answer never prove absence",
        arguments: [
            BrokerFailure.unreachable("502"), .sessionEnded("x"), .limited(retryAfter: .zero),
        ]
    )
    func noAnswerNoProof(_ failure: BrokerFailure) async throws {
        let world = DeskWorld()
        let job = try await world.plannedOrder()
        try await world.lostAnswer(job)
        world.dhan.set { $0.orders = { _ throws(BrokerFailure) in throw failure } }
        for _ in 0..<10 {
            world.clock.advance(by: .seconds(600))
            try await resolve(world)([job])
        }
        let intent = try #require(world.store.intent(job.intent))
        #expect(intent.state == .unknown)
        #expect(intent.held > .zero)
    }

    @Test(
        "A broker that answers none of the first looks is not asked for all the rest",
        arguments: [
            true, false,
        ]
    )
    func silentBroker(_ isSilent: Bool) async throws {
        let world = DeskWorld()
        let clients = world.addClients(40)
        let jobs = try await world.planned(world.order(clients: .named(clients)))
        world.dhan.set { $0.place = { .accepted(brokerOrderID: "B" + $0.reference) } }
        for job in jobs { try await world.accepted(job) }
        let asked = Recorder<IntentID>()
        world.dhan.set { script in
            script.look = { order async throws(BrokerFailure) in
                asked.note(order.job.intent)
                // Fewer silences than are asked at once are the orders' own.
                guard !isSilent, asked.count > 3 else { throw .unreachable("no answer") }
                throw .limited(retryAfter: .seconds(1))
            }
        }
        try await look(world, concurrency: 4)(jobs)
        #expect(isSilent ? asked.count < 10 : asked.count == 40)
        #expect(jobs.allSatisfy { world.store.intent($0.intent)?.state == .accepted })
    }

    @Test("Doubts of one account that asked too often together ask again apart, and soon")
    func limitedTogether() async throws {
        let schedule = DoubtSchedule(dividedBy: 5)
        let delays = (100..<116).map { number in
            schedule.delay(of: IntentID(number), afterLimit: .milliseconds(100))
        }
        #expect(Set(delays).count == 16)
        #expect(delays.min() == .seconds(1) && delays.max() == .seconds(31))

        let world = DeskWorld()
        var jobs: [OrderJob] = []
        for code in ["ONE", "TWO"] { jobs.append(try await world.plannedOrder(code)) }
        for job in jobs { try await world.lostAnswer(job) }
        world.dhan.set { script in
            script.orders = { _ throws(BrokerFailure) in throw .limited(retryAfter: .seconds(2)) }
        }
        // However often it was looked at before: it is the limit that has to pass, not the lag.
        for _ in 0..<6 {
            world.clock.advance(by: .seconds(600))
            try await resolve(world)(jobs)
        }
        world.clock.advance(by: .seconds(1))
        #expect(try await world.store.due(.doubt, limit: 10).isEmpty)
        var due: [[OrderJob]] = []
        for _ in 0..<32 {
            world.clock.advance(by: .seconds(1))
            due.append(try await world.store.due(.doubt, limit: 10))
        }
        #expect(due.allSatisfy { $0.count <= 1 })
        #expect(Set(due.flatMap(\.self)) == Set(jobs))
    }

    @Test("The schedule's times grow to five minutes, and divide for tests")
    func schedule() {
        let schedule = DoubtSchedule()
        #expect(
            (0...6).map { schedule.delay(afterLooks: $0) }
                == [2, 8, 30, 120, 300, 300, 300].map { Duration.seconds($0) }
        )
        #expect(DoubtSchedule(dividedBy: 10).delay(afterLooks: 2) == .seconds(3))
        let hasProof = { (absences: Int, age: Int, lag: Int, spoke: Bool) in
            schedule.provesAbsence(
                absences: absences,
                age: .seconds(age),
                lag: .seconds(lag),
                brokerSpoke: spoke
            )
        }
        #expect(!hasProof(1, 10_000, 1, false))
        #expect(!hasProof(2, 119, 1, false))
        #expect(hasProof(2, 120, 1, false))
        #expect(!hasProof(2, 200, 300, false))
        #expect(hasProof(2, 300, 300, false))
        #expect(!hasProof(2, 9, 10, true))
        #expect(hasProof(2, 10, 10, true))
        #expect(!hasProof(2, 120, 300, true))
        #expect(hasProof(2, 300, 300, true))
        #expect(!hasProof(1, 500, 10, true))
        // What the broker claims to have is never absent, be the day over or not.
        for closed in [true, false] {
            let isProven = schedule.provesAbsence(
                absences: 99,
                age: .seconds(100_000),
                lag: .seconds(1),
                brokerSpoke: true,
                brokerClaims: true,
                marketHasClosed: closed
            )
            #expect(!isProven)
        }
    }
}
