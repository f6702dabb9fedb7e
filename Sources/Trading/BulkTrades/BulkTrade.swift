/// One trade placed for many clients at once.
package struct BulkTrade: Sendable, Equatable {
    /// How far the bulk trade has come; orders at brokers may change after `complete`.
    package enum State: String, Sendable, CaseIterable {
        /// Stored, and so large that somebody else must approve it first.
        case awaitingApproval = "AWAITING_APPROVAL"
        /// Stored; its orders are not planned yet.
        case accepted = "ACCEPTED"
        /// Planned; some orders are not placed, refused or skipped yet.
        case running = "RUNNING"
        /// Every order is known to be placed, refused or skipped.
        case complete = "COMPLETE"
        /// Rejected, or approved by nobody in time: it never has orders.
        case declined = "DECLINED"

        /// Whether none of its orders is still to be placed.
        package var isOver: Bool { self == .complete || self == .declined }
    }

    package let id: TaskID
    package let trader: TraderID
    package let terms: OrderTerms
    package let sizing: Sizing
    package let clients: ClientFilter
    /// What follows where an order is proven never to have been placed.
    package let onDoubt: DoubtPolicy
    package let state: State
    /// The price from which MARKET orders of this trade are sized, the same for every client.
    package let referencePrice: Price?
    package let acceptedAt: Timestamp
    package let plannedAt: Timestamp?
    package let completedAt: Timestamp?
    package var links = TradeLinks()
    /// The preflight that it executes: its clients, each with the quantity that was shown.
    package let preflight: PreflightID?
    /// How many times its own money an MTF purchase may cost; nil for all others.
    package let leverage: Leverage?

    package init(
        id: TaskID,
        trader: TraderID,
        terms: OrderTerms,
        sizing: Sizing,
        clients: ClientFilter,
        onDoubt: DoubtPolicy = .ask,
        state: State,
        referencePrice: Price?,
        acceptedAt: Timestamp,
        plannedAt: Timestamp?,
        completedAt: Timestamp?,
        preflight: PreflightID? = nil,
        leverage: Leverage? = nil
    ) {
        self.id = id
        self.trader = trader
        self.terms = terms
        self.sizing = sizing
        self.clients = clients
        self.onDoubt = onDoubt
        self.state = state
        self.referencePrice = referencePrice
        self.acceptedAt = acceptedAt
        self.plannedAt = plannedAt
        self.completedAt = completedAt
        self.preflight = preflight
        self.leverage = leverage
    }

    /// Bulk trades of at most so many clients take the lane that large ones cannot delay.
    package static let smallestLargeTrade = 51
}

/// Which of a trader's clients take part.
package enum ClientFilter: Sendable, Equatable {
    /// Every client that is not archived; those who cannot trade are skipped with a reason.
    case all
    case named([ClientID])
    /// Clients that carry this group's name.
    case group(String)
}

extension BulkTrade {
    /// Whether it was asked for this client and for nobody else.
    package func isOnly(for client: ClientID) -> Bool {
        if case .named([client]) = clients { true } else { false }
    }
}
