import Testing

@testable import Trading

@Suite("Changing orders")
struct ModificationTests {
    private static let instrument = Instrument(
        id: InstrumentID(1),
        exchange: .nse,
        symbol: "RELIANCE",
        name: "Reliance",
        isin: nil,
        lot: Quantity(1),
        tick: Price(raw: 500),
        freezeQuantity: Quantity(1_000),
        lowerCircuit: nil,
        upperCircuit: nil
    )

    private static func basis(
        _ state: OrderState = .open,
        side: Side = .buy,
        type: OrderType = .limit,
        quantity: Int64 = 10,
        filled: Int64 = 0,
        held: Int64 = 100_000,
        available: Int64 = 500_000,
        free: Int64 = 0,
        made: Int = 0,
        obstacle: Reason? = nil,
        market: Price? = nil
    ) -> ModificationBasis {
        ModificationBasis(
            state: state,
            terms: OrderTerms(
                instrument: instrument,
                side: side,
                type: type,
                product: .delivery,
                validity: .day,
                price: type.hasPrice ? Price(raw: 1_000_000) : nil,
                trigger: type.hasTrigger ? Price(raw: 1_000_000) : nil
            ),
            quantity: Quantity(quantity),
            filled: Quantity(filled),
            held: Money(paise: held),
            available: Money(paise: available),
            free: Quantity(free),
            made: made,
            most: 25,
            types: Set(OrderType.allCases),
            obstacle: obstacle,
            market: market
        )
    }

    @Test("More shares hold more cash first, at the order's price")
    func raise() {
        let decision = Self.basis().decide(WishedShape(quantity: Quantity(15)))
        guard case .take(let shape, let cash, let shares, let price) = decision else {
            Issue.record("\(decision)")
            return
        }
        #expect(shape.quantity == Quantity(15) && shape.price == Price(raw: 1_000_000))
        // Five more at ₹ 100.
        #expect(cash == Money(paise: 50_000) && shares == .zero)
        #expect(price == Price(raw: 1_000_000))
    }

    @Test("What is filled needs no cash any more")
    func raiseAfterFill() {
        let basis = Self.basis(.partlyFilled, filled: 4, held: 60_000)
        let decision = basis.decide(
            WishedShape(quantity: Quantity(12), price: Price(raw: 1_100_000))
        )
        guard case .take(_, let cash, _, _) = decision else {
            Issue.record("\(decision)")
            return
        }
        // Eight at ₹ 110 less what is held.
        #expect(cash == Money(paise: 88_000 - 60_000))
    }

