import Desk
import Groww
import HTTPServer
import Testing
import Trading

/// The order book in pages, the trades order by order, and what of them proves anything.
@Suite("Groww: books", .timeLimit(.minutes(20)))
struct GrowwBookTests {
    private static func order(_ id: String, filled: Int = 0, status: String = "OPEN") -> String {
        """
        {"groww_order_id":"\(id)","order_status":"\(status)","quantity":5,
        "filled_quantity":\(filled),"remark":"why","order_reference_id":"REF-\(id)"}
        """
    }

    private static func trade(_ id: String, _ quantity: Int, of order: String = "A") -> String {
        """
        {"groww_order_id":"\(order)","groww_trade_id":"","exchange_trade_id":"\(id)",
        "quantity":\(quantity),"price":2950.1,"created_at":"2026-11-20T10:00:01",
        "trade_date_time":"2026-11-20T10:00:02"}
        """
    }

    private static func book(_ orders: String...) -> Canned {
        .payload(#"{"order_list":[\#(orders.joined(separator: ","))]}"#)
    }

    private static func trades(_ trades: String...) -> Canned {
        .payload(#"{"trade_list":[\#(trades.joined(separator: ","))]}"#)
    }

    private static let noTrades = trades()
    private static let end = book()

    private static let live = Sample.live(
        Sample.attempt("VTST000000000101", session: GrowwSample.session()),
        "A"
    )

    @Test("The book is read page by page until one is empty")
    func pages() async throws {
        let pages = [
            Self.book(Self.order("A"), Self.order("B")), Self.book(Self.order("C")), Self.end,
            Self.book(Self.order("A"), Self.order("B")),
        ]
        try await CannedGroww.visit(["GET /order/list": pages]) { broker, canned in
            let book = try await broker.orders(GrowwSample.session())
            #expect(book.map(\.brokerOrderID) == ["A", "B", "C"])
            #expect(book.map(\.reference) == ["REF-A", "REF-B", "REF-C"])
            #expect(canned.requests.map { $0.query("page") } == ["0", "1", "2", "0"])
            #expect(canned.requests.allSatisfy { $0.query("segment") == "CASH" })
            #expect(canned.requests.allSatisfy { $0.query("page_size") == "25" })
        }
    }

    @Test("An empty book is a book")
    func empty() async throws {
        try await CannedGroww.visit(["GET /order/list": [Self.end]]) { broker, canned in
            let book = try await broker.orders(GrowwSample.session())
            #expect(book.isEmpty)
            #expect(canned.requests.count == 1)
        }
    }

    @Test("An order that shifts to the next page is counted once")
    func shifted() async throws {
        let pages = [
            Self.book(Self.order("A"), Self.order("B")),
            Self.book(Self.order("B"), Self.order("C")), Self.end,
            Self.book(Self.order("A"), Self.order("B")),
        ]
        try await CannedGroww.visit(["GET /order/list": pages]) { broker, _ in
            let book = try await broker.orders(GrowwSample.session())
            #expect(book.map(\.brokerOrderID) == ["A", "B", "C"])
        }
    }

    @Test(
        "A book that is not whole for sure is no testimony",
        arguments: [
            // An entry without an id, no list, no payload, pages that repeat, a book that moves.
            [.payload(#"{"order_list":[{"order_status":"OPEN"}]}"#)],
            [.payload("{}")], [Canned(#"{"status":"SUCCESS"}"#)],
            [book(order("A"))],
            [book(order("A")), book(order("B")), end, book(order("B"), order("A"))],
            [book(order("A")), Canned("<html>", status: 502)],
        ] as [[Canned]]
    )
    func notWhole(pages: [Canned]) async throws {
        try await CannedGroww.visit(["GET /order/list": pages]) { broker, _ in
            let read = await failure { () throws(BrokerFailure) in
                try await broker.orders(GrowwSample.session())
            }
            #expect(read?.isUnreachable == true, "\(String(describing: read))")
        }
    }

    @Test("The day's trades are those of all orders with fills, and of no others")
    func dayTrades() async throws {
        let answers = [
            "GET /order/list": [
                Self.book(
                    Self.order("A", filled: 5, status: "EXECUTED"),
                    Self.order("B"),
                    Self.order("C", filled: 2, status: "CANCELLED")
                ), Self.end, Self.end,
            ],
            "GET /order/trades/A": [
                Self.trades(Self.trade("1", 3)), Self.trades(Self.trade("2", 2)),
            ],
            "GET /order/trades/C": [Self.trades(Self.trade("3", 2, of: "C"))],
        ]
        try await CannedGroww.visit(answers) { broker, canned in
            let trades = try await broker.trades(GrowwSample.session())
            #expect(trades.map(\.tradeID) == ["1", "2", "3"])
            #expect(trades.map(\.quantity.raw) == [3, 2, 2])
            #expect(trades.map(\.brokerOrderID) == ["A", "A", "C"])
            #expect(trades.allSatisfy { $0.at == Timestamp(microseconds: 1_795_149_002_000_000) })
            let asked = canned.requests.filter { $0.path.contains("/trades/") }
            #expect(asked.map { $0.query("page") } == ["0", "1", "0"])
            #expect(asked.allSatisfy { $0.query("page_size") == "50" })
        }
    }

    @Test(
        "Trades that do not make up what is filled prove nothing",
        arguments: [
            [noTrades], [trades(trade("1", 3)), noTrades], [trades(trade("1", 3))],
            [trades(trade("1", 5, of: "B"))], [trades(trade("", 5))], [trades(trade("1", 0))],
            [.payload("{}")], [.failure("GA004", status: 404)],
        ] as [[Canned]]
    )
    func missingTrades(answers: [Canned]) async throws {
        let calls = [
            "GET /order/list": [Self.book(Self.order("A", filled: 5)), Self.end],
            "GET /order/trades/A": answers,
        ]
        try await CannedGroww.visit(calls) { broker, _ in
            let read = await failure { () throws(BrokerFailure) in
                try await broker.trades(GrowwSample.session())
            }
            #expect(read != nil)
        }
    }

    @Test("A look is news also where the trades are not told")
    func lookWithoutTrades() async throws {
        for answer in [
            Self.noTrades, .failure("GA004", status: 404), .failure("GA000", status: 500),
            Canned("<html>", status: 503),
        ] {
            let calls = [
                "GET /order/detail/A": [
                    Canned.payload(Self.order("A", filled: 5, status: "EXECUTED"))
                ],
                "GET /order/trades/A": [answer],
            ]
            try await CannedGroww.visit(calls) { broker, _ in
                let (report, trades) = try await broker.look(Self.live)
                #expect(report.status == .filled && trades.isEmpty)
            }
        }
    }

    @Test("A look that finds another order's answer is no news")
    func lookElsewhere() async throws {
        for body in [Self.order("B"), "{}", "null"] {
            let calls = ["GET /order/detail/A": [Canned.payload(body)]]
            try await CannedGroww.visit(calls) { broker, _ in
                let read = await failure { () throws(BrokerFailure) in
                    try await broker.look(Self.live)
                }
                #expect(read?.isUnreachable == true)
            }
        }
    }

    @Test("Only what ended badly has a message")
    func messages() async throws {
        for (status, message) in [("OPEN", nil), ("REJECTED", "why"), ("CANCELLED", "why")] {
            let calls = ["GET /order/detail/A": [Canned.payload(Self.order("A", status: status))]]
            try await CannedGroww.visit(calls) { broker, _ in
                let (report, _) = try await broker.look(Self.live)
                #expect(report.message == message)
            }
        }
    }

    @Test("Found by reference means an answer with this very reference")
    func byReference() async throws {
        let attempt = Sample.attempt("VTST000000000101", session: GrowwSample.session())
        let call = "GET /order/status/reference/VTST000000000101"
        let own = """
            {"groww_order_id":"A","order_status":"EXECUTED","remark":"fine","filled_quantity":5,
            "order_reference_id":"VTST000000000101"}
            """
        for (answer, isFound) in [
            (.payload(own), true), (.payload(own.replacing("0101", with: "0102")), false),
            (.payload("{}"), false), (.failure("GA004", status: 404), false),
            (.failure("GA001", status: 400), false),
        ] as [(Canned, Bool)] {
            try await CannedGroww.visit([call: [answer]]) { broker, _ in
                let found = try await broker.find(Sample.doubt(attempt))
                #expect((found != nil) == isFound)
                guard let found else { return }
                // The answer has no quantity: the order's own.
                #expect(found.status == .filled && found.quantity == attempt.quantity)
            }
        }
        try await CannedGroww.visit([call: [.failure("GA000", status: 500)]]) { broker, _ in
            let read = await failure { () throws(BrokerFailure) in
                try await broker.find(Sample.doubt(attempt))
            }
            #expect(read?.isUnreachable == true)
        }
    }
}

/// What Groww's tests need beside the samples that all share.
enum GrowwSample {
    static func listing(_ symbol: String = "RELIANCE", id: Int64 = 1, segment: String = "NSE_CASH")
        -> BrokerInstrument
    {
        BrokerInstrument(instrument: InstrumentID(id), segment: segment, code: symbol)
    }

    static func session(_ symbol: String = "RELIANCE", segment: String = "NSE_CASH")
        -> BrokerSession
    {
        Sample.session(instrument: listing(symbol, segment: segment))
    }
}
