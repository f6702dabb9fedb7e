import Testing
import Trading

@Suite("Comparing our orders with a broker's book")
struct BookComparisonTests {
    private static let mark = "TST"

    private func reference(_ intent: Int64, _ attempt: Int16 = 1) -> String {
        BrokerReference.make(IntentID(intent), attempt: attempt, mark: Self.mark)
    }

    private func ours(
        _ state: OrderState,
        filled: Int64 = 0,
        id: String? = "B1",
        attempt: Int16 = 1,
        isDead: Bool = false,
        isLatest: Bool = true,
        age: Duration = .seconds(60)
    ) -> OurAttempt {
        OurAttempt(
            intent: IntentID(1),
            task: TaskID(7),
            reference: reference(1, attempt),
            brokerOrderID: id,
            state: state,
            quantity: Quantity(10),
            filled: Quantity(filled),
            isDead: isDead,
            isLatest: isLatest,
            age: age
        )
    }

    private func theirs(
        _ status: OrderReport.Status,
        filled: Int64 = 0,
        id: String = "B1",
        reference: String?
    ) -> OrderReport {
        OrderReport(
            brokerOrderID: id,
            reference: reference,
            status: status,
            quantity: Quantity(10),
            filled: Quantity(filled),
            message: nil
        )
    }

    private func compare(_ ours: [OurAttempt], _ theirs: [OrderReport]) -> BookComparison {
        BookComparison(ours: ours, theirs: theirs, mark: Self.mark, lag: .seconds(30))
    }

    private func kinds(_ ours: OurAttempt, _ theirs: OrderReport...) -> [DriftKind] {
        compare([ours], theirs).drifts.map(\.kind)
    }

    @Test("Sides that agree differ in nothing")
    func agreement() {
        let own = reference(1)
        #expect(kinds(ours(.open), theirs(.open, reference: own)).isEmpty)
        #expect(kinds(ours(.accepted), theirs(.inTransit, reference: own)).isEmpty)
        let filled = theirs(.filled, filled: 10, reference: own)
        #expect(kinds(ours(.filled, filled: 10), filled).isEmpty)
        #expect(kinds(ours(.cancelled), theirs(.cancelled, reference: own)).isEmpty)
        #expect(kinds(ours(.rejected), theirs(.rejected, reference: own)).isEmpty)
        #expect(kinds(ours(.open), theirs(.open, reference: nil)).isEmpty)
    }

    @Test("Each way to differ has its kind, with both sides' numbers")
    func differences() throws {
        let own = reference(1)
        #expect(kinds(ours(.open)) == [.missingAtBroker])
        #expect(kinds(ours(.open), theirs(.cancelled, reference: own)) == [.endedAtBroker])
        #expect(kinds(ours(.cancelled), theirs(.open, reference: own)) == [.openAtBroker])
        #expect(
            kinds(ours(.partlyFilled, filled: 3), theirs(.partlyFilled, filled: 5, reference: own))
                == [.filledDiffers]
        )
        #expect(
            kinds(ours(.filled, filled: 10), theirs(.filled, filled: 9, reference: own))
                == [.filledDiffers]
        )
        let drift = try #require(
            compare([ours(.open, filled: 3)], [theirs(.filled, filled: 10, reference: own)])
                .drifts.first
        )
        #expect(drift.subject == "B1" && drift.intent == IntentID(1))
        #expect(drift.ours == BookSide(state: "OPEN", quantity: Quantity(10), filled: Quantity(3)))
        #expect(
            drift.theirs == BookSide(state: "filled", quantity: Quantity(10), filled: Quantity(10))
        )
    }

    @Test("A young order may be missing; one that ended here may too")
    func mayBeMissing() {
        #expect(kinds(ours(.open, age: .seconds(30))).isEmpty)
        #expect(kinds(ours(.open, age: .seconds(31))) == [.missingAtBroker])
        #expect(kinds(ours(.filled, filled: 10)).isEmpty)
        #expect(kinds(ours(.rejected)).isEmpty)
    }

    @Test("Orders in doubt are no difference; those that the book shows are found")
    func doubts() {
        for state in [OrderState.sending, .unknown] {
            let order = ours(state, id: nil)
            #expect(compare([order], []).drifts.isEmpty)
            let shown = compare([order], [theirs(.open, reference: reference(1))])
            #expect(shown.drifts.isEmpty && shown.found == [IntentID(1)])
            #expect(shown.news.isEmpty)
        }
    }

    @Test("What was held not to have been placed and is there all the same is never passed over")
    func placedAfterAll() {
        let own = reference(1)
        let dead = ours(.rejected, id: nil, isDead: true)
        for status in [OrderReport.Status.open, .filled, .cancelled, .expired, .inTransit] {
            #expect(kinds(dead, theirs(status, reference: own)) == [.placedAfterAll], "\(status)")
        }
        #expect(kinds(dead, theirs(.rejected, filled: 2, reference: own)) == [.placedAfterAll])
        // Refused here and listed as rejected there: both say the same.
        #expect(kinds(dead, theirs(.rejected, reference: own)).isEmpty)
        let filled = compare([dead], [theirs(.filled, filled: 10, reference: own)])
        #expect(filled.news.map(\.intent) == [IntentID(1)])
    }

    @Test("The fills of a dead attempt are not those of the attempt that followed it")
    func deadThenResent() {
        let dead = ours(.open, id: nil, isDead: true, isLatest: false)
        let second = ours(.open, id: "B2", attempt: 2)
        let both = compare(
            [dead, second],
            [
                theirs(.filled, filled: 10, id: "B1", reference: reference(1, 1)),
                theirs(.open, id: "B2", reference: reference(1, 2)),
            ]
        )
        #expect(both.drifts.map(\.kind) == [.placedAfterAll])
        #expect(both.drifts.map(\.subject) == ["B1"])
        #expect(both.news.isEmpty)
    }

    @Test("Two orders under one reference are told of, whichever is ours")
    func placedTwice() {
        let own = reference(1)
        let twins = compare(
            [ours(.open, id: "B2")],
            [theirs(.open, id: "B1", reference: own), theirs(.open, id: "B2", reference: own)]
        )
        #expect(twins.drifts.map(\.kind) == [.placedTwice])
    }

    @Test("An order under the id that we were told, with another's reference, is not ours")
    func otherOrder() {
        let order = ours(.accepted, id: "B1")
        #expect(kinds(order, theirs(.filled, filled: 10, reference: "by-hand")) == [.otherOrder])
        #expect(compare([order], [theirs(.filled, filled: 10, reference: "by-hand")]).news.isEmpty)
    }

    @Test("What carries no reference of ours is external; one that we never made is not")
    func strangers() {
        let all = compare(
            [],
            [
                theirs(.open, id: "1", reference: nil), theirs(.open, id: "2", reference: "x"),
                theirs(
                    .filled,
                    id: "3",
                    reference: BrokerReference.make(IntentID(5), attempt: 1, mark: "ZZZ")
                ),
                theirs(.open, id: "4", reference: reference(99)),
            ]
        )
        #expect(
            all.drifts.map(\.kind) == [
                .externalOrder, .externalOrder, .externalOrder, .unknownReference,
            ]
        )
        #expect(all.externals == 3)
        #expect(all.drifts.filter(\.kind.isContradiction).map(\.subject) == ["4"])
    }

    @Test("References are known by their mark, their length and their letters")
    func references() {
        #expect(BrokerReference.isMade(reference(1), with: "TST"))
        for text in ["", "VTST", "VTST" + String(repeating: "U", count: 14), "V-TST", "by hand"] {
            #expect(!BrokerReference.isMade(text, with: "TST"), "\(text)")
        }
        #expect(!BrokerReference.isMade(reference(1) + "0", with: "TST"))
        #expect(!BrokerReference.isMade(reference(1), with: "TSX"))
    }

    @Test("Fewer shares at the broker than here are a difference; more are the client's own")
    func shares() {
        let drifts = ShareComparison.drifts(
            ours: ["A": Quantity(10), "B": Quantity(5), "C": Quantity(1), "D": .zero],
            theirs: ["A": 10, "B": 8, "E": 3]
        )
        #expect(drifts.map(\.subject) == ["C"])
        #expect(drifts.first?.theirs?.quantity == .zero)
        let short = ShareComparison.drifts(ours: ["A": Quantity(10)], theirs: ["A": -4])
        #expect(short.first?.ours?.quantity == Quantity(10))
        #expect(short.first?.theirs?.quantity == .zero)
    }
}

