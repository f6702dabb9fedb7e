package import Trading

/// How often, and when, somebody acts on a conditional order or looks at it.
package enum ConditionalSchedule {
    /// One that was provably not sent so often is given up.
    package static let mostTries = 20
    /// After its lease an attempt is taken over, and looked for.
    package static let takeOver: Duration = .seconds(5)
    /// One that waits at the broker is looked at so often.
    package static let look: Duration = .seconds(30)
    /// Nobody looks at one that waits sooner than this after the last look, whatever brokers say of it.
    package static let hintPause: Duration = .seconds(2)
    /// A list that was read so long after the send, and does not have it, is believed at the second
    /// time.
    package static let horizonLags = 2
    package static let absencesNeeded = 2
    /// Looks in the order book for what came of one that has fired: some three quarters of an hour.
    package static let mostBookLooks = 16

    /// 2, 4, 8 … 300 s.
    package static func delay(after looks: Int) -> Duration {
        .seconds(looks > 7 ? 300 : min(300, 2 << max(0, looks)))
    }
}

extension ConditionalRecord {
    /// Takes it for sending; nothing else ever makes it SENDING.
    package mutating func claim(reference: String, lease: Duration, at now: Timestamp) {
        guard move(.sendingStarted, now) else { return }
        tries += 1
        fence += 1
        self.reference = reference
        startedAt = now
        dueAt = now.advanced(by: lease + ConditionalSchedule.takeOver)
    }

    /// It may not leave, for this reason.
    package mutating func decline(_ reason: Reason, at now: Timestamp) {
        guard state == .ready, move(.refused, now) else { return }
        self.reason = reason
        dueAt = nil
    }

    /// Writes down what the broker answered to its placement.
    package mutating func record(_ answer: PlacementAnswer, at now: Timestamp) {
        guard state == .sending else { return }
        switch answer {
        case .accepted(let id):
            adopt(id, now)
        case .refused(let reason, let words):
            _ = move(.refused, now)
            self.reason = reason
            self.words = words.isEmpty ? nil : words
            dueAt = nil
        case .notSent(let words):
            _ = move(.notSent, now)
            self.words = words
            dueAt = now.advanced(by: ConditionalSchedule.delay(after: tries))
            if isCancelAsked {
                _ = move(.cancelAsked, now)
                reason = .orderCancelled
                dueAt = nil
            } else if tries >= ConditionalSchedule.mostTries {
                decline(.neverSent, at: now)
            }
        // No byte left.
        case .withheld(let reason):
            _ = move(.refused, now)
            self.reason = reason
            dueAt = nil
        case .claimed(let words):
            record(.unanswered(cause: "the broker claims to have it", words: words), at: now)
        case .unanswered(let cause, let words):
            _ = move(.unanswered, now)
            reason = .outcomeUnknown
            self.words = words ?? cause
            dueAt = now.advanced(by: ConditionalSchedule.delay(after: 0))
        }
    }

    /// An attempt that nobody recorded in its time: it may be at the broker.
    package mutating func takeOver(at now: Timestamp) {
        guard state == .sending, move(.unanswered, now) else { return }
        fence += 1
        reason = .outcomeUnknown
        dueAt = now
    }

    mutating func adopt(_ id: String, _ now: Timestamp) {
        guard move(.accepted, now) else { return }
        brokerID = id
        reason = nil
        words = nil
        looks = 0
        absences = 0
        dueAt = now.advanced(by: .seconds(1))
        if isCancelAsked { _ = move(.cancelAsked, now) }
    }

    /// What the broker's list tells of one whose answer was lost.
    package mutating func resolve(
        _ finding: ConditionalSearch.Finding,
        lag: Duration,
        listsEnded: Bool,
        at now: Timestamp
    ) {
        guard state == .unknown else { return }
        switch finding {
        case .found(let report):
            adopt(report.brokerID, now)
            see(report, at: now)
        case .absent:
            let isPast =
                (startedAt ?? createdAt).advanced(
                    by: lag * ConditionalSchedule.horizonLags
                ) <= now
            if isPast, listsEnded { absences += 1 }
            if absences >= ConditionalSchedule.absencesNeeded {
                _ = move(.provenAbsent, now)
                reason = .provenNotPlaced
                dueAt = nil
            } else {
                postpone(listsEnded ? words : "the broker lists only those that wait", now)
            }
        case .ambiguous(let count):
            postpone("\(count) at the broker are like it: a person must tell which is ours", now)
        }
    }

    /// Nothing could be learnt; later again.
    package mutating func postpone(_ words: String?, _ now: Timestamp) {
        if let words { self.words = words }
        dueAt = now.advanced(by: ConditionalSchedule.delay(after: looks))
        looks += 1
    }

