/// What became of one order that somebody wished cancelled; the word is stable and appears in results.
package enum CancelResult: String, Sendable, CaseIterable {
    /// Nothing had been sent, and nothing ever will be.
    case withdrawn
    /// It was on its way, and the broker never had it.
    case notPlaced = "not_placed"
    /// Cancelled at the broker; what was filled before stays.
    case cancelled
    /// Filled whole before it could be cancelled.
    case filled
    /// It had ended, or ended by itself, without the cancel.
    case alreadyFinal = "already_final"
    /// Nobody knows yet whether it was placed; it is cancelled should it turn up.
    case unknown
    /// The broker is being asked.
    case asked
    /// The broker will not cancel it; the order lives on.
    case refused

    /// Whether nothing more is expected of the cancel.
    package var isOver: Bool { self != .unknown && self != .asked }

    /// The result of an order that was `found` so when the cancel was asked, and is so `now`, where
    /// the broker has refused for good or not.
    package static func of(found: OrderState, now: OrderState, isRefused: Bool) -> CancelResult {
        guard !found.isFinal else { return .alreadyFinal }
        switch now {
        case .skipped: return .withdrawn
        case .rejected: return found.isLive ? .alreadyFinal : .notPlaced
        case .cancelled: return .cancelled
        case .filled: return .filled
        case .expired: return .alreadyFinal
        case .unknown: return .unknown
        case .ready, .sending, .accepted, .open, .partlyFilled, .cancelRequested:
            return isRefused ? .refused : .asked
        }
    }

    /// One sentence for the person who reads the results.
    package var sentence: String {
        switch self {
        case .withdrawn: "Withdrawn before anything was sent."
        case .notPlaced: "It was on its way, and the broker never had it."
        case .cancelled: "Cancelled at the broker."
        case .filled: "Filled before it could be cancelled."
        case .alreadyFinal: "It ended without the cancel."
        case .unknown: "Whether it was placed is not known; it is cancelled should it turn up."
        case .asked: "The broker is being asked."
        case .refused: "The broker does not cancel it."
        }
    }
}
