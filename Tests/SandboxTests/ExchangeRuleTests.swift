import Exchange
import Testing

@Suite struct ExchangeRuleTests {
    @Test(
        arguments: [
            ("100.02", 10, "16283"), ("111.00", 10, "17070"), ("89.00", 10, "17070"),
            ("100.00", 7, "16419"), ("100.00", 1_010, "16793"),
        ] as [(String, Int64, String)]
    )
    func `an order that breaks a rule of the exchange is taken and then rejected`(
        price: String,
        quantity: Int64,
        code: String
    ) {
        var floor = ExchangeFloor(depth: 5_000, lot: 5)
        let order = floor.place(.buy, quantity, at: price)
        #expect(order.state == .rejected)
        #expect(order.rejection?.code == code)
        #expect(order.filled == 0)
    }

    @Test func `a purchase beyond the funds is rejected and takes nothing`() {
        var floor = ExchangeFloor(depth: 1_000)
        floor.exchange.equip(floor.client, funds: Rupees(1_000), holdings: nil)
        let dear = floor.place(.buy, 11, at: "100.00")
        #expect(dear.state == .rejected)
        #expect(dear.rejection?.text.contains("Required:1100.00,Available:1000.00") == true)
        let fits = floor.place(.buy, 10, at: "100.00")
        #expect(fits.state == .traded)
        #expect(floor.exchange.accounts[floor.client].available == .zero)
        let intraday = floor.place(.buy, 1, at: "100.00", product: .intraday)
        #expect(intraday.state == .rejected)
    }

    @Test func `funds are set aside while an order waits and come back when it is cancelled`()
        throws
    {
        var floor = ExchangeFloor()
        floor.exchange.equip(floor.client, funds: Rupees(1_000), holdings: nil)
        let order = floor.place(.buy, 10, at: "99.00")
        #expect(floor.exchange.accounts[floor.client].available == Rupees(10))
        try floor.exchange.cancel(order.number, at: floor.now)
        #expect(floor.exchange.accounts[floor.client].available == Rupees(1_000))
    }

    @Test func `a delivery sale needs the shares, counted with what is promised already`() {
        var floor = ExchangeFloor()
        let held = [floor.share: Holding(quantity: 10, averagePrice: Rupees(90))]
        floor.exchange.equip(floor.client, funds: nil, holdings: held)
        let states = [
            floor.place(.sell, 6, at: "101.00"), floor.place(.sell, 5, at: "101.00"),
            floor.place(.sell, 4, at: "101.00"),
            floor.place(.sell, 1, at: "101.00", product: .intraday),
        ].map(\.state)
        #expect(states == [.pending, .rejected, .pending, .pending])
    }

    @Test func `an after market order waits for the opening`() {
        var floor = ExchangeFloor(depth: 100)
        floor.exchange.setHours(.alwaysClosed, at: floor.now)
        let order = floor.place(.buy, 10, at: "100.00", afterMarket: true)
        #expect(order.state == .transit)
        floor.wait(seconds: 60)
        #expect(floor.order(order)?.state == .transit)
        floor.exchange.setHours(.alwaysOpen, at: floor.now)
        #expect(floor.order(order)?.state == .traded)
    }

    @Test func `a day order expires at the close`() {
        var floor = ExchangeFloor(depth: 5, hours: .exchange)
        let waiting = floor.place(.buy, 10, at: "99.00")
        let part = floor.place(.buy, 10, at: "100.00")
        floor.wait(seconds: 19_000)
        #expect(floor.order(waiting)?.state == .pending)
        floor.wait(seconds: 1_000)
        #expect(floor.order(waiting)?.state == .expired)
        #expect(floor.order(part)?.state == .expired)
        #expect(floor.order(part)?.filled == 5)
        #expect(!floor.exchange.isOpen)
    }

    @Test func `the next day purchases are holdings and positions are gone`() {
        var floor = ExchangeFloor(depth: 100)
        floor.exchange.equip(floor.client, funds: Rupees(10_000), holdings: [:])
        _ = floor.place(.buy, 10, at: "100.00")
        floor.wait(seconds: 86_400)
        let account = floor.exchange.accounts[floor.client]
        #expect(account.positions.isEmpty)
        #expect(account.holdings[floor.share] == Holding(quantity: 10, averagePrice: Rupees(100)))
        #expect(account.available == Rupees(9_000))
    }

    @Test func `a tag may be booked twice, and both bookings are counted`() {
        var floor = ExchangeFloor()
        _ = floor.place(.buy, 1, at: "99.00", reference: "same")
        let second = floor.place(.buy, 2, at: "99.00", reference: "same")
        _ = floor.place(.buy, 1, at: "99.00", account: floor.other, reference: "same")
        let found = floor.exchange.order(account: floor.client, reference: "same")
        #expect(found?.number == second.number)
        #expect(floor.exchange.references == (booked: 2, duplicated: 1))
    }

    @Test func `forgetting puts funds back and never uses a number twice`() {
        var floor = ExchangeFloor(depth: 100)
        floor.exchange.equip(floor.client, funds: Rupees(1_000), holdings: nil)
        let before = floor.place(.buy, 10, at: "100.00")
        _ = floor.place(.sell, 10, at: "101.00")
        floor.exchange.forget()
        #expect(floor.exchange.orderNumbers.isEmpty)
        #expect(floor.exchange.accounts[floor.client].available == Rupees(1_000))
        let after = floor.place(.buy, 1, at: "99.00")
        #expect(after.number > before.number)
        #expect(after.state == .pending)
    }

    @Test func `leaving the day cancels what waits and closes what is open`() {
        var floor = ExchangeFloor(depth: 100, freezeQuantity: 8)
        for _ in 0..<2 { _ = floor.place(.buy, 5, at: "100.00", product: .intraday) }
        let waiting = floor.place(.buy, 5, at: "99.00")
        let closing = floor.exchange.exitAll(account: floor.client, at: floor.now)
        #expect(closing.compactMap { floor.exchange.order($0)?.quantity } == [8, 2])
        #expect(floor.order(waiting)?.state == .cancelled)
        #expect(floor.exchange.accounts[floor.client].positions.values.allSatisfy { $0.net == 0 })
    }

    @Test func `a position is converted with its average price and never more than there is`() {
        var floor = ExchangeFloor(depth: 100)
        _ = floor.place(.buy, 10, at: "100.00", product: .intraday)
        let done = [11, 4].map { quantity in
            floor.exchange.convert(
                account: floor.client,
                instrument: floor.share,
                from: .intraday,
                to: .delivery,
                quantity: quantity
            )
        }
        #expect(done == [false, true])
        let nets = floor.exchange.accounts[floor.client].positions
        #expect(
            nets.map { "\($0.key.product) \($0.value.net)" }.sorted() == [
                "delivery 4", "intraday 6",
            ]
        )
    }
}
