import Desk
import Dhan
import Testing
import Trading

/// Shapes of answers that the documents show or leave open, and the sandbox does not give.
@Suite("Dhan: quirks of answers", .timeLimit(.minutes(20)))
struct DhanQuirkTests {
    private static let order = """
        {"dhanClientId":"1000000001","orderId":"112111182198","correlationId":"VTST0001",
        "orderStatus":"PART_TRADED","quantity":5,"filledQty":3,"averageTradedPrice":2950.123456,
        "omsErrorCode":null,"omsErrorDescription":null,"newMember":{"a":[1]}}
        """
    private static let trade = """
        {"orderId":"112111182198","exchangeTradeId":"T1","tradedQuantity":3,"tradedPrice":2950.1,
        "createTime":"2026-11-20 10:00:01","updateTime":"2026-11-20 10:00:02",
        "exchangeTime":"0001-01-01 00:00:00"}
        """

    private let live = Sample.live(Sample.attempt("VTST0001"), "112111182198")

    @Test(
        "Trades of the day that are not understood to the last entry are no witness",
        arguments: [#"{"orderId":"1"}"#, "{}", "7", "null"]
    )
    func halfTrades(_ entry: String) async throws {
        let whole = ["GET /trades": Canned("[\(Self.trade)]")]
        try await CannedDhan.visit(whole) { broker, _ in
            let trades = try await broker.trades(Sample.session())
            #expect(trades.map(\.tradeID) == ["T1"])
        }
        for body in ["[\(Self.trade),\(entry)]", "{}", Self.trade] {
            try await CannedDhan.visit(["GET /trades": Canned(body)]) { broker, _ in
                await #expect(throws: BrokerFailure.self) {
                    try await broker.trades(Sample.session())
                }
            }
        }
    }

    @Test(
        "An order and its trades are taken as one object and as a list",
        arguments: [false, true]
    )
    func listOrObject(asList: Bool) async throws {
        let wrap = { (text: String) in Canned(asList ? "[\(text)]" : text) }
        let answers = [
            "GET /orders/112111182198": wrap(Self.order),
            "GET /orders/external/VTST0001": wrap(Self.order),
            "GET /trades/112111182198": wrap(Self.trade),
        ]
        try await CannedDhan.visit(answers) { broker, _ in
            let (report, trades) = try await broker.look(live)
            #expect(report.status == .partlyFilled && report.filled == Quantity(3))
            #expect(trades.map(\.price) == [Price(rupees: "2950.10")])
            // The exchange's time is absent, so the update's is taken.
            #expect(trades.first?.at == Timestamp(microseconds: 1_795_149_002_000_000))
            let doubt = Sample.doubt(Sample.attempt("VTST0001"))
            #expect(try await broker.find(doubt) == report)
        }
    }

    @Test("An order at the market that its trades show filled costs one read, and else three")
    func filledAtTheMarket() async throws {
        let live = Sample.live(Sample.attempt("VTST0001", quantity: 3), "112111182198")
        let part = Self.trade.replacing(":3", with: ":2")
        let cases = [(Canned("[\(Self.trade)]"), 1), (Canned("[\(part)]"), 3), (Canned("[]"), 3)]
        for (trades, reads) in cases {
            let answers = [
                "GET /orders/112111182198": Canned(Self.order),
                "GET /trades/112111182198": trades,
            ]
            try await CannedDhan.visit(answers) { broker, canned in
                let (report, found) = try await broker.look(live)
                #expect(report.status == (reads == 1 ? .filled : .partlyFilled))
                #expect(report.reference == "VTST0001" && report.filled == Quantity(3))
                #expect(found.isEmpty == (trades.body == "[]"))
                #expect(canned.requests.count == reads)
            }
        }
    }

    @Test("An order with a status that nobody documents is found, and not taken for absent")
    func unknownStatus() async throws {
        let odd = #"{"orderId":"7","correlationId":"VTST0001","orderStatus":"INACTIVE"}"#
        let none = #"{"orderId":"8","correlationId":"VTST0002"}"#
        let answers = [
            "GET /orders/external/VTST0001": Canned(odd), "GET /orders": Canned("[\(odd),\(none)]"),
        ]
        try await CannedDhan.visit(answers) { broker, _ in
            let found = try await broker.find(Sample.doubt(Sample.attempt("VTST0001")))
            #expect(found?.brokerOrderID == "7" && found?.status == .inTransit)
            let book = try await broker.orders(Sample.session())
            #expect(book.map(\.reference) == ["VTST0001", "VTST0002"])
        }
    }

    @Test(
        "A book that is not understood to its last entry cannot testify",
        arguments: ["[{\"orderStatus\":\"PENDING\"}]", "[7]", "{}", "null", "\"\"", "[{},{}"]
    )
    func brokenBook(book: String) async throws {
        try await CannedDhan.visit(["GET /orders": Canned(book)]) { broker, _ in
            let read = await failure { () throws(BrokerFailure) in
                try await broker.orders(Sample.session())
            }
            #expect(read?.isUnreachable == true)
        }
    }

