import BrokerFaces
import Desk
import Exchange
import HTTPClient
import Testing
import Trading
import Upstox

/// Placements, books and the account at the simulated Upstox.
@Suite("Upstox: books and account", .timeLimit(.minutes(20)))
struct UpstoxBookTests {
    @Test("A partial fill is told by its quantity, and a cancel keeps it")
    func partialFill() async throws {
        try await UpstoxFloor.visit { floor in
            try await floor.price("RELIANCE", "2950.00", depth: 3)
            let attempt = Sample.attempt(terms: Sample.terms(price: "2950.00"))
            let id = try #require(await floor.broker.place(attempt).brokerOrderID)
            let live = Sample.live(attempt, id)
            let (part, first) = try await floor.broker.look(live)
            #expect(part.status == .partlyFilled && part.filled == Quantity(3))
            #expect(try await floor.broker.find(Sample.doubt(attempt)) == part)
            #expect(try await floor.broker.orders(Sample.session()) == [part])
            try await floor.broker.cancel(live)
            let (ended, trades) = try await floor.broker.look(live)
            #expect(ended.status == .cancelled && ended.filled == Quantity(3))
            #expect(trades == first && trades.reduce(0) { $0 + $1.quantity.raw } == 3)
            // The sandbox's clock stands at this second, and trades have dates of their own form.
            #expect(trades.allSatisfy { $0.at.microseconds == floor.clock.microseconds })
        }
    }

    @Test("Trades that are known already are not read again")
    func knownTrades() async throws {
        try await UpstoxFloor.visit { floor in
            let attempt = Sample.attempt()
            let id = try #require(await floor.broker.place(attempt).brokerOrderID)
            let known = Sample.live(attempt, id, filled: Quantity(5))
            let (report, trades) = try await floor.broker.look(known)
            #expect(report.status == .filled && trades.isEmpty)
        }
    }

