import Testing
import Trading

@Suite struct ShareHistoryTests {
    private static func fill(
        _ side: Side,
        _ quantity: Int64,
        at price: Int64,
        task: Int64 = 1,
        product: Product = .delivery
    ) -> ShareFill {
        let (shares, price) = (Quantity(quantity), Price(raw: price))
        return ShareFill(
            intent: IntentID(task),
            task: TaskID(task),
            side: side,
            product: product,
            quantity: shares,
            price: price,
            value: price.value(of: shares),
            at: Timestamp(microseconds: task)
        )
    }

    /// Trades of small and large quantities at prices of four decimals, also beyond what is held.
    private static func randomFills(_ random: inout Seeded) -> [ShareFill] {
        (1...150).map { task in
            fill(
                .random(in: 0..<5, using: &random) < 3 ? .buy : .sell,
                .random(in: 1...(Bool.random(using: &random) ? 9 : 100_000), using: &random),
                at: .random(in: 1...90_000_000, using: &random),
                task: task,
                product: Bool.random(using: &random) ? .delivery : .intraday
            )
        }
    }

    @Test("A purchase at two prices, and a sale of a part at the average")
    func worked() {
        var history = ShareHistory()
        // 3 at ₹ 100.00 and 4 at ₹ 101.50: ₹ 706.00 for 7, ₹ 100.857142… each.
        #expect(history.add(Self.fill(.buy, 3, at: 1_000_000, task: 1)) == nil)
        #expect(history.add(Self.fill(.buy, 4, at: 1_015_000, task: 2)) == nil)
        #expect(history.holding.averagePrice == Price(raw: 1_008_571))
        let sale = history.add(Self.fill(.sell, 5, at: 1_100_000, task: 3))
        // 70600 × 5 ÷ 7 = 50428.57…, rounded down.
        #expect(sale?.cost == Money(paise: 50_428))
        #expect(sale?.proceeds == Money(paise: 55_000))
        #expect(history.realised == Money(paise: 4_572))
        #expect(history.holding == Holding(quantity: Quantity(2), cost: Money(paise: 20_172)))
        // First in, first out: all of the first purchase, two of the second.
        #expect(history.lots.map(\.held) == [.zero, Quantity(2)])
        #expect(history.lots.map(\.proceeds) == [Money(paise: 33_000), Money(paise: 22_000)])
        #expect(history.lots.map(\.realised) == [Money(paise: 3_000), Money(paise: 1_700)])
        #expect(history.lots[1].heldCost == Money(paise: 20_300))
    }

    @Test("What is sold though nothing is held moves no money")
    func beyondHolding() {
        var history = ShareHistory([Self.fill(.buy, 2, at: 1_000_000)])
        let sale = history.add(Self.fill(.sell, 5, at: 1_200_000))
        #expect(sale?.quantity == Quantity(2))
        #expect(sale?.proceeds == Money(paise: 24_000))
        let more = history.add(Self.fill(.sell, 1, at: 1_200_000))
        #expect(more?.quantity == .zero && more?.realised == .zero)
        #expect(history.realised == Money(paise: 4_000))
        #expect(history.holding == Holding())
    }

    @Test("After any trades shares, cost and profit are the ledger's", arguments: 1...25)
    func ledger(seed: UInt64) {
        var random = Seeded(seed: seed)
        var history = ShareHistory()
        var holding = Holding()
        var funds = Funds(available: .limit, deposited: .limit)
        for fill in Self.randomFills(&random) {
            let sale = history.add(fill)
            switch fill.side {
            case .buy:
                _ = funds.buy(for: fill.value, fromHeld: .zero)
                holding.add(fill.quantity, cost: fill.value)
            case .sell:
                let shares = min(fill.quantity, holding.quantity)
                guard shares > .zero, holding.reserve(shares) else { continue }
                let cost = holding.sellReserved(shares)
                let before = funds.realisedGain - funds.realisedLoss
                _ = funds.sell(for: fill.price.value(of: shares), cost: cost)
                #expect(sale?.realised == funds.realisedGain - funds.realisedLoss - before)
            }
            #expect(history.holding == holding)
            #expect(history.holding.cost == funds.invested)
            #expect(history.realised == funds.realisedGain - funds.realisedLoss)
        }
    }

    @Test("The average times the quantity is what was invested, but for its rounding")
    func average() throws {
        var random = Seeded(seed: 7)
        var history = ShareHistory()
        for fill in Self.randomFills(&random) {
            _ = history.add(fill)
            let holding = history.holding
            guard let average = holding.averagePrice else { continue }
            // The average is right to half of its last decimal, a ten-thousandth of a rupee.
            let difference = average.raw * holding.quantity.raw - holding.cost.paise * 100
            #expect(abs(difference) * 2 <= holding.quantity.raw)
        }
    }

