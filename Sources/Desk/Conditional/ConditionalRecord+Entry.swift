package import Trading

/// A bracket whose broker has none: its entry is an ordinary order, its exits an OCO of their own.
extension ConditionalRecord {
    /// Its entry is at work under this bulk trade.
    package mutating func enter(by task: TaskID, at now: Timestamp) {
        guard state == .sending, let next = state.after(.accepted) else { return }
        state = next
        entryTask = task
        reason = nil
        words = nil
        updatedAt = now
        dueAt = now.advanced(by: .seconds(1))
        if isCancelAsked, let next = state.after(.cancelAsked) { state = next }
    }

    /// Its entry has ended without a fill: there is nothing to protect.
    package mutating func endWithoutEntry(_ entry: ConditionalEntry, at now: Timestamp) {
        switch entry.state {
        case .rejected, .skipped: end(.rejected, at: now)
        case .expired: end(.expired, at: now)
        case .cancelled, .filled, .ready, .sending, .unknown, .accepted, .open, .partlyFilled,
            .cancelRequested:
            end(.cancelled, at: now)
        }
        reason = entry.reason ?? reason
    }

    /// Its exits stand at `exits`, for all that the entry has filled.
    package mutating func follow(
        _ exits: ConditionalRecord,
        entry: ConditionalEntry,
        at now: Timestamp
    ) {
        guard state.isLive else { return }
        if let id = exits.brokerID, !orders.contains(id) { orders.append(id) }
        if state == .waiting, let next = state.after(.reported(.entered)) {
            state = next
            updatedAt = now
        }
        words = exits.words
        guard exits.state.isFinal, entry.state.isFinal else {
            dueAt = now.advanced(by: .seconds(2))
            return
        }
        switch exits.state {
        case .triggered: end(.triggered, at: now)
        case .expired: end(.expired, at: now)
        case .rejected: end(.rejected, at: now)
        case .cancelled, .ready, .sending, .unknown, .waiting, .entered, .cancelRequested:
            end(.cancelled, at: now)
        }
        reason = exits.reason
        // Filled between the exit and the entry's cancel, or left by exits that the broker refused.
        let covered = state == .triggered ? exits.terms.quantity : .zero
        if entry.filled > covered {
            words = "\(entry.filled - covered) of the shares bought or sold are not protected"
        }
    }

    private mutating func end(_ status: ConditionalReport.Status, at now: Timestamp) {
        guard let next = state.after(.reported(status)) else { return }
        state = next
        updatedAt = now
        dueAt = nil
    }
}
