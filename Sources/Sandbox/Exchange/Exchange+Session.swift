extension Exchange {
    /// A span longer than this is stepped over: ten minutes of steps.
    private static let greatestSteps: Int64 = 2_400

    /// Brings the session and every market in which orders wait up to a moment.
    package mutating func advance(to moment: Moment) {
        turn(at: moment)
        for market in markets.indices where markets[market].hasWaiting {
            advance(market, to: moment)
        }
    }

    /// Sets when the exchange trades, and opens or closes it accordingly.
    package mutating func setHours(_ hours: TradingHours, at moment: Moment) {
        self.hours = hours
        turn(at: moment)
    }

    /// Sets price, walk, depth or spread of an instrument; waiting orders meet the new prices.
    package mutating func set(
        _ instrument: Int,
        price: Rupees? = nil,
        isFrozen: Bool? = nil,
        depth: Int64? = nil,
        spread: Rupees? = nil,
        at moment: Moment
    ) {
        advance(instrument, to: moment)
        markets[instrument].set(price: price, isFrozen: isFrozen, depth: depth, spread: spread)
        if isOpen { sweep(instrument, at: moment) }
    }

    /// Walks one market's price to a moment, step by step, so that no crossing is missed.
    mutating func advance(_ market: Int, to moment: Moment) {
        turn(at: moment)
        let target = moment.microseconds / Market.stepMicroseconds
        guard target != markets[market].step else { return }
        // While closed, and where the clock was put back, time passes without a step.
        guard isOpen, target > markets[market].step else {
            markets[market].sleep(until: target)
            return
        }
        let first = max(markets[market].step, target - Self.greatestSteps) + 1
        for step in first...target {
            let renews = step == target || markets[market].hasWaiting
            markets[market].walk(to: step, renews: renews)
            if markets[market].hasWaiting {
                let reached = Moment(microseconds: step * Market.stepMicroseconds)
                sweep(market, at: min(reached, moment))
            }
        }
    }

    /// Opens, closes or begins a new day where the moment calls for it.
    private mutating func turn(at moment: Moment) {
        let opens = hours.isOpen(at: moment)
        let today = moment.indianDay
        guard opens != isOpen || today != day else { return }
        if isOpen, !opens || today != day { expireAll(at: moment) }
        if today != day {
            day = today
            beginDay()
        }
        isOpen = opens
        if opens { sendAfterMarketOrders(at: moment) }
    }

    /// At the close every order that came to the exchange and is not filled lapses.
    private mutating func expireAll(at moment: Moment) {
        for index in orders.indices
        where orders[index].state == .pending || orders[index].state == .partTraded {
            close(index, as: .expired, .expired, at: moment)
        }
    }

    private mutating func sendAfterMarketOrders(at moment: Moment) {
        let waiting = afterMarket
        afterMarket.removeAll()
        for index in waiting where orders[index].state == .transit {
            enter(index, at: moment)
        }
    }

    /// Yesterday's deliveries become holdings and all other positions end.
    private mutating func beginDay() {
        for index in markets.indices { markets[index].beginDay() }
        for account in accounts.indices where !accounts[account].positions.isEmpty {
            for (key, position) in accounts[account].positions where key.product == .delivery {
                deliver(account, key.instrument, position)
            }
            let delivered = accounts[account].positions
            accounts[account].positions = [:]
            let kept = delivered.filter { $0.key.product == .delivery }
            let paid = kept.values.reduce(Rupees.zero) { $0 + $1.consumed(.delivery) }
            let earned = delivered.filter { $0.key.product != .delivery }.values
                .reduce(Rupees.zero) { $0 + $1.realized }
            accounts[account].utilized = .zero
            if let funds = accounts[account].openingFunds {
                accounts[account].openingFunds = funds - paid + earned
            }
        }
    }

    private mutating func deliver(_ account: Int, _ instrument: Int, _ position: Position) {
        let old =
            accounts[account].holdings[instrument] ?? Holding(quantity: 0, averagePrice: .zero)
        let quantity = old.quantity + position.net
        guard quantity > 0 else {
            accounts[account].holdings[instrument] = nil
            return
        }
        let bought = max(position.net, 0)
        let value = old.averagePrice * old.quantity + position.buyAverage * bought
        let average = bought > 0 ? value.divided(by: old.quantity + bought) : old.averagePrice
        accounts[account].holdings[instrument] = Holding(quantity: quantity, averagePrice: average)
    }
}