    @Test("A wrong order is refused under its number; a closed market proves nothing")
    func refusals() async throws {
        try await UpstoxFloor.visit { floor in
            let nobody = BrokerInstrument(
                instrument: InstrumentID(2),
                segment: "NSE_EQ",
                code: "INE000000000"
            )
            let unknown = Sample.attempt(session: Sample.session(instrument: nobody))
            #expect(
                await floor.broker.place(unknown)
                    == .refused(.brokerRefused, words: "UDAPI100011: Invalid instrument")
            )
            try await floor.control("POST", "/clock", #"{"market":"closed"}"#)
            #expect(
                await floor.broker.place(Sample.attempt())
                    == .unanswered(
                        cause: "HTTP 400",
                        words: "UDAPI100057: The market is closed"
                    )
            )
            let booked = try await floor.booked()
            #expect(booked == 0)
        }
    }

    @Test("An instrument that Upstox does not list is refused without a call")
    func noInstrument() async throws {
        try await UpstoxFloor.visit { floor in
            let attempt = Sample.attempt(session: Sample.session(instrument: nil))
            #expect(
                await floor.broker.place(attempt) == .refused(.noInstrumentAtBroker, words: "")
            )
        }
    }

    @Test("An order from an address that is not the account's is refused; reads are free")
    func wrongAddress() async throws {
        let account = """
            {"face":"upstox","client_id":"1000000001","token":"TESTTOKEN","allowed_ip":"127.0.0.9"}
            """
        try await UpstoxFloor.visit(account: account) { floor in
            guard
                case .refused(.brokerRefused, let words) = await floor.broker.place(
                    Sample.attempt()
                )
            else {
                Issue.record("not refused")
                return
            }
            #expect(words.hasPrefix("UDAPI1154: "))
            let book = try await floor.broker.orders(Sample.session())
            #expect(book.isEmpty)
            let own = Sample.attempt(session: Sample.session(egress: "127.0.0.9"))
            #expect(await floor.broker.place(own).brokerOrderID != nil)
        }
    }

    @Test("An ended session ends every read")
    func sessionEnded() async throws {
        try await UpstoxFloor.visit { floor in
            let broker = floor.broker
            let session = Sample.session(token: "OLD")
            let attempt = Sample.attempt(session: session)
            let live = Sample.live(attempt, "1")
            let ended = [
                await failure { () throws(BrokerFailure) in try await broker.check(session) },
                await failure { () throws(BrokerFailure) in try await broker.orders(session) },
                await failure { () throws(BrokerFailure) in try await broker.trades(session) },
                await failure { () throws(BrokerFailure) in try await broker.funds(session) },
                await failure { () throws(BrokerFailure) in try await broker.holdings(session) },
                await failure { () throws(BrokerFailure) in try await broker.positions(session) },
                await failure { () throws(BrokerFailure) in try await broker.cancel(live) },
                await failure { () throws(BrokerFailure) in try await broker.look(live).0 },
                await failure { () throws(BrokerFailure) in
                    try await broker.find(Sample.doubt(attempt))
                },
                await failure { () throws(BrokerFailure) in
                    try await broker.quotes([Sample.listing], session)
                },
            ]
            #expect(ended.allSatisfy { $0?.isSessionEnded == true }, "\(ended)")
        }
    }

    @Test("A token of another client is no session; when a good one ends no answer tells")
    func check() async throws {
        try await UpstoxFloor.visit { floor in
            let broker = floor.broker
            let check = try await broker.check(Sample.session())
            #expect(check.ends == nil)
            let other = await failure { () throws(BrokerFailure) in
                try await broker.check(Sample.session(client: "1000000002"))
            }
            #expect(other?.isSessionEnded == true)
        }
    }

    @Test("Holdings tell what is free, beside what open sales promise")
    func holdings() async throws {
        let account = """
            {"face":"upstox","client_id":"1000000001","token":"TESTTOKEN",
            "holdings":[{"symbol":"RELIANCE","quantity":10,"average_price":"2900.50"}]}
            """
        try await UpstoxFloor.visit(account: account) { floor in
            let terms = Sample.terms(.sell, price: "3000.00")
            _ = await floor.broker.place(Sample.attempt(terms: terms, quantity: 4))
            let held = try await floor.broker.holdings(Sample.session())
            #expect(
                held == [
                    BrokerHolding(
                        symbol: "RELIANCE",
                        isin: "INE002A01018",
                        quantity: Quantity(10),
                        free: Quantity(6),
                        averagePrice: Price(rupees: "2900.50")
                    )
                ]
            )
        }
    }

    @Test("Positions are those of every product, funded ones too")
    func positions() async throws {
        try await UpstoxFloor.visit { floor in
            _ = await floor.broker.place(Sample.attempt())
            let short = Sample.terms(.sell, product: .intraday)
            _ = await floor.broker.place(Sample.attempt("VSHORT01", terms: short, quantity: 2))
            let funded = Sample.terms(product: .marginFunding)
            _ = await floor.broker.place(Sample.attempt("VFUNDED1", terms: funded, quantity: 3))
            let positions = try await floor.broker.positions(Sample.session())
            let net = Dictionary(
                uniqueKeysWithValues: positions.map { ($0.product, $0.netQuantity) }
            )
            #expect(net == ["D": 5, "I": -2, "MTF": 3])
            #expect(positions.allSatisfy { $0.symbol == "RELIANCE" && $0.segment == "NSE_EQ" })
            let sold = try #require(positions.first { $0.product == "I" })
            #expect(sold.sellAverage != nil && sold.buyAverage == nil)
        }
    }

    @Test("Funds tell what is free and what is used")
    func funds() async throws {
        let account = """
            {"face":"upstox","client_id":"1000000001","token":"TESTTOKEN","funds":"123456789.25"}
            """
        try await UpstoxFloor.visit(account: account) { floor in
            let before = try await floor.broker.funds(Sample.session())
            #expect(before == BrokerFunds(available: Money(paise: 12_345_678_925), utilised: .zero))
            let attempt = Sample.attempt(terms: Sample.terms(price: "2900.00"))
            _ = await floor.broker.place(attempt)
            let after = try await floor.broker.funds(Sample.session())
            #expect(after.utilised == Money(paise: 1_450_000))
            #expect(after.available + after.utilised == before.available)
        }
    }

    @Test("Beyond the rate limit an order is unanswered for that cause, and not booked")
    func rateLimit() async throws {
        try await UpstoxFloor.visit(limits: true) { floor in
            var answers: [PlacementAnswer] = []
            for number in 0..<11 {
                answers.append(await floor.broker.place(Sample.attempt("VTST\(number)0000")))
            }
            #expect(answers.prefix(10).allSatisfy { $0.brokerOrderID != nil })
            guard case .unanswered(BrokerLimit.cause, let words?) = answers[10] else {
                Issue.record("\(answers[10])")
                return
            }
            #expect(words.hasPrefix("UDAPI10005: "))
            let booked = try await floor.booked()
            #expect(booked == 10)
        }
    }

    @Test("The sandbox's packed file gives its shares and none of its options")
    func instruments() async throws {
        try await UpstoxFloor.visit { floor in
            let base =
                "http://127.0.0.1:\(floor.sandbox.port)/upstox/market-quote/instruments/exchange/"
            let url = base + "complete.json.gz"
            let listed = try await UpstoxInstruments(client: floor.http, url: url).listings()
            let reliance = try #require(listed.first { $0.symbol == "RELIANCE" })
            #expect(reliance.segment == "NSE_EQ" && reliance.code == "INE002A01018")
            #expect(reliance.tick == Price(raw: 1_000) && reliance.lot == Quantity(1))
            let shares = SandboxConfiguration.ephemeral.instruments.filter { $0.option == nil }
            #expect(listed.map(\.code) == shares.map(\.isin))
            let gone = UpstoxInstruments(client: floor.http, url: base + "gone.json.gz")
            let read = await failure { () throws(BrokerFailure) in try await gone.listings() }
            #expect(read?.isUnreachable == true)
        }
    }
}
