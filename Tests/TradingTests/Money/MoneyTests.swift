import Testing
import Trading

@Suite struct MoneyTests {
    @Test(
        "Rupees are read exactly to the paisa and print with two decimals",
        arguments: [
            ("0", 0, "0.00"), ("100000", 10_000_000, "100000.00"), ("2950.5", 295_050, "2950.50"),
            ("-0.01", -1, "-0.01"), ("900000000000", 90_000_000_000_000, "900000000000.00"),
        ] as [(String, Int64, String)]
    )
    func rupeesAndBack(text: String, paise: Int64, printed: String) throws {
        let money = try #require(Money(rupees: text))
        #expect(money.paise == paise)
        #expect(money.rupees == printed)
        #expect(money.description == "₹\(printed)")
    }

    @Test(
        "Amounts beyond the limit or finer than a paisa do not enter",
        arguments: ["900000000000.01", "-900000000000.01", "0.001", "1e5", "", "₹5"]
    )
    func refuses(text: String) {
        #expect(Money(rupees: text) == nil)
    }

    @Test(
        "A part of an amount is rounded down to the paisa",
        arguments: [
            (10_000_000, 2500, 2_500_000), (1, 9999, 0), (3, 5000, 1), (10_001, 3333, 3333),
            (90_000_000_000_000, 10_000, 90_000_000_000_000),
            (Int64.max, 10_000, Int64.max),
        ] as [(Int64, Int32, Int64)]
    )
    func parts(paise: Int64, part: Int32, expected: Int64) {
        #expect(Money(paise: paise).part(BasisPoints(part)).paise == expected)
    }

    @Test("Amounts add, subtract, negate and compare as their paise do")
    func arithmetic() {
        var sum = Money(paise: 5) + Money(paise: 7)
        #expect(sum == Money(paise: 12))
        sum -= Money(paise: 20)
        #expect(sum == Money(paise: -8))
        sum += Money(paise: 8)
        #expect(sum == .zero)
        #expect(-Money(paise: 3) < .zero)
    }

    @Test(
        "A part is above 0 and at most 100 percent, exact to two decimals",
        arguments: [
            ("25", 2500), ("12.5", 1250), ("0.01", 1), ("100", 10_000), ("100.00", 10_000),
            ("0", nil), ("-5", nil), ("100.01", nil), ("0.001", nil), ("25%", nil), ("", nil),
        ] as [(String, Int32?)]
    )
    func percentages(text: String, raw: Int32?) {
        #expect(BasisPoints(percent: text)?.raw == raw)
    }

    @Test("A part prints as the percentage that it was read from")
    func percentagesRoundTrip() {
        for raw in Int32(1)...10_000 {
            let part = BasisPoints(raw)
            #expect(BasisPoints(percent: part.percent) == part)
        }
    }
}
