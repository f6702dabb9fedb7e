import BrokerFaces
import Desk
import Exchange
import Groww
import JSON
import Testing
import Trading

/// What the adapter reads of accounts, markets and lists, against the simulated broker.
@Suite("Groww: account", .timeLimit(.minutes(20)))
struct GrowwAccountTests {
    private static let account = """
        {"client_id":"1000000001","token":"TESTTOKEN","face":"groww","funds":"100000.00",
        "holdings":[{"symbol":"TCS","quantity":10,"average_price":"3900.50"}]}
        """

    @Test("Holdings, positions and funds are what the account has")
    func portfolio() async throws {
        try await GrowwFloor.visit(account: Self.account) { floor in
            let (broker, session) = (floor.broker, GrowwSample.session())
            let bought = Sample.attempt("VTST000000000101", quantity: 5, session: session)
            #expect(await broker.place(bought).brokerOrderID != nil)
            let sold = Sample.attempt(
                "VTST000000000102",
                terms: Sample.terms(.sell, product: .intraday),
                quantity: 2,
                session: session
            )
            #expect(await broker.place(sold).brokerOrderID != nil)
            let held = try await broker.holdings(session)
            #expect(held.map(\.symbol) == ["TCS"] && held.map(\.isin) == ["INE467B01029"])
            #expect(held.map(\.quantity.raw) == [10] && held.map(\.free.raw) == [10])
            #expect(held.map(\.averagePrice) == [Price(rupees: "3900.50")])
            let positions = try await broker.positions(session)
            #expect(positions.map(\.symbol) == ["RELIANCE", "RELIANCE"])
            #expect(positions.map(\.segment) == ["NSE_CASH", "NSE_CASH"])
            #expect(positions.map(\.product) == ["CNC", "MIS"])
            #expect(positions.map(\.netQuantity) == [5, -2])
            #expect(positions.map(\.buyAverage) == [Price(rupees: "2950"), nil])
            #expect(positions.map(\.sellAverage) == [nil, Price(rupees: "2949.90")])
            // 5 × 2,950 in full, and a fifth of 2 × 2,949.90, which is the bid.
            let funds = try await broker.funds(session)
            #expect(funds.utilised == Money(paise: 1_592_996))
            #expect(funds.available == Money(paise: 10_000_000 - 1_592_996))
        }
    }

    @Test("A session is good for its own client alone, and no answer says until when")
    func check() async throws {
        try await GrowwFloor.visit { floor in
            let good = try await floor.broker.check(GrowwSample.session())
            #expect(good.ends == nil && floor.broker.traits.sessionLife == .until(6, 0))
            for session in [Sample.session(client: "1000000002"), Sample.session(token: "WRONG")] {
                let read = await failure { () throws(BrokerFailure) in
                    try await floor.broker.check(session)
                }
                #expect(read?.isSessionEnded == true)
            }
        }
    }

    @Test("Prices of what is listed are told, whatever is in their names")
    func quotes() async throws {
        try await GrowwFloor.visit { floor in
            try await floor.price("M&M", "3710.50")
            let prices = try await floor.broker.quotes(
                [
                    GrowwSample.listing(), GrowwSample.listing("M&M", id: 2),
                    GrowwSample.listing("NOSUCH", id: 3),
                    GrowwSample.listing("RELIANCE", id: 4, segment: "nowhere"),
                ],
                GrowwSample.session()
            )
            #expect(prices.count == 2)
            #expect(prices[InstrumentID(1)] == Price(rupees: "2950"))
            #expect(prices[InstrumentID(2)] == Price(rupees: "3710.50"))
        }
    }

    @Test("The sandbox's file gives its shares and none of its options")
    func instruments() async throws {
        try await GrowwFloor.visit { floor in
            let base = "http://127.0.0.1:\(floor.sandbox.port)/groww/instruments/"
            let master = GrowwInstruments(client: floor.http, url: base + "instrument.csv")
            #expect(master.broker == .groww)
            let listed = try await master.listings()
            let shares = SandboxConfiguration.ephemeral.instruments.filter { $0.option == nil }
            #expect(listed.count == shares.count)
            for share in shares {
                let own = try #require(listed.first { $0.symbol == share.symbol })
                #expect(own.code == share.symbol && own.segment == "NSE_CASH")
                #expect(own.isin == share.isin && own.name == share.name)
                #expect(own.tick.raw == share.tick.tenThousandths && own.lot.raw == share.lot)
                #expect(own.freezeQuantity?.raw == share.freezeQuantity)
            }
            let gone = GrowwInstruments(client: floor.http, url: base + "gone.csv")
            let read = await failure { () throws(BrokerFailure) in try await gone.listings() }
            #expect(read?.isUnreachable == true)
        }
    }

