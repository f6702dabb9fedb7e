/// Where one conditional order stands.
package enum ConditionalState: String, Sendable, CaseIterable {
    /// Written down; nobody has claimed it.
    case ready = "READY"
    /// May be on its way to the broker.
    case sending = "SENDING"
    /// Sent or perhaps sent; only the broker's list moves it on.
    case unknown = "UNKNOWN"
    /// The broker has it, and it waits for its price; a bracket: for its entry.
    case waiting = "WAITING"
    /// A bracket whose entry has filled: its target and stop wait.
    case entered = "ENTERED"
    /// The broker was asked to cancel it; it may still fire.
    case cancelRequested = "CANCEL_REQUESTED"
    /// An order came of it; a bracket: it has been closed.
    case triggered = "TRIGGERED"
    case cancelled = "CANCELLED"
    case rejected = "REJECTED"
    case expired = "EXPIRED"

    /// Whether the broker has it and it may still change.
    package var isLive: Bool {
        switch self {
        case .waiting, .entered, .cancelRequested: true
        case .ready, .sending, .unknown, .triggered, .cancelled, .rejected, .expired: false
        }
    }

    /// Whether nothing more is expected.
    package var isFinal: Bool {
        switch self {
        case .triggered, .cancelled, .rejected, .expired: true
        case .ready, .sending, .unknown, .waiting, .entered, .cancelRequested: false
        }
    }
}

/// What happened to a conditional order.
package enum ConditionalEvent: Sendable, Equatable {
    /// Written as SENDING, before its first byte leaves.
    case sendingStarted
    case accepted
    case refused
    /// No byte left this machine.
    case notSent
    case unanswered
    /// The broker's list, read to its end long enough after the send, does not have it.
    case provenAbsent
    /// Somebody wishes it cancelled.
    case cancelAsked
    /// The broker will not cancel it, and its list shows it alive.
    case cancelRefused
    case reported(ConditionalReport.Status)
}

extension ConditionalState {
    /// The state after an event; nil where it cannot happen.
    ///
    /// UNKNOWN never decays. A list that is behind never takes back that the broker was asked to
    /// cancel, nor that an entry has filled, nor an end.
    package func after(_ event: ConditionalEvent) -> ConditionalState? {
        switch (self, event) {
        case (.ready, .sendingStarted): .sending
        case (.ready, .cancelAsked): .cancelled
        case (.ready, .refused): .rejected
        case (.sending, .accepted), (.unknown, .accepted): .waiting
        case (.sending, .refused), (.unknown, .provenAbsent): .rejected
        case (.sending, .notSent): .ready
        case (.sending, .unanswered), (.unknown, .unanswered): .unknown
        case (.waiting, .cancelAsked), (.entered, .cancelAsked), (.cancelRequested, .cancelAsked):
            .cancelRequested
        case (.cancelRequested, .cancelRefused): .waiting
        case (.unknown, .reported(let status)), (.sending, .reported(let status)),
            (.waiting, .reported(let status)):
            status.state
        case (.entered, .reported(let status)):
            status == .waiting ? .entered : status.state
        case (.cancelRequested, .reported(let status)):
            status.state.isFinal ? status.state : .cancelRequested
        case (_, .reported) where isFinal: self
        default: nil
        }
    }
}

extension ConditionalReport.Status {
    fileprivate var state: ConditionalState {
        switch self {
        case .waiting: .waiting
        case .entered: .entered
        case .triggered: .triggered
        case .cancelled: .cancelled
        case .rejected: .rejected
        case .expired: .expired
        }
    }
}
