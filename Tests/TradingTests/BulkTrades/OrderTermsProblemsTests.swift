import Testing
import Trading

@Suite struct OrderTermsProblemsTests {
    private func found(
        _ terms: OrderTerms,
        _ sizing: Sizing = .quantity(Quantity(10)),
        last: String? = nil
    ) throws -> [String] {
        try terms.problems(sizing, lastPrice: last.map { try price($0) })
            .map { "\($0.field) \($0.code)" }
    }

    @Test(
        "Well-formed terms have no problem",
        arguments: [
            (.buy, .market, nil, nil), (.sell, .market, nil, nil), (.buy, .limit, "2950", nil),
            (.buy, .stopLimit, "2960", "2955"), (.buy, .stopLimit, "2955", "2955"),
            (.sell, .stopLimit, "2940", "2945"), (.sell, .stopLimit, "2945", "2945"),
            (.buy, .stopMarket, nil, "2955"), (.sell, .stopMarket, nil, "2945"),
        ] as [(Side, OrderType, String?, String?)]
    )
    func good(side: Side, type: OrderType, level: String?, trigger: String?) throws {
        let terms = try terms(side, type, of: share(), price: level, trigger: trigger)
        #expect(try found(terms, last: "2950") == [])
    }

    @Test(
        "Prices that are missing, too many, or on the wrong side are named",
        arguments: [
            (.buy, .limit, nil, nil, ["price required"]),
            (.buy, .market, "2950", nil, ["price not_allowed"]),
            (.buy, .market, nil, "2950", ["trigger_price not_allowed"]),
            (.buy, .limit, "2950", "2950", ["trigger_price not_allowed"]),
            (.buy, .stopLimit, nil, nil, ["price required", "trigger_price required"]),
            (.buy, .stopMarket, "2955", "2955", ["price not_allowed"]),
            (.buy, .stopLimit, "2954.95", "2955", ["price wrong_side_of_trigger"]),
            (.sell, .stopLimit, "2945.05", "2945", ["price wrong_side_of_trigger"]),
            (.buy, .stopMarket, nil, "2950", ["trigger_price already_reached"]),
            (.sell, .stopMarket, nil, "2950", ["trigger_price already_reached"]),
        ] as [(Side, OrderType, String?, String?, [String])]
    )
    func bad(side: Side, type: OrderType, level: String?, trigger: String?, expected: [String])
        throws
    {
        let terms = try terms(side, type, of: share(), price: level, trigger: trigger)
        #expect(try found(terms, last: "2950") == expected)
    }

    @Test("Without a last price nobody says that a trigger is reached")
    func noLastPrice() throws {
        let stop = try terms(.buy, .stopMarket, of: share(), trigger: "1")
        #expect(try found(stop) == [])
    }

    @Test(
        "Prices are multiples of the tick, within the day's circuit limits",
        arguments: [
            ("2950.03", ["price not_a_multiple_of_tick"]), ("2655", []), ("3245", []),
            ("2654.95", ["price below_lower_circuit"]), ("3245.05", ["price above_upper_circuit"]),
            ("3245.01", ["price not_a_multiple_of_tick", "price above_upper_circuit"]),
        ] as [(String, [String])]
    )
    func levels(level: String, expected: [String]) throws {
        let share = try share(lower: "2655", upper: "3245")
        #expect(try found(terms(.buy, .limit, of: share, price: level)) == expected)
        let trigger = try terms(.sell, .stopMarket, of: share, trigger: level)
        #expect(
            try found(trigger) == expected.map { "trigger_" + $0 }
        )
    }

    @Test(
        "Sizes are in range, whole lots, and no more than all slices may be",
        arguments: [
            (.quantity(Quantity(25)), []), (.quantity(Quantity(1000)), []),
            (.quantity(.zero), ["quantity out_of_range"]),
            (
                .quantity(Quantity(1_000_000_001)),
                ["quantity out_of_range", "quantity above_freeze_quantity"]
            ),
            (.quantity(Quantity(24)), ["quantity not_a_multiple_of_lot"]),
            (.quantity(Quantity(1025)), []),
            (.quantity(Quantity(100_000)), []),
            (.quantity(Quantity(100_025)), ["quantity above_freeze_quantity"]),
            (.quantityWithin(Quantity(1025), part: nil), []),
            (.quantityWithin(Quantity(25), part: BasisPoints(0)), ["part out_of_range"]),
            (.part(BasisPoints(10_000)), []), (.part(BasisPoints(10_001)), ["part out_of_range"]),
            (.part(BasisPoints(-1)), ["part out_of_range"]),
            (.amount(Money(paise: 1)), []), (.amount(.zero), ["amount out_of_range"]),
            (.amount(.unpayable), ["amount out_of_range"]),
        ] as [(Sizing, [String])]
    )
    func sizes(sizing: Sizing, expected: [String]) throws {
        let market = try terms(.buy, of: share(lot: 25, freeze: 1000))
        #expect(try found(market, sizing) == expected)
    }

    @Test("A product for futures does not fit a share")
    func product() throws {
        let carried = try terms(.buy, of: share(), product: .carryForward)
        #expect(try found(carried) == ["product not_for_shares"])
    }

    @Test("All problems are told at once, each as a sentence")
    func together() throws {
        let wrong = try terms(
            .buy,
            .market,
            of: share(),
            product: .carryForward,
            price: "2950.01",
            trigger: "1"
        )
        let problems = wrong.problems(.quantity(.zero))
        #expect(problems.count == 5)
        for problem in problems {
            #expect(problem.sentence.first?.isUppercase == true)
            #expect(problem.sentence.last == ".")
        }
    }
}
