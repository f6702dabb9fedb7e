extension Exchange {
    /// Takes an order into the book and, while the market is open, to the exchange.
    ///
    /// Always gives a number: an order that breaks a rule is in the book as REJECTED, as at a
    /// real broker that answers first and checks later.
    package mutating func place(_ request: OrderRequest, at moment: Moment) -> Int {
        advance(request.instrument, to: moment)
        let index = orders.count
        let number = firstOrder + index
        orders.append(Order(number: number, request: request, at: moment))
        accounts[request.account].orders.append(number)
        if let reference = request.reference {
            let key = Reference(account: request.account, text: reference)
            let first = Booking(latest: number, count: 0)
            let step = request.isLaterSlice ? 0 : 1
            byReference[key, default: first].latest = number
            byReference[key, default: first].count += step
        }
        note(.received, index, at: moment)
        if let rejection = request.isDoomed ? Self.doom : reasonToReject(index) {
            reject(index, rejection, at: moment)
        } else {
            block(index)
            if request.isAfterMarket || !isOpen {
                afterMarket.append(index)
            } else {
                enter(index, at: moment)
            }
        }
        return number
    }

    private static let doom = Rejection(
        code: "17080",
        text: "EXCH:17080:The order was rejected by the exchange"
    )

    /// Sends an order to the exchange: it trades, waits or lapses.
    mutating func enter(_ index: Int, at moment: Moment) {
        orders[index].state = .pending
        orders[index].updatedAt = moment
        note(.confirmed, index, at: moment)
        if orders[index].isArmed {
            queue(index)
            return
        }
        go(index, at: moment)
        fireStops(orders[index].instrument, at: moment)
    }

    /// Puts an order whose trigger is met, or that has none, against the market.
    mutating func go(_ index: Int, at moment: Moment) {
        orders[index].isArmed = false
        orders[index].limit =
            orders[index].kind.isMarket
            ? markets[orders[index].instrument].protection(orders[index].side)
            : orders[index].price
        match(index, at: moment)
        guard orders[index].state.isOpen else { return }
        if orders[index].validity == .immediateOrCancel {
            close(index, as: .cancelled, .cancelled, at: moment)
        } else {
            queue(index)
        }
    }

    mutating func reject(_ index: Int, _ rejection: Rejection, at moment: Moment) {
        orders[index].rejection = rejection
        close(index, as: .rejected, .rejected, at: moment)
    }

    /// Ends an order before it is filled and frees what was set aside for it.
    mutating func close(
        _ index: Int,
        as state: OrderState,
        _ event: OrderEvent.Kind,
        at moment: Moment
    ) {
        leaveQueue(index)
        release(index)
        orders[index].state = state
        orders[index].updatedAt = moment
        note(event, index, at: moment)
    }

    /// The first rule of the broker or the exchange that the order breaks.
    func reasonToReject(_ index: Int) -> Rejection? {
        let order = orders[index]
        let market = markets[order.instrument]
        if let broken = brokenRule(
            market,
            order.side,
            order.kind,
            quantity: order.quantity,
            disclosed: order.disclosed,
            price: order.price,
            trigger: order.trigger
        ) {
            return broken
        }
        return brokenProductRule(order, market.instrument) ?? lackOfMeans(order)
    }

    /// The exchange's rules on quantities and prices.
    func brokenRule(
        _ market: Market,
        _ side: Side,
        _ kind: OrderKind,
        quantity: Int64,
        disclosed: Int64,
        price: Rupees,
        trigger: Rupees
    ) -> Rejection? {
        let instrument = market.instrument
        if quantity % instrument.lot != 0 {
            return Rejection(
                code: "16419",
                text: "EXCH:16419:Quantity is not a multiple of the lot size \(instrument.lot)"
            )
        }
        if quantity > instrument.freezeQuantity {
            return Rejection(
                code: "16793",
                text: "EXCH:16793:Quantity exceeds the freeze quantity \(instrument.freezeQuantity)"
            )
        }
        if disclosed > 0, disclosed > quantity || disclosed * 10 < quantity * 3 {
            return Rejection(
                code: "16420",
                text: "EXCH:16420:Disclosed quantity is less than 30% or more than the quantity"
            )
        }
        var prices: [Rupees] = []
        if !kind.isMarket { prices.append(price) }
        if kind.isStop { prices.append(trigger) }
        for price in prices {
            if !price.isMultiple(of: instrument.tick) {
                return Rejection(
                    code: "16283",
                    text: "EXCH:16283:The price is not a multiple of the tick size "
                        + instrument.tick.text(decimals: 2)
                )
            }
            if price < instrument.lowerCircuit || price > instrument.upperCircuit {
                return Rejection(
                    code: "17070",
                    text: "EXCH:17070:The Price is out of the current execution range "
                        + instrument.lowerCircuit.text(decimals: 2) + " to "
                        + instrument.upperCircuit.text(decimals: 2)
                )
            }
        }
        return kind.isStop
            ? brokenStopRule(market, side, kind, price: price, trigger: trigger) : nil
    }

    private func brokenStopRule(
        _ market: Market,
        _ side: Side,
        _ kind: OrderKind,
        price: Rupees,
        trigger: Rupees
    ) -> Rejection? {
        let isBehind = side == .buy ? trigger < market.lastPrice : trigger > market.lastPrice
        if isBehind {
            let word = side == .buy ? "greater" : "less"
            return Rejection(
                code: "RMS",
                text: "RMS:Trigger price should be \(word) than the last traded price"
            )
        }
        let isBeyond = side == .buy ? price < trigger : price > trigger
        if kind == .stopLimit, isBeyond {
            let word = side == .buy ? "less" : "greater"
            return Rejection(
                code: "RMS",
                text: "RMS:Limit price should not be \(word) than the trigger price"
            )
        }
        return nil
    }

    private func brokenProductRule(_ order: Order, _ instrument: Instrument) -> Rejection? {
        let isForShares = order.product == .delivery || order.product == .funded
        guard isForShares && !instrument.key.segment.isEquity else { return nil }
        return Rejection(code: "RMS", text: "RMS:Product type is not allowed in this segment")
    }

    /// Whether the account lacks the money or the shares.
    private func lackOfMeans(_ order: Order) -> Rejection? {
        let account = accounts[order.account]
        if let available = account.available {
            let needed = moneyNeeded(order)
            if needed > available {
                return Rejection(
                    code: "RMS",
                    text: "RMS:Margin Exceeds,Required:\(needed.text(decimals: 2)),"
                        + "Available:\(max(available, .zero).text(decimals: 2))"
                )
            }
        }
        let isDeliverySale = order.product == .delivery && order.side == .sell
        if isDeliverySale, account.checksHoldings,
            account.deliverable(order.instrument) < order.quantity
        {
            return Rejection(
                code: "RMS",
                text: "RMS:Insufficient holdings,Required:\(order.quantity),"
                    + "Available:\(max(account.deliverable(order.instrument), 0))"
            )
        }
        return nil
    }
}
