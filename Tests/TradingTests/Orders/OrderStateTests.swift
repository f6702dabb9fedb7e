import Testing
import Trading

/// Every state and event; what the table does not allow must be refused.
@Suite struct OrderStateTests {
    private static let events: [(name: String, event: OrderEvent)] = [
        ("sending started", .sendingStarted),
        ("declined", .declined),
        ("accepted", .accepted),
        ("refused", .refused),
        ("not sent", .notSent),
        ("unanswered", .unanswered),
        ("proven not placed", .provenNotPlaced),
        ("retry allowed", .retryAllowed),
        ("cancel asked", .cancelAsked),
        ("cancel refused", .cancelRefused),
        ("in transit", .reported(.inTransit, filled: .zero)),
        ("open", .reported(.open, filled: .zero)),
        ("partly filled", .reported(.partlyFilled, filled: Quantity(3))),
        ("open with a fill", .reported(.open, filled: Quantity(3))),
        ("filled", .reported(.filled, filled: Quantity(8))),
        ("cancelled", .reported(.cancelled, filled: Quantity(3))),
        ("rejected", .reported(.rejected, filled: .zero)),
        ("expired", .reported(.expired, filled: .zero)),
    ]

    /// What the books may say of an order that nobody knew to be final.
    private static let booked: [String: OrderState] = [
        "in transit": .accepted, "open": .open, "partly filled": .partlyFilled,
        "open with a fill": .partlyFilled, "filled": .filled, "cancelled": .cancelled,
        "rejected": .rejected, "expired": .expired,
    ]

    /// What the books may say of an order that is final here: only a late fill is news.
    private static func late(_ state: OrderState) -> [String: OrderState] {
        booked.mapValues { $0 == .filled ? .filled : state }
    }

    private static let allowed: [OrderState: [String: OrderState]] = [
        .ready: ["sending started": .sending, "declined": .skipped],
        .sending: booked.merging(
            [
                "accepted": .accepted, "refused": .rejected, "not sent": .ready,
                "unanswered": .unknown,
            ]
        ) { $1 },
        .unknown: booked.merging(
            [
                "accepted": .accepted, "refused": .rejected, "unanswered": .unknown,
                "proven not placed": .rejected, "retry allowed": .ready,
            ]
        ) { $1 },
        .accepted: booked.merging(["cancel asked": .cancelRequested]) { $1 },
        .open: booked.merging(["cancel asked": .cancelRequested, "in transit": .open]) { $1 },
        .partlyFilled: booked.merging(
            [
                "cancel asked": .cancelRequested, "in transit": .partlyFilled,
                "open": .partlyFilled,
            ]
        ) { $1 },
        .cancelRequested: booked.merging(
            [
                "cancel asked": .cancelRequested, "cancel refused": .accepted,
                "in transit": .cancelRequested,
                "open": .cancelRequested, "partly filled": .cancelRequested,
                "open with a fill": .cancelRequested,
            ]
        ) { $1 },
        .filled: late(.filled),
        .cancelled: late(.cancelled),
        .rejected: late(.rejected),
        .expired: late(.expired),
        .skipped: [:],
    ]

    @Test("Each event leads where the table says, or is impossible", arguments: OrderState.allCases)
    func transitions(state: OrderState) throws {
        let row = try #require(Self.allowed[state])
        #expect(Set(row.keys).isSubset(of: Self.events.map(\.name)))
        for (name, event) in Self.events {
            if let next = row[name] {
                #expect(try state.after(event) == next, "\(state) on \(name)")
            } else {
                #expect(throws: ImpossibleTransition.self, "\(state) on \(name)") {
                    try state.after(event)
                }
            }
        }
    }

    @Test("UNKNOWN is left only by what the broker's books say")
    func unknownNeverDecays() {
        for (name, event) in Self.events {
            switch event {
            case .accepted, .refused, .provenNotPlaced, .retryAllowed, .reported: continue
            default:
                let next = (try? OrderState.unknown.after(event)) ?? .unknown
                #expect(next == .unknown, "UNKNOWN on \(name)")
            }
        }
    }

    @Test("What may have been sent becomes READY again only by proof")
    func neverReadyWithoutProof() {
        for state in OrderState.allCases where state != .ready {
            for (name, event) in Self.events where (try? state.after(event)) == .ready {
                let proven =
                    state == .sending && event == .notSent
                    || state == .unknown && event == .retryAllowed
                #expect(proven, "\(state) on \(name)")
            }
        }
    }

    @Test("The error of an impossible event names both")
    func impossible() {
        let error = #expect(throws: ImpossibleTransition.self) {
            try OrderState.skipped.after(.accepted)
        }
        #expect(error?.state == .skipped)
        #expect(error?.event == .accepted)
    }

    @Test(
        "Each state is waiting, live or final, and counts as one outcome",
        arguments: [
            (.ready, "waiting", .pending), (.sending, "waiting", .pending),
            (.unknown, "waiting", .unknown), (.accepted, "live", .success),
            (.open, "live", .success), (.partlyFilled, "live", .success),
            (.cancelRequested, "live", .success), (.filled, "final", .success),
            (.cancelled, "final", .success), (.rejected, "final", .failed),
            (.expired, "final", .success), (.skipped, "final", .skipped),
        ] as [(OrderState, String, OrderState.Outcome)]
    )
    func kinds(state: OrderState, kind: String, outcome: OrderState.Outcome) {
        #expect(state.awaitsPlacement == (kind == "waiting"))
        #expect(state.isLive == (kind == "live"))
        #expect(state.isFinal == (kind == "final"))
        #expect(state.outcome == outcome)
    }
}
