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
    /// The call is carried out; the body of its answer is noise under status 200.
    case garbageBody = "garbage_body"
    /// An error under status 200; nothing is booked.
    case errorWith200 = "error_with_200"
    /// Times in the answer are wrong by the given milliseconds.
    case wrongClock = "wrong_clock"

    /// Whether it means placements only, unless the rule names a path or method.
    var isAboutPlacing: Bool {
        switch self {
        case .dropAfterBooking, .dropBeforeBooking, .status504ButPlaced, .status400ButPlaced,
            .rejectedAfterAccept, .hideFromBook:
            true
        default: false
        }
    }

    /// Whether the call is not carried out at all.
    var preventsBooking: Bool {
        switch self {
        case .dropBeforeBooking, .status429, .status500, .status503, .tokenExpired, .errorWith200:
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
        if let path, !Self.begins(call.path, with: path) { return false }
        let isNarrowed = path != nil || method != nil
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
}
