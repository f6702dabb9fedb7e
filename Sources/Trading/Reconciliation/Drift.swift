/// In what way our books and a broker's differ.
package enum DriftKind: String, Sendable, CaseIterable {
    /// Ours is open; the broker's book of the day does not list it.
    case missingAtBroker = "missing_at_broker"
    /// Ours is open; at the broker it has ended.
    case endedAtBroker = "ended_at_broker"
    /// Ours has ended; at the broker it is open.
    case openAtBroker = "open_at_broker"
    /// Both have it, with different quantities filled.
    case filledDiffers = "filled_differs"
    /// Proven, refused or decided not to have been placed; the broker has it all the same.
    case placedAfterAll = "placed_after_all"
    /// The broker has more than one order under one reference of ours.
    case placedTwice = "placed_twice"
    /// The order that we were told of belongs to somebody else.
    case otherOrder = "other_order"
    /// A reference of ours that we never wrote down.
    case unknownReference = "unknown_reference"
    /// We hold another number of shares than the broker's holdings and positions give.
    case sharesDiffer = "shares_differ"
    /// The broker has less cash for the client than our books call available.
    case cashShort = "cash_short"
    /// Placed by hand or by another program: none of ours, never touched, only counted.
    case externalOrder = "external_order"

    /// Whether our books and the broker's contradict each other.
    package var isContradiction: Bool { self != .externalOrder }

    /// One sentence for the person who reads it.
    package var sentence: String {
        switch self {
        case .missingAtBroker: "The order is open here, and the broker does not list it."
        case .endedAtBroker: "The order is open here, and has ended at the broker."
        case .openAtBroker: "The order has ended here, and is open at the broker."
        case .filledDiffers: "The quantities filled differ."
        case .placedAfterAll: "The broker has an order that was held not to have been placed."
        case .placedTwice: "The broker has several orders under one reference."
        case .otherOrder: "The broker's order of this id carries another reference."
        case .unknownReference: "The broker has an order under a reference that we never made."
        case .sharesDiffer: "The shares held differ."
        case .cashShort: "The broker has less cash than is available here."
        case .externalOrder: "An order placed outside Volley; it is left alone."
        }
    }
}

/// One side's numbers of an order or a holding.
package struct BookSide: Sendable, Equatable {
    /// The state in that side's words; nil for holdings.
    package let state: String?
    package let quantity: Quantity
    package let filled: Quantity?
    /// Cash, where the difference is one of money; the quantity then says nothing.
    package let cash: Money?

    package init(state: String?, quantity: Quantity, filled: Quantity?) {
        self.state = state
        self.quantity = quantity
        self.filled = filled
        cash = nil
    }

    /// One side's cash.
    package init(cash: Money) {
        state = nil
        quantity = .zero
        filled = nil
        self.cash = cash
    }
}

/// One difference between our books and a broker's.
package struct Drift: Sendable, Equatable {
    package let kind: DriftKind
    /// The broker's order id, our reference, or a symbol: names the difference within its account.
    package let subject: String
    package let intent: IntentID?
    package let ours: BookSide?
    package let theirs: BookSide?

    package init(
        kind: DriftKind,
        subject: String,
        intent: IntentID?,
        ours: BookSide?,
        theirs: BookSide?
    ) {
        self.kind = kind
        self.subject = subject
        self.intent = intent
        self.ours = ours
        self.theirs = theirs
    }
}
