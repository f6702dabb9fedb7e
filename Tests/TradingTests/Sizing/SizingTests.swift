import Testing
import Trading

@Suite struct SizingTests {
    private func basis(
        capital: String = "100000",
        available: String? = nil,
        free: Int64 = 0,
        owned: Int64? = nil,
        at level: String = "2950"
    ) throws -> SizingBasis {
        SizingBasis(
            capital: try rupees(capital),
            usualPart: try percent("25"),
            available: try rupees(available ?? capital),
            free: Quantity(free),
            owned: Quantity(owned ?? free),
            price: try price(level)
        )
    }

    @Test("A quarter of ₹100,000 at ₹2,950 buys 8 shares")
    func partOfCapital() throws {
        let limit = try terms(.buy, .limit, of: share(), price: "2950")
        let sized = try Sizing.part(percent("25")).size(for: limit, from: basis())
        #expect(sized == .order(Quantity(8), hold: try rupees("23600")))
    }

    @Test(
        "A quantity is capped by the part of the capital, the client's usual one where none is named",
        arguments: [(10, nil, 8), (5, nil, 5), (10, "50", 10), (100, "50", 16), (10, "10", 3)]
            as [(Int64, String?, Int64)]
    )
    func capped(asked: Int64, part: String?, expected: Int64) throws {
        let sizing = Sizing.quantityWithin(Quantity(asked), part: try part.map { try percent($0) })
        let sized = try sizing.size(
            for: terms(.buy, .limit, of: share(), price: "2950"),
            from: basis()
        )
        #expect(
            sized
                == .order(Quantity(expected), hold: try price("2950").cost(of: Quantity(expected)))
        )
    }

    @Test("All of the capital buys whole shares only")
    func wholeCapital() throws {
        let sized = try Sizing.part(.whole)
            .size(for: terms(.buy, .limit, of: share(), price: "2950"), from: basis())
        #expect(sized == .order(Quantity(33), hold: try rupees("97350")))
    }

    @Test("An amount buys what it covers, an exact quantity all or nothing")
    func otherSizes() throws {
        let limit = try terms(.buy, .limit, of: share(), price: "2950")
        #expect(
            try Sizing.amount(rupees("8849.99")).size(for: limit, from: basis())
                == .order(Quantity(2), hold: rupees("5900"))
        )
        #expect(
            try Sizing.quantity(Quantity(33)).size(for: limit, from: basis())
                == .order(Quantity(33), hold: rupees("97350"))
        )
        #expect(
            try Sizing.quantity(Quantity(34)).size(for: limit, from: basis())
                == .none(.insufficientFunds)
        )
    }

    @Test("A MARKET buy holds a buffer above the last price, where there is the cash for it")
    func buffer() throws {
        let market = try terms(.buy, of: share())
        let sizing = Sizing.quantity(Quantity(8))
        // 2950 raised by 1 % is 2979.50.
        #expect(
            try sizing.size(for: market, from: basis())
                == .order(Quantity(8), hold: rupees("23836"))
        )
        #expect(
            try sizing.size(for: market, from: basis(available: "23700"))
                == .order(Quantity(8), hold: rupees("23700"))
        )
        #expect(
            try sizing.size(for: market, from: basis(available: "23600"))
                == .order(Quantity(8), hold: rupees("23600"))
        )
    }

    @Test("Cash that is a paisa short buys nothing")
    func shortByAPaisa() throws {
        let limit = try terms(.buy, .limit, of: share(), price: "2950")
        let sizing = Sizing.part(try percent("25"))
        #expect(
            try sizing.size(for: limit, from: basis(available: "23599.99"))
                == .none(.insufficientFunds)
        )
        #expect(
            try sizing.size(for: limit, from: basis(available: "23600"))
                == .order(Quantity(8), hold: rupees("23600"))
        )
    }

    @Test(
        "A sale takes what was asked for, never more than is held and free, and holds no cash",
        arguments: [(10, 4, 4, 4), (3, 4, 4, 3), (10, 4, 9, 4), (4, 4, 4, 4)]
            as [(Int64, Int64, Int64, Int64)]
    )
    func sale(asked: Int64, free: Int64, owned: Int64, expected: Int64) throws {
        let market = try terms(.sell, of: share())
        let held = try basis(free: free, owned: owned)
        for sizing in [
            Sizing.quantity(Quantity(asked)), .quantityWithin(Quantity(asked), part: nil),
        ] {
            #expect(sizing.size(for: market, from: held) == .order(Quantity(expected), hold: .zero))
        }
    }

    @Test(
        "A part of a holding is a part of what is owned, never more than is free",
        arguments: [("25", 8, 8, 2), ("100", 8, 8, 8), ("50", 2, 8, 2), ("33.33", 9, 9, 2)]
            as [(String, Int64, Int64, Int64)]
    )
    func partOfHolding(part: String, free: Int64, owned: Int64, expected: Int64) throws {
        let sized = try Sizing.part(percent(part))
            .size(for: terms(.sell, of: share()), from: basis(free: free, owned: owned))
        #expect(sized == .order(Quantity(expected), hold: .zero))
    }

    @Test("An amount sells what it covers, never more than is free")
    func amountSold() throws {
        let market = try terms(.sell, of: share())
        let held = try basis(free: 5)
        #expect(
            try Sizing.amount(rupees("9000")).size(for: market, from: held)
                == .order(Quantity(3), hold: .zero)
        )
        #expect(
            try Sizing.amount(rupees("90000")).size(for: market, from: held)
                == .order(Quantity(5), hold: .zero)
        )
    }

    @Test("Sizes are whole lots")
    func lots() throws {
        let lots = try terms(.buy, .limit, of: share(lot: 5), price: "2950")
        #expect(
            try Sizing.part(percent("25")).size(for: lots, from: basis())
                == .order(Quantity(5), hold: rupees("14750"))
        )
        let sale = try terms(.sell, of: share(lot: 5))
        #expect(
            try Sizing.quantity(Quantity(9)).size(for: sale, from: basis(free: 9))
                == .order(Quantity(5), hold: .zero)
        )
    }

    @Test("The freeze quantity is one order, and one share more makes two")
    func freeze() throws {
        let frozen = try terms(.buy, .limit, of: share(freeze: 20), price: "2950")
        #expect(
            try Sizing.quantity(Quantity(20)).size(for: frozen, from: basis())
                == .order(Quantity(20), hold: rupees("59000"))
        )
        #expect(
            try Sizing.quantity(Quantity(21)).size(for: frozen, from: basis())
                == .sliced(Quantity(20), hold: rupees("59000"), later: [Quantity(1)])
        )
    }

    @Test("The whole must be affordable before its first slice is sent")
    func wholeOfSlices() throws {
        let frozen = try terms(.buy, .limit, of: share(freeze: 20), price: "2950")
        #expect(
            try Sizing.quantity(Quantity(34)).size(for: frozen, from: basis())
                == .none(.insufficientFunds)
        )
    }

    @Test("Where the size comes to nothing the reason says why")
    func nothing() throws {
        let buy = try terms(.buy, of: share())
        let sell = try terms(.sell, of: share())
        let quarter = Sizing.part(try percent("25"))
        #expect(
            try quarter.size(for: buy, from: basis(capital: "11799.99"))
                == .none(.capitalBelowOneShare)
        )
        #expect(
            try quarter.size(for: buy, from: basis(capital: "0")) == .none(.capitalBelowOneShare)
        )
        #expect(
            try quarter.size(for: terms(.buy, of: share(lot: 10)), from: basis())
                == .none(.belowOneLot)
        )
        #expect(try quarter.size(for: sell, from: basis()) == .none(.notHeld))
        #expect(
            try quarter.size(for: sell, from: basis(free: 0, owned: 4)) == .none(.sharesReserved)
        )
        #expect(try quarter.size(for: sell, from: basis(free: 3)) == .none(.partBelowOneShare))
        #expect(
            try Sizing.quantity(Quantity(3))
                .size(for: terms(.sell, of: share(lot: 5)), from: basis(free: 4))
                == .none(.belowOneLot)
        )
    }

    @Test("The largest order that can be asked for is refused for its cost, and nothing overflows")
    func largest() throws {
        let dear = try terms(.buy, .limit, of: share(), price: "10000000")
        let sized = try Sizing.quantity(.limit)
            .size(for: dear, from: basis(capital: "900000000000", at: "10000000"))
        #expect(sized == .none(.insufficientFunds))
    }

    @Test("Whatever is asked for, an order never takes more cash or shares than there are")
    func never() throws {
        var random = Seeded(seed: 3)
        for _ in 0..<20_000 {
            let owned = Int64.random(in: 0...50, using: &random)
            let basis = SizingBasis(
                capital: Money(paise: .random(in: 0...20_000_000, using: &random)),
                usualPart: BasisPoints(.random(in: 1...10_000, using: &random)),
                available: Money(paise: .random(in: 0...20_000_000, using: &random)),
                free: Quantity(.random(in: 0...owned, using: &random)),
                owned: Quantity(owned),
                price: Price(raw: .random(in: 1...50_000_000, using: &random))
            )
            let lot = Int64.random(in: 1...4, using: &random)
            let instrument = try share(lot: lot, freeze: 1000)
            let side = try #require(Side.allCases.randomElement(using: &random))
            let order = try terms(side, of: instrument)
            let asked = Quantity(.random(in: 1...2000, using: &random))
            let part = BasisPoints(.random(in: 1...10_000, using: &random))
            let sizing = try #require(
                [
                    Sizing.part(part), .quantityWithin(asked, part: nil), .quantity(asked),
                    .amount(Money(paise: asked.raw * 1000)),
                ].randomElement(using: &random)
            )
            guard case .order(let quantity, let hold) = sizing.size(for: order, from: basis) else {
                continue
            }
            #expect(quantity > .zero && quantity.raw % lot == 0 && quantity.raw <= 1000)
            switch side {
            case .buy:
                #expect(basis.price.cost(of: quantity) <= hold && hold <= basis.available)
            case .sell: #expect(quantity <= basis.free && hold == .zero)
            }
        }
    }
}
