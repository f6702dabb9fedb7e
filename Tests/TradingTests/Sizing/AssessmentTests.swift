import Testing
import Trading

@Suite struct AssessmentTests {
    private func basis(
        available: String,
        capital: String? = nil,
        free: Int64 = 0,
        owned: Int64 = 0,
        leverage: Leverage? = nil
    ) throws -> SizingBasis {
        SizingBasis(
            capital: try rupees(capital ?? available),
            usualPart: BasisPoints(2_500),
            available: try rupees(available),
            free: Quantity(free),
            owned: Quantity(owned),
            price: try price("1500"),
            leverage: leverage
        )
    }

    @Test("Seed 001: one lakh of own money buys 333 shares of INFY on MTF, the rest is lent")
    func seedExample() throws {
        let terms = try terms(.buy, .limit, of: try share(), product: .marginFunding, price: "1500")
        let sized = Sizing.quantity(Quantity(333))
            .assess(terms, from: try basis(available: "100000", leverage: .most))
        #expect(sized.reasons.isEmpty)
        #expect(sized.cost == (try rupees("499500")))
        #expect(sized.own == (try rupees("99900")))
        #expect(sized.borrowed == (try rupees("399600")))
        #expect(sized.hold == sized.own)
        let more = Sizing.quantity(Quantity(334))
            .assess(terms, from: try basis(available: "100000", leverage: .most))
        #expect(more.reasons == [.beyondMTFLimit])
        #expect(more.fits == Quantity(333))
        #expect(more.hold == .zero)
    }

    @Test("A part of the capital is a part of the own money where the rest is lent")
    func partOfOwn() throws {
        let terms = try terms(.buy, of: try share(), product: .marginFunding)
        let sized = Sizing.part(try percent("25"))
            .assess(terms, from: try basis(available: "100000", leverage: .most))
        // 25,000 of one's own, 125,000 in all, at 1,500.
        #expect(sized.quantity == Quantity(83))
        #expect(sized.own == (try rupees("24900")))
    }

    @Test("Every reason is told, and what fits obeys all of them")
    func allReasons() throws {
        let terms = try terms(.buy, of: try share(lot: 10, freeze: 55))
        // More than a hundred orders of fifty.
        let sized = Sizing.quantity(Quantity(5_010))
            .assess(terms, from: try basis(available: "62000"))
        #expect(sized.reasons == [.aboveFreezeQuantity, .insufficientFunds])
        #expect(sized.fits == Quantity(40))
        let rich = Sizing.quantity(Quantity(5_010))
            .assess(terms, from: try basis(available: "10000000"))
        #expect(rich.reasons == [.aboveFreezeQuantity])
        #expect(rich.fits == Quantity(5_000))
    }

    @Test(
        "The size is the assessment without its reasons, whatever is asked for",
        arguments: 1...200
    )
    func sameAsSize(seed: UInt64) throws {
        var random = Seeded(seed: seed)
        let sizings: [Sizing] = [
            .part(BasisPoints(.random(in: 1...10_000, using: &random))),
            .quantity(Quantity(.random(in: 1...300, using: &random))),
            .amount(Money(paise: .random(in: 1...40_000_000, using: &random))),
        ]
        for side in Side.allCases {
            let terms = try terms(side, of: try share(lot: 3, freeze: 200))
            let owned = Int64.random(in: 0...300, using: &random)
            let basis = try basis(
                available: "150000",
                free: .random(in: 0...owned, using: &random),
                owned: owned
            )
            for sizing in sizings {
                let sized = sizing.assess(terms, from: basis)
                let expected: SizedOrder =
                    sized.reasons.first.map { .none($0) }
                    ?? (sized.later.isEmpty
                        ? .order(sized.quantity, hold: sized.hold)
                        : .sliced(sized.first, hold: sized.hold, later: sized.later))
                #expect(sizing.size(for: terms, from: basis) == expected)
                let whole = sized.later.reduce(sized.first, +)
                #expect(whole == sized.quantity)
                #expect(sized.own <= sized.cost)
                #expect(sized.hold <= basis.available)
            }
        }
    }
}
