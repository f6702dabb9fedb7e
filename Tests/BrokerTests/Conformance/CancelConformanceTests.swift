import Desk
import DeskTesting
import Testing
import Trading

/// What the port promises of cancels, kept by every broker, however its outside behaves.
@Suite("Cancel conformance", .timeLimit(.minutes(20)))
struct CancelConformanceTests {
    @Test("A resting order is cancelled, and its books say so", arguments: BrokerUnderTest.allCases)
    func cancelled(_ broker: BrokerUnderTest) async throws {
        try await broker.visit { desk in
            let attempt = Sample.attempt(terms: Sample.terms(price: "2900.00"))
            let order = try await desk.placed(attempt).wishedCancelled
            #expect(await CancelClass.of(desk.broker, order) == .taken)
            // The market that then comes to it finds nothing.
            try await desk.setPrice("2950.00")
            let (report, trades) = try await desk.broker.look(order)
            #expect(report.status == .cancelled && report.filled == .zero && trades.isEmpty)
        }
    }

    @Test("An order that has traded is not cancelled", arguments: BrokerUnderTest.allCases)
    func traded(_ broker: BrokerUnderTest) async throws {
        try await broker.visit { desk in
            let order = try await desk.placed(Sample.attempt()).wishedCancelled
            #expect(await CancelClass.of(desk.broker, order) == .refused)
            let (report, trades) = try await desk.broker.look(order)
            #expect(report.status == .filled && !trades.isEmpty)
        }
    }

    @Test("An order that the broker does not know is refused", arguments: BrokerUnderTest.outside)
    func unknown(_ broker: BrokerUnderTest) async throws {
        try await broker.visit { desk in
            let attempt = Sample.attempt(terms: Sample.terms(price: "2900.00"))
            let order = Sample.live(attempt, "112111182198", isCancelAsked: true)
            #expect(await CancelClass.of(desk.broker, order) == .refused)
        }
    }

    @Test("Cancels have more of the allowance than orders", arguments: BrokerUnderTest.outside)
    func allowance(_ broker: BrokerUnderTest) {
        let traits = broker.declared
        for limit in traits.orderLimits {
            let own = traits.cancelLimits.first { $0.seconds == limit.seconds }
            #expect((own?.calls ?? 0) > limit.calls, "\(limit.seconds) s")
        }
    }

    /// Every trouble at every broker.
    struct Case: Sendable, CustomTestStringConvertible {
        let kind: BrokerUnderTest
        let trouble: CancelTrouble
        var testDescription: String { "\(kind.rawValue): \(trouble.name)" }

        static let all = BrokerUnderTest.outside.flatMap { kind in
            CancelTrouble.all.map { Case(kind: kind, trouble: $0) }
        }
    }

    @Test("Each answer is told by what must follow", arguments: Case.all)
    func answers(_ one: Case) async throws {
        try await Outside.visit(one.kind) { outside in
            let attempt = try await outside.claimed()
            try await outside.send(attempt)
            let order = try #require(
                try await outside.store.liveOrders([attempt.job.intent]).first
            )
            try await outside.spoilCancels(one.trouble)
            #expect(await CancelClass.of(outside.broker, order) == one.trouble.outcome)
            try await outside.ask("DELETE", "/faults")
            let (report, _) = try await outside.broker.look(order)
            #expect(report.status == (one.trouble.isCancelled ? .cancelled : .open))
        }
    }

    @Test(
        "Whatever goes wrong, the desk ends where the books are, and frees the money once",
        arguments: Case.all
    )
    func desk(_ one: Case) async throws {
        try await Outside.visit(one.kind) { outside in
            let attempt = try await outside.claimed()
            try await outside.send(attempt)
            let client = try outside.intent(attempt).client
            let before = try #require(outside.store.funds(of: client))
            _ = try await outside.store.askToCancel(
                CancelRequest(
                    trader: outside.trader,
                    user: UserID(1),
                    idempotencyKey: "k",
                    bodyHash: [1],
                    scope: .task(attempt.job.task)
                )
            )
            try await outside.spoilCancels(one.trouble)
            try await outside.executeCancel(attempt)
            if !one.trouble.isCancelled {
                #expect(try outside.intent(attempt).state == .cancelRequested)
                #expect(outside.store.funds(of: client) == before)
            }
            try await outside.ask("DELETE", "/faults")
            try await outside.executeCancel(attempt)
            #expect(try outside.intent(attempt).state == .cancelled)
            let after = try #require(outside.store.funds(of: client))
            #expect(after.held == .zero && after.available == before.available + before.held)
        }
    }
}

extension Outside {
    /// Lets the next cancels suffer.
    fileprivate func spoilCancels(_ trouble: CancelTrouble) async throws {
        guard let fault = trouble.fault else { return }
        let times = trouble.times.map { #","times":\#($0)"# } ?? ""
        try await ask(
            "POST",
            "/faults",
            #"{"kind":"\#(fault)","cancelling":true\#(times)}"#
        )
    }

    /// Asks for the cancel of an attempt's order once, as the queue of cancels makes it happen.
    fileprivate func executeCancel(_ attempt: Attempt) async throws {
        _ = try await CancelLanes.running(
            store,
            brokers: Brokers([broker], gate: MemoryGate()),
            pacer: MemoryPacer(),
            clock: clock
        ) { try await $0(attempt.job) }
    }
}
