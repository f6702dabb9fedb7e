import Desk
import Dhan
import Testing
import Trading

/// Reads of the account at the simulated Dhan: quotes, holdings, positions, funds, session.
@Suite("Dhan: account", .timeLimit(.minutes(20)))
struct DhanAccountTests {
    @Test("Quotes come for what Dhan knows; one unknown id spoils nothing")
    func quotes() async throws {
        try await DhanFloor.visit { floor in
            try await floor.price("HDFCBANK", "1430.10")
            let bank = BrokerInstrument(
                instrument: InstrumentID(2),
                segment: "NSE_EQ",
                code: "1333"
            )
            let unknown = BrokerInstrument(
                instrument: InstrumentID(3),
                segment: "NSE_EQ",
                code: "987654"
            )
            let odd = BrokerInstrument(
                instrument: InstrumentID(4),
                segment: "NSE_EQ",
                code: "no number"
            )
            let prices = try await floor.broker.quotes(
                [Sample.listing, bank, unknown, odd],
                Sample.session()
            )
            #expect(prices[InstrumentID(1)] == Price(rupees: "2950.00"))
            #expect(prices[InstrumentID(2)] == Price(rupees: "1430.10"))
            #expect(prices.count == 2)
        }
    }

    @Test("More instruments than one call takes are asked for in several, a second apart")
    func manyQuotes() async throws {
        try await DhanFloor.visit(limits: true) { floor in
            let strangers = (2...2_001).map { number in
                BrokerInstrument(
                    instrument: InstrumentID(Int64(number)),
                    segment: "NSE_EQ",
                    code: "\(900_000 + number)"
                )
            }
            // The sandbox must see a second pass between calls, and would refuse them without.
            floor.clock.runFast()
            let began = ContinuousClock.now
            let prices = try await floor.broker.quotes(
                strangers + [Sample.listing],
                Sample.session()
            )
            #expect(prices == [InstrumentID(1): Price(rupees: "2950.00")])
            #expect(try await floor.quoteCalls() == 3)
            #expect(began.duration(to: .now) >= .seconds(2))
        }
    }

    @Test("No holdings is an error of Dhan's and an empty list of ours")
    func noHoldings() async throws {
        try await DhanFloor.visit { floor in
            let holdings = try await floor.broker.holdings(Sample.session())
            #expect(holdings.isEmpty)
        }
    }

    @Test("Holdings tell what is held and what is free")
    func holdings() async throws {
        let account = """
            {"client_id":"1000000001","token":"TESTTOKEN","holdings":[
            {"symbol":"RELIANCE","quantity":10,"average_price":"2500.55"}]}
            """
        try await DhanFloor.visit(account: account) { floor in
            let sale = Sample.attempt(terms: Sample.terms(.sell, price: "3000.00"), quantity: 4)
            #expect(await floor.broker.place(sale).brokerOrderID != nil)
            let holdings = try await floor.broker.holdings(Sample.session())
            #expect(
                holdings == [
                    BrokerHolding(
                        symbol: "RELIANCE",
                        isin: "INE002A01018",
                        quantity: Quantity(10),
                        free: Quantity(6),
                        averagePrice: Price(rupees: "2500.55")
                    )
                ]
            )
        }
    }

    @Test("Positions tell what is bought and sold, below zero where sold short")
    func positions() async throws {
        try await DhanFloor.visit { floor in
            #expect(try await floor.broker.positions(Sample.session()).isEmpty)
            _ = await floor.broker.place(Sample.attempt())
            let short = Sample.terms(.sell, product: .intraday)
            _ = await floor.broker.place(Sample.attempt("VSHORT01", terms: short, quantity: 2))
            let positions = try await floor.broker.positions(Sample.session())
            #expect(Set(positions.map(\.product)) == ["CNC", "INTRADAY"])
            let long = try #require(positions.first { $0.product == "CNC" })
            #expect(long.symbol == "RELIANCE" && long.segment == "NSE_EQ")
            #expect(long.netQuantity == 5 && long.buyAverage != nil && long.sellAverage == nil)
            let sold = try #require(positions.first { $0.product == "INTRADAY" })
            #expect(sold.netQuantity == -2 && sold.sellAverage != nil && sold.buyAverage == nil)
        }
    }

    @Test("Funds tell what is free and what is used")
    func funds() async throws {
        let account = #"{"client_id":"1000000001","token":"TESTTOKEN","funds":"123456789.25"}"#
        try await DhanFloor.visit(account: account) { floor in
            let before = try await floor.broker.funds(Sample.session())
            #expect(before == BrokerFunds(available: Money(paise: 12_345_678_925), utilised: .zero))
            let attempt = Sample.attempt(terms: Sample.terms(price: "2900.00"))
            _ = await floor.broker.place(attempt)
            let after = try await floor.broker.funds(Sample.session())
            #expect(after.utilised == Money(paise: 1_450_000))
            #expect(after.available + after.utilised == before.available)
        }
    }

    @Test("A session tells when it ends, to the minute and in Indian time")
    func sessionEnd() async throws {
        let account = """
            {"client_id":"1000000001","token":"TESTTOKEN",
            "token_expires_at":"2026-11-21T09:30:00+05:30"}
            """
        try await DhanFloor.visit(account: account) { floor in
            let check = try await floor.broker.check(Sample.session())
            // 2026-11-21 04:00 UTC.
            #expect(check.ends == Timestamp(microseconds: 1_795_233_600_000_000))
        }
    }
}
