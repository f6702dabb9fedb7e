/// How far a change of one order has come; the word is stable and appears in answers.
package enum ModificationState: String, Sendable, CaseIterable {
    /// Stored, what it needs is held, and nothing was sent.
    case asked = "ASKED"
    /// Written down as on its way to the broker.
    case sending = "SENDING"
    /// Sent or perhaps sent; only the broker's books move it on.
    case unknown = "UNKNOWN"
    /// The books show the order changed.
    case applied = "APPLIED"
    /// The broker refused, and the order is as it was.
    case refused = "REFUSED"
    /// The books show the order as it was, past any doubt.
    case unchanged = "UNCHANGED"
    /// Never sent: the order ended, was to be cancelled, or something said stop.
    case withdrawn = "WITHDRAWN"

    /// Whether the order may still change by it.
    package var isOpen: Bool { self == .asked || self == .sending || self == .unknown }

    /// One sentence for the person who reads it.
    package var sentence: String {
        switch self {
        case .asked: "Nothing was sent yet."
        case .sending: "It is on its way to the broker."
        case .unknown: "The broker's books are being asked what the order is now."
        case .applied: "The order is changed at the broker."
        case .refused: "The broker refused; the order is as it was."
        case .unchanged: "The broker's books show the order as it was."
        case .withdrawn: "Nothing was sent, and nothing will be."
        }
    }

    /// The state after an event.
    ///
    /// UNKNOWN never decays: only what the books say moves it on.
    package func after(_ event: ModificationEvent) throws(ImpossibleModification)
        -> ModificationState
    {
        switch (self, event) {
        case (.asked, .sendingStarted): .sending
        case (.asked, .stopped): .withdrawn
        case (.sending, .notSent): .asked
        case (.sending, .refused): .refused
        case (.sending, .sent): .unknown
        case (.sending, .shownApplied), (.unknown, .shownApplied): .applied
        case (.sending, .shownUnchanged), (.unknown, .shownUnchanged): .unchanged
        case (.sending, .leaseEnded): .unknown
        case (.asked, _), (.sending, _), (.unknown, _), (.applied, _), (.refused, _),
            (.unchanged, _), (.withdrawn, _):
            throw ImpossibleModification(state: self, event: event)
        }
    }
}

/// What happened to a change of an order.
package enum ModificationEvent: Sendable, Equatable {
    /// A worker wrote it down, before its first byte leaves.
    case sendingStarted
    /// It is not to be sent any more.
    case stopped
    /// No byte left this machine.
    case notSent
    /// Proven refused.
    case refused
    /// Taken by the broker, or perhaps: any other answer, or none.
    case sent
    /// Nobody wrote down in time what came of it.
    case leaseEnded
    /// The books show the order changed.
    case shownApplied
    /// The books show the order as it was, for good.
    case shownUnchanged
}

/// An event that cannot happen to a change in a state: a defect.
package struct ImpossibleModification: Error, Equatable {
    package let state: ModificationState
    package let event: ModificationEvent
}

/// Names what a modification's id counts.
package enum Modifying {}

/// A modification's id.
package typealias ModificationID = ID<Modifying>
