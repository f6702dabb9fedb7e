import Desk
import HTTPServer
import Testing
import Trading
import Upstox

/// Answers that the documents do not show, or show in more than one way.
@Suite("Upstox: quirks", .timeLimit(.minutes(20)))
struct UpstoxQuirkTests {
    private static let id = "231019025562880"
    private static let order =
        #"{"order_id":"231019025562880","tag":"VTST0000000000000101","status":"open","#
        + #""quantity":5,"filled_quantity":2,"pending_quantity":3}"#
    private static let trade =
        #"{"order_id":"231019025562880","trade_id":"50091502","quantity":2,"average_price":9.15,"#
        + #""exchange_timestamp":"20-Nov-2026 10:00:00"}"#

    private static let book = "GET /api/v2/order/retrieve-all"
    private static let history = "GET /api/v2/order/history"
    private static let details = "GET /api/v2/order/details"
    private static let own = "GET /api/v2/order/trades"
    private static let day = "GET /api/v2/order/trades/get-trades-for-day"

    private static var live: LiveOrder { Sample.live(Sample.attempt(), id) }

    @Test(
        "A book or a list of trades that is not understood to the last entry proves nothing",
        arguments: [
            "null", "{}", #"[{}]"#, #"[7]"#, #"[{"order_id":"1"},{"order_id":null}]"#,
            #"[{"order_id":"1","trade_id":"2","quantity":0,"average_price":1}]"#,
            #"[{"order_id":"1","trade_id":"2","quantity":1,"average_price":0},{}]"#,
        ]
    )
    func notUnderstood(data: String) async throws {
        let answers = [Self.book: Canned.data(data), Self.day: .data(data)]
        try await CannedUpstox.visit(answers) { broker, _ in
            let session = Sample.session()
            let trades = await failure { () throws(BrokerFailure) in
                try await broker.trades(session)
            }
            #expect(trades?.isUnreachable == true)
            // The last two are orders all the same, as far as the book needs to know.
            guard !data.contains("trade_id") || data.hasSuffix(",{}]") else { return }
            let orders = await failure { () throws(BrokerFailure) in
                try await broker.orders(session)
            }
            #expect(orders?.isUnreachable == true)
        }
    }

