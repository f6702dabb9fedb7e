import Desk
import DeskTesting
import JSON
import NetworkTrouble
import Testing
import Trading

/// Never twice, never lost: every trouble at every broker, from the claim to the truth.
@Suite("Placement conformance", .timeLimit(.minutes(20)))
struct PlacementConformanceTests {
    @Test(
        "Sent once on a used connection, classed rightly, and the books tell the truth",
        arguments: BrokerUnderTest.outside,
        Trouble.all
    )
    func trouble(_ kind: BrokerUnderTest, _ trouble: Trouble) async throws {
        try await Outside.visit(kind) { outside in
            try await outside.warmUp()
            let opened = outside.connectionsOpened
            for fault in trouble.faults { try await outside.fault(fault.kind, fault.members) }
            let start = outside.clock.now()
            let attempt = try await outside.claimed(limit: trouble.isMarket ? nil : "2900.00")
            let answer = try await outside.send(attempt, hastily: trouble.isHasty)
            #expect(OutcomeClass(answer) == trouble.outcome, "\(answer)")
            // Where a used connection is cut, libcurl opens another to send again, and may not.
            let more = outside.connectionsOpened - opened
            #expect(more == 0 || more == 1 && trouble.isCut, "the order opened a connection")
            #expect(try await outside.placements() == 1)
            switch trouble.outcome {
            case .accepted: try await accepted(attempt, trouble, start, outside)
            case .inDoubt: try await doubted(attempt, answer, trouble, start, outside)
            case .refused, .notSent: Issue.record("nothing of this table is refused or not sent")
            }
            // Nothing that came after the send has sent anything.
            #expect(try await outside.placements() == 1)
            let ledger = try await outside.ledger()
            #expect(ledger.count == trouble.booked)
            #expect(ledger.allSatisfy { $0["reference"]?.string == attempt.reference })
        }
    }

    private func accepted(
        _ attempt: Attempt,
        _ trouble: Trouble,
        _ start: Timestamp,
        _ outside: Outside
    ) async throws {
        #expect(try outside.intent(attempt).state == .accepted)
        if trouble.hiddenFor > 0 {
            // An id is proof: books that do not show it yet change nothing.
            try await outside.look(attempt)
            #expect(try outside.intent(attempt).state == .accepted)
            outside.wait(until: trouble.hiddenFor + 1, since: start)
        }
        try await outside.look(attempt)
        try expect(trouble.truth, attempt, outside)
    }

    private func doubted(
        _ attempt: Attempt,
        _ answer: PlacementAnswer,
        _ trouble: Trouble,
        _ start: Timestamp,
        _ outside: Outside
    ) async throws {
        guard case .unanswered(_, let words) = answer else { return }
        #expect((words != nil) == trouble.brokerSpoke, "\(words ?? "no words")")
        try expectDoubt(attempt, outside)
        if trouble.truth == .absent {
            try await provesAbsence(attempt, trouble, start, outside)
            return
        }
        for seconds: Int64 in [2, 10, 40, 85] where seconds < trouble.hiddenFor {
            outside.wait(until: seconds, since: start)
            try await outside.lookIntoDoubt(attempt)
            try expectDoubt(attempt, outside)
        }
        outside.wait(until: trouble.hiddenFor + 2, since: start)
        try await outside.lookIntoDoubt(attempt)
        let id = try outside.intent(attempt).brokerOrderID
        #expect(id == (try await outside.ledger().first?["order_id"]?.string), "adopted another")
        try await outside.look(attempt)
        try expect(trouble.truth, attempt, outside)
    }

    /// Absence is believed after the lag where the broker said no, after the horizon where it was
    /// silent, and never a look sooner.
    private func provesAbsence(
        _ attempt: Attempt,
        _ trouble: Trouble,
        _ start: Timestamp,
        _ outside: Outside
    ) async throws {
        let lag = outside.broker.traits.visibilityLag.components.seconds
        let enough = trouble.brokerSpoke ? min(lag, 120) : max(lag, 120)
        for seconds in [2, 10, enough - 1] {
            outside.wait(until: seconds, since: start)
            try await outside.lookIntoDoubt(attempt)
            try expectDoubt(attempt, outside)
        }
        outside.wait(until: enough, since: start)
        try await outside.lookIntoDoubt(attempt)
        try expect(.absent, attempt, outside)
    }

    /// Nobody knows, so nothing is given back.
    private func expectDoubt(_ attempt: Attempt, _ outside: Outside) throws {
        let intent = try outside.intent(attempt)
        #expect(intent.state == .unknown)
        #expect(intent.held > .zero)
    }

    private func expect(_ truth: Trouble.Truth, _ attempt: Attempt, _ outside: Outside) throws {
        let intent = try outside.intent(attempt)
        switch truth {
        case .open:
            #expect(intent.state == .open && intent.held > .zero && intent.filled == .zero)
        case .filled:
            #expect(intent.state == .filled && intent.filled == Quantity(5))
            #expect(intent.held == .zero)
        case .rejected:
            #expect(intent.state == .rejected && intent.held == .zero)
        case .absent:
            #expect(intent.state == .rejected && intent.held == .zero)
            #expect([.provenNotPlaced, .brokerRefused].contains(intent.reason))
        }
    }

    @Test(
        "Cut on the wire right after the request, a used connection carries no second one",
        arguments: BrokerUnderTest.outside
    )
    func cutOnTheWire(_ kind: BrokerUnderTest) async throws {
        try await withProxy(kind) { outside, proxy in
            try await outside.warmUp()
            #expect(proxy.connectionCount == 1)
            let attempt = try await outside.claimed()
            // What the adapter sends is passed on whole; no answer comes back.
            await proxy.cutAfterClientSends(attempt.reference)
            let answer = try await outside.send(attempt)
            #expect(OutcomeClass(answer) == .inDoubt)
            // The server may still be reading: its ledger shows the order when it has.
            try await until("the order is booked") { try await outside.ledger().count == 1 }
            #expect(try await outside.placements() == 1)
            try await outside.lookIntoDoubt(attempt)
            try await outside.look(attempt)
            try expect(.open, attempt, outside)
            #expect(try await outside.placements() == 1)
        }
    }

    @Test("Where nobody listens nothing is sent, and past its deadline neither")
    func notSent() async throws {
        for kind in BrokerUnderTest.outside {
            try await withProxy(kind) { outside, proxy in
                await proxy.refuse()
                let attempt = try await outside.claimed()
                #expect(OutcomeClass(await outside.broker.place(attempt)) == .notSent)
                await proxy.accept()
                let late = await outside.broker.place(attempt, sendBefore: .now - .milliseconds(1))
                #expect(OutcomeClass(late) == .notSent)
                #expect(try await outside.placements() == 0)
                #expect(try await outside.ledger().isEmpty)
            }
        }
    }

    private func withProxy(
        _ kind: BrokerUnderTest,
        _ body: (Outside, TestProxy) async throws -> Void
    ) async throws {
        var made: TestProxy?
        try await Outside.visit(
            kind,
            through: { port in
                let proxy = try TestProxy(toPort: port)
                made = proxy
                return proxy.port
            },
            { outside in
                let proxy = try #require(made)
                let outcome: Result<Void, any Error>
                do {
                    outcome = .success(try await body(outside, proxy))
                } catch {
                    outcome = .failure(error)
                }
                await proxy.close()
                try outcome.get()
            }
        )
    }
}
