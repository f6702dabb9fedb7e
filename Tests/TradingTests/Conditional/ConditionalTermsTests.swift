import Testing
import Trading

@Suite("Conditional orders: terms")
struct ConditionalTermsTests {
    private static func price(_ rupees: Int64) -> Price { Price(raw: rupees * 10_000) }

    private static func leg(_ trigger: Int64, _ limit: Int64? = nil) -> TriggeredLeg {
        TriggeredLeg(trigger: price(trigger), price: limit.map(price))
    }

    private static let instrument = Instrument(
        id: InstrumentID(1),
        exchange: .nse,
        symbol: "RELIANCE",
        name: "Reliance Industries",
        isin: nil,
        lot: Quantity(1),
        tick: Price(raw: 1_000),
        freezeQuantity: Quantity(1_000),
        lowerCircuit: nil,
        upperCircuit: nil
    )

    private static func terms(_ condition: Condition, _ side: Side = .sell, quantity: Int64 = 5)
        -> ConditionalTerms
    {
        ConditionalTerms(
            instrument: instrument,
            side: side,
            product: .delivery,
            quantity: Quantity(quantity),
            condition: condition
        )
    }

    struct Case: Sendable {
        let terms: ConditionalTerms
        var last: Int64?
        let problems: [String]

        init(
            _ condition: Condition,
            _ side: Side = .sell,
            quantity: Int64 = 5,
            last: Int64? = nil,
            finds problems: [String] = []
        ) {
            terms = ConditionalTermsTests.terms(condition, side, quantity: quantity)
            self.last = last
            self.problems = problems
        }
    }

    static let cases = [
        Case(.single(.falls, leg(2_900, 2_895)), last: 2_950),
        Case(.single(.falls, leg(2_900)), last: 2_900, finds: ["trigger_price already_reached"]),
        Case(
            .single(.rises, leg(2_900)),
            .buy,
            last: 2_901,
            finds: ["trigger_price already_reached"]
        ),
        Case(.single(.rises, leg(0)), .buy, finds: ["trigger_price out_of_range"]),
        Case(.single(.rises, leg(3_000)), quantity: 0, finds: ["quantity out_of_range"]),
        Case(
            .single(.rises, leg(3_000)),
            quantity: 1_001,
            finds: ["quantity above_freeze_quantity"]
        ),
        Case(
            .single(.rises, TriggeredLeg(trigger: Price(raw: 30_000_500), price: nil)),
            finds: ["trigger_price not_a_multiple_of_tick"]
        ),
        Case(.oneCancelsOther(target: leg(3_000), stop: leg(2_900)), last: 2_950),
        Case(
            .oneCancelsOther(target: leg(2_900), stop: leg(3_000)),
            finds: ["target.trigger_price wrong_side"]
        ),
        Case(.oneCancelsOther(target: leg(2_900), stop: leg(3_000)), .buy, last: 2_950),
        Case(
            .oneCancelsOther(target: leg(3_000), stop: leg(2_900, 2_901)),
            finds: ["stop.price wrong_side_of_trigger"]
        ),
        Case(
            .oneCancelsOther(target: leg(3_000), stop: leg(2_900)),
            last: 3_001,
            finds: ["target.trigger_price already_reached"]
        ),
        Case(
            .bracket(entry: price(2_950), target: leg(3_000), stop: leg(2_900), trail: price(10)),
            .buy
        ),
        Case(
            .bracket(entry: price(3_001), target: leg(3_000), stop: leg(2_900), trail: nil),
            .buy,
            finds: ["target.trigger_price wrong_side"]
        ),
        Case(
            .bracket(entry: price(2_890), target: leg(3_000), stop: leg(2_900), trail: nil),
            .buy,
            finds: ["stop.trigger_price wrong_side"]
        ),
        Case(
            .bracket(entry: nil, target: leg(3_000), stop: leg(2_900), trail: price(100)),
            .buy,
            finds: ["stop.trail out_of_range"]
        ),
        Case(.bracket(entry: nil, target: leg(2_900), stop: leg(3_000), trail: nil), .sell),
    ]

    @Test("Every problem names its field", arguments: cases)
    func problems(_ sample: Case) {
        let found = sample.terms.problems(lastPrice: sample.last.map(Self.price))
        #expect(found.map { "\($0.field) \($0.code)" } == sample.problems)
    }

    @Test("A bracket's exits are on the other side")
    func exits() {
        let bracket = Condition.bracket(
            entry: nil,
            target: Self.leg(3_000),
            stop: Self.leg(2_900),
            trail: nil
        )
        #expect(Self.terms(bracket, .buy).exitSide == .sell)
        #expect(
            Self.terms(.oneCancelsOther(target: Self.leg(3_000), stop: Self.leg(2_900))).exitSide
                == .sell
        )
    }
}
