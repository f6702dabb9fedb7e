import Desk
import Trading

extension MemoryState {
    /// Books what a broker's books say, as the real store does: each trade once, in any state, and
    /// no state says more than the trades that were shown.
    mutating func book(_ booked: BookedOrder, now: Timestamp) {
        guard var row = intents[booked.intent],
            let terms = trades[row.task]?.trade.terms
        else { return }
        guard !booked.isUntold else {
            guard row.state.isLive else { return }
            row.reason = .fillsUntold
            row.note = booked.report.message
            row.dueAt = now.advanced(by: BookedOrder.untoldLook)
            intents[row.id] = row
            return
        }
        if row.reason == .fillsUntold {
            row.reason = nil
            row.note = nil
        }
        let new = booked.trades.sorted { ($0.at, $0.tradeID) < ($1.at, $1.tradeID) }
            .filter { bookedTrades[row.id, default: []].insert($0.tradeID).inserted }
        let known = new.reduce(row.filled) { $0 + $1.quantity }
        let report = booked.report
        let isComplete = report.filled <= known
        if row.brokerOrderID == nil || row.brokerOrderID == report.brokerOrderID {
            let status = status(report, known: known, of: row, isComplete: isComplete)
            guard let state = try? row.state.after(.reported(status, filled: known)) else { return }
            explain(state, report, on: &row)
            row.brokerOrderID = report.brokerOrderID
        }
        for trade in new { fill(trade, terms, on: &row) }
        if row.state.isFinal { release(&row) }
        row.dueAt = row.state.isLive ? nextLook(row, isComplete: isComplete, now: now) : nil
        row.updatedAt = now
        if isComplete { row.seenAt = now }
        row.followWish(now: now)
        intents[row.id] = row
    }

    /// The status that the trades shown bear out.
    private func status(
        _ report: OrderReport,
        known: Quantity,
        of row: MemoryIntent,
        isComplete: Bool
    ) -> OrderReport.Status {
        let partial: OrderReport.Status = known > .zero ? .partlyFilled : .open
        let asked = report.quantity > .zero ? min(report.quantity, row.quantity) : row.quantity
        switch report.status {
        case .filled where !isComplete || known < asked: return partial
        case .cancelled where !isComplete, .rejected where !isComplete, .expired where !isComplete:
            return partial
        case .inTransit where known > .zero: return partial
        case .open, .partlyFilled:
            return known >= max(row.quantity, row.ceiling ?? .zero) && known > .zero
                ? .filled : partial
        case .inTransit, .filled, .cancelled, .rejected, .expired: return report.status
        }
    }

    private func explain(_ state: OrderState, _ report: OrderReport, on row: inout MemoryIntent) {
        guard state != row.state else { return }
        let side = trades[row.task]?.trade.terms.side ?? .buy
        switch state {
        case .cancelled: row.reason = row.state == .cancelRequested ? nil : .brokerCancelled
        case .rejected: row.reason = .told(by: report.message, of: side, usual: .brokerRejected)
        case .expired: row.reason = .dayEnded
        default: row.reason = nil
        }
        row.note = row.reason == nil ? nil : report.message
        row.state = state
    }

    private mutating func fill(
        _ trade: TradeReport,
        _ terms: OrderTerms,
        on row: inout MemoryIntent
    ) {
        guard var client = clients[row.client] else { return }
        let value = trade.price.value(of: trade.quantity)
        row.filled = row.filled + trade.quantity
        row.filledValue += value
        fills.append(BookedFill(trade, terms, of: row))
        var holding = client.holdings[terms.shares] ?? Holding()
        switch terms.side {
        case .buy:
            let (_, own) = Booking.buy(
                trade.quantity,
                for: value,
                fromHeld: row.held,
                at: trades[row.task]?.leverage ?? .once,
                &client.funds,
                &holding
            )
            row.held -= min(own, row.held)
            row.borrowed += value - own
        case .sell:
            let (_, _, promised) = Booking.sell(
                trade.quantity,
                at: trade.price,
                reserved: row.reserved,
                &client.funds,
                &holding
            )
            row.reserved = row.reserved - promised
        }
        client.holdings[terms.shares] = holding
        clients[row.client] = client
    }

    /// Young orders are looked at often; trades that the books still owe, soon.
    private func nextLook(_ row: MemoryIntent, isComplete: Bool, now: Timestamp) -> Timestamp {
        let age = isComplete ? row.sentAt.map { $0.duration(to: now) } ?? .zero : .zero
        let wait: Duration =
            switch age {
            case ..<Duration.seconds(5): .seconds(1)
            case ..<Duration.seconds(20): .seconds(2)
            case ..<Duration.seconds(60): .seconds(5)
            case ..<Duration.seconds(300): .seconds(10)
            default: .seconds(30)
            }
        return now.advanced(by: wait)
    }
}

extension BookedFill {
    fileprivate init(_ trade: TradeReport, _ terms: OrderTerms, of row: MemoryIntent) {
        self.init(
            client: row.client,
            instrument: terms.instrument.id,
            exchange: terms.instrument.exchange,
            symbol: terms.instrument.symbol,
            tradeID: trade.tradeID,
            fill: ShareFill(
                intent: row.id,
                task: row.task,
                side: terms.side,
                product: terms.product,
                quantity: trade.quantity,
                price: trade.price,
                value: trade.price.value(of: trade.quantity),
                at: trade.at
            )
        )
    }
}
