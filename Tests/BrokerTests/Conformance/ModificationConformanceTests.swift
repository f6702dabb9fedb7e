import Desk
import DeskTesting
import Testing
import Trading

/// What the port promises of changes, kept by every broker, however its outside behaves.
@Suite("Modification conformance", .timeLimit(.minutes(20)))
struct ModificationConformanceTests {
    private static let wanted = OrderShape(
        quantity: Quantity(8),
        type: .limit,
        price: Price(rupees: "2910.00"),
        trigger: nil
    )

    @Test(
        "A resting order is changed, and its books show the new quantity and price",
        arguments: BrokerUnderTest.outside
    )
    func changed(_ broker: BrokerUnderTest) async throws {
        try await broker.visit { desk in
            let order = try await desk.resting()
            #expect(await desk.modify(order, Self.wanted) == .taken)
            let (report, trades) = try await desk.broker.look(order)
            #expect(report.status == .open && trades.isEmpty)
            #expect(report.evidence(of: Self.wanted, from: order.shape) == .changed)
            #expect(report.reported?.type == .limit)
            // One order as before: nothing was placed beside it.
            #expect(try await desk.booked() == 1)
        }
    }

    @Test("A change that was not asked for shows in no book", arguments: BrokerUnderTest.outside)
    func asBefore(_ broker: BrokerUnderTest) async throws {
        try await broker.visit { desk in
            let order = try await desk.resting()
            let (report, _) = try await desk.broker.look(order)
            #expect(report.evidence(of: Self.wanted, from: order.shape) == .asBefore)
        }
    }

    @Test(
        "Less stays where it was, and the changed order fills at its new price",
        arguments: BrokerUnderTest.outside
    )
    func fills(_ broker: BrokerUnderTest) async throws {
        try await broker.visit { desk in
            let order = try await desk.resting()
            let less = OrderShape(
                quantity: Quantity(3),
                type: .limit,
                price: order.terms.price,
                trigger: nil
            )
            #expect(await desk.modify(order, less) == .taken)
            try await desk.setPrice("2895.00")
            let (report, trades) = try await desk.broker.look(order)
            #expect(report.status == .filled && report.filled == Quantity(3))
            #expect(trades.reduce(0) { $0 + $1.quantity.raw } == 3)
        }
    }

    @Test("A limit order turned to the market fills", arguments: BrokerUnderTest.outside)
    func market(_ broker: BrokerUnderTest) async throws {
        try await broker.visit { desk in
            let order = try await desk.resting()
            let shape = OrderShape(quantity: Quantity(5), type: .market, price: nil, trigger: nil)
            #expect(await desk.modify(order, shape) == .taken)
            let (report, trades) = try await desk.broker.look(order)
            #expect(report.status == .filled && !trades.isEmpty)
        }
    }

    @Test("A stop order gets another trigger", arguments: BrokerUnderTest.outside)
    func stop(_ broker: BrokerUnderTest) async throws {
        try await broker.visit { desk in
            let terms = Sample.terms(price: "3010.00", trigger: "3000.00", product: .intraday)
            let order = try await desk.placed(Sample.attempt(terms: terms))
            let shape = OrderShape(
                quantity: Quantity(5),
                type: .stopLimit,
                price: Price(rupees: "3030.00"),
                trigger: Price(rupees: "3020.00")
            )
            #expect(await desk.modify(order, shape) == .taken)
            try await desk.setPrice("3005.00")
            let (asleep, _) = try await desk.broker.look(order)
            #expect(asleep.status == .open)
            #expect(asleep.evidence(of: shape, from: order.shape) == .changed)
        }
    }

    @Test("An order that has traded is not changed", arguments: BrokerUnderTest.allCases)
    func traded(_ broker: BrokerUnderTest) async throws {
        try await broker.visit { desk in
            let order = try await desk.placed(Sample.attempt())
            let answer = await desk.modify(order, Self.wanted)
            #expect(answer.saysNo, "\(answer)")
            let (report, _) = try await desk.broker.look(order)
            #expect(report.status == .filled && report.filled == Quantity(5))
        }
    }

    @Test("Past its deadline a change is not sent", arguments: BrokerUnderTest.allCases)
    func deadline(_ broker: BrokerUnderTest) async throws {
        try await broker.visit { desk in
            let order = try await desk.resting()
            let late = await desk.broker.modify(
                order,
                to: Self.wanted,
                sendBefore: .now - .milliseconds(1)
            )
            guard case .notSent = late else {
                Issue.record("\(late)")
                return
            }
            let (report, _) = try await desk.broker.look(order)
            #expect(report.quantity == Quantity(5))
        }
    }

    @Test("What a broker does not know, it does not change", arguments: BrokerUnderTest.outside)
    func unknown(_ broker: BrokerUnderTest) async throws {
        try await broker.visit { desk in
            let attempt = Sample.attempt(terms: Sample.terms(price: "2900.00"))
            let answer = await desk.modify(Sample.live(attempt, "112111182198"), Self.wanted)
            #expect(answer.saysNo, "\(answer)")
        }
    }

