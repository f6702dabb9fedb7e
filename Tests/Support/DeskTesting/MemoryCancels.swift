import Desk
import Trading

/// A cancellation's row, with the orders that it met as they then were.
struct MemoryCancellation {
    let head: CancellationHead
    let user: UserID
    let key: String
    let bodyHash: [UInt8]
    var met: [IntentID: MemoryMet] = [:]

    /// Whether it covers a client's order in a trade that is planned only now.
    func covers(_ trade: BulkTrade, _ client: ClientID) -> Bool {
        guard head.askedAt >= trade.acceptedAt, head.trader.map({ $0 == trade.trader }) != false
        else { return false }
        return switch head.scope {
        case .task(let id): id == trade.id
        case .order: false
        case .client(let id): id == client
        case .instrument(let id): id == trade.terms.instrument.id
        case .everything: true
        }
    }
}

/// An order as a cancellation met it.
struct MemoryMet {
    let found: OrderState
    let held: Money
    let reserved: Quantity
    let filled: Quantity
    let filledValue: Money

    init(_ row: MemoryIntent) {
        found = row.state
        held = row.held
        reserved = row.reserved
        filled = row.filled
        filledValue = row.filledValue
    }

    /// Cash that was held and neither paid for a fill since nor is held any more.
    func released(_ row: MemoryIntent) -> Money {
        let paid = min(held, row.filledValue - filledValue)
        return max(.zero, held - paid - row.held)
    }

    /// The same of shares.
    func releasedShares(_ row: MemoryIntent) -> Quantity {
        let sold = min(reserved, row.filled - filled)
        let rest = reserved - sold
        return rest > row.reserved ? rest - row.reserved : .zero
    }
}

/// What asking a broker for one order's cancel came to.
struct MemoryCancel {
    let askedAt: Timestamp
    var tries = 0
    var refusals = 0
    var isRefused = false
    var words: String?
    /// When a message must have been lost, or the broker is to be asked again; nil: nobody needs to.
    var dueAt: Timestamp?
}

extension MemoryIntent {
    /// Lets the wish follow the state, as the real store does: READY again is withdrawn, at the
    /// broker is to be cancelled there.
    mutating func followWish(now: Timestamp) {
        guard let wish = cancelWish else { return }
        switch state {
        case .ready:
            apply(.declined)
            reason = wish
            dueAt = nil
            cancel?.dueAt = nil
        case .accepted, .open, .partlyFilled:
            apply(.cancelAsked)
            cancel?.dueAt = now
        case .filled, .cancelled, .rejected, .expired, .skipped: cancel?.dueAt = nil
        case .sending, .unknown, .cancelRequested: break
        }
    }
}

extension MemoryState {
    /// The reason for which an order of a trade that is planned only now is skipped.
    func wish(for trade: BulkTrade, _ client: ClientID) -> Reason? {
        let covering = cancellations.values.filter { $0.covers(trade, client) }
        guard !covering.isEmpty else { return nil }
        let isTask = covering.contains { if case .task = $0.head.scope { true } else { false } }
        return isTask ? .taskCancelled : .orderCancelled
    }

    /// Tells the cancellations that came before a plan of an order that it withdrew.
    mutating func tellOfPlanned(_ row: MemoryIntent, _ trade: BulkTrade) {
        for (id, cancellation) in cancellations where cancellation.covers(trade, row.client) {
            var found = row
            found.state = .ready
            cancellations[id]?.met[row.id] = MemoryMet(found)
        }
    }

    /// Writes down what asking the broker came to.
    mutating func note(_ outcome: CancelOutcome, now: Timestamp) {
        guard var row = intents[outcome.job.intent], var cancel = row.cancel else { return }
        switch outcome.answer {
        case .noRoom, .dayOver: break
        case .taken, .refused, .unanswered, .limited, .sessionEnded: cancel.tries += 1
        }
        cancel.words = outcome.answer.said ?? cancel.words
        cancel.dueAt = nil
        row.cancel = cancel
        if row.state == .cancelRequested { goOn(&row, outcome, now: now) }
        intents[row.id] = row
    }

    private func goOn(_ row: inout MemoryIntent, _ outcome: CancelOutcome, now: Timestamp) {
        let tries = row.cancel?.tries ?? 1
        let wait: Duration
        switch outcome.answer {
        case .noRoom(let room): wait = room
        case .dayOver: return
        case .limited(let limit): wait = max(limit, .seconds(1))
        case .sessionEnded: wait = CancelSchedule.withoutSession
        case .unanswered: wait = CancelSchedule.delay(afterTries: tries)
        case .taken:
            wait = CancelSchedule.delay(afterTaken: tries)
            row.dueAt = now.advanced(by: .seconds(1))
        case .refused:
            wait = CancelSchedule.delay(afterTries: tries)
            row.dueAt = now.advanced(by: .seconds(1))
            if outcome.showsOrderAlive { row.cancel?.refusals += 1 }
            guard (row.cancel?.refusals ?? 0) < CancelSchedule.refusalsForGood else {
                row.cancel?.isRefused = true
                row.cancelWish = nil
                row.apply(.cancelRefused)
                if let report = outcome.booked?.report {
                    row.apply(.reported(report.status, filled: row.filled))
                }
                return
            }
        }
        row.cancel?.dueAt = now.advanced(by: wait)
    }
}
