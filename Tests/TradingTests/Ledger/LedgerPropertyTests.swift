import Testing
import Trading

/// 100,000 random lives of a client, in which several bulk trades trade in the same shares at once.
@Suite struct LedgerPropertyTests {
    private static let lives = 10_000

    @Test(
        "Whatever happens in whatever order, nothing is negative or oversold, and all sums agree",
        arguments: UInt64(1)...10
    )
    func anyLife(seed: UInt64) {
        var random = Seeded(seed: seed)
        for number in 0..<Self.lives {
            var life = Life(&random)
            for step in 0..<Int.random(in: 4...16, using: &random) {
                let what = life.step(&random)
                if let fault = life.fault {
                    Issue.record("seed \(seed), life \(number), step \(step), \(what): \(fault)")
                    return
                }
            }
            life.end(&random)
            if let fault = life.fault ?? life.faultAtEnd {
                Issue.record("seed \(seed), life \(number), at its end: \(fault)")
                return
            }
        }
    }

    @Test("A life that breaks a rule is found out")
    func oracle() {
        var random = Seeded(seed: 1)
        var life = Life(&random)
        life.deposited += Money(paise: 1)
        #expect(life.fault != nil)
    }
}

/// One client with two instruments, each held for cash and on lent money, and the orders of several
/// tasks.
private struct Life {
    private struct Order {
        let side: Side
        /// The place in `holdings`.
        let shares: Int
        let leverage: Leverage
        var open: Quantity
        var held: Money
        var reserved: Quantity
    }

    private var funds = Funds()
    /// Of each instrument, what is the client's own (even places) and what was bought on lent money.
    private var holdings = [Holding](repeating: Holding(), count: 4)
    private var orders: [Order] = []
    private var journal: [Transfer] = []
    /// What came in and went out at the edges, counted beside the ledger.
    var deposited = Money.zero
    private var paidOut = Money.zero
    private var bought = Money.zero
    private var sold = Money.zero
    private var interest = Money.zero

    init(_ random: inout Seeded) {
        pay(Money(paise: .random(in: 0...50_000_000, using: &random)))
    }

    /// What is wrong now; nil where nothing is.
    var fault: String? {
        if !funds.isBalanced { return "the two sides differ, or something is negative" }
        let held = orders.reduce(Money.zero) { $0 + $1.held }
        if funds.held != held { return "held \(funds.held), orders hold \(held)" }
        let lent = holdings.reduce(Money.zero) { $0 + $1.borrowed }
        if funds.borrowed != lent { return "borrowed \(funds.borrowed), holdings owe \(lent)" }
        let cost = holdings.reduce(Money.zero) { $0 + $1.cost }
        if funds.invested != cost { return "invested \(funds.invested), shares cost \(cost)" }
        for (index, holding) in holdings.enumerated() {
            let promised = orders.reduce(Quantity.zero) {
                $1.shares == index ? $0 + $1.reserved : $0
            }
            if holding.reserved != promised { return "reserved \(holding.reserved)" }
            if holding.reserved > holding.quantity { return "oversold" }
            if index.isMultiple(of: 2), holding.borrowed != .zero { return "own shares owe" }
            if holding.quantity == .zero, holding.cost != .zero || holding.borrowed != .zero {
                return "no shares, but cost \(holding.cost) and loan \(holding.borrowed)"
            }
        }
        // Cash in hand and debts follow from what came in and went out, to the paisa.
        let cash = funds.available + funds.held - funds.borrowed - funds.shortfall
        let expected = deposited - paidOut - bought + sold - interest
        if cash != expected { return "net cash \(cash), expected \(expected)" }
        return nil
    }

    /// What is wrong once nothing is open any more.
    var faultAtEnd: String? {
        if funds.held != .zero { return "held \(funds.held) without orders" }
        var rebuilt = Funds()
        for transfer in journal { rebuilt.apply(transfer) }
        return rebuilt == funds ? nil : "the journal makes \(rebuilt) of \(funds)"
    }

    mutating func step(_ random: inout Seeded) -> String {
        switch Int.random(in: 0..<12, using: &random) {
        case 0:
            pay(Money(paise: .random(in: 1...20_000_000, using: &random)))
            return "deposit"
        case 1:
            let amount = Money(paise: .random(in: 1...30_000_000, using: &random))
            guard let paid = funds.payOut(amount) else { return "withdrawal refused" }
            journal += paid
            paidOut += amount
            return "withdrawal"
        case 2, 3: return place(.buy, &random)
        case 4: return place(.sell, &random)
        case 5, 6, 7, 8: return fill(&random, isWhole: Bool.random(using: &random))
        case 9: return drop(&random)
        case 10: return modify(&random)
        default:
            let amount = Money(paise: .random(in: 0...50_000, using: &random))
            guard funds.borrowed > .zero else { return "no interest" }
            journal += funds.payInterest(amount)
            interest += amount
            return "interest"
        }
    }

    /// Every order ends, filled or not.
    mutating func end(_ random: inout Seeded) {
        while !orders.isEmpty {
            _ = Bool.random(using: &random) ? fill(&random, isWhole: true) : drop(&random)
        }
    }

