import Exchange
import HTTPServer

/// One call to a face, from the moment its account is known.
struct FaceCall: Sendable {
    let request: HTTPServerRequest
    /// The top members of the body; nil where it is not a JSON object.
    let fields: FlatObject?
    let account: Int
    let now: Moment
    let orderIDBase: Int
    var fault: FaultPlan.Draw

    /// How far the times in the answer are off, in microseconds.
    var clockShift: Int64 {
        guard let fault = fault.answer, fault.kind == .wrongClock else { return 0 }
        return (fault.milliseconds ?? 3_600_000) * 1_000
    }

    /// The order of this number, if it is this account's and can be seen.
    func order(numbered number: Int, _ world: World) -> Order? {
        guard let order = world.exchange.order(number), order.account == account,
            !order.isHidden(at: now)
        else { return nil }
        return order
    }

    /// This account's order under a reference, if it can be seen.
    func order(referenced reference: String, _ world: World) -> Order? {
        guard let order = world.exchange.order(account: account, reference: reference),
            !order.isHidden(at: now)
        else { return nil }
        return order
    }

    /// This account's orders of today, oldest first, without those that are hidden.
    func orders(_ world: World) -> [Order] {
        history(world).filter(isOfToday)
    }

    /// Whether the day's books have an order: it came today, or is open still, or was placed after the
    /// market of another day and something became of it today.
    func isOfToday(_ order: Order) -> Bool {
        let isMoved = order.isAfterMarket && order.updatedAt.indianDay == now.indianDay
        return order.bookedAt.indianDay == now.indianDay || order.state.isOpen || isMoved
    }

    /// This account's orders of every day, oldest first, without those that are hidden.
    func history(_ world: World) -> [Order] {
        world.exchange.accounts[account].orders.compactMap { world.exchange.order($0) }
            .filter { !$0.isHidden(at: now) }
    }

    /// The order book: the same, but for orders that a fault has taken out of it.
    func book(_ world: World) -> [Order] {
        orders(world).filter { $0.state.isOpen || !$0.leavesBookWhenEnded }
    }

    /// Puts the marks of an injected fault on an order that is to be placed.
    func mark(_ request: inout OrderRequest) {
        guard let fault = fault.booking else { return }
        switch fault.kind {
        case .rejectedAfterAccept:
            request.isDoomed = true
        case .hideFromBook:
            request.hiddenUntil = now.advanced(byMilliseconds: fault.milliseconds ?? 60_000)
        case .leaveBookWhenEnded:
            request.leavesBookWhenEnded = true
        default:
            break
        }
    }
}

extension FaceCall {
    /// Puts the marks of an injected fault on a conditional order that is to be booked.
    func mark(_ request: inout ConditionalRequest) {
        guard let fault = fault.booking, fault.kind == .hideFromBook else { return }
        request.hiddenUntil = now.advanced(byMilliseconds: fault.milliseconds ?? 60_000)
    }

    /// This account's conditional orders of some shapes that can be seen, as they stand now.
    func conditionals(_ world: inout World, _ shapes: Set<ConditionalShape>) -> [ConditionalOrder] {
        world.exchange.refreshConditionals(at: now)
        return world.exchange.conditionals(of: account)
            .filter { shapes.contains($0.shape) && !$0.isHidden(at: now) }
    }
}
