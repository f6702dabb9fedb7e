extension Exchange {
    /// How long a conditional order waits.
    private static let yearMilliseconds: Int64 = 365 * 86_400_000

    /// Takes a conditional order; a bracket's entry without a trigger goes to the market at once.
    ///
    /// Legs that wait for another one come dormant: a bracket's exits, until its entry has filled.
    package mutating func book(_ request: ConditionalRequest, at moment: Moment) -> Int {
        advance(request.instrument, to: moment)
        let number = conditionals.count + 1
        var order = ConditionalOrder(
            number: number,
            account: request.account,
            instrument: request.instrument,
            product: request.product,
            shape: request.shape,
            book: request.book,
            reference: request.reference,
            bookedAt: moment,
            expiresAt: moment.advanced(byMilliseconds: Self.yearMilliseconds),
            hiddenUntil: request.hiddenUntil,
            legs: request.legs,
            updatedAt: moment
        )
        if order.shape == .bracket {
            for index in order.legs.indices where order.legs[index].role != .entry {
                order.legs[index].state = .dormant
            }
        }
        conditionals.append(order)
        markets[request.instrument].conditionals.append(number - 1)
        if let entry = order.legs.firstIndex(where: { $0.role == .entry && $0.rises == nil }) {
            send(number - 1, entry, at: moment)
        }
        fireConditionals(request.instrument, at: moment)
        return number
    }

    /// The caller's conditional order of a number.
    package func conditional(_ number: Int, of account: Int) -> ConditionalOrder? {
        guard conditionals.indices.contains(number - 1),
            conditionals[number - 1].account == account
        else { return nil }
        return conditionals[number - 1]
    }

    /// All of an account, oldest first.
    package func conditionals(of account: Int) -> [ConditionalOrder] {
        conditionals.filter { $0.account == account }
    }

    /// Brings a conditional order's state up to what its orders have come to.
    package mutating func refreshConditionals(at moment: Moment) {
        for market in markets.indices where !markets[market].conditionals.isEmpty {
            advance(market, to: moment)
            fireConditionals(market, at: moment)
        }
    }

    /// Changes legs that still wait; nil where it has ended.
    package mutating func changeConditional(
        _ number: Int,
        at moment: Moment,
        _ change: (inout [ConditionalLeg]) -> Void
    ) -> Bool {
        guard conditionals[number - 1].state == .active else { return false }
        change(&conditionals[number - 1].legs)
        conditionals[number - 1].updatedAt = moment
        fireConditionals(conditionals[number - 1].instrument, at: moment)
        return true
    }

    /// Cancels one leg, or all; an order of it that is still open is cancelled with it.
    ///
    /// - Returns: whether there was anything to cancel.
    package mutating func cancelConditional(
        _ number: Int,
        _ role: LegRole? = nil,
        at moment: Moment
    ) -> Bool {
        let index = number - 1
        guard conditionals[index].state == .active else { return false }
        var hasCancelled = false
        for leg in conditionals[index].legs.indices
        where role == nil || conditionals[index].legs[leg].role == role {
            switch conditionals[index].legs[leg].state {
            case .armed, .dormant:
                conditionals[index].legs[leg].state = .cancelled
                hasCancelled = true
            case .sent:
                guard let order = conditionals[index].legs[leg].order else { continue }
                if (try? cancel(order, at: moment)) != nil {
                    conditionals[index].legs[leg].state = .cancelled
                    hasCancelled = true
                }
            case .cancelled, .expired: continue
            }
        }
        let waits = conditionals[index].legs.contains { $0.state == .armed || $0.state == .dormant }
        if hasCancelled {
            conditionals[index].updatedAt = moment
            if !waits { end(index, .cancelled) }
        }
        return hasCancelled
    }

    /// Fires what the last price has reached, in the order in which it was booked.
    mutating func fireConditionals(_ market: Int, at moment: Moment) {
        guard isOpen else { return }
        for index in markets[market].conditionals {
            guard conditionals[index].state == .active else { continue }
            if moment >= conditionals[index].expiresAt {
                end(index, .expired)
                continue
            }
            armExits(index)
            fire(index, at: moment)
        }
    }

    /// A bracket's exits wake once its entry has filled, and are for what it has filled.
    private mutating func armExits(_ index: Int) {
        guard conditionals[index].shape == .bracket,
            let number = conditionals[index][.entry]?.order, let entry = order(number),
            entry.filled > 0 || !entry.state.isOpen
        else { return }
        guard entry.filled > 0 else {
            // Nothing will ever be there to protect.
            for leg in conditionals[index].legs.indices
            where conditionals[index].legs[leg].state == .dormant {
                conditionals[index].legs[leg].state = .cancelled
            }
            end(index, .cancelled)
            return
        }
        let last = markets[conditionals[index].instrument].lastPrice
        for leg in conditionals[index].legs.indices
        where conditionals[index].legs[leg].role != .entry {
            if conditionals[index].legs[leg].state == .dormant {
                conditionals[index].legs[leg].state = .armed
                conditionals[index].legs[leg].best = last
            }
            conditionals[index].legs[leg].quantity = entry.filled
        }
    }

    private mutating func fire(_ index: Int, at moment: Moment) {
        let last = markets[conditionals[index].instrument].lastPrice
        for leg in conditionals[index].legs.indices {
            trail(index, leg, last)
            let waiting = conditionals[index].legs[leg]
            guard waiting.state == .armed, let rises = waiting.rises,
                rises ? last >= waiting.trigger : last <= waiting.trigger
            else { continue }
            // First what must not fire too, since an order of ours may move the price.
            if waiting.role != .entry || conditionals[index].shape != .bracket {
                closeOthers(than: leg, of: index, at: moment)
            }
            send(index, leg, at: moment)
            if conditionals[index].legs[leg].role != .entry
                || conditionals[index].shape != .bracket
            {
                end(index, .triggered)
                return
            }
        }
    }

    private mutating func closeOthers(than leg: Int, of index: Int, at moment: Moment) {
        for other in conditionals[index].legs.indices where other != leg {
            switch conditionals[index].legs[other].state {
            case .armed, .dormant: conditionals[index].legs[other].state = .cancelled
            case .sent:
                // What an entry has not filled is not wanted any more.
                if let order = conditionals[index].legs[other].order {
                    try? cancel(order, at: moment)
                }
            case .cancelled, .expired: continue
            }
        }
    }

    /// A stop follows the best price in whole steps.
    private mutating func trail(_ index: Int, _ leg: Int, _ last: Rupees) {
        let stop = conditionals[index].legs[leg]
        guard stop.state == .armed, stop.role == .stop, stop.trail > .zero else { return }
        let gain = stop.side == .sell ? last - stop.best : stop.best - last
        let steps = gain.tenThousandths / stop.trail.tenThousandths
        guard steps > 0 else { return }
        let moved = stop.trail * steps
        conditionals[index].legs[leg].best =
            stop.side == .sell ? stop.best + moved : stop.best - moved
        conditionals[index].legs[leg].trigger =
            stop.side == .sell ? stop.trigger + moved : stop.trigger - moved
    }

    private mutating func send(_ index: Int, _ leg: Int, at moment: Moment) {
        let order = conditionals[index]
        let sent = order.legs[leg]
        conditionals[index].legs[leg].state = .sent
        conditionals[index].updatedAt = moment
        conditionals[index].legs[leg].order = place(
            OrderRequest(
                account: order.account,
                reference: sent.role == .entry && order.shape == .bracket ? order.reference : nil,
                instrument: order.instrument,
                side: sent.side,
                product: order.product,
                kind: sent.kind,
                quantity: sent.quantity,
                price: sent.kind.isMarket ? .zero : sent.price
            ),
            at: moment
        )
    }

    private mutating func end(_ index: Int, _ state: ConditionalOrder.State) {
        conditionals[index].state = state
        if state == .expired {
            for leg in conditionals[index].legs.indices
            where conditionals[index].legs[leg].state == .armed {
                conditionals[index].legs[leg].state = .expired
            }
        }
        markets[conditionals[index].instrument].conditionals.removeAll { $0 == index }
    }
}
