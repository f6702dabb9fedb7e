import Testing
import Trading

@Suite struct FundsTests {
    @Test("Capital paid in is available")
    func deposit() throws {
        var funds = Funds()
        let transfers = funds.deposit(try rupees("100000"))
        #expect(funds.available == (try rupees("100000")))
        #expect(funds.deposited == (try rupees("100000")))
        #expect(
            transfers == [
                Transfer(
                    .deposit,
                    debit: .available,
                    credit: .deposited,
                    amount: try rupees("100000")
                )
            ]
        )
    }

    @Test("A hold and its release leave everything as it was")
    func holdAndRelease() throws {
        var funds = try funded("100000")
        let before = funds
        let hold = try #require(funds.hold(try rupees("23600")))
        #expect(funds.available == (try rupees("76400")))
        #expect(funds.held == (try rupees("23600")))
        let release = funds.release(try rupees("23600"))
        #expect(funds == before)
        #expect((hold + release).map(\.kind) == [.hold, .release])
    }

    @Test("More than is available is never held or paid out, and the attempt changes nothing")
    func refusals() throws {
        var funds = try funded("100")
        let before = funds
        let more = try rupees("100.01")
        let hold = funds.hold(more)
        let withdrawal = funds.withdraw(more)
        #expect(hold == nil)
        #expect(withdrawal == nil)
        #expect(funds == before)
    }

    @Test("Profit cannot be paid out as capital")
    func withdrawal() throws {
        var funds = try bought("1000", cost: "400", hold: "400")
        _ = funds.sell(for: try rupees("900"), cost: try rupees("400"))
        #expect(funds.available == (try rupees("1500")))
        let tooMuch = funds.withdraw(try rupees("1000.01"))
        let capital = funds.withdraw(try rupees("1000"))
        #expect(tooMuch == nil)
        #expect(capital?.count == 1)
        #expect(funds.available == (try rupees("500")))
        #expect(funds.deposited == .zero)
    }

    @Test("A fill is paid from its hold, and what is left over can be released")
    func fillBelowHold() throws {
        let funds = try bought("1000", cost: "380", hold: "400")
        #expect(funds.invested == (try rupees("380")))
        #expect(funds.held == (try rupees("20")))
        #expect(funds.available == (try rupees("600")))
    }

    @Test("A fill above its hold takes cash, and beyond that is owed")
    func fillAboveHold() throws {
        let fromCash = try bought("1000", cost: "450", hold: "400")
        #expect(fromCash.available == (try rupees("550")))
        #expect(fromCash.shortfall == .zero)
        let owed = try bought("1000", cost: "1010", hold: "400")
        #expect(owed.available == .zero)
        #expect(owed.held == .zero)
        #expect(owed.invested == (try rupees("1010")))
        #expect(owed.shortfall == (try rupees("10")))
    }

    @Test("A sale's proceeds repay what is owed before they become cash")
    func repayment() throws {
        var funds = try bought("1000", cost: "1010", hold: "1000")
        let transfers = funds.sell(for: try rupees("506"), cost: try rupees("505"))
        #expect(funds.shortfall == .zero)
        #expect(funds.available == (try rupees("496")))
        #expect(funds.realisedGain == (try rupees("1")))
        #expect(transfers.map(\.kind) == [.fill, .gain, .repayment])
    }

    @Test("A sale below cost is a loss, and a sale for nothing loses all of it")
    func losses() throws {
        var funds = try bought("1000", cost: "400", hold: "400")
        _ = funds.sell(for: try rupees("150"), cost: try rupees("200"))
        #expect(funds.realisedLoss == (try rupees("50")))
        #expect(funds.available == (try rupees("750")))
        let transfers = funds.sell(for: .zero, cost: try rupees("200"))
        #expect(transfers.map(\.kind) == [.loss])
        #expect(funds.realisedLoss == (try rupees("250")))
        #expect(funds.invested == .zero)
    }

    @Test("Moving nothing makes no transfer")
    func nothing() throws {
        var funds = try funded("100")
        let hold = funds.hold(.zero)
        let release = funds.release(.zero)
        let deposit = funds.deposit(.zero)
        let withdrawal = funds.withdraw(.zero)
        #expect(hold == [] && release == [] && deposit == [] && withdrawal == [])
    }

    @Test(
        "After any sequence the books balance, nothing is negative, and the journal makes them anew",
        arguments: 1...40
    )
    func anySequence(seed: UInt64) {
        var random = Seeded(seed: seed)
        var funds = Funds()
        var journal: [Transfer] = []
        var holds: [Money] = []
        var costs: [Money] = []
        for _ in 0..<300 {
            let amount = Money(paise: .random(in: 0...1_000_000, using: &random))
            switch Int.random(in: 0..<6, using: &random) {
            case 0: journal += funds.deposit(amount)
            case 1: journal += funds.withdraw(amount) ?? []
            case 2:
                guard let transfers = funds.hold(amount) else { continue }
                journal += transfers
                holds.append(amount)
            case 3:
                guard let hold = holds.popLast() else { continue }
                journal += funds.release(hold)
            case 4:
                guard let hold = holds.popLast() else { continue }
                let before = funds.held
                journal += funds.buy(for: amount, fromHeld: hold)
                journal += funds.release(hold - (before - funds.held))
                costs.append(amount)
            default:
                guard let cost = costs.popLast() else { continue }
                journal += funds.sell(for: amount, cost: cost)
            }
            #expect(funds.isBalanced)
        }
        var rebuilt = Funds()
        for transfer in journal { rebuilt.apply(transfer) }
        #expect(rebuilt == funds)
        #expect(funds.held.paise == holds.reduce(0) { $0 + $1.paise })
        #expect(funds.invested.paise == costs.reduce(0) { $0 + $1.paise })
    }

    private func funded(_ text: String) throws -> Funds {
        var funds = Funds()
        _ = funds.deposit(try rupees(text))
        return funds
    }

    private func bought(_ capital: String, cost: String, hold: String) throws -> Funds {
        var funds = try funded(capital)
        _ = funds.hold(try rupees(hold))
        _ = funds.buy(for: try rupees(cost), fromHeld: try rupees(hold))
        return funds
    }
}