    @Test("A reference that went out twice is one order, and the second answer is a doubt")
    func duplicate() async throws {
        try await GrowwFloor.visit { floor in
            let attempt = Sample.attempt(
                terms: Sample.terms(price: "2900.00"),
                session: GrowwSample.session()
            )
            let id = try #require(await floor.broker.place(attempt).brokerOrderID)
            let again = await floor.broker.place(attempt)
            guard case .claimed(let words) = again, words.hasPrefix("GA007") else {
                Issue.record("\(again)")
                return
            }
            #expect(try await floor.booked() == 1)
            #expect(try await floor.broker.find(Sample.doubt(attempt))?.brokerOrderID == id)
        }
    }

    @Test("A book of more than a page is read to its end, and each of its orders is there once")
    func longBook() async throws {
        try await GrowwFloor.visit { floor in
            for number in 0..<101 {
                let attempt = Sample.attempt(
                    "VTST\(100_000 + number)",
                    terms: Sample.terms(price: "2900.00"),
                    quantity: 1,
                    session: GrowwSample.session()
                )
                #expect(await floor.broker.place(attempt).brokerOrderID != nil)
            }
            let book = try await floor.broker.orders(GrowwSample.session())
            #expect(book.count == 101 && Set(book.map(\.reference)).count == 101)
            #expect(book.allSatisfy { $0.status == .open })
        }
    }

    @Test("An order that trades in part shows its parts, and keeps them when it is cancelled")
    func partial() async throws {
        try await GrowwFloor.visit { floor in
            try await floor.price("RELIANCE", "2950.00", depth: 3)
            let attempt = Sample.attempt(
                terms: Sample.terms(price: "2950.10"),
                quantity: 50,
                session: GrowwSample.session()
            )
            let id = try #require(await floor.broker.place(attempt).brokerOrderID)
            let order = Sample.live(attempt, id)
            let (part, trades) = try await floor.broker.look(order)
            #expect(part.status == .partlyFilled && part.filled > .zero)
            #expect(trades.reduce(Quantity.zero) { $0 + $1.quantity } == part.filled)
            #expect(try await floor.broker.trades(order.session) == trades)
            try await floor.broker.cancel(order)
            let (ended, all) = try await floor.broker.look(order)
            #expect(ended.status == .cancelled && ended.filled == part.filled)
            #expect(all == trades)
        }
    }

    @Test("Where no balance for delivery is told, cash is; without either nothing is known")
    func balances() async throws {
        let call = "GET /margins/detail/user"
        let both = #"{"clear_cash":9.5,"equity_margin_details":{"cnc_balance_available":7.25}}"#
        for (payload, paise) in [
            (both, 725), (#"{"clear_cash":9.5}"#, 950), ("{}", nil),
        ] as [(String, Int64?)] {
            try await CannedGroww.visit([call: [.payload(payload)]]) { broker, _ in
                let read = try? await broker.funds(GrowwSample.session())
                #expect(read?.available == paise.map { Money(paise: $0) })
            }
        }
    }

    @Test("What was sold is a debit; the quantity's own word counts only without both")
    func netQuantities() async throws {
        let name = #""trading_symbol":"A","exchange":"NSE","segment":"CASH","product":"CNC""#
        for (members, net) in [
            (#","quantity":3,"credit_quantity":2,"debit_quantity":5"#, -3),
            (#","quantity":3,"credit_quantity":2"#, 3), (#","credit_quantity":2"#, nil),
        ] as [(String, Int64?)] {
            let payload = #"{"positions":[{\#(name)\#(members)}]}"#
            try await CannedGroww.visit(["GET /positions/user": [.payload(payload)]]) { broker, _ in
                let read = try await broker.positions(GrowwSample.session())
                #expect(read.map(\.netQuantity) == net.map { [$0] } ?? [])
            }
        }
    }
}
