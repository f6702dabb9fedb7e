/// A way in which a broker goes wrong, made on purpose.
enum FaultKind: String, Sendable, CaseIterable {
    /// The call is carried out; the answer comes late.
    case delay
    /// The order is booked; the connection closes without an answer.
    case dropAfterBooking = "drop_after_booking"
    /// The connection closes without an answer; nothing is booked.
    case dropBeforeBooking = "drop_before_booking"
    /// The call is carried out; the connection ends with a TCP reset and no answer.
    case reset
    /// The call is carried out; the answer breaks off in its middle with a TCP reset.
    case resetMidBody = "reset_mid_body"
    /// Nothing is booked.
    case status429 = "status_429"
    /// Nothing is booked.
    case status500 = "status_500"
    /// Nothing is booked; the body is a gateway's page.
    case status503 = "status_503"
    /// The order is booked; a gateway gives up waiting.
    case status504ButPlaced = "status_504_but_placed"
    /// The order is booked, whatever the refusal says.
    case status400ButPlaced = "status_400_but_placed"
    /// The token is said to have expired; nothing is booked.
    case tokenExpired = "token_expired"
    /// The order is accepted and then rejected by the exchange.
    case rejectedAfterAccept = "rejected_after_accept"
    /// The order is booked, and missing from book, trades and updates for a while.
    case hideFromBook = "hide_from_book"
    /// The order leaves the order book as soon as it has ended, as if the book had open orders only.
    case leaveBookWhenEnded = "leave_book_when_ended"
    /// The call is carried out; the body of its answer is noise under status 200.
    case garbageBody = "garbage_body"
    /// An error under status 200; nothing is booked.
    case errorWith200 = "error_with_200"
    /// The rule's own status and code are answered; nothing is booked.
    case answerWithoutBooking = "answer_without_booking"
    /// The order is booked; the rule's own status and code are answered all the same.
    case answerButPlaced = "answer_but_placed"
    /// The broker says that it has cancelled the order, and does nothing.
    case cancelIgnored = "cancel_ignored"
    /// The broker says that it has changed the order, and does nothing.
    case modifyIgnored = "modify_ignored"
    /// Times in the answer are wrong by the given milliseconds.
    case wrongClock = "wrong_clock"

    /// Which part of a call it spoils; one call may suffer one of each.
    enum Part: Sendable {
        case time, booking, answer
    }

    var part: Part {
        switch self {
        case .delay: .time
        case .rejectedAfterAccept, .hideFromBook, .leaveBookWhenEnded: .booking
        default: .answer
        }
    }

    /// Whether it means placements only, unless the rule names a path or method.
    var isAboutPlacing: Bool {
        switch self {
        case .dropAfterBooking, .dropBeforeBooking, .status504ButPlaced, .status400ButPlaced,
            .rejectedAfterAccept, .hideFromBook, .leaveBookWhenEnded, .answerWithoutBooking,
            .answerButPlaced:
            true
        default: false
        }
    }

    /// Whether the call is not carried out at all.
    var preventsBooking: Bool {
        switch self {
        case .dropBeforeBooking, .status429, .status500, .status503, .tokenExpired, .errorWith200,
            .answerWithoutBooking:
            true
        default: false
        }
    }
}

/// Which calls a fault hits, and how often.
struct FaultRule: Sendable {
    private(set) var id: Int
    let kind: FaultKind
    var face: String?
    var account: String?
    /// A path below the face's root, or the beginning of one: `/orders` also means `/orders/1`.
    var path: String?
    var method: String?
    var probabilityPercent: Int64 = 100
    /// Nil for without end.
    var timesLeft: Int?
    var milliseconds: Int64?
    /// What the kinds with an answer of the rule's own say; without a code it is a gateway's page.
    var status: Int?
    var code: String?
    /// Only calls that place orders, whatever the face's path for them.
    var isPlacingOnly = false
    /// Only calls that cancel orders, likewise.
    var isCancellingOnly = false
    var drawn = 0

    init(id: Int, kind: FaultKind) {
        self.id = id
        self.kind = kind
    }

    func numbered(_ id: Int) -> FaultRule {
        var rule = self
        rule.id = id
        return rule
    }

    func matches(_ call: FaultedCall) -> Bool {
        if let timesLeft, timesLeft <= 0 { return false }
        if let face, face != call.face { return false }
        if let account, account != call.account { return false }
        if let method, method != call.method { return false }
        if kind == .cancelIgnored, !call.isCancelling { return false }
        if let path, !Self.begins(call.path, with: path) { return false }
        if isPlacingOnly, !call.isPlacing { return false }
        if isCancellingOnly, !call.isCancelling { return false }
        let isNarrowed = path != nil || method != nil || isCancellingOnly
        return call.isPlacing || isNarrowed || !kind.isAboutPlacing
    }

    private static func begins(_ path: String, with start: String) -> Bool {
        guard path.hasPrefix(start) else { return false }
        let rest = path.dropFirst(start.count)
        return rest.isEmpty || rest.hasPrefix("/") || start.hasSuffix("/")
    }
}

/// What a fault rule looks at.
struct FaultedCall: Sendable {
    let face: String
    let account: String
    let method: String
    /// Below the face's root.
    let path: String
    let isPlacing: Bool
    let isCancelling: Bool
}
