import Desk
import JSON
import Testing
import Trading
import Zerodha

/// Reads of the account: quotes, holdings, positions, funds, session.
@Suite("Zerodha: account", .timeLimit(.minutes(20)))
struct ZerodhaAccountTests {
    @Test("Quotes come for what Kite lists, symbols with odd characters too; others are missing")
    func quotes() async throws {
        try await ZerodhaFloor.visit { floor in
            try await floor.price("M&M", "3710.10")
            let mahindra = BrokerInstrument(
                instrument: InstrumentID(2),
                segment: "NSE",
                code: "M&M"
            )
            let unknown = BrokerInstrument(
                instrument: InstrumentID(3),
                segment: "BSE",
                code: "RELIANCE"
            )
            let prices = try await floor.broker.quotes(
                [ZerodhaFloor.reliance, mahindra, unknown],
                ZerodhaFloor.session()
            )
            #expect(prices[InstrumentID(1)] == Price(rupees: "2950.00"))
            #expect(prices[InstrumentID(2)] == Price(rupees: "3710.10"))
            #expect(prices.count == 2)
        }
    }

    @Test("More instruments than one call takes are asked for in several, a second apart")
    func manyQuotes() async throws {
        try await ZerodhaFloor.visit(limits: true) { floor in
            let strangers = (2...501).map { number in
                BrokerInstrument(
                    instrument: InstrumentID(Int64(number)),
                    segment: "NSE",
                    code: "NOBODY\(number)"
                )
            }
            // The sandbox must see a second pass between calls, and would refuse them without.
            floor.clock.runFast()
            let prices = try await floor.broker.quotes(
                strangers + [ZerodhaFloor.reliance],
                ZerodhaFloor.session()
            )
            #expect(prices == [InstrumentID(1): Price(rupees: "2950.00")])
            let calls = try await floor.control("GET", "/calls")["calls"]?.array ?? []
            let quotes = calls.first { $0["call"]?.string == "GET /quote/ltp" }
            #expect(quotes?["count"]?.int64 == 3)
        }
    }

