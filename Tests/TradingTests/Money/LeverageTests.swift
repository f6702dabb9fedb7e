import Testing
import Trading

@Suite struct LeverageTests {
    @Test("Five times the own money buys what costs five times it, and not a paisa more")
    func reach() throws {
        #expect(Leverage.most.reach(of: try rupees("100000")) == (try rupees("500000")))
        #expect(Leverage.most.ownPart(of: try rupees("500000")) == (try rupees("100000")))
        // The own part is rounded up, so that the lent part never exceeds the limit.
        #expect(Leverage.most.ownPart(of: Money(paise: 11)) == Money(paise: 3))
        #expect(Leverage.once.ownPart(of: Money(paise: 11)) == Money(paise: 11))
    }

    @Test("Amounts of any size that may enter are computed")
    func large() {
        #expect(Leverage.most.ownPart(of: .unpayable) == Money(paise: 18_000_000_000_000_000))
        #expect(Leverage.most.reach(of: .limit) == Money(paise: 450_000_000_000_000))
    }

    @Test(
        "A multiple is read exactly, within its bounds",
        arguments: [("5", 500), ("2.5", 250), ("1", 100), ("0.99", nil), ("5.01", nil), ("x", nil)]
            as [(String, Int32?)]
    )
    func texts(text: String, raw: Int32?) {
        #expect(Leverage(times: text)?.raw == raw)
        #expect(raw == nil || Leverage(times: text)?.times == text)
    }
}
