import Testing
import Trading

@Suite("Conditional orders: search")
struct ConditionalSearchTests {
    private static let sent = Timestamp(microseconds: 1_000_000_000_000)
    private static let content = ConditionalContent(
        kind: .single,
        side: .buy,
        code: "RELIANCE",
        quantity: Quantity(5),
        triggers: [Price(raw: 29_000_000)]
    )

    private static func report(
        _ id: String,
        reference: String? = nil,
        after: Duration? = .seconds(1),
        content: ConditionalContent = content
    ) -> ConditionalReport {
        ConditionalReport(
            brokerID: id,
            reference: reference,
            status: .waiting,
            content: content,
            createdAt: after.map { sent.advanced(by: $0) },
            orders: [],
            message: nil
        )
    }

    private static func search(showsReferences: Bool = false) -> ConditionalSearch {
        ConditionalSearch(
            reference: "OURS",
            content: content,
            sentAt: sent,
            showsReferences: showsReferences
        )
    }

    @Test("A reference is never an order's")
    func reference() {
        let made = BrokerReference.make(ConditionalID(7), attempt: 1, mark: "TST")
        #expect(made == "CTST00000000000701")
        #expect(!BrokerReference.isMade(made, with: "TST"))
    }

    @Test("Our reference is proof, whatever else is alike")
    func byReference() {
        let list = [Self.report("1", reference: "THEIRS"), Self.report("2", reference: "OURS")]
        #expect(Self.search(showsReferences: true)(list, known: []) == .found(list[1]))
        #expect(Self.search(showsReferences: true)([list[0]], known: []) == .absent)
    }

    @Test("Where references are shown, content is no proof")
    func contentIsNoProof() {
        #expect(Self.search(showsReferences: true)([Self.report("1")], known: []) == .absent)
    }

    @Test("Without references the content and the time tell")
    func byContent() {
        let other = ConditionalContent(
            kind: .single,
            side: .buy,
            code: "RELIANCE",
            quantity: Quantity(6),
            triggers: [Price(raw: 29_000_000)]
        )
        let list = [
            Self.report("old", after: .seconds(-600)), Self.report("other", content: other),
            Self.report("ours"),
        ]
        #expect(Self.search()(list, known: []) == .found(list[2]))
        #expect(Self.search()(list, known: ["ours"]) == .absent)
    }

    @Test("Two that are alike are ambiguous, and so is one without a time")
    func ambiguous() {
        #expect(
            Self.search()([Self.report("1"), Self.report("2")], known: []) == .ambiguous(2)
        )
        #expect(Self.search()([Self.report("1", after: nil)], known: []) == .ambiguous(1))
    }
}