    @Test(
        "By first in, first out nothing is lost, and the newest shares are held",
        arguments: 1...25
    )
    func lots(seed: UInt64) {
        var random = Seeded(seed: seed)
        var history = ShareHistory()
        var proceeds = Money.zero
        for fill in Self.randomFills(&random) {
            if let sale = history.add(fill) { proceeds += sale.proceeds }
            let lots = history.lots
            #expect(lots.reduce(Quantity.zero) { $0 + $1.held } == history.holding.quantity)
            #expect(lots.reduce(Money.zero) { $0 + $1.proceeds } == proceeds)
            #expect(lots.allSatisfy { $0.heldCost >= .zero && $0.soldCost >= .zero })
            #expect(lots.allSatisfy { $0.held > .zero || $0.heldCost == .zero })
            // Before the first lot with shares left all are gone, behind it none is touched.
            let rest = lots.drop { $0.held == .zero }.dropFirst()
            #expect(rest.allSatisfy { $0.sold == .zero })
        }
        let shares = history.holding.quantity
        guard shares > .zero else { return }
        _ = history.add(Self.fill(.sell, shares.raw, at: 50_000_000))
        // With nothing held both ways of counting have come to the same profit.
        #expect(history.lots.reduce(Money.zero) { $0 + $1.realised } == history.realised)
    }

    @Test("What a day that began with no shares changed is its realised and unrealised profit")
    func day() throws {
        var random = Seeded(seed: 3)
        let price = Price(raw: 12_345_678)
        var history = ShareHistory()
        var position = DayPosition(product: .intraday)
        for fill in Self.randomFills(&random) where fill.product == .intraday {
            guard fill.side == .buy || fill.quantity <= history.holding.quantity else { continue }
            position.add(fill, history.add(fill))
            let holding = history.holding
            #expect(position.net == holding.quantity.raw)
            let open = try #require(Valuation(holding.quantity, cost: holding.cost, at: price))
            #expect(position.change(at: price) == position.realised + open.unrealised)
        }
        #expect(position.realised == history.realised)
        #expect(position.net > 0 && position.change(at: nil) == nil)
    }
}

@Suite struct ValuationTests {
    @Test(
        "A profit's rate is rounded to the nearest hundredth of a percent, halves away from zero",
        arguments: [
            (1, 3, "33.33"), (2, 3, "66.67"), (-1, 3, "-33.33"), (-2, 3, "-66.67"),
            (1, 20_000, "0.01"), (-1, 20_000, "-0.01"), (1, 20_001, "0.00"), (0, 5, "0.00"),
            (5, 1, "500.00"), (-5, 5, "-100.00"),
        ] as [(Int64, Int64, String)]
    )
    func rates(profit: Int64, cost: Int64, percent: String) {
        #expect(ProfitRate(Money(paise: profit), of: Money(paise: cost))?.percent == percent)
    }

    @Test("Nothing paid has no rate, and what does not fit is not told")
    func noRate() {
        #expect(ProfitRate(Money(paise: 5), of: .zero) == nil)
        #expect(ProfitRate(.unpayable, of: Money(paise: 1)) == nil)
        #expect(Valuation(.limit, cost: .zero, at: .limit) == nil)
    }

    @Test("Shares are worth their price, to the nearest paisa")
    func worth() throws {
        let worth = try #require(
            Valuation(Quantity(3), cost: Money(paise: 10_000), at: Price(raw: 333_350))
        )
        #expect(worth.marketValue == Money(paise: 10_001))
        #expect(worth.unrealised == Money(paise: 1))
        #expect(worth.rate?.percent == "0.01")
    }

    @Test("A day on which shares of earlier days were sold counts them as bought back")
    func soldEarlier() {
        var position = DayPosition(product: .delivery)
        let fill = ShareFill(
            intent: IntentID(1),
            task: TaskID(1),
            side: .sell,
            product: .delivery,
            quantity: Quantity(4),
            price: Price(raw: 1_000_000),
            value: Money(paise: 40_000),
            at: Timestamp(microseconds: 0)
        )
        position.add(fill, nil)
        #expect(position.net == -4)
        #expect(position.soldAverage == Price(raw: 1_000_000) && position.boughtAverage == nil)
        #expect(position.change(at: Price(raw: 900_000)) == Money(paise: 4_000))
    }
}
