import Exchange
import Testing

@Suite struct MatchingTests {
    @Test func `the better price trades first, then the older order`() {
        var floor = ExchangeFloor()
        let old = floor.place(.buy, 10, at: "99.50")
        let young = floor.place(.buy, 10, at: "99.50")
        let better = floor.place(.buy, 10, at: "99.60")
        let sale = floor.place(.sell, 25, at: "99.00", account: floor.other)

        #expect(floor.order(sale)?.state == .traded)
        #expect(floor.order(better)?.filled == 10)
        #expect(floor.order(old)?.filled == 10)
        #expect(floor.order(young)?.filled == 5)
        #expect(floor.order(young)?.state == .partTraded)
        #expect(floor.trades(of: sale).map(\.price) == ["99.60", "99.50", "99.50"].map(rupees))
    }

    @Test func `a modified price loses its place, a smaller quantity keeps it`() throws {
        var floor = ExchangeFloor()
        let first = floor.place(.buy, 10, at: "99.50")
        let second = floor.place(.buy, 10, at: "99.50")
        let third = floor.place(.buy, 10, at: "99.50")
        for price in ["99.45", "99.50"] {
            try floor.exchange.modify(first.number, change(10, price), at: floor.now)
        }
        try floor.exchange.modify(second.number, change(6, "99.50"), at: floor.now)
        _ = floor.place(.sell, 16, at: "99.50", account: floor.other)

        #expect(floor.order(second)?.state == .traded)
        #expect(floor.order(third)?.state == .traded)
        #expect(floor.order(first)?.filled == 0)
    }

    @Test func `an order larger than the depth is part filled and waits`() {
        var floor = ExchangeFloor(depth: 10)
        let order = floor.place(.buy, 25, at: "100.00")
        #expect(order.state == .partTraded)
        #expect(order.filled == 10)
        floor.wait(seconds: 5)
        #expect(floor.order(order)?.filled == 10)

        floor.exchange.set(floor.share, depth: 10, at: floor.now)
        #expect(floor.order(order)?.filled == 20)
        floor.exchange.set(floor.share, depth: 10, at: floor.now)
        #expect(floor.order(order)?.state == .traded)
    }

    @Test func `a market order climbs the levels but not beyond its protection band`() {
        var floor = ExchangeFloor(depth: 40, freezeQuantity: 100_000)
        let small = floor.place(.buy, 100)
        #expect(small.state == .traded)
        #expect(floor.trades(of: small).map(\.price) == ["100.00", "100.05", "100.10"].map(rupees))
        let large = floor.place(.buy, 50_000)
        #expect(large.state == .partTraded)
        for trade in floor.trades(of: large) { #expect(trade.price <= rupees("103.10")) }
    }

    @Test func `ten thousand market orders of a few shares all fill at once`() {
        var floor = ExchangeFloor(depth: nil, isFrozen: false)
        for number in 0..<10_000 {
            let order = floor.place(number % 2 == 0 ? .buy : .sell, Int64(1 + number % 9))
            #expect(order.state == .traded)
        }
    }

    @Test func `an immediate order leaves nothing behind`() {
        var floor = ExchangeFloor(depth: 10)
        let part = floor.place(.buy, 15, at: "100.00", validity: .immediateOrCancel)
        #expect(part.state == .cancelled)
        #expect(part.filled == 10)
        let none = floor.place(.buy, 15, at: "95.00", validity: .immediateOrCancel)
        #expect(none.state == .cancelled)
        #expect(none.filled == 0)
    }

    @Test func `a stop waits for its trigger and then becomes what it is`() {
        var floor = ExchangeFloor(depth: 100)
        let loss = floor.place(.sell, 10, at: "97.90", trigger: "98.00")
        let market = floor.place(.sell, 10, trigger: "98.00")
        let entry = floor.place(.buy, 10, trigger: "104.00")
        #expect([loss, market, entry].allSatisfy { $0.state == .pending })

        floor.exchange.set(floor.share, price: rupees("98.50"), at: floor.now)
        #expect(floor.order(loss)?.state == .pending)
        floor.exchange.set(floor.share, price: rupees("98.00"), at: floor.now)
        #expect(floor.order(loss)?.state == .traded)
        #expect(floor.order(market)?.state == .traded)
        #expect(floor.order(entry)?.state == .pending)
        floor.exchange.set(floor.share, price: rupees("104.50"), at: floor.now)
        #expect(floor.order(entry)?.averagePrice == rupees("104.50"))
    }

    @Test func `a waiting order trades at its own price when the market comes to it`() {
        var floor = ExchangeFloor(depth: 100)
        let order = floor.place(.buy, 10, at: "99.00")
        floor.exchange.set(floor.share, price: rupees("98.00"), at: floor.now)
        #expect(floor.trades(of: order).map(\.price) == [rupees("99.00")])
    }

    @Test func `a cancelled order never trades and cannot be cancelled twice`() throws {
        var floor = ExchangeFloor()
        let order = floor.place(.buy, 10, at: "99.00")
        try floor.exchange.cancel(order.number, at: floor.now)
        #expect(throws: ChangeRefusal.notOpen(.cancelled)) {
            try floor.exchange.cancel(order.number, at: floor.now)
        }
        let sale = floor.place(.sell, 10, at: "99.00", account: floor.other)
        #expect(floor.order(order)?.filled == 0)
        #expect(floor.order(sale)?.state == .pending)
    }

    @Test func `an order is modified twenty five times and no more`() throws {
        var floor = ExchangeFloor()
        let order = floor.place(.buy, 10, at: "99.00")
        for quantity in 11...35 {
            try floor.exchange.modify(order.number, change(Int64(quantity), "99.00"), at: floor.now)
        }
        #expect(throws: ChangeRefusal.tooManyModifications) {
            try floor.exchange.modify(order.number, change(9, "99.00"), at: floor.now)
        }
        #expect(floor.order(order)?.quantity == 35)
    }

    @Test func `a modification that breaks a rule leaves the order as it was`() throws {
        var floor = ExchangeFloor(depth: 5)
        let order = floor.place(.buy, 10, at: "100.00")
        #expect(throws: ChangeRefusal.belowFilled) {
            try floor.exchange.modify(order.number, change(5, "100.00"), at: floor.now)
        }
        #expect(throws: ChangeRefusal.self) {
            try floor.exchange.modify(order.number, change(10, "100.01"), at: floor.now)
        }
        #expect(floor.order(order)?.price == rupees("100.00"))
        #expect(floor.order(order)?.state == .partTraded)
    }

    private func change(_ quantity: Int64, _ price: String) -> OrderChange {
        OrderChange(
            kind: .limit,
            validity: .day,
            quantity: quantity,
            disclosed: 0,
            price: rupees(price),
            trigger: .zero
        )
    }
}
