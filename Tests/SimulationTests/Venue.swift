import Exchange
import Synchronization

/// The broker and the exchange behind it, as they really are: whatever anybody believes of them.
///
/// The price stands still, so that the exchange's own clock may too; what moves is how much the rest
/// of the world offers.
final class Venue: Sendable {
    /// What an order asks for, in the words of the wire.
    struct Wish: Sendable {
        let client: String
        let reference: String
        let instrument: Int
        let isSale: Bool
        let quantity: Int64
        /// Ten-thousandths of a rupee; nil for a market order.
        let price: Int64?
        /// When its first byte left.
        let sentAt: Int64
        var isDoomed = false
        var hiddenFor: Int64 = 0
    }
    /// A change of an order as it comes, in the words of the wire; the quantity is the total.
    struct Change: Sendable {
        let number: Int
        let quantity: Int64
        /// Ten-thousandths of a rupee; nil for a market order.
        let price: Int64?
        /// When its first byte left.
        let sentAt: Int64
    }
    enum Status: Sendable { case transit, open, partTraded, traded, rejected, cancelled, expired }
    struct Deal: Sendable {
        let number: Int
        let quantity: Int64
        let price: Int64
        let at: Int64
    }
    /// An order as the books show it.
    struct Entry: Sendable {
        let number: Int
        let client: String
        let reference: String
        let instrument: Int
        let isSale: Bool
        let status: Status
        let quantity: Int64
        /// Nil for a market order.
        let price: Int64?
        /// So many were asked for when it was placed.
        let firstQuantity: Int64
        let sentAt: Int64
        /// When it ended; nil while it is open.
        let endedAt: Int64?
        let deals: [Deal]

        var filled: Int64 { deals.reduce(0) { $0 + $1.quantity } }
        var isOpen: Bool { status == .transit || status == .open || status == .partTraded }
    }

    fileprivate struct State {
        var exchange: Exchange
        var hiddenUntil: [Int: Int64] = [:]
        var dealTimes: [Int64] = []
        var wishes: [Int: Wish] = [:]
        var endings: [Int: Int64] = [:]
        var changes: [Change] = []
        var underway = 0
    }
    private let state: Mutex<State>
    private let kernel: Kernel
    private let moment: Moment
    private let onChange: @Sendable (String) -> Void
    static let broker = "simulated"
    static let tick: Int64 = 500

    /// An exchange with instruments of these prices, of which it takes at most so many in one order;
    /// `onChange` hears the reference of every order
    /// that changes and is not hidden.
    init(
        kernel: Kernel,
        seed: UInt64,
        prices: [Int64],
        freezes: [Int64?],
        onChange: @escaping @Sendable (String) -> Void
    ) {
        self.kernel = kernel
        self.onChange = onChange
        moment = Moment(microseconds: kernel.now)
        let instruments = prices.enumerated().map { index, price in
            Instrument(
                key: InstrumentKey(segment: .nseEquity, token: index),
                symbol: "S\(index)",
                name: "",
                isin: "",
                tick: Rupees(tenThousandths: Self.tick),
                freezeQuantity: freezes[index] ?? 1_000_000,
                previousClose: Rupees(tenThousandths: price)
            )
        }
        var exchange = Exchange(
            seed: seed,
            instruments: instruments,
            hours: .alwaysOpen,
            at: moment
        )
        exchange.watchesAll = true
        state = Mutex(State(exchange: exchange))
    }

    /// Opens a client's account with shares that may be sold, and money without end.
    func openAccount(_ client: String, shares: [Int: Int64]) {
        state.withLock { state in
            let account = state.exchange.account(AccountName(broker: Self.broker, client: client))
            state.exchange.equip(
                account,
                funds: nil,
                holdings: shares.mapValues { Holding(quantity: $0, averagePrice: .zero) }
            )
        }
    }

    /// Lets the world offer so many shares at each price.
    func setDepth(_ depth: Int64, of instrument: Int) {
        change { state in
            state.exchange.set(instrument, isFrozen: true, depth: depth, at: moment)
        }
    }

    /// An order, a change or a cancel is on its way here.
    func expect() { state.withLock { $0.underway += 1 } }
    /// How many of these are on their way.
    var underway: Int { state.withLock { $0.underway } }

