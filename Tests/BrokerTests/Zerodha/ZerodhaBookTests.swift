import Desk
import Testing
import Trading
import Zerodha

/// Reads of orders and trades, at the simulated Kite and at answers written for the test.
@Suite("Zerodha: books", .timeLimit(.minutes(20)))
struct ZerodhaBookTests {
    @Test("A partial fill that is cancelled keeps its fills")
    func cancelKeepsFills() async throws {
        try await ZerodhaFloor.visit { floor in
            try await floor.price("RELIANCE", "2950.00", depth: 3)
            let attempt = ZerodhaFloor.attempt(terms: Sample.terms(price: "2950.00"))
            let id = try #require(await floor.broker.place(attempt).brokerOrderID)
            let live = Sample.live(attempt, id)
            let (part, first) = try await floor.broker.look(live)
            #expect(part.status == .partlyFilled && part.filled == Quantity(3))
            try await floor.broker.cancel(live)
            let (ended, trades) = try await floor.broker.look(live)
            #expect(ended.status == .cancelled)
            #expect(ended.filled == Quantity(3) && ended.quantity == Quantity(5))
            #expect(trades == first && trades.reduce(0) { $0 + $1.quantity.raw } == 3)
        }
    }

    @Test("Trades at several prices sum to what is filled, each with its second")
    func tradesSum() async throws {
        try await ZerodhaFloor.visit { floor in
            try await floor.price("RELIANCE", "2950.00", depth: 4)
            let attempt = ZerodhaFloor.attempt(quantity: 10)
            let id = try #require(await floor.broker.place(attempt).brokerOrderID)
            let (report, trades) = try await floor.broker.look(Sample.live(attempt, id))
            #expect(report.status == .filled && report.filled == Quantity(10))
            #expect(trades.map(\.quantity.raw).sorted() == [2, 4, 4])
            #expect(Set(trades.map(\.tradeID)).count == 3)
            #expect(Set(trades.map(\.price)).count == 3)
            #expect(trades.allSatisfy { $0.at.microseconds == floor.clock.microseconds })
        }
    }

    @Test("The book gives all of the account's orders with our references, and no other's")
    func wholeBook() async throws {
        let accounts = """
            {"accounts":[{"face":"zerodha","client_id":"1000000001","token":"testkey:TESTTOKEN"},
            {"face":"zerodha","client_id":"1000000002","token":"testkey:OTHER"}]}
            """
        try await ZerodhaFloor.visit(account: accounts) { floor in
            let session = ZerodhaFloor.session()
            #expect(try await floor.broker.orders(session).isEmpty)
            let terms = Sample.terms(price: "2900.00")
            let references = ["VBOOK001", "VBOOK002", "VBOOK003"]
            for reference in references {
                _ = await floor.broker.place(ZerodhaFloor.attempt(reference, terms: terms))
            }
            let other = ZerodhaFloor.session(token: "testkey:OTHER")
            _ = await floor.broker.place(
                Sample.attempt("VBOOK004", terms: terms, session: other)
            )
            let book = try await floor.broker.orders(session)
            #expect(book.map(\.reference) == references)
            #expect(book.allSatisfy { $0.status == .open && $0.quantity == Quantity(5) })
            let theirs = try await floor.broker.orders(other)
            #expect(theirs.map(\.reference) == ["VBOOK004"])
        }
    }

    @Test("A doubt's order is found in the book by its tag, and an unknown tag is not")
    func find() async throws {
        try await ZerodhaFloor.visit { floor in
            let attempt = ZerodhaFloor.attempt("VFIND001")
            let id = try #require(await floor.broker.place(attempt).brokerOrderID)
            let found = try await floor.broker.find(Sample.doubt(attempt))
            #expect(found?.brokerOrderID == id && found?.status == .filled)
            let stranger = ZerodhaFloor.attempt("VFIND002")
            #expect(try await floor.broker.find(Sample.doubt(stranger)) == nil)
        }
    }

