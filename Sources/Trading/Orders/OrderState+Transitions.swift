/// What happened to an order, as far as its state is concerned.
package enum OrderEvent: Sendable, Equatable {
    /// A worker wrote an attempt down, before its first byte leaves.
    case sendingStarted
    /// Sizing, a halt or the calendar said no before anything was sent.
    case declined
    /// The broker gave an order id, at once or by its books.
    case accepted
    /// Proven refused: the hold is released.
    case refused
    /// No byte left this machine.
    case notSent
    /// Any other answer, or none.
    case unanswered
    /// The books prove that nothing was placed, and policy ends the matter.
    case provenNotPlaced
    /// The books prove that nothing was placed, and policy allows another attempt.
    case retryAllowed
    /// An operator answers for it that nothing was placed.
    case decidedNotPlaced
    case cancelAsked
    /// The broker will not cancel it, and its books show it alive.
    case cancelRefused
    /// The broker's books show the order, with so much filled of so much.
    case reported(OrderReport.Status, filled: Quantity)
}

/// An event that cannot happen in a state: a defect, or a book that contradicts itself.
package struct ImpossibleTransition: Error, Equatable {
    package let state: OrderState
    package let event: OrderEvent
}

extension OrderState {
    /// The state after an event; the same state where the event tells nothing new.
    ///
    /// UNKNOWN never decays: only the broker's books (`accepted`, `refused`, `provenNotPlaced`,
    /// `retryAllowed`, `reported`) or an operator who answers for it (`accepted`,
    /// `decidedNotPlaced`) move it on. A final state moves only by a late fill: cancelled
    /// here and filled there does happen.
    package func after(_ event: OrderEvent) throws(ImpossibleTransition) -> OrderState {
        switch (self, event) {
        case (.ready, .sendingStarted): .sending
        case (.ready, .declined): .skipped
        case (.sending, .accepted), (.unknown, .accepted): .accepted
        case (.sending, .refused), (.unknown, .refused): .rejected
        case (.sending, .notSent), (.unknown, .retryAllowed): .ready
        case (.sending, .unanswered), (.unknown, .unanswered): .unknown
        case (.unknown, .provenNotPlaced), (.unknown, .decidedNotPlaced): .rejected
        case (.accepted, .cancelAsked), (.open, .cancelAsked), (.partlyFilled, .cancelAsked),
            (.cancelRequested, .cancelAsked):
            .cancelRequested
        case (.cancelRequested, .cancelRefused): .accepted
        case (.sending, .reported), (.unknown, .reported), (.accepted, .reported),
            (.open, .reported), (.partlyFilled, .reported), (.cancelRequested, .reported):
            reported(event)
        case (.cancelled, .reported), (.expired, .reported), (.rejected, .reported),
            (.filled, .reported):
            lateReport(event)
        case (.ready, _), (.sending, _), (.unknown, _), (.accepted, _), (.open, _),
            (.partlyFilled, _), (.filled, _), (.cancelRequested, _), (.cancelled, _),
            (.rejected, _), (.expired, _), (.skipped, _):
            throw ImpossibleTransition(state: self, event: event)
        }
    }

    private func reported(_ event: OrderEvent) -> OrderState {
        guard case .reported(let status, let filled) = event else { return self }
        switch status {
        case .filled: return .filled
        case .cancelled: return .cancelled
        case .rejected: return .rejected
        case .expired: return .expired
        case .inTransit: return awaitsPlacement ? .accepted : self
        case .open, .partlyFilled:
            // A book that is behind never takes back what is known: a fill, or that we asked to cancel.
            guard self != .cancelRequested, self != .partlyFilled else { return self }
            return filled > .zero ? .partlyFilled : .open
        }
    }

    /// A book that shows a final order as open again is behind; one that shows it filled is right.
    private func lateReport(_ event: OrderEvent) -> OrderState {
        guard case .reported(.filled, _) = event else { return self }
        return .filled
    }
}
