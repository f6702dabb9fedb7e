import Desk
import DeskTesting
import Testing
import Trading

/// What the `Broker` port promises, kept by every broker.
@Suite("Broker conformance", .timeLimit(.minutes(20)))
struct BrokerConformanceTests {
    @Test(
        "A market order is accepted, and a look shows it filled",
        arguments: BrokerUnderTest.allCases
    )
    func accepted(_ broker: BrokerUnderTest) async throws {
        try await broker.visit { desk in
            let order = try await desk.placed(Sample.attempt(quantity: 7))
            #expect(!order.brokerOrderID.isEmpty)
            let (report, trades) = try await desk.broker.look(order)
            #expect(report.brokerOrderID == order.brokerOrderID)
            #expect(report.reference == order.reference)
            #expect(report.status == .filled)
            #expect(report.quantity == Quantity(7) && report.filled == Quantity(7))
            #expect(trades.reduce(0) { $0 + $1.quantity.raw } == 7)
            #expect(trades.allSatisfy { $0.brokerOrderID == order.brokerOrderID })
            #expect(trades.allSatisfy { $0.at.microseconds > 1_700_000_000_000_000 })
        }
    }

    @Test("Looking twice tells of the same trades", arguments: BrokerUnderTest.allCases)
    func lookTwice(_ broker: BrokerUnderTest) async throws {
        try await broker.visit { desk in
            let order = try await desk.placed(Sample.attempt())
            let (first, trades) = try await desk.broker.look(order)
            let (second, again) = try await desk.broker.look(order)
            #expect(first == second)
            #expect(!trades.isEmpty && trades.map(\.tradeID) == again.map(\.tradeID))
            #expect(Set(trades.map(\.tradeID)).count == trades.count)
        }
    }

    @Test(
        "A limit below the market rests, and fills at no worse price once the market comes to it",
        arguments: BrokerUnderTest.allCases
    )
    func limitRests(_ broker: BrokerUnderTest) async throws {
        try await broker.visit { desk in
            let attempt = Sample.attempt(terms: Sample.terms(price: "2900.00"))
            let order = try await desk.placed(attempt)
            let (resting, none) = try await desk.broker.look(order)
            #expect(resting.status == .open && resting.filled == .zero && none.isEmpty)
            try await desk.setPrice("2890.00")
            let (filled, trades) = try await desk.broker.look(order)
            #expect(filled.status == .filled && filled.filled == Quantity(5))
            let limit = try #require(Price(rupees: "2900.00"))
            #expect(!trades.isEmpty && trades.allSatisfy { $0.price <= limit })
        }
    }

    @Test(
        "A sale below the market fills at no less than its limit",
        arguments: BrokerUnderTest.allCases
    )
    func saleFills(_ broker: BrokerUnderTest) async throws {
        try await broker.visit { desk in
            let terms = Sample.terms(.sell, price: "2900.00", product: .intraday)
            let order = try await desk.placed(Sample.attempt(terms: terms))
            let (report, trades) = try await desk.broker.look(order)
            #expect(report.status == .filled)
            let limit = try #require(Price(rupees: "2900.00"))
            #expect(!trades.isEmpty && trades.allSatisfy { $0.price >= limit })
        }
    }

    @Test("A stop order sleeps until its trigger", arguments: BrokerUnderTest.allCases)
    func stopSleeps(_ broker: BrokerUnderTest) async throws {
        try await broker.visit { desk in
            let terms = Sample.terms(price: "3010.00", trigger: "3000.00", product: .intraday)
            let order = try await desk.placed(Sample.attempt(terms: terms))
            let (asleep, none) = try await desk.broker.look(order)
            #expect(asleep.status == .open && none.isEmpty)
            try await desk.setPrice("3005.00")
            let (awake, trades) = try await desk.broker.look(order)
            #expect(awake.status == .filled && !trades.isEmpty)
        }
    }

    @Test(
        "An immediate order that meets nobody ends cancelled, without a fill",
        arguments: BrokerUnderTest.allCases
    )
    func immediateEnds(_ broker: BrokerUnderTest) async throws {
        try await broker.visit { desk in
            let terms = Sample.terms(price: "2900.00", validity: .immediate)
            let order = try await desk.placed(Sample.attempt(terms: terms))
            let (report, trades) = try await desk.broker.look(order)
            #expect(report.status == .cancelled)
            #expect(report.filled == .zero && trades.isEmpty)
        }
    }

    @Test("Past its deadline an order is not sent", arguments: BrokerUnderTest.allCases)
    func deadline(_ broker: BrokerUnderTest) async throws {
        try await broker.visit { desk in
            let late = await desk.broker.place(
                Sample.attempt(),
                sendBefore: .now - .milliseconds(1)
            )
            #expect(late.isNotSent, "\(late)")
            let booked = try await desk.booked()
            #expect(booked ?? 0 == 0)
        }
    }