    @Test("What the exchange rejects is REJECTED, with its words")
    func rejected() async throws {
        try await ZerodhaFloor.visit { floor in
            let attempt = ZerodhaFloor.attempt(terms: Sample.terms(price: "2900.01"))
            let id = try #require(await floor.broker.place(attempt).brokerOrderID)
            let (report, trades) = try await floor.broker.look(Sample.live(attempt, id))
            #expect(report.status == .rejected && trades.isEmpty)
            #expect(report.message?.contains("tick size") == true)
        }
    }

    @Test("An order of which only trades tell is fetched by its id into the book")
    func tradedButUnlisted() async throws {
        let history = """
            [{"order_id":"7","status":"PUT ORDER REQ RECEIVED","quantity":5,"tag":"VFAST001"},
            {"order_id":"7","status":"COMPLETE","quantity":5,"filled_quantity":5,"tag":"VFAST001"}]
            """
        let answers: [String: Canned] = [
            "GET /orders": .data(#"[{"order_id":"6","status":"OPEN","tags":["VSLOW001"]}]"#),
            "GET /trades": .data("[\(Self.trade("7")),\(Self.trade("8"))]"),
            "GET /orders/7": .data(history),
            "GET /orders/8": .error("GeneralException", status: 400),
        ]
        try await CannedZerodha.visit(answers) { broker, _ in
            let book = try await broker.orders(ZerodhaFloor.session())
            // 8 is left out: whoever sees its trade too knows that the book is not whole.
            #expect(book.map(\.brokerOrderID) == ["6", "7"])
            #expect(book.map(\.reference) == ["VSLOW001", "VFAST001"])
            #expect(book.map(\.status) == [.open, .filled])
        }
    }

    @Test(
        "A book or trades that are not understood to the last entry testify to nothing",
        arguments: [
            (#"[{"order_id":"6"},{"status":"OPEN"}]"#, "[]"), (#"{"order_id":"6"}"#, "[]"),
            ("null", "[]"), ("[]", #"[{"order_id":"6"}]"#), ("[]", "{}"), ("[]", "null"),
        ]
    )
    func notUnderstood(book: String, trades: String) async throws {
        let answers: [String: Canned] = [
            "GET /orders": .data(book), "GET /trades": .data(trades),
        ]
        try await CannedZerodha.visit(answers) { broker, _ in
            let error = await failure { () async throws(BrokerFailure) in
                try await broker.orders(ZerodhaFloor.session())
            }
            #expect(error?.isUnreachable == true)
        }
    }

    @Test("Fills that the history has no line for are counted from the trades")
    func lateHistory() async throws {
        let answers: [String: Canned] = [
            "GET /orders/7": .data(#"[{"order_id":"7","status":"OPEN","quantity":5,"tag":"V1"}]"#),
            "GET /orders/7/trades": .data("[\(Self.trade("7", quantity: 2))]"),
        ]
        try await CannedZerodha.visit(answers) { broker, _ in
            let attempt = ZerodhaFloor.attempt(terms: Sample.terms(price: "2900.00"))
            let (report, trades) = try await broker.look(Sample.live(attempt, "7"))
            #expect(report.status == .partlyFilled && report.filled == Quantity(2))
            #expect(trades.map(\.quantity) == [Quantity(2)])
        }
    }

    @Test("An order's state is told even where its trades are not")
    func tradesRefused() async throws {
        let answers: [String: Canned] = [
            "GET /orders/7": .data(
                #"[{"order_id":"7","status":"COMPLETE","quantity":5,"filled_quantity":5}]"#
            ),
            "GET /orders/7/trades": .error("DataException", status: 502),
        ]
        try await CannedZerodha.visit(answers) { broker, _ in
            let attempt = ZerodhaFloor.attempt(terms: Sample.terms(price: "2900.00"))
            let (report, trades) = try await broker.look(Sample.live(attempt, "7"))
            #expect(report.status == .filled && trades.isEmpty)
        }
    }

    private static func trade(_ order: String, quantity: Int = 5) -> String {
        """
        {"trade_id":"1\(order)","order_id":"\(order)","quantity":\(quantity),
        "average_price":2950.05,"order_timestamp":"10:00:00",
        "fill_timestamp":"2026-11-20 10:00:00","exchange_timestamp":"2026-11-20 10:00:00"}
        """
    }
}
