import Exchange
import Testing

@Suite struct ExchangeValueTests {
    @Test(arguments: [
        ("2950", "2950.0"), ("2950.05", "2950.05"), ("0.0001", "0.0001"), ("-12.50", "-12.5"),
        ("100.10000", "100.1"), ("0", "0.0"), ("0.05", "0.05"),
        ("999999999999.9999", "999999999999.9999"),
    ])
    func `amounts are read and written without loss`(text: String, written: String) {
        #expect(Rupees(decimal: text)?.text() == written)
    }

    @Test(arguments: [(0, "2950"), (2, "2950.10"), (4, "2950.1000")])
    func `amounts are written with at least so many decimals`(decimals: Int, written: String) {
        let amount = Rupees(tenThousandths: decimals == 0 ? 29_500_000 : 29_501_000)
        #expect(amount.text(decimals: decimals) == written)
    }

    @Test(arguments: ["", "-", ".5", "1e3", "1.00001", "1,000", "1234567890123", "1.2.3", " 1"])
    func `what is not a plain decimal is refused`(text: String) {
        #expect(Rupees(decimal: text) == nil)
    }

    @Test(
        arguments: [
            ("2026-11-20T03:45:00Z", "2026-11-20 09:15:00", 4),
            ("2024-02-29T23:59:59.25+05:30", "2024-02-29 23:59:59", 3),
            ("1969-12-31T20:00:00Z", "1970-01-01 01:30:00", 3),
        ] as [(String, String, Int64)]
    )
    func `moments are read on Indian clocks`(text: String, indian: String, weekday: Int64) {
        let moment = Moment(rfc3339: text)
        #expect(moment?.indianText == indian)
        #expect(moment?.indianWeekday == weekday)
        #expect(moment.flatMap { Moment(rfc3339: $0.rfc3339) } == moment)
    }

    @Test(arguments: [
        ("2026-11-20T09:14:59+05:30", false), ("2026-11-20T09:15:00+05:30", true),
        ("2026-11-20T15:29:59+05:30", true), ("2026-11-20T15:30:00+05:30", false),
        ("2026-11-21T12:00:00+05:30", false),
    ])
    func `the exchange is open on weekdays from 09:15 to 15:30`(text: String, isOpen: Bool) throws {
        let moment = try #require(Moment(rfc3339: text))
        #expect(TradingHours.exchange.isOpen(at: moment) == isOpen)
    }

    @Test func `every listed share has a right ISIN, a price on its tick and a name of its own`() {
        let listed = Instrument.listed
        #expect(Set(listed.map(\.key)).count == listed.count)
        #expect(Set(listed.map(\.symbol)).count == listed.count)
        #expect(listed.count { $0.key.segment == .nseEquity } >= 30)
        for instrument in listed {
            #expect(
                instrument.previousClose.isMultiple(of: instrument.tick),
                "\(instrument.symbol)"
            )
            #expect(instrument.freezeQuantity % instrument.lot == 0, "\(instrument.symbol)")
            guard instrument.key.segment.isEquity else { continue }
            #expect(hasRightCheckDigit(instrument.isin), "\(instrument.symbol)")
        }
    }

    /// Luhn's sum over the digits, letters counting from 10.
    private func hasRightCheckDigit(_ isin: String) -> Bool {
        let digits = isin.flatMap { letter in
            String(Int(String(letter), radix: 36) ?? 0).compactMap { Int(String($0)) }
        }
        let sum = digits.reversed().enumerated().reduce(0) { total, next in
            let value = next.offset % 2 == 1 ? next.element * 2 : next.element
            return total + value / 10 + value % 10
        }
        return isin.count == 12 && sum % 10 == 0
    }
}
