import Testing
import Trading

@Suite struct PriceTests {
    @Test(
        "Prices are read exactly to four decimals and print with two to four",
        arguments: [
            ("2950", 29_500_000, "2950.00"), ("2950.05", 29_500_500, "2950.05"),
            ("83.0025", 830_025, "83.0025"), ("0.0001", 1, "0.0001"),
            ("10000000", 100_000_000_000, "10000000.00"),
        ] as [(String, Int64, String)]
    )
    func readsAndPrints(text: String, raw: Int64, printed: String) throws {
        let price = try #require(Price(rupees: text))
        #expect(price.raw == raw)
        #expect(price.rupees == printed)
        #expect(price.description == "₹\(printed)")
    }

    @Test(
        "A price is positive, at most one crore, and no finer than four decimals",
        arguments: ["0", "-1", "10000000.0001", "0.00001", "market", ""]
    )
    func refuses(text: String) {
        #expect(Price(rupees: text) == nil)
    }

    @Test(
        "Cost is rounded up and value to the nearest paisa",
        arguments: [
            // Raw price, quantity, cost, value.
            (29_500_000, 8, 2_360_000, 2_360_000), (1, 1, 1, 0), (49, 1, 1, 0), (50, 1, 1, 1),
            (150, 1, 2, 2), (149, 1, 2, 1), (830_025, 3, 24_901, 24_901), (100, 0, 0, 0),
        ] as [(Int64, Int64, Int64, Int64)]
    )
    func rounding(raw: Int64, quantity: Int64, cost: Int64, value: Int64) {
        #expect(Price(raw: raw).cost(of: Quantity(quantity)).paise == cost)
        #expect(Price(raw: raw).value(of: Quantity(quantity)).paise == value)
    }

    @Test("The largest price times the largest quantity is more than anybody can pay, and no crash")
    func noOverflow() {
        let cost = Price.limit.cost(of: .limit)
        #expect(cost == .unpayable)
        #expect(cost > Money.limit)
        #expect(Price.limit.value(of: .limit) == .unpayable)
        #expect(Price(raw: .max).cost(of: Quantity(1)) == .unpayable)
    }

    @Test(
        "Raising goes up to a tick and lowering down to one",
        arguments: [
            ("100", 100, "0.05", "101.00", "99.00"), ("100.03", 100, "0.05", "101.05", "99.00"),
            ("2950", 1, "0.05", "2950.30", "2949.70"), ("0.05", 10_000, "0.05", "0.10", "0.00"),
            ("83.0025", 50, "0.0025", "83.42", "82.585"),
        ] as [(String, Int32, String, String, String)]
    )
    func collars(text: String, part: Int32, tick: String, raised: String, lowered: String) throws {
        let level = try price(text)
        let step = try price(tick)
        let up = level.raised(by: BasisPoints(part), tick: step)
        let down = level.lowered(by: BasisPoints(part), tick: step)
        #expect(Price(rupees: raised) == up)
        #expect((Price(rupees: lowered)?.raw ?? 0) == down.raw)
        #expect(up.isMultiple(of: step))
        #expect(down.isMultiple(of: step))
    }

    @Test("A raised price is never lower and a lowered one never higher, by at most part and tick")
    func collarsHold() {
        var random = Seeded(seed: 2)
        for _ in 0..<10_000 {
            let tick = Price(raw: Int64.random(in: 1...10_000, using: &random))
            let level = Price(raw: Int64.random(in: 1...Price.limit.raw, using: &random))
            let part = BasisPoints(Int32.random(in: 1...10_000, using: &random))
            let up = level.raised(by: part, tick: tick)
            let down = level.lowered(by: part, tick: tick)
            let most = (level.raw * Int64(part.raw) + 9999) / 10_000 + tick.raw
            #expect(level <= up && up.raw - level.raw <= most)
            #expect(down <= level && level.raw - down.raw <= most)
        }
    }

    @Test(
        "Whole lots are rounded down",
        arguments: [(0, 1, 0), (7, 1, 7), (7, 5, 5), (4, 5, 0), (10, 5, 10)]
            as [(Int64, Int64, Int64)]
    )
    func lots(quantity: Int64, lot: Int64, whole: Int64) {
        #expect(Quantity(quantity).wholeLots(of: Quantity(lot)) == Quantity(whole))
    }

    @Test("A part of a quantity is rounded down, for the largest number too")
    func partsOfQuantities() {
        #expect(Quantity(10).part(BasisPoints(2550)) == Quantity(2))
        #expect(Quantity(.max).part(.whole) == Quantity(.max))
    }
}
