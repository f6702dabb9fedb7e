extension Exchange {
    /// Trades an order against whatever is better: our own waiting orders or the world's liquidity.
    ///
    /// At equal prices our own waiting orders come first. The price is that of the waiting side.
    mutating func match(_ index: Int, at moment: Moment) {
        let side = orders[index].side
        let market = orders[index].instrument
        let limit = orders[index].limit
        while orders[index].state.isOpen {
            let own = waiting(market, against: side)
            let world = markets[market].liquidity.best(against: side)
            let missing = orders[index].quantity - orders[index].filled
            let ownIsBetter = own.map { own in world.map { !isBetter($0, own.price, side) } ?? true
            }
            if let own, ownIsBetter == true {
                guard !isBetter(limit, own.price, side) else { return }
                let other = orders[own.index]
                let quantity = min(missing, other.quantity - other.filled)
                fill(own.index, quantity, at: own.price, moment)
                fill(index, quantity, at: own.price, moment)
                markets[market].traded(at: own.price, quantity: quantity, at: moment)
            } else if let world {
                guard !isBetter(limit, world, side) else { return }
                let quantity = markets[market].liquidity.take(missing, against: side)
                fill(index, quantity, at: world, moment)
                markets[market].traded(at: world, quantity: quantity, at: moment)
            } else {
                return
            }
        }
    }

    /// After the price has moved: stops fire, and waiting orders meet liquidity that came to them.
    ///
    /// A waiting order trades at its own price: it is the world that crosses over to it.
    mutating func sweep(_ market: Int, at moment: Moment) {
        for side in [Side.buy, .sell] {
            while let own = waiting(market, against: side.opposite),
                let world = markets[market].liquidity.best(against: side),
                !isBetter(own.price, world, side)
            {
                let missing = orders[own.index].quantity - orders[own.index].filled
                let quantity = markets[market].liquidity.take(missing, against: side)
                fill(own.index, quantity, at: own.price, moment)
                markets[market].traded(at: own.price, quantity: quantity, at: moment)
            }
        }
        fireStops(market, at: moment)
        fireConditionals(market, at: moment)
    }

    /// Sends on the stop orders whose trigger the last price has reached, until none is left.
    mutating func fireStops(_ market: Int, at moment: Moment) {
        while true {
            let last = markets[market].lastPrice
            if let price = markets[market].buyStops.bestPrice, price <= last,
                let index = head(market, \.buyStops)
            {
                leaveQueue(index)
                go(index, at: moment)
            } else if let price = markets[market].sellStops.bestPrice, price >= last,
                let index = head(market, \.sellStops)
            {
                leaveQueue(index)
                go(index, at: moment)
            } else {
                return
            }
        }
    }

    /// Puts an order at the end of the queue of its price or trigger.
    mutating func queue(_ index: Int) {
        orders[index].place = nextPlace
        nextPlace &+= 1
        let entry = PriceQueue.Entry(order: index, place: orders[index].place)
        let (path, price) = seat(orders[index])
        markets[orders[index].instrument][keyPath: path].add(entry, at: price)
    }

    mutating func leaveQueue(_ index: Int) {
        guard orders[index].place != 0 else { return }
        let (path, price) = seat(orders[index])
        orders[index].place = 0
        markets[orders[index].instrument][keyPath: path].forget(at: price)
    }

    /// The oldest of our orders at the best price that an order of this side could meet.
    private mutating func waiting(_ market: Int, against side: Side) -> (index: Int, price: Rupees)?
    {
        let path: WritableKeyPath<Market, PriceQueue> = side == .buy ? \.asks : \.bids
        guard let price = markets[market][keyPath: path].bestPrice,
            let index = head(market, path)
        else { return nil }
        return (index, price)
    }

    private mutating func head(_ market: Int, _ path: WritableKeyPath<Market, PriceQueue>) -> Int? {
        let orders = orders
        return markets[market][keyPath: path].head { orders[$0.order].place == $0.place }
    }

    /// Which queue an order waits in, and under which price.
    private func seat(_ order: Order) -> (WritableKeyPath<Market, PriceQueue>, Rupees) {
        switch (order.side, order.isArmed) {
        case (.buy, true): (\.buyStops, order.trigger)
        case (.sell, true): (\.sellStops, order.trigger)
        case (.buy, false): (\.bids, order.limit)
        case (.sell, false): (\.asks, order.limit)
        }
    }

    /// Whether the first price is strictly better for somebody of this side who has to pay it.
    private func isBetter(_ first: Rupees, _ second: Rupees, _ side: Side) -> Bool {
        side == .buy ? first < second : first > second
    }

    private mutating func fill(_ index: Int, _ quantity: Int64, at price: Rupees, _ moment: Moment)
    {
        let number = firstTrade + trades.count
        trades.append(
            Trade(
                number: number,
                order: orders[index].number,
                quantity: quantity,
                price: price,
                at: moment
            )
        )
        orders[index].trades.append(number)
        orders[index].filled += quantity
        orders[index].filledValue += price * quantity
        orders[index].lastFillPrice = price
        orders[index].updatedAt = moment
        let isDone = orders[index].filled == orders[index].quantity
        orders[index].state = isDone ? .traded : .partTraded
        settle(index, quantity, at: price)
        if isDone {
            leaveQueue(index)
            release(index)
        }
        note(isDone ? .traded : .partTraded, index, at: moment)
    }
}
