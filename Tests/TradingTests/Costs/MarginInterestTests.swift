import Testing
import Trading

@Suite struct MarginInterestTests {
    @Test(
        "A day's interest follows each broker's page",
        arguments: [
            // 12.49 % and 13.49 % a year on the whole amount.
            (BrokerName.dhan, "400000", "136.88"), (.dhan, "500000", "171.10"),
            (.dhan, "500000.01", "184.79"), (.dhan, "6000000", "2710.69"),
            (.zerodha, "100000", "40"), (.upstox, "40000", "20"), (.upstox, "40000.01", "40"),
            (.groww, "2500000", "1075"), (.groww, "3000000", "810"),
        ]
    )
    func daily(broker: BrokerName, lent: String, expected: String) throws {
        let day = try #require(CalendarDay("2026-11-23"))
        let terms = try #require(MarginInterest.of(broker, on: day))
        #expect(terms.charge(on: try rupees(lent)).amount == (try rupees(expected)))
    }

    @Test("Only Zerodha's first day is free, and paper lends nothing")
    func terms() throws {
        let day = try #require(CalendarDay("2026-11-23"))
        let free = BrokerName.allCases.filter {
            MarginInterest.of($0, on: day)?.firstDayIsFree == true
        }
        #expect(free == [.zerodha])
        #expect(MarginInterest.of(.paper, on: day) == nil)
    }
}