    @Test("Less holds nothing more, and releases nothing before the books have told")
    func lower() {
        let decision = Self.basis().decide(WishedShape(quantity: Quantity(4)))
        #expect(
            decision
                == .take(
                    OrderShape(
                        quantity: Quantity(4),
                        type: .limit,
                        price: Price(raw: 1_000_000),
                        trigger: nil
                    ),
                    holdMore: .zero,
                    reserveMore: .zero,
                    price: Price(raw: 1_000_000)
                )
        )
    }

    @Test("A sale reserves what it grows by, and only what is free")
    func sale() {
        let grown = WishedShape(quantity: Quantity(14))
        let able = Self.basis(side: .sell, held: 0, free: 4).decide(grown)
        guard case .take(_, .zero, Quantity(4), _) = able else {
            Issue.record("\(able)")
            return
        }
        #expect(
            Self.basis(side: .sell, held: 0, free: 3).decide(grown)
                == .refuse(.obstacle(.sharesReserved))
        )
    }

    @Test(
        "Only an order that rests can be changed",
        arguments: OrderState.allCases.filter { ![.accepted, .open, .partlyFilled].contains($0) }
    )
    func notOpen(state: OrderState) {
        #expect(
            Self.basis(state).decide(WishedShape(quantity: Quantity(5))) == .refuse(.notOpen(state))
        )
    }

    @Test("Never to what is filled, nor above the freeze quantity, nor off the tick")
    func limits() {
        for (basis, wish, field) in [
            (Self.basis(.partlyFilled, filled: 4), WishedShape(quantity: Quantity(4)), "quantity"),
            (Self.basis(), WishedShape(quantity: Quantity(1_001)), "quantity"),
            (Self.basis(), WishedShape(price: Price(raw: 1_000_001)), "price"),
            (Self.basis(), WishedShape(trigger: Price(raw: 1_000_000)), "trigger_price"),
            (Self.basis(type: .market), WishedShape(type: .limit), "price"),
        ] {
            guard case .refuse(.invalid(let problems)) = basis.decide(wish) else {
                Issue.record("\(wish)")
                continue
            }
            #expect(problems.map(\.field).contains(field))
        }
    }

    @Test("Too little cash, too many changes, a halt, or no change at all: refused")
    func refusals() {
        let raise = WishedShape(quantity: Quantity(100))
        #expect(
            Self.basis(available: 100).decide(raise) == .refuse(.obstacle(.insufficientFunds))
        )
        #expect(Self.basis(made: 25).decide(raise) == .refuse(.tooMany(25)))
        #expect(
            Self.basis(obstacle: .haltedAll).decide(raise) == .refuse(.obstacle(.haltedAll))
        )
        #expect(
            Self.basis().decide(WishedShape(quantity: Quantity(10))) == .refuse(.nothingChanges)
        )
        #expect(
            Self.basis().decide(WishedShape(type: .market)) == .refuse(.obstacle(.noPrice))
        )
    }

    @Test("At the market there is room for the price to move, as far as the cash goes")
    func market() {
        let wish = WishedShape(type: .market)
        let rich = Self.basis(market: Price(raw: 1_000_000)).decide(wish)
        guard case .take(let shape, let cash, _, _) = rich else {
            Issue.record("\(rich)")
            return
        }
        #expect(shape.price == nil && shape.type == .market)
        #expect(cash == Money(paise: 1_000))
        let poor = Self.basis(available: 0, market: Price(raw: 1_000_000)).decide(wish)
        guard case .take(_, .zero, _, _) = poor else {
            Issue.record("\(poor)")
            return
        }
    }

    @Test("What an order holds after a change is what its rest may cost, whatever was filled")
    func release() {
        var random = Seeded(seed: 7)
        for _ in 0..<2_000 {
            let old = Int64.random(in: 1...100, using: &random)
            let new = Int64.random(in: 1...100, using: &random)
            let price = Int64.random(in: 1...2_000, using: &random) * 500
            let filled = Int64.random(in: 0...min(old, new), using: &random)
            let before = Self.shape(old, price)
            let wanted = Self.shape(new, price)
            let held = Money(paise: price * (max(old, new) - filled) / 100 + 1)
            for shape in [before, wanted] {
                let release = ModificationRelease(
                    shape,
                    .buy,
                    filled: Quantity(filled),
                    held: held,
                    reserved: .zero,
                    tick: Price(raw: 500),
                    price: Price(raw: price)
                )
                let rest = Quantity(shape.quantity.raw - filled)
                #expect(held - release.cash == Price(raw: price).cost(of: rest))
                #expect(release.cash >= .zero)
            }
        }
    }

    private static func shape(
        _ quantity: Int64,
        _ price: Int64?,
        _ type: OrderType = .limit,
        trigger: Int64? = nil
    ) -> OrderShape {
        OrderShape(
            quantity: Quantity(quantity),
            type: type,
            price: price.map { Price(raw: $0) },
            trigger: trigger.map { Price(raw: $0) }
        )
    }

    @Test("The books tell by quantity and price which of the two shapes an order has")
    func evidence() {
        let (before, wanted) = (Self.shape(10, 100), Self.shape(12, 110))
        let told: [(Int64, Int64, ModificationEvidence)] = [
            (12, 110, .changed), (10, 100, .asBefore), (12, 100, .unclear), (11, 110, .unclear),
        ]
        for (quantity, price, evidence) in told {
            let report = OrderReport(
                brokerOrderID: "1",
                reference: nil,
                status: .open,
                quantity: Quantity(quantity),
                filled: .zero,
                message: nil,
                reported: ReportedShape(type: .limit, price: Price(raw: price), trigger: nil)
            )
            #expect(report.evidence(of: wanted, from: before) == evidence)
        }
    }

    @Test("An order turned to the market may be shown as a limit at the exchange's band")
    func marketEvidence() {
        let (before, wanted) = (Self.shape(10, 100), Self.shape(10, nil, .market))
        let told: [(OrderType, Int64?, ModificationEvidence)] = [
            (.market, nil, .changed), (.limit, 105, .changed), (.limit, 100, .asBefore),
        ]
        for (type, price, evidence) in told {
            let report = OrderReport(
                brokerOrderID: "1",
                reference: nil,
                status: .open,
                quantity: Quantity(10),
                filled: .zero,
                message: nil,
                reported: ReportedShape(
                    type: type,
                    price: price.map { Price(raw: $0) },
                    trigger: nil
                )
            )
            #expect(report.evidence(of: wanted, from: before) == evidence)
        }
    }

    @Test("UNKNOWN ends by what the books show, and by nothing else")
    func states() throws {
        #expect(try ModificationState.unknown.after(.shownApplied) == .applied)
        #expect(try ModificationState.unknown.after(.shownUnchanged) == .unchanged)
        for event: ModificationEvent in [.sendingStarted, .stopped, .notSent, .refused, .sent] {
            #expect(throws: ImpossibleModification.self) {
                try ModificationState.unknown.after(event)
            }
        }
        for state in ModificationState.allCases where !state.isOpen {
            #expect(throws: ImpossibleModification.self) { try state.after(.sendingStarted) }
        }
    }
}
