import Testing
import Trading

@Suite struct HoldingTests {
    @Test("Shares that are promised to one sale cannot be promised to another")
    func reservations() {
        var holding = Holding(quantity: Quantity(10), cost: Money(paise: 1000))
        let first = holding.reserve(Quantity(7))
        let second = holding.reserve(Quantity(4))
        #expect(first && !second)
        #expect(holding.free == Quantity(3))
        holding.release(Quantity(2))
        let third = holding.reserve(Quantity(5))
        #expect(third)
        #expect(holding.free == .zero)
    }

    @Test(
        "Sold shares cost the average, rounded down to the paisa, and the last one what remains",
        arguments: [
            // Quantity, cost, sold, cost of the sold.
            (3, 100, 1, 33), (3, 100, 2, 66), (3, 100, 3, 100), (8, 2_360_000, 5, 1_475_000),
            (7, 0, 3, 0), (1_000_000_000, 90_000_000_000_000, 999_999_999, 89_999_999_910_000),
        ] as [(Int64, Int64, Int64, Int64)]
    )
    func averageCost(quantity: Int64, cost: Int64, sold: Int64, expected: Int64) {
        var holding = Holding(quantity: Quantity(quantity), cost: Money(paise: cost))
        let reserved = holding.reserve(Quantity(sold))
        let costOfSold = holding.sellReserved(Quantity(sold))
        #expect(reserved)
        #expect(costOfSold == Money(paise: expected))
        #expect(holding.cost == Money(paise: cost - expected))
        #expect(holding.quantity == Quantity(quantity - sold))
        #expect(holding.reserved == .zero)
    }

    @Test("After any sequence nothing is lost, and selling all leaves no cost", arguments: 1...20)
    func anySequence(seed: UInt64) {
        var random = Seeded(seed: seed)
        var holding = Holding()
        var paid: Int64 = 0
        var soldCost: Int64 = 0
        for _ in 0..<200 {
            let shares = Quantity(.random(in: 1...20, using: &random))
            switch Int.random(in: 0..<4, using: &random) {
            case 0, 1:
                let cost = Int64.random(in: 0...100_000, using: &random)
                holding.add(shares, cost: Money(paise: cost))
                paid += cost
            case 2:
                guard holding.reserve(shares) else { continue }
                soldCost += holding.sellReserved(shares).paise
            default:
                guard holding.reserve(shares) else { continue }
                holding.release(shares)
            }
            #expect(holding.reserved <= holding.quantity)
            #expect(holding.cost >= .zero)
            #expect(holding.cost.paise == paid - soldCost)
        }
        let rest = holding.quantity
        let reserved = holding.reserve(rest)
        #expect(reserved)
        soldCost += holding.sellReserved(rest).paise
        #expect(holding.cost == .zero)
        #expect(soldCost == paid)
    }
}