    private mutating func pay(_ amount: Money) {
        journal += funds.deposit(amount)
        deposited += amount
    }

    /// Sized by the real rules, so that what is asked for may come to nothing.
    private mutating func place(_ side: Side, _ random: inout Seeded) -> String {
        let isLent = Bool.random(using: &random)
        let index = Int.random(in: 0...1, using: &random) * 2 + (isLent ? 1 : 0)
        let product: Product = isLent ? .marginFunding : .delivery
        let leverage =
            isLent && side == .buy ? Leverage(.random(in: 100...500, using: &random)) : .once
        let terms = OrderTerms(
            instrument: Self.share,
            side: side,
            type: Bool.random(using: &random) ? .market : .limit,
            product: product,
            validity: .day,
            price: nil,
            trigger: nil
        )
        let basis = SizingBasis(
            capital: funds.deposited,
            usualPart: BasisPoints(2_500),
            available: funds.available,
            free: holdings[index].free,
            owned: holdings[index].quantity,
            price: Self.price(&random),
            leverage: isLent && side == .buy ? leverage : nil
        )
        let sizings: [Sizing] = [
            .part(BasisPoints(.random(in: 1...10_000, using: &random))),
            .quantity(Quantity(.random(in: 1...2_000, using: &random))),
            .quantityWithin(Quantity(.random(in: 1...2_000, using: &random)), part: nil),
            .amount(Money(paise: .random(in: 1...30_000_000, using: &random))),
        ]
        let sizing = sizings[Int.random(in: 0..<sizings.count, using: &random)]
        guard case .order(let quantity, let hold) = sizing.size(for: terms, from: basis) else {
            return "\(side) refused"
        }
        guard let transfers = funds.hold(hold) else { return "sized beyond the cash" }
        journal += transfers
        var reserved = Quantity.zero
        if side == .sell {
            guard holdings[index].reserve(quantity) else { return "sized beyond the shares" }
            reserved = quantity
        }
        orders.append(
            Order(
                side: side,
                shares: index,
                leverage: leverage,
                open: quantity,
                held: hold,
                reserved: reserved
            )
        )
        return "\(side) \(quantity) of \(index)"
    }

    /// A fill is a fact: its price is whatever the market makes it, also far above the hold.
    private mutating func fill(_ random: inout Seeded, isWhole: Bool) -> String {
        guard let index = orders.indices.randomElement(using: &random) else { return "nothing" }
        var order = orders[index]
        let shares =
            isWhole
            ? order.open : Quantity(.random(in: 1...order.open.raw, using: &random))
        let price = Self.price(&random)
        switch order.side {
        case .buy:
            let cost = price.value(of: shares)
            let (transfers, own) = Booking.buy(
                shares,
                for: cost,
                fromHeld: order.held,
                at: order.leverage,
                &funds,
                &holdings[order.shares]
            )
            journal += transfers
            order.held -= min(own, order.held)
            bought += cost
        case .sell:
            let (transfers, gone, promised) = Booking.sell(
                shares,
                at: price,
                reserved: order.reserved,
                &funds,
                &holdings[order.shares]
            )
            journal += transfers
            order.reserved = order.reserved - promised
            sold += price.value(of: gone)
        }
        order.open = order.open - shares
        orders[index] = order
        if order.open == .zero { release(at: index) }
        return "fill"
    }

    /// Cancelled, rejected or expired: all the same to the money.
    private mutating func drop(_ random: inout Seeded) -> String {
        guard let index = orders.indices.randomElement(using: &random) else { return "nothing" }
        release(at: index)
        return "drop"
    }

    private mutating func release(at index: Int) {
        let order = orders.remove(at: index)
        journal += funds.release(order.held)
        holdings[order.shares].release(order.reserved)
    }

    /// An open order is changed: its hold or its reservation with it, where there is enough.
    private mutating func modify(_ random: inout Seeded) -> String {
        guard let index = orders.indices.randomElement(using: &random) else { return "nothing" }
        let open = Quantity(.random(in: 1...2_000, using: &random))
        switch orders[index].side {
        case .buy:
            let hold = orders[index].leverage.ownPart(of: Self.price(&random).cost(of: open))
            guard hold <= funds.available + orders[index].held else { return "modify refused" }
            journal += funds.release(orders[index].held)
            orders[index].held = .zero
            guard let transfers = funds.hold(hold) else { return "released cash was not free" }
            journal += transfers
            orders[index].held = hold
        case .sell:
            let shares = orders[index].shares
            holdings[shares].release(orders[index].reserved)
            orders[index].reserved = .zero
            guard holdings[shares].reserve(open) else { return "modify refused" }
            orders[index].reserved = open
        }
        orders[index].open = open
        return "modify"
    }

    private static func price(_ random: inout Seeded) -> Price {
        Price(raw: .random(in: 1...20_000, using: &random) * 500)
    }

    private static let share = Instrument(
        id: InstrumentID(1),
        exchange: .nse,
        symbol: "RELIANCE",
        name: "Reliance Industries",
        isin: nil,
        lot: Quantity(1),
        tick: Price(raw: 500),
        freezeQuantity: nil,
        lowerCircuit: nil,
        upperCircuit: nil
    )
}
