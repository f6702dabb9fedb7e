/// A simulated stock exchange with the brokers' books in front of it.
///
/// Begin with `place`. A value without clock, chance or I/O of its own: the same seed and the same
/// calls with the same moments give the same story, to the last trade.
/// 1. No order trades beyond its limit, a market order not beyond its protection band.
/// 2. Among our own orders the better price goes first, then the older order.
/// 3. filled + remaining = quantity while an order is open; filled = Σ its trades always.
/// 4. An order that is rejected has no trades; a terminal state is never left.
/// 5. Order numbers are never used twice, not even after `forget`.
package struct Exchange: Sendable {
    package internal(set) var hours: TradingHours
    package internal(set) var accounts: [Account] = []
    package internal(set) var trades: [Trade] = []
    /// The number of the oldest order that is kept.
    package internal(set) var firstOrder = 1
    package internal(set) var firstTrade = 1
    package internal(set) var isOpen: Bool
    package internal(set) var day: Int64
    /// Whether order events of every account are kept, watched or not.
    package var watchesAll = false

    let seed: UInt64
    var orders: [Order] = []
    var markets: [Market] = []
    var events: [OrderEvent] = []
    var afterMarket: [Int] = []
    var conditionals: [ConditionalOrder] = []
    var nextPlace: UInt32 = 1
    private var byAccount: [AccountName: Int] = [:]
    private var byInstrument: [InstrumentKey: Int] = [:]
    private var bySymbol: [String: Int] = [:]
    var byReference: [Reference: Booking] = [:]

    /// A client's own tag, unique or not, within its account.
    struct Reference: Hashable, Sendable {
        let account: Int
        let text: String
    }

    struct Booking: Sendable {
        var latest: Int
        var count: Int
    }

    package init(seed: UInt64, instruments: [Instrument], hours: TradingHours, at moment: Moment) {
        self.seed = seed
        self.hours = hours
        isOpen = hours.isOpen(at: moment)
        day = moment.indianDay
        for instrument in instruments { list(instrument) }
        let step = moment.microseconds / Market.stepMicroseconds
        for index in markets.indices { markets[index].sleep(until: step) }
    }

    // MARK: Instruments

    package var instruments: [Instrument] { markets.map(\.instrument) }

    package func instrument(_ index: Int) -> Instrument { markets[index].instrument }

    package func find(_ key: InstrumentKey) -> Int? { byInstrument[key] }

    package func find(symbol: String, isBSE: Bool = false) -> Int? {
        bySymbol[isBSE ? "BSE:" + symbol : symbol]
    }

    /// Adds an instrument; its number is the place in `instruments`.
    @discardableResult
    package mutating func list(_ instrument: Instrument) -> Int {
        if let known = byInstrument[instrument.key] { return known }
        let index = markets.count
        markets.append(Market(instrument: instrument, seed: seed))
        if let step = markets.first?.step { markets[index].sleep(until: step) }
        byInstrument[instrument.key] = index
        let isBSE = instrument.key.segment == .bseEquity
        bySymbol[isBSE ? "BSE:" + instrument.symbol : instrument.symbol] = index
        return index
    }

    // MARK: Accounts

    package func find(account name: AccountName) -> Int? { byAccount[name] }

    /// The account of that name, made empty and unlimited where there was none.
    package mutating func account(_ name: AccountName) -> Int {
        if let known = byAccount[name] { return known }
        byAccount[name] = accounts.count
        accounts.append(Account(name: name))
        return accounts.count - 1
    }

    /// Gives an account its opening funds and holdings; nil means that they are not checked.
    package mutating func equip(_ account: Int, funds: Rupees?, holdings: [Int: Holding]?) {
        accounts[account].openingFunds = funds
        accounts[account].checksHoldings = holdings != nil
        accounts[account].openingHoldings = holdings ?? [:]
        accounts[account].holdings = holdings ?? [:]
    }

    /// Whether order events of an account are kept for `takeEvents`.
    package mutating func watch(_ account: Int, _ isWatched: Bool) {
        accounts[account].isWatched = isWatched
    }

    // MARK: Orders

    package var orderNumbers: Range<Int> { firstOrder..<firstOrder + orders.count }

    package func order(_ number: Int) -> Order? {
        orderNumbers.contains(number) ? orders[number - firstOrder] : nil
    }

    package func trade(_ number: Int) -> Trade? {
        let index = number - firstTrade
        return trades.indices.contains(index) ? trades[index] : nil
    }

    /// The newest order that an account booked under its own tag.
    package func order(account: Int, reference: String) -> Order? {
        byReference[Reference(account: account, text: reference)].flatMap { order($0.latest) }
    }

    /// How many tags were booked, and how many of them more than once.
    package var references: (booked: Int, duplicated: Int) {
        (byReference.count, byReference.values.count { $0.count > 1 })
    }

    /// What has happened to watched accounts' orders since the last call, in order.
    package mutating func takeEvents() -> [OrderEvent] {
        if events.isEmpty { return [] }
        defer { events.removeAll(keepingCapacity: true) }
        return events
    }

    /// Forgets every order and trade and puts funds and holdings back; numbers go on.
    package mutating func forget() {
        firstOrder += orders.count
        firstTrade += trades.count
        orders.removeAll()
        trades.removeAll()
        events.removeAll()
        afterMarket.removeAll()
        byReference.removeAll()
        for index in conditionals.indices where conditionals[index].state == .active {
            conditionals[index].state = .cancelled
        }
        for index in accounts.indices { accounts[index].reset() }
        for index in markets.indices {
            markets[index].bids.removeAll()
            markets[index].asks.removeAll()
            markets[index].buyStops.removeAll()
            markets[index].sellStops.removeAll()
            markets[index].conditionals.removeAll()
        }
    }

    mutating func note(_ kind: OrderEvent.Kind, _ index: Int, at moment: Moment) {
        let order = orders[index]
        guard watchesAll || accounts[order.account].isWatched, !order.isHidden(at: moment)
        else { return }
        let lastPrice = markets[order.instrument].lastPrice
        events.append(OrderEvent(kind: kind, order: order, at: moment, lastPrice: lastPrice))
    }
}
