extension Exchange {
    /// Money an order needs beyond what the account has in it already.
    ///
    /// A market order is counted at the price it would meet now.
    package func moneyNeeded(_ order: Order) -> Rupees {
        let market = markets[order.instrument]
        return moneyNeeded(
            account: order.account,
            instrument: order.instrument,
            side: order.side,
            product: order.product,
            quantity: order.quantity,
            price: order.kind.isMarket ? market.lastPrice : order.price
        )
    }

    package func moneyNeeded(
        account: Int,
        instrument: Int,
        side: Side,
        product: Product,
        quantity: Int64,
        price: Rupees
    ) -> Rupees {
        if product == .delivery {
            return side == .buy ? price * quantity : .zero
        }
        let key = PositionKey(instrument: instrument, product: product)
        let net = accounts[account].positions[key]?.net ?? 0
        let closing = side == .buy ? max(-net, 0) : max(net, 0)
        let opening = max(quantity - closing, 0)
        return (price * opening).part(basisPoints: product.marginBasisPoints)
    }

    /// Sets aside the money or the shares that an order will need.
    mutating func block(_ index: Int) {
        let order = orders[index]
        let needed = moneyNeeded(order)
        orders[index].blocked = needed
        accounts[order.account].blocked += needed
        if order.product == .delivery, order.side == .sell {
            accounts[order.account].promised[order.instrument, default: 0] += order.quantity
        }
    }

    /// Frees what is still set aside for an order that has ended.
    mutating func release(_ index: Int) {
        let order = orders[index]
        guard order.state.isOpen || order.state == .traded else { return }
        accounts[order.account].blocked -= order.blocked
        orders[index].blocked = .zero
        if order.product == .delivery, order.side == .sell, order.rejection == nil {
            accounts[order.account].promised[order.instrument, default: 0] -=
                order.quantity - order.filled
        }
    }

    /// Moves one fill from what was set aside into the position.
    mutating func settle(_ index: Int, _ quantity: Int64, at price: Rupees) {
        let order = orders[index]
        let missing = order.quantity - order.filled + quantity
        let freed = Rupees(
            tenThousandths: order.blocked.tenThousandths / missing * quantity
        )
        orders[index].blocked -= freed
        accounts[order.account].blocked -= freed
        if order.product == .delivery, order.side == .sell {
            accounts[order.account].promised[order.instrument, default: 0] -= quantity
        }
        let key = PositionKey(instrument: order.instrument, product: order.product)
        change(order.account, key) { position in
            if order.side == .buy {
                position.buyQuantity += quantity
                position.buyValue += price * quantity
            } else {
                position.sellQuantity += quantity
                position.sellValue += price * quantity
            }
        }
    }

    /// Changes a position and with it the money in use.
    private mutating func change(
        _ account: Int,
        _ key: PositionKey,
        _ edit: (inout Position) -> Void
    ) {
        var position = accounts[account].positions[key] ?? Position()
        let before = position.consumed(key.product)
        edit(&position)
        accounts[account].positions[key] = position
        accounts[account].utilized += position.consumed(key.product) - before
    }

    /// Moves part of an open position to another product, at its average price.
    ///
    /// - Returns: whether there was that much to move.
    package mutating func convert(
        account: Int,
        instrument: Int,
        from: Product,
        to: Product,
        quantity: Int64
    ) -> Bool {
        let source = PositionKey(instrument: instrument, product: from)
        let target = PositionKey(instrument: instrument, product: to)
        guard let held = accounts[account].positions[source], from != to, quantity > 0,
            abs(held.net) >= quantity
        else { return false }
        let isLong = held.net > 0
        let value = (isLong ? held.buyAverage : held.sellAverage) * quantity
        change(account, source) { position in
            if isLong {
                position.buyQuantity -= quantity
                position.buyValue -= value
            } else {
                position.sellQuantity -= quantity
                position.sellValue -= value
            }
        }
        change(account, target) { position in
            if isLong {
                position.buyQuantity += quantity
                position.buyValue += value
            } else {
                position.sellQuantity += quantity
                position.sellValue += value
            }
        }
        return true
    }

    /// Cancels every open order of an account and closes every open position at the market.
    ///
    /// What is larger than the freeze quantity is closed in slices.
    /// - Returns: the numbers of the closing orders.
    package mutating func exitAll(
        account: Int,
        of products: Set<Product> = Set(Product.allCases),
        at moment: Moment
    ) -> [Int] {
        for number in accounts[account].orders {
            guard let known = order(number), known.state.isOpen, products.contains(known.product)
            else { continue }
            close(number - firstOrder, as: .cancelled, .cancelled, at: moment)
        }
        let open = accounts[account].positions
            .filter { $0.value.net != 0 && products.contains($0.key.product) }
            .sorted { ($0.key.instrument, $0.value.net) < ($1.key.instrument, $1.value.net) }
        var closing: [Int] = []
        for (key, position) in open {
            let instrument = markets[key.instrument].instrument
            let most = instrument.freezeQuantity - instrument.freezeQuantity % instrument.lot
            var missing = abs(position.net)
            while missing > 0 {
                let request = OrderRequest(
                    account: account,
                    instrument: key.instrument,
                    side: position.net > 0 ? .sell : .buy,
                    product: key.product,
                    kind: .market,
                    quantity: min(missing, most)
                )
                missing -= request.quantity
                closing.append(place(request, at: moment))
            }
        }
        return closing
    }
}