    @Test("An order that its brake holds is not sent", arguments: BrokerUnderTest.allCases)
    func brake(_ broker: BrokerUnderTest) async throws {
        try await broker.visit { desk in
            let order = broker.haltSubject
            // Nobody has read the switches yet, so nobody can tell that they are off.
            let watch = HaltWatch(clock: ManualClock(), bound: .seconds(600)) { Halts([]) }
            var attempt = Sample.attempt()
            attempt.brake = SendBrake(watch, on: order)
            let held = await desk.broker.place(attempt)
            #expect(held.isNotSent, "\(held)")
            #expect(attempt.brake?.wasStoppedBy == .unknown)
            #expect(try await desk.booked() ?? 0 == 0)
            #expect(await watch.freshWord(on: order) == .free)
            attempt.brake = SendBrake(watch, on: order)
            _ = try await desk.placed(attempt)
            #expect(attempt.brake?.wasStoppedBy == nil)
        }
    }

    @Test("A change that its brake holds is not sent", arguments: BrokerUnderTest.allCases)
    func brakeOfChange(_ broker: BrokerUnderTest) async throws {
        try await broker.visit { desk in
            let watch = HaltWatch(clock: ManualClock(), bound: .seconds(600)) { Halts([]) }
            var order = try await desk.placed(
                Sample.attempt(terms: Sample.terms(price: "2900.00"))
            )
            let shape = OrderShape(order.terms, quantity: Quantity(8))
            order.brake = SendBrake(watch, on: broker.haltSubject)
            let deadline = ContinuousClock.now + .seconds(60)
            let held = await desk.broker.modify(order, to: shape, sendBefore: deadline)
            guard case .notSent = held else {
                Issue.record("\(held)")
                return
            }
            #expect(order.brake?.wasStoppedBy == .unknown)
            #expect(try await desk.broker.look(order).0.quantity == order.quantity)
            #expect(await watch.freshWord(on: broker.haltSubject) == .free)
            order.brake = SendBrake(watch, on: broker.haltSubject)
            let sent = await desk.broker.modify(order, to: shape, sendBefore: deadline)
            #expect(sent == .taken || sent == .done)
        }
    }

    @Test("Cancelling twice does no harm", arguments: BrokerUnderTest.allCases)
    func cancelTwice(_ broker: BrokerUnderTest) async throws {
        try await broker.visit { desk in
            let attempt = Sample.attempt(terms: Sample.terms(price: "2900.00"))
            let order = try await desk.placed(attempt).wishedCancelled
            try await desk.broker.cancel(order)
            do throws(BrokerFailure) {
                try await desk.broker.cancel(order)
            } catch {
                // Saying that there is nothing left to cancel is an honest answer.
                #expect(error.code != nil, "\(error)")
            }
            let (report, trades) = try await desk.broker.look(order)
            #expect(report.status == .cancelled)
            #expect(report.filled == .zero && trades.isEmpty)
            #expect(try await desk.booked() ?? 1 == 1)
        }
    }

    @Test("A good session checks", arguments: BrokerUnderTest.allCases)
    func check(_ broker: BrokerUnderTest) async throws {
        try await broker.visit { desk in
            _ = try await desk.broker.check(Sample.session())
        }
    }

    @Test("Our references fit, and limits are whole", arguments: BrokerUnderTest.allCases)
    func traits(_ broker: BrokerUnderTest) async throws {
        try await broker.visit { desk in
            let reference = BrokerReference.make(IntentID(1 << 59), attempt: 1_023, mark: "ABC")
            let traits = desk.broker.traits
            #expect(traits.name.rawValue == broker.rawValue)
            #expect(reference.utf8.count <= traits.referenceLength)
            for limit in traits.orderLimits + traits.readLimits + traits.quoteLimits {
                #expect(limit.calls > 0 && limit.seconds > 0)
            }
        }
    }

    @Test("What an attempt prints holds no token", arguments: BrokerUnderTest.allCases)
    func tokensStaySecret(_ broker: BrokerUnderTest) async throws {
        try await broker.visit { desk in
            let session = Sample.session(token: "very-secret-token")
            let attempt = Sample.attempt(session: session)
            let answer = await desk.broker.place(attempt)
            var said = "\(answer) \(String(reflecting: attempt))"
            do {
                _ = try await desk.broker.funds(session)
            } catch {
                said += " \(error) \(String(reflecting: error))"
            }
            #expect(!said.contains("very-secret-token"))
        }
    }
}

extension BrokerUnderTest {
    /// An order of this broker, as halts know it.
    fileprivate var haltSubject: HaltSubject {
        HaltSubject(
            trader: TraderID(1),
            client: ClientID(1),
            broker: declared.name,
            instrument: Sample.terms().instrument.id
        )
    }
}