    /// Books an order as it comes, whoever sent it and why.
    func book(_ wish: Wish) -> Int {
        change { state in
            state.underway -= 1
            let account = state.exchange.account(
                AccountName(broker: Self.broker, client: wish.client)
            )
            var request = OrderRequest(
                account: account,
                reference: wish.reference,
                instrument: wish.instrument,
                side: wish.isSale ? .sell : .buy,
                kind: wish.price == nil ? .market : .limit,
                quantity: wish.quantity,
                price: Rupees(tenThousandths: wish.price ?? 0)
            )
            request.isDoomed = wish.isDoomed
            let number = state.exchange.orderNumbers.upperBound
            if wish.hiddenFor > 0 { state.hiddenUntil[number] = kernel.now + wish.hiddenFor }
            state.wishes[number] = wish
            let placed = state.exchange.place(request, at: moment)
            precondition(placed == number, "the exchange numbers orders in a row")
            return number
        }
    }

    /// Cancels an order as it comes, whoever asks: false where it is not open.
    func cancel(_ number: Int) -> Bool {
        change { state in
            state.underway -= 1
            return (try? state.exchange.cancel(number, at: moment)) != nil
        }
    }

    /// Cancels an order at the exchange itself.
    func end(_ number: Int) {
        change { state in _ = try? state.exchange.cancel(number, at: moment) }
    }

    /// Changes an order as it comes, whoever asks: false where it cannot be changed so.
    func change(_ wish: Change) -> Bool {
        change { state in
            state.underway -= 1
            state.changes.append(wish)
            let change = OrderChange(
                kind: wish.price == nil ? .market : .limit,
                validity: .day,
                quantity: wish.quantity,
                disclosed: 0,
                price: Rupees(tenThousandths: wish.price ?? 0),
                trigger: .zero
            )
            return (try? state.exchange.modify(wish.number, change, at: moment)) != nil
        }
    }

    /// Every change that ever came, done or not: the truth.
    var allChanges: [Change] { state.withLock { $0.changes } }

    /// What the books show of one order; nil while it is hidden.
    func show(_ number: Int) -> Entry? {
        state.withLock { $0.isHidden(number, at: kernel.now) ? nil : $0.entry(number) }
    }

    /// What the books show of an account.
    func show(client: String) -> [Entry] {
        allOrders.filter { entry in
            entry.client == client && !state.withLock { $0.isHidden(entry.number, at: kernel.now) }
        }
    }

    /// Every order that was ever booked, hidden or not: the truth.
    var allOrders: [Entry] {
        state.withLock { state in state.exchange.orderNumbers.compactMap { state.entry($0) } }
    }

    /// Changes something, and tells of the orders that it changed.
    private func change<Result: Sendable>(_ body: (inout State) -> Result) -> Result {
        let now = kernel.now
        let (result, changed) = state.withLock { state in
            let result = body(&state)
            while state.dealTimes.count < state.exchange.trades.count {
                state.dealTimes.append(now)
            }
            let events = state.exchange.takeEvents()
            for number in events.map(\.order.number) where state.endings[number] == nil {
                if state.entry(number)?.isOpen == false { state.endings[number] = now }
            }
            let seen = events.filter { !state.isHidden($0.order.number, at: now) }
            return (result, seen.compactMap(\.order.reference))
        }
        for reference in changed { onChange(reference) }
        return result
    }
}

extension Venue.State {
    fileprivate func isHidden(_ number: Int, at now: Int64) -> Bool {
        hiddenUntil[number].map { now < $0 } ?? false
    }

    fileprivate func entry(_ number: Int) -> Venue.Entry? {
        guard let order = exchange.order(number) else { return nil }
        let status: Venue.Status =
            switch order.state {
            case .transit: .transit
            case .pending: .open
            case .partTraded: .partTraded
            case .traded: .traded
            case .rejected: .rejected
            case .cancelled: .cancelled
            case .expired: .expired
            }
        return Venue.Entry(
            number: number,
            client: exchange.accounts[order.account].name.client,
            reference: order.reference ?? "",
            instrument: order.instrument,
            isSale: order.side == .sell,
            status: status,
            quantity: order.quantity,
            price: order.kind.isMarket ? nil : order.price.tenThousandths,
            firstQuantity: wishes[number]?.quantity ?? order.quantity,
            sentAt: wishes[number]?.sentAt ?? 0,
            endedAt: endings[number],
            deals: order.trades.compactMap { exchange.trade($0) }.map { trade in
                Venue.Deal(
                    number: trade.number,
                    quantity: trade.quantity,
                    price: trade.price.tenThousandths,
                    at: dealTimes[trade.number - exchange.firstTrade]
                )
            }
        )
    }
}
