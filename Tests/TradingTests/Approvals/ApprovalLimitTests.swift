import Testing
import Trading

@Suite("What needs somebody else's approval") struct ApprovalLimitTests {
    private let audience = TradeSize.Audience(
        clients: 10,
        capital: Money(paise: 10_000_000),
        shares: Quantity(40)
    )
    /// ₹ 2,950.255.
    private let price = Price(raw: 29_502_550)

    private func amount(_ sizing: Sizing, _ side: Side = .buy, price: Price? = nil) -> Int64? {
        TradeSize(sizing, side, price: price, of: audience).amount?.paise
    }

    @Test("A trade is as large as all that its sizing allows")
    func sizes() {
        #expect(amount(.part(BasisPoints(2_500))) == 2_500_000)
        // 40 × 295,025.5 paise, and half of it.
        #expect(amount(.part(BasisPoints(10_000)), .sell, price: price) == 11_801_020)
        #expect(amount(.part(BasisPoints(5_000)), .sell, price: price) == 5_900_510)
        #expect(amount(.part(BasisPoints(5_000)), .sell) == nil)
        #expect(amount(.quantity(Quantity(3)), price: price) == 8_850_765)
        #expect(amount(.quantityWithin(Quantity(3), part: nil), price: price) == 8_850_765)
        #expect(amount(.quantity(Quantity(3))) == nil)
        #expect(amount(.amount(Money(paise: 7))) == 70)
        // A fraction of a paisa is one.
        let odd = TradeSize.Audience(clients: 1, capital: .zero, shares: .zero)
        let one = TradeSize(.quantity(Quantity(1)), .buy, price: price, of: odd)
        #expect(one.amount == Money(paise: 295_026))
    }

    @Test("What is too large to be counted is as good as unknown, and must wait")
    func overflow() {
        let size = TradeSize(
            .quantity(Quantity.limit),
            .buy,
            price: .limit,
            of: .init(clients: 1_000_000, capital: .zero, shares: .zero)
        )
        #expect(size.amount == nil)
        #expect(ApprovalLimit(amount: .limit).isExceeded(by: size))
    }

    @Test("A limit is exceeded by more, not by as much; an unknown worth exceeds any amount")
    func limits() {
        let size = TradeSize(clients: 10, amount: Money(paise: 100))
        #expect(!ApprovalLimit().isExceeded(by: size))
        #expect(!ApprovalLimit(amount: Money(paise: 100), clients: 10).isExceeded(by: size))
        #expect(ApprovalLimit(amount: Money(paise: 99)).isExceeded(by: size))
        #expect(ApprovalLimit(clients: 9).isExceeded(by: size))
        let unknown = TradeSize(clients: 1, amount: nil)
        #expect(ApprovalLimit(amount: Money(paise: 100)).isExceeded(by: unknown))
        #expect(!ApprovalLimit(clients: 1).isExceeded(by: unknown))
    }

    @Test("Trades together are as large as their sum, for as many clients as the largest has")
    func together() {
        let one = TradeSize(clients: 3, amount: Money(paise: 100))
        let two = TradeSize(clients: 5, amount: Money(paise: 250))
        let unknown = TradeSize(clients: 1, amount: nil)
        let most = TradeSize(clients: 1, amount: Money(paise: .max))
        #expect(TradeSize(together: [one]) == one)
        #expect(
            TradeSize(together: [one, two]) == TradeSize(clients: 5, amount: Money(paise: 350))
        )
        #expect(TradeSize(together: [one, unknown]) == TradeSize(clients: 3, amount: nil))
        #expect(TradeSize(together: [one, most]).amount == nil)
    }
}