    @Test("A look-up whose answer carries another reference finds nothing")
    func otherReference() async throws {
        let answers = ["GET /orders/external/VTST9999": Canned(Self.order)]
        try await CannedDhan.visit(answers) { broker, _ in
            let doubt = Sample.doubt(Sample.attempt("VTST9999"))
            let found = try await broker.find(doubt)
            #expect(found == nil)
        }
    }

    @Test("A trade of another order, or without what a fill needs, is left out")
    func oddTrades() async throws {
        let others = [
            Self.trade.replacing("112111182198", with: "1"),
            Self.trade.replacing("2950.1", with: "0"),
            Self.trade.replacing(":3", with: ":0"), Self.trade.replacing("\"T1\"", with: "null"),
            "7",
        ]
        let list = (others + [Self.trade]).joined(separator: ",")
        let answers = [
            "GET /orders/112111182198": Canned(Self.order),
            "GET /trades/112111182198": Canned("[\(list)]"),
        ]
        try await CannedDhan.visit(answers) { broker, _ in
            let (_, trades) = try await broker.look(live)
            #expect(trades.map(\.tradeID) == ["T1"])
        }
    }

    @Test(
        "Where an order's own trades are refused, the day's list has them; else its state is told",
        arguments: [true, false]
    )
    func refusedTrades(hasList: Bool) async throws {
        let refusal = #"{"errorType":"Data_Error","errorCode":"DH-907","errorMessage":"no"}"#
        let other = Self.trade.replacing("112111182198", with: "1")
        let terms = Sample.terms(price: "2950.00")
        let limited = Sample.live(Sample.attempt("VTST0001", terms: terms), "112111182198")
        let answers = [
            "GET /orders/112111182198": Canned(Self.order),
            "GET /trades/112111182198": Canned(refusal, status: 400),
            "GET /trades": hasList
                ? Canned("[\(other),\(Self.trade)]") : Canned(refusal, status: 400),
        ]
        try await CannedDhan.visit(answers) { broker, canned in
            let (report, trades) = try await broker.look(limited)
            #expect(report.status == .partlyFilled && report.filled == Quantity(3))
            #expect(trades.map(\.tradeID) == (hasList ? ["T1"] : []))
            #expect(canned.requests.count == 3)
        }
    }

    @Test("A session that ends between an order and its trades is told as ended")
    func endedBeforeTrades() async throws {
        let ended = #"{"errorType":"Invalid_Authentication","errorCode":"DH-901"}"#
        let answers = [
            "GET /orders/112111182198": Canned(Self.order),
            "GET /trades/112111182198": Canned(ended, status: 401),
        ]
        try await CannedDhan.visit(answers) { broker, _ in
            let read = await failure { () throws(BrokerFailure) in try await broker.look(live).0 }
            #expect(read?.isSessionEnded == true)
        }
    }

    @Test("A cancel that is answered without a body is done", arguments: [200, 202])
    func emptyCancel(status: Int) async throws {
        let answers = ["DELETE /orders/112111182198": Canned("", status: status)]
        try await CannedDhan.visit(answers) { broker, canned in
            try await broker.cancel(live)
            #expect(canned.requests.count == 1)
        }
    }

    @Test(
        "An empty page behind an error status is no success",
        arguments: [400, 401, 404, 500, 503]
    )
    func emptyError(status: Int) async throws {
        let answers = ["DELETE /orders/112111182198": Canned("", status: status)]
        try await CannedDhan.visit(answers) { broker, _ in
            let cancel = await failure { () throws(BrokerFailure) in try await broker.cancel(live) }
            #expect(cancel?.isUnreachable == true)
        }
    }

    @Test("A profile of somebody else ends the session")
    func foreignProfile() async throws {
        let profile = #"{"dhanClientId":"1000000002","tokenValidity":"30/03/2027 15:37"}"#
        try await CannedDhan.visit(["GET /profile": Canned(profile)]) { broker, _ in
            let check = await failure { () throws(BrokerFailure) in
                try await broker.check(Sample.session())
            }
            #expect(check?.isSessionEnded == true)
        }
    }

    @Test("Funds are read in either spelling, also as Java writes ten million and more")
    func fundsSpelling() async throws {
        for (body, paise) in [
            (#"{"availabelBalance":98440.0,"utilizedAmount":1559.5}"#, 9_844_000),
            (#"{"availableBalance":"98440.00"}"#, 9_844_000),
            (#"{"availabelBalance":1.2345678919E7}"#, 1_234_567_891),
            (#"{"availabelBalance":-250.75}"#, -25_075),
        ] as [(String, Int64)] {
            try await CannedDhan.visit(["GET /fundlimit": Canned(body)]) { broker, _ in
                let funds = try await broker.funds(Sample.session())
                #expect(funds.available == Money(paise: paise), "\(body)")
            }
        }
        try await CannedDhan.visit(["GET /fundlimit": Canned("{}")]) { broker, _ in
            let funds = await failure { () throws(BrokerFailure) in
                try await broker.funds(Sample.session())
            }
            #expect(funds?.isUnreachable == true)
        }
    }
}
