import Testing
import Trading

/// One way in which a placement goes wrong, or well, and what must come of it at every broker.
struct Trouble: Sendable, CustomTestStringConvertible {
    /// A fault of the sandbox: its kind, and members of the rule.
    struct Fault: Sendable {
        let kind: String
        var members = ""
    }

    /// What the desk must know at last.
    enum Truth: Sendable, Equatable {
        /// The broker has it, and it rests.
        case open
        case filled
        case rejected
        /// The broker never had it.
        case absent
    }

    let name: String
    var faults: [Fault] = []
    /// A market order fills at once; a limit order rests.
    var isMarket = false
    /// Sent by an adapter that does not wait for the answer that is held back.
    var isHasty = false
    let outcome: OutcomeClass
    let truth: Truth
    /// Whether the broker said no, in words, without proving it.
    var brokerSpoke = false
    /// For how many seconds the books do not show it.
    var hiddenFor: Int64 = 0

    /// Whether the connection ends before the first byte of an answer.
    var isCut: Bool {
        let cuts = ["drop_after_booking", "drop_before_booking", "reset"]
        return faults.contains { cuts.contains($0.kind) }
    }

    var booked: Int { truth == .absent ? 0 : 1 }
    var testDescription: String { name }

    static let all = answered + silent + slow + secret

    private static let answered = [
        Trouble(name: "accepted", outcome: .accepted, truth: .open),
        Trouble(name: "accepted and filled", isMarket: true, outcome: .accepted, truth: .filled),
        Trouble(
            name: "accepted with 200, then rejected",
            faults: [Fault(kind: "rejected_after_accept")],
            outcome: .accepted,
            truth: .rejected
        ),
        Trouble(
            name: "400, but placed",
            faults: [Fault(kind: "status_400_but_placed")],
            outcome: .inDoubt,
            truth: .open,
            brokerSpoke: true
        ),
        Trouble(
            name: "504, but placed",
            faults: [Fault(kind: "status_504_but_placed")],
            outcome: .inDoubt,
            truth: .open
        ),
        Trouble(
            name: "504, but placed, and filled",
            faults: [Fault(kind: "status_504_but_placed")],
            isMarket: true,
            outcome: .inDoubt,
            truth: .filled
        ),
        Trouble(
            name: "an error under status 200",
            faults: [Fault(kind: "error_with_200")],
            outcome: .inDoubt,
            truth: .absent,
            brokerSpoke: true
        ),
        Trouble(
            name: "garbage under status 200",
            faults: [Fault(kind: "garbage_body")],
            outcome: .inDoubt,
            truth: .open
        ),
        Trouble(
            name: "429",
            faults: [Fault(kind: "status_429")],
            outcome: .inDoubt,
            truth: .absent,
            brokerSpoke: true
        ),
        Trouble(
            name: "500, nothing placed",
            faults: [Fault(kind: "status_500")],
            outcome: .inDoubt,
            truth: .absent
        ),
        Trouble(
            name: "503, nothing placed",
            faults: [Fault(kind: "status_503")],
            outcome: .inDoubt,
            truth: .absent
        ),
        Trouble(
            name: "a redirect to the same place",
            faults: [Fault(kind: "answer_but_placed", members: #""status":307"#)],
            outcome: .inDoubt,
            truth: .open
        ),
    ]

    private static let silent = [
        Trouble(
            name: "closed after the order was booked",
            faults: [Fault(kind: "drop_after_booking")],
            outcome: .inDoubt,
            truth: .open
        ),
        Trouble(
            name: "closed after the request was read, nothing booked",
            faults: [Fault(kind: "drop_before_booking")],
            outcome: .inDoubt,
            truth: .absent
        ),
        Trouble(
            name: "reset after the order was booked",
            faults: [Fault(kind: "reset")],
            outcome: .inDoubt,
            truth: .open
        ),
        Trouble(
            name: "reset in mid-body",
            faults: [Fault(kind: "reset_mid_body")],
            outcome: .inDoubt,
            truth: .open
        ),
        Trouble(
            name: "filled at once, the answer lost",
            faults: [Fault(kind: "drop_after_booking")],
            isMarket: true,
            outcome: .inDoubt,
            truth: .filled
        ),
    ]

    /// Delays of 8 s and 90 s at a tenth, before patience of a minute and of three seconds.
    private static let slow = [
        Trouble(
            name: "8 s late, and waited for",
            faults: [Fault(kind: "delay", members: #""milliseconds":800"#)],
            outcome: .accepted,
            truth: .open
        ),
        Trouble(
            name: "90 s late, and not waited for",
            faults: [Fault(kind: "delay", members: #""milliseconds":9000"#)],
            isHasty: true,
            outcome: .inDoubt,
            truth: .open
        ),
        Trouble(
            name: "90 s late, not waited for, booked 90 s late",
            faults: [
                Fault(kind: "delay", members: #""milliseconds":9000"#),
                Fault(kind: "hide_from_book", members: #""milliseconds":90000"#),
            ],
            isHasty: true,
            outcome: .inDoubt,
            truth: .open,
            hiddenFor: 90
        ),
    ]

    private static let secret = [
        Trouble(
            name: "filled at once and gone from the book, the answer lost",
            faults: [Fault(kind: "drop_after_booking"), Fault(kind: "leave_book_when_ended")],
            isMarket: true,
            outcome: .inDoubt,
            truth: .filled
        ),
        Trouble(
            name: "filled at once and gone from the book",
            faults: [Fault(kind: "leave_book_when_ended")],
            isMarket: true,
            outcome: .accepted,
            truth: .filled
        ),
        Trouble(
            name: "accepted, and hidden for 20 s",
            faults: [Fault(kind: "hide_from_book", members: #""milliseconds":20000"#)],
            outcome: .accepted,
            truth: .open,
            hiddenFor: 20
        ),
        Trouble(
            name: "the answer lost, and hidden for 20 s",
            faults: [
                Fault(kind: "drop_after_booking"),
                Fault(kind: "hide_from_book", members: #""milliseconds":20000"#),
            ],
            outcome: .inDoubt,
            truth: .open,
            hiddenFor: 20
        ),
        Trouble(
            name: "400, but placed, filled, and hidden for 20 s",
            faults: [
                Fault(kind: "status_400_but_placed"),
                Fault(kind: "hide_from_book", members: #""milliseconds":20000"#),
            ],
            isMarket: true,
            outcome: .inDoubt,
            truth: .filled,
            brokerSpoke: true,
            hiddenFor: 20
        ),
    ]
}
