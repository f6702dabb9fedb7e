import Desk
import Trading

/// A change's row.
struct MemoryModification {
    let id: ModificationID
    let user: UserID
    let key: String
    let bodyHash: [UInt8]
    let order: IntentID
    var state = ModificationState.asked
    let before: OrderShape
    let wanted: OrderShape
    let sizingPrice: Price
    let held: Money
    let reserved: Quantity
    var released = Money.zero
    var releasedShares = Quantity.zero
    var tries = 0
    var leaseEnds: Timestamp?
    var sentAt: Timestamp?
    var brokerSpoke = false
    var looks = 0
    var reason: Reason?
    var words: String?
    let askedAt: Timestamp
    var endedAt: Timestamp?
    var dueAt: Timestamp?

    /// Moves the state on; what cannot happen is a defect of whoever says so.
    mutating func apply(_ event: ModificationEvent) {
        do {
            state = try state.after(event)
        } catch {
            preconditionFailure("\(error)")
        }
    }

    /// Whether the books are to tell; what its worker has left becomes UNKNOWN here.
    mutating func isUnknown(now: Timestamp) -> Bool {
        if state == .sending, leaseEnds.map({ $0 <= now }) == true {
            apply(.leaseEnded)
            sentAt = leaseEnds
        }
        return state == .unknown
    }
}

extension MemoryState {
    /// The change of an order that has not ended.
    func openModification(of order: IntentID) -> MemoryModification? {
        modifications.values.first { $0.order == order && $0.state.isOpen }
    }

    func modification(_ row: MemoryModification) -> Modification? {
        guard let order = intents[row.order], let trade = trades[order.task] else { return nil }
        return Modification(
            id: row.id,
            order: row.order,
            task: order.task,
            client: order.client,
            trader: trade.trade.trader,
            state: row.state,
            before: row.before,
            wanted: row.wanted,
            heldMore: row.held,
            reservedMore: row.reserved,
            released: row.released,
            releasedShares: row.releasedShares,
            tries: row.tries,
            reason: row.reason,
            words: row.words,
            askedAt: row.askedAt,
            endedAt: row.endedAt
        )
    }

    /// Why nothing may be sent for an order's client now.
    func unfitness(of order: MemoryIntent) -> Reason? {
        guard let client = clients[order.client]?.client else { return .clientArchived }
        switch client.status {
        case .active: break
        case .inactive: return .clientInactive
        case .pending: return .clientPending
        case .archived: return .clientArchived
        }
        if let instrument = trades[order.task]?.trade.terms.instrument.id {
            let subject = HaltSubject(
                trader: client.trader,
                client: order.client,
                broker: order.broker,
                instrument: instrument
            )
            if let halted = Halts(halts.keys).reason(for: subject) { return halted }
        }
        guard let account = order.account else { return nil }
        switch accounts[account]?.account.status {
        case .connected: return nil
        case .expired: return .sessionExpired
        case .disconnected, nil: return .noSession
        }
    }

    /// Ends a change: the order is of this shape from now on, and holds no more than that needs.
    mutating func end(
        _ row: inout MemoryModification,
        _ order: inout MemoryIntent,
        _ event: ModificationEvent,
        as shape: OrderShape,
        now: Timestamp
    ) {
        row.apply(event)
        row.dueAt = nil
        row.endedAt = now
        order.ceiling = nil
        order.quantity = shape.quantity
        order.updatedAt = now
        if row.state == .applied {
            order.sizingPrice = row.sizingPrice
            order.shape = shape
        }
        guard !order.state.isFinal, let terms = trades[order.task]?.trade.terms,
            var client = clients[order.client]
        else { return }
        let release = ModificationRelease(
            shape,
            terms.side,
            filled: order.filled,
            held: order.held,
            reserved: order.reserved,
            tick: terms.instrument.tick,
            price: order.sizingPrice ?? row.sizingPrice
        )
        row.released = release.cash
        row.releasedShares = release.shares
        _ = client.funds.release(release.cash)
        order.held -= release.cash
        if release.shares > .zero {
            client.holdings[terms.shares]?.release(release.shares)
            order.reserved = order.reserved - release.shares
        }
        clients[order.client] = client
        order.dueAt = now.advanced(by: .seconds(1))
    }
}