@Suite struct CashComparisonTests {
    @Test(
        "Less cash at the broker is told beyond what charges explain; more never is",
        arguments: [
            ("100000", "99500", false), ("100000", "99499.99", true), ("1000", "900", false),
            ("1000", "899.99", true), ("1000", "5000", false), ("1000", "-20", true),
        ]
    )
    func drift(ours: String, theirs: String, isTold: Bool) throws {
        let found = CashComparison.drift(ours: try rupees(ours), theirs: try rupees(theirs))
        #expect((found != nil) == isTold)
        if let found {
            #expect(found.kind == .cashShort)
            #expect(found.ours?.cash == (try rupees(ours)))
            #expect(found.theirs?.cash == (try rupees(theirs)))
        }
    }
}

@Suite("What holdings tell of orders that nobody saw") struct UntoldOrderTests {
    private func order(_ id: Int64, _ side: Side, _ symbol: String?, isLatest: Bool = true)
        -> OurAttempt
    {
        OurAttempt(
            intent: IntentID(id),
            task: TaskID(7),
            reference: "R\(id)",
            brokerOrderID: "B\(id)",
            state: .open,
            quantity: Quantity(10),
            filled: .zero,
            isDead: false,
            isLatest: isLatest,
            age: .seconds(86_400),
            untold: OurAttempt.Untold(side: side, symbol: symbol)
        )
    }

    private func unfilled(_ ours: [OurAttempt], _ shares: Int64?, _ theirs: Int64?) -> [Int64] {
        ShareComparison.unfilled(
            ours,
            shares: shares.map { ["INFY": Quantity($0)] } ?? [:],
            theirs: theirs.map { ["INFY": $0] } ?? [:]
        )
        .map(\.intent.raw)
    }

    @Test(
        "Equal shares tell that nothing was filled; more or fewer tell nothing that can be booked"
    )
    func equal() {
        for side in [Side.buy, .sell] {
            let ours = [order(1, side, "INFY")]
            #expect(unfilled(ours, 5, 5) == [1] && unfilled(ours, nil, nil) == [1])
            #expect(unfilled(ours, nil, 0) == [1])
            for theirs in [4, 6, -5] as [Int64] { #expect(unfilled(ours, 5, theirs).isEmpty) }
            #expect(unfilled(ours, nil, 3).isEmpty && unfilled(ours, 3, nil).isEmpty)
        }
    }

    @Test(
        "A purchase and a sale of one symbol may hide each other; what ends with the day leaves no trace"
    )
    func hidden() {
        #expect(unfilled([order(1, .buy, "INFY"), order(2, .sell, "INFY")], 5, 5).isEmpty)
        #expect(unfilled([order(1, .buy, "INFY"), order(2, .buy, "INFY")], 5, 5) == [1, 2])
        #expect(unfilled([order(1, .buy, nil)], 5, 5).isEmpty)
        #expect(unfilled([order(1, .buy, "INFY", isLatest: false)], 5, 5).isEmpty)
    }
}
