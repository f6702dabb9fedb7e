/// Where one client's order stands.
package enum OrderState: String, Sendable, CaseIterable {
    /// Planned; no worker has claimed it.
    case ready = "READY"
    /// An attempt is written down and may be on its way to the broker.
    case sending = "SENDING"
    /// Sent or perhaps sent; nobody knows. Only the broker's books move it on.
    case unknown = "UNKNOWN"
    /// The broker took the order and gave it an id.
    case accepted = "ACCEPTED"
    /// The order waits at the exchange.
    case open = "OPEN"
    case partlyFilled = "PARTLY_FILLED"
    case filled = "FILLED"
    /// The broker was asked to cancel; it may still fill.
    case cancelRequested = "CANCEL_REQUESTED"
    case cancelled = "CANCELLED"
    case rejected = "REJECTED"
    case expired = "EXPIRED"
    /// The client took no part, or the size came to nothing.
    case skipped = "SKIPPED"

    /// Whether the bulk trade still waits to learn whether this order was placed.
    package var awaitsPlacement: Bool {
        self == .ready || self == .sending || self == .unknown
    }

    /// Whether the order is at the broker and may still change.
    package var isLive: Bool {
        switch self {
        case .accepted, .open, .partlyFilled, .cancelRequested: true
        case .ready, .sending, .unknown, .filled, .cancelled, .rejected, .expired, .skipped: false
        }
    }

    /// Whether nothing more is expected; a late fill is still recorded.
    package var isFinal: Bool { !awaitsPlacement && !isLive }

    /// The word of the results: success, failed, skipped, unknown or pending.
    package var outcome: Outcome {
        switch self {
        case .accepted, .open, .partlyFilled, .filled, .cancelRequested, .cancelled, .expired:
            .success
        case .rejected: .failed
        case .skipped: .skipped
        case .unknown: .unknown
        case .ready, .sending: .pending
        }
    }

    /// How a result is counted, by whether this client's order was placed.
    package enum Outcome: String, Sendable, CaseIterable {
        case success
        case failed
        case skipped
        case unknown
        case pending
    }
}