    @Test("An order with a word that nobody documents is there all the same")
    func unknownWord() async throws {
        let odd = Self.order.replacing(#""open""#, with: #""frozen by surveillance""#)
        try await CannedUpstox.visit([Self.book: .data("[\(odd)]")]) { broker, _ in
            let book = try await broker.orders(Sample.session())
            #expect(book.map(\.status) == [.inTransit])
            #expect(book.map(\.filled) == [Quantity(2)])
        }
    }

    @Test(
        "A history that holds nothing under our tag finds nothing, whatever else it holds",
        arguments: [
            (200, #"{"status":"success","data":[]}"#),
            (200, #"{"status":"success","data":[{"order_id":"1","tag":"VTST0000000000000102"}]}"#),
            (200, #"{"status":"success","data":[{"order_id":"1","tag":null}]}"#),
            (404, #"{"status":"error","errors":[{"errorCode":"UDAPI100060","message":"none"}]}"#),
            (400, #"{"status":"error","errors":[{"errorCode":"UDAPI100010","message":"none"}]}"#),
        ]
    )
    func notFound(status: Int, body: String) async throws {
        let answers = [Self.history: Canned(body, status: status)]
        try await CannedUpstox.visit(answers) { broker, canned in
            let found = try await broker.find(Sample.doubt(Sample.attempt()))
            #expect(found == nil)
            #expect(canned.requests.map { $0.query("tag") } == ["VTST0000000000000101"])
        }
    }

    @Test("Which state is the present one is not taken from the history's order")
    func historyUpsideDown() async throws {
        let states = ["open", "open pending", "put order req received"].map {
            #"{"order_id":"\#(Self.id)","tag":"VTST0000000000000101","status":"\#($0)"}"#
        }
        let answers = [
            Self.history: Canned.data("[\(states.joined(separator: ","))]"),
            Self.details: .data(Self.order),
        ]
        try await CannedUpstox.visit(answers) { broker, _ in
            let found = try await broker.find(Sample.doubt(Sample.attempt()))
            #expect(found?.status == .partlyFilled && found?.filled == Quantity(2))
        }
    }

    @Test("Details of another order are no look at ours", arguments: ["{}", #"{"order_id":"1"}"#])
    func otherOrder(data: String) async throws {
        try await CannedUpstox.visit([Self.details: .data(data)]) { broker, _ in
            let look = await failure { () throws(BrokerFailure) in
                try await broker.look(Self.live).0
            }
            #expect(look?.isUnreachable == true)
        }
    }

    @Test("Where an order's own trades are refused or missing, the day's list has them")
    func dayList() async throws {
        let other = Self.trade.replacing(Self.id, with: "1")
        let refusal = #"{"status":"error","errors":[{"errorCode":"UDAPI100060","message":"none"}]}"#
        for own in [Canned.data("[]"), Canned(refusal, status: 404)] {
            let answers = [
                Self.details: Canned.data(Self.order), Self.own: own,
                Self.day: .data("[\(other),\(Self.trade)]"),
            ]
            try await CannedUpstox.visit(answers) { broker, _ in
                let (report, trades) = try await broker.look(Self.live)
                #expect(report.status == .partlyFilled)
                #expect(
                    trades == [
                        TradeReport(
                            brokerOrderID: Self.id,
                            tradeID: "50091502",
                            quantity: Quantity(2),
                            price: Price(raw: 91_500),
                            at: Timestamp(microseconds: 1_795_149_000_000_000)
                        )
                    ]
                )
            }
        }
    }

    @Test("Funded positions that are among the others too count once")
    func fundedTwice() async throws {
        let funded =
            #"{"trading_symbol":"IDEA","instrument_token":"NSE_EQ|INE669E01016","product":"MTF","#
            + #""quantity":5,"buy_price":9.1,"sell_price":0.0}"#
        let answers = [
            "GET /api/v2/portfolio/short-term-positions": Canned.data("[\(funded)]"),
            "GET /api/v3/portfolio/mtf-positions": .data("[\(funded)]"),
        ]
        try await CannedUpstox.visit(answers) { broker, _ in
            let positions = try await broker.positions(Sample.session())
            #expect(positions.map(\.netQuantity) == [5] && positions.map(\.product) == ["MTF"])
            #expect(positions.map(\.sellAverage) == [nil])
        }
    }

    @Test("Of funds the cash alone is told: what is pledged or not settled buys no share")
    func cash() async throws {
        let answer = """
            {"available_to_trade":{"total":5379.03,"cash_available_to_trade":{"total":5117.34,
            "cash":{"opening_balance":5137.34},"margin_used":{"total":20.00}},
            "pledge_available_to_trade":{"total":261.69,"margin_used":{"total":1.8}}},
            "unavailable_to_trade":{"cash_unavailable_to_trade":{"unsettled_profit":
            {"todays_profit":7.0}}}}
            """
        let path = "GET /api/v3/user/get-funds-and-margin"
        let need = Canned.data(#"{"final_margin":5200}"#)
        let answers = [path: Canned.data(answer), "POST /api/v2/charges/margin": need]
        for (product, lacking) in [(Product.delivery, Int64(8_266)), (.intraday, 0)] {
            try await CannedUpstox.visit(answers) { broker, _ in
                let order = ProspectiveOrder(
                    instrument: Sample.listing,
                    side: .buy,
                    type: .limit,
                    product: product,
                    quantity: Quantity(1),
                    price: Price(raw: 10_000)
                )
                let told = try await broker.services.margins?.margin([order], Sample.session())
                #expect(told?.missing == Money(paise: lacking), "\(product)")
            }
        }
        try await CannedUpstox.visit([path: .data(answer)]) { broker, _ in
            let funds = try await broker.funds(Sample.session())
            #expect(
                funds
                    == BrokerFunds(available: Money(paise: 511_734), utilised: Money(paise: 2_000))
            )
        }
        for lacking in ["{}", #"{"available_to_trade":{"total":5379.03}}"#] {
            try await CannedUpstox.visit([path: .data(lacking)]) { broker, _ in
                let failed = await failure { () throws(BrokerFailure) in
                    try await broker.funds(Sample.session())
                }
                #expect(failed?.isUnreachable == true)
            }
        }
    }

    @Test("Funds by night are not to be had, which is no refusal for good")
    func night() async throws {
        let body = #"{"status":"error","errors":[{"errorCode":"UDAPI100072","message":"later"}]}"#
        let path = "GET /api/v3/user/get-funds-and-margin"
        try await CannedUpstox.visit([path: .init(body, status: 423)]) { broker, _ in
            let funds = await failure { () throws(BrokerFailure) in
                try await broker.funds(Sample.session())
            }
            #expect(funds?.isUnreachable == true)
        }
    }
}