    @Test("Holdings tell what is held and what is free")
    func holdings() async throws {
        let account = """
            {"face":"zerodha","client_id":"1000000001","token":"testkey:TESTTOKEN","holdings":[
            {"symbol":"RELIANCE","quantity":10,"average_price":"2500.55"}]}
            """
        try await ZerodhaFloor.visit(account: account) { floor in
            let sale = ZerodhaFloor.attempt(
                terms: Sample.terms(.sell, price: "3000.00"),
                quantity: 4
            )
            #expect(await floor.broker.place(sale).brokerOrderID != nil)
            let holdings = try await floor.broker.holdings(ZerodhaFloor.session())
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

    @Test("Shares that are on their way are held too, as the recorded answers count them")
    func unsettled() async throws {
        // From the recorded holdings: the day began with 18.
        let recorded = """
            [{"tradingsymbol":"SBIN","exchange":"BSE","isin":"INE062A01020","product":"CNC",
            "quantity":11,"used_quantity":0,"t1_quantity":7,"realised_quantity":11,
            "opening_quantity":18,"average_price":429,"pnl":-37.80000000000041},
            {"tradingsymbol":"JPPOWER","exchange":"NSE","isin":"INE351F01018","quantity":6,
            "used_quantity":0,"t1_quantity":0,"average_price":3.216667}]
            """
        try await CannedZerodha.visit(["GET /portfolio/holdings": .data(recorded)]) { broker, _ in
            let holdings = try await broker.holdings(ZerodhaFloor.session())
            #expect(holdings.map(\.quantity) == [Quantity(18), Quantity(6)])
            #expect(holdings.map(\.free) == [Quantity(18), Quantity(6)])
            #expect(holdings.map(\.averagePrice) == [Price(raw: 4_290_000), Price(raw: 32_166)])
        }
    }

    @Test("Shares of a limited series are told under the symbol that every broker has")
    func limitedSeries() async throws {
        let held = #""quantity":1,"product":"CNC","exchange":"NSE","tradingsymbol""#
        let list = #"[{\#(held):"CENTRALBK-BE"},{\#(held):"NHAI-N2"},{\#(held):"M&M"}]"#
        let answers: [String: Canned] = [
            "GET /portfolio/holdings": .data(list),
            "GET /portfolio/positions": .data(#"{"net":\#(list),"day":[]}"#),
        ]
        try await CannedZerodha.visit(answers) { broker, _ in
            let holdings = try await broker.holdings(ZerodhaFloor.session())
            #expect(holdings.map(\.symbol) == ["CENTRALBK", "NHAI-N2", "M&M"])
            let positions = try await broker.positions(ZerodhaFloor.session())
            #expect(positions.map(\.symbol) == ["CENTRALBK", "NHAI-N2", "M&M"])
        }
    }

    @Test("No holdings are an empty list")
    func noHoldings() async throws {
        try await ZerodhaFloor.visit { floor in
            let holdings = try await floor.broker.holdings(ZerodhaFloor.session())
            #expect(holdings.isEmpty)
        }
    }

    @Test("Positions tell what is bought and sold, below zero where sold short")
    func positions() async throws {
        try await ZerodhaFloor.visit { floor in
            let session = ZerodhaFloor.session()
            #expect(try await floor.broker.positions(session).isEmpty)
            _ = await floor.broker.place(ZerodhaFloor.attempt())
            let short = Sample.terms(.sell, product: .intraday)
            _ = await floor.broker.place(
                ZerodhaFloor.attempt("VSHORT01", terms: short, quantity: 2)
            )
            let positions = try await floor.broker.positions(session)
            #expect(Set(positions.map(\.product)) == ["CNC", "MIS"] && positions.count == 2)
            let long = try #require(positions.first { $0.product == "CNC" })
            #expect(long.symbol == "RELIANCE" && long.segment == "NSE")
            #expect(long.netQuantity == 5 && long.buyAverage != nil && long.sellAverage == nil)
            let sold = try #require(positions.first { $0.product == "MIS" })
            #expect(sold.netQuantity == -2 && sold.sellAverage != nil && sold.buyAverage == nil)
        }
    }

    @Test("Funds tell what is free and what is used")
    func funds() async throws {
        let account = """
            {"face":"zerodha","client_id":"1000000001","token":"testkey:TESTTOKEN",
            "funds":"123456789.25"}
            """
        try await ZerodhaFloor.visit(account: account) { floor in
            let session = ZerodhaFloor.session()
            let before = try await floor.broker.funds(session)
            #expect(before == BrokerFunds(available: Money(paise: 12_345_678_925), utilised: .zero))
            let attempt = ZerodhaFloor.attempt(terms: Sample.terms(price: "2900.00"))
            _ = await floor.broker.place(attempt)
            let after = try await floor.broker.funds(session)
            #expect(after.utilised == Money(paise: 1_450_000))
            #expect(after.available + after.utilised == before.available)
        }
    }

    @Test(
        "Funds that are floating-point noise behind the paisa are cut, and collateral is not cash"
    )
    func recordedFunds() async throws {
        let recorded = """
            {"enabled":true,"net":149725.05000000002,"available":{"cash":245431.6,
            "live_balance":99725.05000000002,"collateral":50000},
            "utilised":{"debits":145706.55}}
            """
        try await CannedZerodha.visit(["GET /user/margins/equity": .data(recorded)]) { broker, _ in
            let funds = try await broker.funds(ZerodhaFloor.session())
            #expect(funds.available == Money(paise: 9_972_505))
            #expect(funds.utilised == Money(paise: 14_570_655))
        }
    }

    @Test("A session is good until six in the morning; another client's token is none")
    func check() async throws {
        try await ZerodhaFloor.visit { floor in
            let check = try await floor.broker.check(ZerodhaFloor.session())
            // 2026-11-21 06:00 in India.
            #expect(check.ends == Timestamp(microseconds: 1_795_221_000_000_000))
            let other = Sample.session(client: "1000000002", token: ZerodhaFloor.pair)
            let error = await failure { () async throws(BrokerFailure) in
                try await floor.broker.check(other)
            }
            #expect(error?.isSessionEnded == true)
            let wrong = await failure { () async throws(BrokerFailure) in
                try await floor.broker.check(ZerodhaFloor.session(token: "testkey:WRONG"))
            }
            #expect(wrong?.isSessionEnded == true)
        }
    }
}