    @Test(
        "Changes beyond what the broker declares are refused there",
        arguments: [
            BrokerUnderTest.dhan, .zerodha,
        ]
    )
    func tooMany(_ broker: BrokerUnderTest) async throws {
        try await broker.visit { desk in
            let order = try await desk.resting()
            let most = try #require(desk.broker.traits.modifications?.mostPerOrder)
            for number in 1...most + 1 {
                let shape = OrderShape(
                    quantity: Quantity(Int64(5 + number)),
                    type: .limit,
                    price: order.terms.price,
                    trigger: nil
                )
                let answer = await desk.modify(order, shape)
                #expect(number <= most ? answer == .taken : answer.saysNo, "\(number): \(answer)")
            }
            let (report, _) = try await desk.broker.look(order)
            #expect(report.quantity == Quantity(Int64(5 + most)))
        }
    }

    @Test("Paper's orders are changed by our own books alone")
    func paper() async throws {
        try await BrokerUnderTest.paper.visit { desk in
            let order = try await desk.resting()
            #expect(await desk.modify(order, Self.wanted) == .done)
        }
    }

    /// Every trouble at every broker.
    struct Case: Sendable, CustomTestStringConvertible {
        let kind: BrokerUnderTest
        let trouble: ModificationTrouble
        var testDescription: String { "\(kind.rawValue): \(trouble.name)" }

        static let all = BrokerUnderTest.outside.flatMap { kind in
            ModificationTrouble.all.map { Case(kind: kind, trouble: $0) }
        }
    }

    @Test(
        "Whatever goes wrong, it is sent once, and the desk ends where the books are",
        arguments: Case.all
    )
    func desk(_ one: Case) async throws {
        try await Outside.visit(one.kind) { outside in
            let attempt = try await outside.claimed()
            try await outside.send(attempt)
            let client = try outside.intent(attempt).client
            let before = try #require(outside.store.funds(of: client))
            let change = try await outside.askToModify(attempt, quantity: 8)
            let held = try #require(outside.store.funds(of: client)).held
            #expect(held == before.held + change.heldMore && change.heldMore > .zero)
            try await outside.spoilModifications(of: one.kind, one.trouble)
            try await outside.executeModification(attempt)
            try await outside.ask("DELETE", "/faults")
            for _ in 0..<6 where try await outside.isOpen(change) {
                outside.clock.advance(by: .seconds(60))
                try await outside.executeModification(attempt)
            }
            let ended = try #require(try await outside.store.modification(change.id))
            #expect(ended.tries == 1)
            #expect((ended.state == .applied) == one.trouble.isApplied, "\(ended.state)")
            let order = try outside.intent(attempt)
            let (report, _) = try await outside.lookAtBook(attempt)
            #expect(order.quantity == report.quantity)
            let after = try #require(outside.store.funds(of: client))
            #expect(after.held == (one.trouble.isApplied ? held : before.held))
            #expect(after.isBalanced)
        }
    }
}

extension ModificationAnswer {
    /// Whether the broker said no, with proof or without.
    fileprivate var saysNo: Bool {
        switch self {
        case .refused, .unanswered(_, .some): true
        case .done, .taken, .notSent, .withheld, .unanswered(_, nil): false
        }
    }
}

extension LiveOrder {
    fileprivate var shape: OrderShape { OrderShape(terms, quantity: quantity) }
}

extension BrokerDesk {
    /// Five shares below the market.
    fileprivate func resting() async throws -> LiveOrder {
        try await placed(Sample.attempt(terms: Sample.terms(price: "2900.00")))
    }

    fileprivate func modify(_ order: LiveOrder, _ shape: OrderShape) async -> ModificationAnswer {
        await broker.modify(order, to: shape, sendBefore: .now + .seconds(60))
    }
}

extension Outside {
    /// Lets the next changes suffer.
    fileprivate func spoilModifications(
        of kind: BrokerUnderTest,
        _ trouble: ModificationTrouble
    ) async throws {
        guard let fault = trouble.fault else { return }
        let place =
            switch kind {
            case .dhan: #""method":"PUT","path":"/orders""#
            case .zerodha: #""method":"PUT","path":"/orders""#
            case .upstox: #""method":"PUT","path":"/v3/order/modify""#
            case .groww, .paper: #""method":"POST","path":"/order/modify""#
            }
        try await ask("POST", "/faults", #"{"kind":"\#(fault)",\#(place)}"#)
    }

    fileprivate func askToModify(_ attempt: Attempt, quantity: Int64) async throws
        -> Modification
    {
        let asked = try await store.askToModify(
            ModificationRequest(
                trader: trader,
                user: UserID(1),
                idempotencyKey: "modify",
                bodyHash: [1],
                order: attempt.job.intent,
                wish: WishedShape(quantity: Quantity(quantity)),
                rules: [attempt.job.broker: ModificationRules(mostPerOrder: nil)]
            )
        )
        guard case .created(let change, _) = asked else { throw NotMade() }
        return change
    }

    fileprivate func executeModification(_ attempt: Attempt) async throws {
        try await ModificationLanes.running(
            store,
            brokers: Brokers([broker], gate: MemoryGate()),
            pacer: MemoryPacer(),
            clock: clock
        ) { _ = try await $0(attempt.job) }
    }

    fileprivate func isOpen(_ change: Modification) async throws -> Bool {
        try await store.modification(change.id)?.state.isOpen == true
    }

    fileprivate func lookAtBook(_ attempt: Attempt) async throws -> (OrderReport, [TradeReport]) {
        let order = try #require(try await store.liveOrders([attempt.job.intent]).first)
        return try await broker.look(order)
    }
}
