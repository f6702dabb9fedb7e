import Exchange
import Testing

/// Long random stories: what must hold whatever is placed, changed and cancelled.
@Suite struct ExchangePropertyTests {
    @Test(arguments: [1, 2, 3, 5, 8, 13, 21, 34] as [UInt64])
    func `quantities are conserved and no order trades beyond its limit`(seed: UInt64) {
        let floor = story(seed: seed)
        var traded: [Int: Int64] = [:]
        for trade in floor.exchange.trades {
            traded[trade.order, default: 0] += trade.quantity
            let order = floor.exchange.order(trade.order)
            if order?.kind == .limit || order?.kind == .stopLimit, order?.modifications == 0 {
                let limit = order?.price ?? .zero
                #expect(order?.side == .buy ? trade.price <= limit : trade.price >= limit)
            }
            let market = floor.exchange.instrument(floor.share)
            #expect(trade.price >= market.lowerCircuit && trade.price <= market.upperCircuit)
            #expect(trade.price.isMultiple(of: market.tick))
        }
        var bought: Int64 = 0
        for number in floor.exchange.orderNumbers {
            guard let order = floor.exchange.order(number) else { continue }
            #expect(order.filled == traded[number, default: 0])
            #expect(order.filled <= order.quantity)
            #expect((order.state == .traded) == (order.filled == order.quantity))
            #expect(order.state != .rejected || order.filled == 0)
            #expect(order.state != .pending || order.filled == 0)
            #expect(order.state != .partTraded || order.filled > 0)
            bought += order.side == .buy ? order.filled : -order.filled
        }
        let net = floor.exchange.accounts.flatMap(\.positions.values).reduce(0) { $0 + $1.net }
        #expect(net == bought)
        #expect(floor.exchange.trades.count > 200)
    }

    @Test(arguments: [1, 2, 3, 5] as [UInt64])
    func `money set aside is that of the open orders and none other`(seed: UInt64) {
        var floor = story(seed: seed)
        for account in floor.exchange.accounts {
            #expect(account.blocked >= .zero)
            #expect(account.promised.values.allSatisfy { $0 >= 0 })
        }
        for number in floor.exchange.orderNumbers {
            try? floor.exchange.cancel(number, at: floor.now)
        }
        for account in floor.exchange.accounts {
            #expect(account.blocked == .zero)
            #expect(account.promised.values.allSatisfy { $0 == 0 })
        }
    }

    @Test func `the same seed and calls give the same story`() {
        let (first, second, third) = (story(seed: 7), story(seed: 7), story(seed: 8))
        #expect(lines(first) == lines(second))
        #expect(lines(first) != lines(third))
    }

    @Test func `nothing crosses: the best waiting buyer never pays the best waiting seller`() {
        var floor = story(seed: 4)
        let quote = floor.exchange.quote(floor.share, at: floor.now)
        if let bid = quote.bids.first, let ask = quote.asks.first { #expect(bid.price < ask.price) }
        #expect(!quote.bids.isEmpty && !quote.asks.isEmpty)
    }

    private func lines(_ floor: ExchangeFloor) -> [String] {
        floor.exchange.trades.map { "\($0.number) \($0.order) \($0.quantity) \($0.price) \($0.at)" }
    }

    /// Two clients place, modify and cancel some two thousand orders in a walking market.
    private func story(seed: UInt64) -> ExchangeFloor {
        var floor = ExchangeFloor(seed: seed, depth: 60, isFrozen: false)
        var chance = RandomStream(seed: seed, stream: 99)
        floor.exchange.equip(floor.client, funds: Rupees(2_000_000), holdings: nil)
        floor.exchange.equip(
            floor.other,
            funds: nil,
            holdings: [floor.share: Holding(quantity: 5_000, averagePrice: Rupees(90))]
        )
        var placed: [Int] = []
        for _ in 0..<2_000 {
            floor.wait(seconds: chance.below(2))
            let target = placed.isEmpty ? nil : placed[Int(chance.below(Int64(placed.count)))]
            switch chance.below(10) {
            case 0: target.map { try? floor.exchange.cancel($0, at: floor.now) }
            case 1: target.map { modify($0, &floor, &chance) }
            default: placed.append(floor.exchange.place(request(floor, &chance), at: floor.now))
            }
        }
        return floor
    }

    private func modify(_ number: Int, _ floor: inout ExchangeFloor, _ chance: inout RandomStream) {
        let change = OrderChange(
            kind: .limit,
            validity: .day,
            quantity: 1 + chance.below(200),
            disclosed: 0,
            price: price(&chance),
            trigger: .zero
        )
        try? floor.exchange.modify(number, change, at: floor.now)
    }

    private func request(_ floor: ExchangeFloor, _ chance: inout RandomStream) -> OrderRequest {
        let kinds: [OrderKind] = [.limit, .limit, .limit, .market, .stopLimit, .stopMarket]
        let products: [Product] = [.delivery, .intraday, .funded]
        let trigger = price(&chance)
        return OrderRequest(
            account: chance.below(2) == 0 ? floor.client : floor.other,
            reference: "r\(chance.below(500))",
            instrument: floor.share,
            side: chance.below(2) == 0 ? .buy : .sell,
            product: products[Int(chance.below(3))],
            kind: kinds[Int(chance.below(6))],
            validity: chance.below(5) == 0 ? .immediateOrCancel : .day,
            quantity: 1 + chance.below(200),
            price: chance.below(2) == 0 ? trigger : price(&chance),
            trigger: trigger
        )
    }

    /// From 97.00 to 103.00 in steps of a tick; now and then off the tick.
    private func price(_ chance: inout RandomStream) -> Rupees {
        let ticks = chance.below(121)
        let odd: Int64 = chance.below(40) == 0 ? 100 : 0
        return Rupees(tenThousandths: 970_000 + ticks * 500 + odd)
    }
}
