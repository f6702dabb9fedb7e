import Testing
import Trading

@Suite("Bulk trades held against the order book")
struct DepthCheckTests {
    private static func level(_ rupees: String, _ quantity: Int64) -> MarketDepth.Level {
        MarketDepth.Level(
            price: Price(rupees: rupees) ?? Price(raw: 0),
            quantity: Quantity(quantity)
        )
    }

    /// Bids of 100, 200 and asks of 300, 400 shares, written worst first.
    private static let depth = MarketDepth(
        bids: [level("2949.00", 200), level("2949.50", 100)],
        asks: [level("2951.00", 400), level("2950.50", 300)],
        lastPrice: Price(rupees: "2950.00")
    )

    private static func order(_ side: Side, price: String? = nil, trigger: String? = nil) throws
        -> OrderTerms
    {
        let type: OrderType = trigger != nil ? .stopLimit : price != nil ? .limit : .market
        return try terms(side, type, of: try share(), price: price, trigger: trigger)
    }

    @Test("Levels come best first, five at the most, and none is empty")
    func levels() {
        let many = (1...7).map { Self.level("\($0).00", $0 == 6 ? 0 : 1) }
        let depth = MarketDepth(bids: many, asks: many, lastPrice: nil)
        #expect(depth.bids.map(\.price.raw) == [70_000, 50_000, 40_000, 30_000, 20_000])
        #expect(depth.asks.map(\.price.raw) == [10_000, 20_000, 30_000, 40_000, 50_000])
    }

    @Test(
        "What stands against a side is counted up to the limit, that price included",
        arguments: [
            (Side.buy, nil, 700), (.buy, "2951.00", 700), (.buy, "2950.95", 300),
            (.buy, "2950.50", 300), (.buy, "2950.45", 0), (.sell, nil, 300),
            (.sell, "2949.00", 300), (.sell, "2949.05", 100), (.sell, "2949.55", 0),
        ] as [(Side, String?, Int64)]
    )
    func shown(_ side: Side, _ limit: String?, _ quantity: Int64) {
        let limit = limit.flatMap { Price(rupees: $0) }
        #expect(Self.depth.quantity(facing: side, within: limit) == Quantity(quantity))
    }

    @Test(
        "A trade fits, is too large, reaches nothing, or meets nobody",
        arguments: [
            (Side.buy, nil, 700, .fits), (.buy, nil, 701, .tooLarge), (.buy, nil, 0, .fits),
            (.buy, "2950.50", 301, .tooLarge), (.buy, "2950.00", 1, .nothingWithinLimit),
            (.sell, "2949.50", 100, .fits), (.sell, "2960.00", 1, .nothingWithinLimit),
        ] as [(Side, String?, Int64, DepthCheck.Standing)]
    )
    func standing(_ side: Side, _ price: String?, _ needed: Int64, _ standing: DepthCheck.Standing)
        throws
    {
        let terms = try Self.order(side, price: price)
        let check = DepthCheck(terms, needed: Quantity(needed), in: Self.depth)
        #expect(check.standing == standing)
        #expect((check.warning(for: terms) == nil) == (standing == .fits))
    }

    @Test("Where nobody stands, or nobody tells, or a trigger is waited for, it is said so")
    func others() throws {
        let terms = try Self.order(.buy)
        let empty = MarketDepth(bids: [Self.level("1.00", 1)], asks: [], lastPrice: nil)
        let nobody = DepthCheck(terms, needed: Quantity(1), in: empty)
        #expect(nobody.standing == .nobodyThere && nobody.shown == .zero && nobody.times == nil)
        let unknown = DepthCheck(terms, needed: Quantity(1), in: nil)
        #expect(unknown.standing == .unknown && unknown.shown == nil && unknown.times == nil)
        let stop = try Self.order(.buy, price: "3001.00", trigger: "3000.00")
        let waiting = DepthCheck(stop, needed: Quantity(1), in: Self.depth)
        #expect(waiting.standing == .waitsForTrigger)
        for (check, terms) in [(nobody, terms), (unknown, terms), (waiting, stop)] {
            #expect(check.warning(for: terms) != nil)
        }
    }

    @Test("How many times the book is needed is rounded up, and told with the limit")
    func times() throws {
        let terms = try Self.order(.sell, price: "2949.50")
        let check = DepthCheck(terms, needed: Quantity(12_001), in: Self.depth)
        #expect(check.times == "120.1")
        #expect(
            check.warning(for: terms)
                == "The trade's 12001 shares are 120.1 times the 100 that the best levels of the "
                + "order book show wanted at ₹2949.50 or more."
        )
        let market = try Self.order(.buy)
        let slight = DepthCheck(market, needed: Quantity(701), in: Self.depth)
        #expect(slight.times == "1.1")
        #expect(slight.warning(for: market)?.hasSuffix("show offered.") == true)
        // The largest that can be asked for, of the least that can stand.
        let one = MarketDepth(bids: [], asks: [Self.level("1.00", 1)], lastPrice: nil)
        let most = Quantity(Quantity.limit.raw * 1_000_000)
        #expect(DepthCheck(market, needed: most, in: one).times == "\(most).0")
    }
}
