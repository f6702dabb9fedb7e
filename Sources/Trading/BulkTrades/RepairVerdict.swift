/// Whether an order of a bulk trade is proven not to have been placed, so that it may be placed now.
///
/// A repair must never double an order. So it takes only what the order's own state proves:
///
/// 1. SKIPPED: no attempt was ever alive, or all are proven dead. Not where somebody wished the order
///    withdrawn: that was meant.
/// 2. REJECTED with nothing filled: the broker refused it, its books show it rejected, or they prove
///    that it is not there. Not where an operator decided so: that is an answer, and no proof.
/// 3. Nothing else. READY and SENDING go on by themselves; UNKNOWN may be live; what was accepted was
///    placed, also where it ended cancelled, expired or unfilled.
package enum RepairVerdict: String, Sendable, CaseIterable {
    /// Proven not placed, and nothing is known to stand in its way.
    case place
    /// Proven not placed, and what stood in its way stands there still.
    case stillHindered = "still_hindered"
    /// A repair has taken it already.
    case repaired
    case placed
    case pending
    case unknown
    case withdrawn
    case decided

    /// The verdict on an order, from its state alone.
    ///
    /// `mayBeAlive`: whether its last attempt is not proven dead, which no such state should have.
    package init(state: OrderState, reason: Reason?, filled: Quantity, mayBeAlive: Bool) {
        self =
            switch state {
            case .ready, .sending: .pending
            case .unknown: .unknown
            case .accepted, .open, .partlyFilled, .filled, .cancelRequested, .cancelled, .expired:
                .placed
            case .skipped, .rejected: Self.ended(reason, filled, mayBeAlive)
            }
    }

    private static func ended(_ reason: Reason?, _ filled: Quantity, _ mayBeAlive: Bool)
        -> RepairVerdict
    {
        guard filled == .zero else { return .placed }
        guard !mayBeAlive else { return .unknown }
        return switch reason {
        case .taskCancelled, .orderCancelled: .withdrawn
        case .decidedNotPlaced: .decided
        default: .place
        }
    }

    /// One sentence for the person who reads the preflight.
    package var sentence: String {
        switch self {
        case .place: "It is proven that nothing was placed; a repair places it."
        case .stillHindered: "Nothing was placed, and it still could not be."
        case .repaired: "A repair has taken this order already."
        case .placed: "The order is or was at its broker."
        case .pending: "The order is still on its way."
        case .unknown: "Nobody knows whether the order was placed."
        case .withdrawn: "Somebody wished the order cancelled before it was sent."
        case .decided: "That nothing was placed is an operator's word and no proof."
        }
    }
}