    /// What the broker says of one that it has.
    package mutating func see(
        _ report: ConditionalReport,
        pause: Duration = ConditionalSchedule.look,
        at now: Timestamp
    ) {
        guard move(.reported(report.status), now) else { return }
        looks = 0
        if report.status == .waiting || report.status == .entered { seenAt = now }
        for order in report.orders where !orders.contains(order) { orders.append(order) }
        if let message = report.message { words = message }
        if state == .triggered {
            firedAt = report.firedAt
            hasFilled = report.hasFilled
        }
        switch state {
        case .rejected: reason = .brokerRejected
        case .cancelled where !isCancelAsked: reason = .brokerCancelled
        case .cancelled: reason = .orderCancelled
        case .expired: reason = .dayEnded
        case .ready, .sending, .unknown, .waiting, .entered, .cancelRequested, .triggered: break
        }
        if state.isFinal {
            wished = nil
            dueAt = awaitsOrders ? now : nil
        } else {
            // A wish that came while somebody looked is not to wait for the next look.
            let hasWish = wished != nil || state == .cancelRequested
            dueAt = hasWish ? now : now.advanced(by: pause)
        }
    }

    /// Somebody wishes it gone.
    ///
    /// What was not sent never will be; what is on its way is cancelled once
    /// it is known to be at the broker.
    package mutating func askToCancel(at now: Timestamp) {
        guard !state.isFinal else { return }
        isCancelAsked = true
        wished = nil
        looks = 0
        if state == .ready { reason = .orderCancelled }
        _ = move(.cancelAsked, now)
        if state.isFinal { dueAt = nil } else if state.isLive { dueAt = now }
    }

    /// The broker refused so often to cancel what its list shows alive that it means it.
    package mutating func noteCancelRefused(_ words: String, at now: Timestamp) {
        postpone(words, now)
        guard looks >= CancelSchedule.refusalsForGood else { return }
        isCancelAsked = false
        _ = move(.cancelRefused, now)
    }

    /// Somebody wishes other prices or another quantity; before it is sent it simply has them.
    package mutating func askToChange(_ terms: ConditionalTerms, at now: Timestamp) {
        guard !state.isFinal, !isCancelAsked else { return }
        if state == .ready {
            self.terms = terms
        } else {
            wished = terms
            if state.isLive { dueAt = now }
        }
        updatedAt = now
    }

    /// The broker took the change, or refused it.
    package mutating func noteChange(refused words: String?, at now: Timestamp) {
        guard let wished else { return }
        if words == nil { terms = wished }
        self.wished = nil
        self.words = words
        updatedAt = now
        dueAt = now.advanced(by: .seconds(1))
    }

    mutating func move(_ event: ConditionalEvent, _ now: Timestamp) -> Bool {
        guard let next = state.after(event) else { return false }
        if next != state { updatedAt = now }
        state = next
        return true
    }
}

/// The orders that came of it.
extension ConditionalRecord {
    /// An order that came of it is in our books.
    package mutating func adopt(_ order: FiredOrder) {
        guard !fired.contains(where: { $0.brokerOrderID == order.brokerOrderID }) else { return }
        fired.append(order)
    }

    /// The account's book was read, and what it tells is in our books; `unclear` says why the rest is
    /// not.
    ///
    /// A book is of its day alone: what it did not show by then, nor the broker's list of past trades
    /// where it has one, a person must tell. `again`: the next look teaches more, and is not put off
    /// beyond this.
    package mutating func noteFired(
        unclear: String? = nil,
        again: Duration? = nil,
        at now: Timestamp
    ) {
        guard awaitsOrders else {
            looks = 0
            if reason == .firedOrderUnclear { reason = nil }
            if state.isFinal { dueAt = nil }
            return
        }
        // One that waits is looked at as ever.
        guard state.isFinal else { return }
        let isOver = CalendarDay(containing: updatedAt) != CalendarDay(containing: now)
        postpone(unclear, now)
        if let again, let next = dueAt { dueAt = min(next, now.advanced(by: again)) }
        guard isOver || looks > ConditionalSchedule.mostBookLooks else { return }
        reason = .firedOrderUnclear
        dueAt = nil
    }

    /// The book could not be read; later again, for as long as it is that day's.
    package mutating func waitForBook(_ words: String, at now: Timestamp) {
        guard state.isFinal else { return }
        let isOver = CalendarDay(containing: updatedAt) != CalendarDay(containing: now)
        guard isOver else { return dueAt = now.advanced(by: ConditionalSchedule.look) }
        reason = .firedOrderUnclear
        self.words = words
        dueAt = nil
    }

    /// On paper what fires is a trade of our own.
    package mutating func fire(by task: TaskID, at now: Timestamp) {
        guard state == .triggered, entryTask == nil else { return }
        entryTask = task
        updatedAt = now
        dueAt = nil
    }
}

extension ConditionalRecord {
    /// A message hints that something became of it; one that does not wait at its broker is not
    /// hastened: hints must not use up the looks that it has.
    package mutating func hasten(at now: Timestamp) {
        guard state == .waiting || state == .entered, let due = dueAt else { return }
        let next = seenAt.map { max(now, $0.advanced(by: ConditionalSchedule.hintPause)) } ?? now
        dueAt = min(due, next)
    }

    /// Not now: its account or its broker has no room before this.
    package mutating func wait(_ duration: Duration, _ now: Timestamp) {
        dueAt = now.advanced(by: duration)
    }
}
