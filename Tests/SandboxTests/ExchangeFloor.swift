import Exchange

/// An exchange with one share whose market stands still, and a clock that the test moves.
struct ExchangeFloor {
    static let opening = Moment(rfc3339: "2026-11-20T10:00:00+05:30") ?? Moment(microseconds: 0)

    var exchange: Exchange
    var now = Self.opening
    let share: Int
    let client: Int
    let other: Int

    init(
        seed: UInt64 = 42,
        price: Rupees = Rupees(100),
        depth: Int64? = 0,
        isFrozen: Bool = true,
        lot: Int64 = 1,
        freezeQuantity: Int64 = 1_000,
        hours: TradingHours = .alwaysOpen
    ) {
        let instrument = Instrument(
            key: InstrumentKey(segment: .nseEquity, token: 7),
            symbol: "SEVEN",
            name: "Seven",
            isin: "INE000000007",
            lot: lot,
            tick: Rupees(tenThousandths: 500),
            freezeQuantity: freezeQuantity,
            circuitBasisPoints: 1_000,
            previousClose: price
        )
        exchange = Exchange(seed: seed, instruments: [instrument], hours: hours, at: now)
        share = 0
        client = exchange.account(AccountName(broker: "test", client: "A"))
        other = exchange.account(AccountName(broker: "test", client: "B"))
        exchange.set(share, isFrozen: isFrozen, depth: depth, at: now)
    }

    /// Places an order and gives it back as it stands afterwards.
    mutating func place(
        _ side: Side,
        _ quantity: Int64,
        at price: String? = nil,
        trigger: String? = nil,
        account: Int? = nil,
        product: Product = .delivery,
        validity: Validity = .day,
        reference: String? = nil,
        afterMarket: Bool = false
    ) -> Order {
        let isStop = trigger != nil
        var request = OrderRequest(
            account: account ?? client,
            reference: reference,
            instrument: share,
            side: side,
            product: product,
            kind: price == nil ? (isStop ? .stopMarket : .market) : (isStop ? .stopLimit : .limit),
            validity: validity,
            quantity: quantity,
            price: price.flatMap { Rupees(decimal: $0) } ?? .zero,
            trigger: trigger.flatMap { Rupees(decimal: $0) } ?? .zero
        )
        request.isAfterMarket = afterMarket
        let number = exchange.place(request, at: now)
        guard let order = exchange.order(number) else {
            preconditionFailure("an order that was just placed is not there")
        }
        return order
    }

    func order(_ order: Order?) -> Order? {
        order.flatMap { exchange.order($0.number) }
    }

    mutating func wait(seconds: Int64) {
        now = now.advanced(byMilliseconds: seconds * 1_000)
        exchange.advance(to: now)
    }

    func trades(of order: Order?) -> [Trade] {
        (self.order(order)?.trades ?? []).compactMap { exchange.trade($0) }
    }
}

func rupees(_ text: String) -> Rupees { Rupees(decimal: text) ?? .zero }
