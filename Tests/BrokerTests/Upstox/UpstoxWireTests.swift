import BrokerKit
import Desk
import FoundationEssentials
import HTTPServer
import JSON
import Testing
import Trading
import Upstox

/// What the adapter sends, held against what the official SDK was seen to send.
@Suite("Upstox: wire form", .timeLimit(.minutes(20)))
struct UpstoxWireTests {
    /// A captured placement, the attempt that asks for the same, and where the two may differ.
    struct Case: Sendable, CustomTestStringConvertible {
        let call: String
        let attempt: Attempt
        let differing: Set<String>
        var testDescription: String { call }
    }

    private static let idea = BrokerInstrument(
        instrument: InstrumentID(2),
        segment: "NSE_EQ",
        code: "INE669E01016"
    )

    static let placements = [
        // The captured call lets Upstox slice the order; ours never does.
        Case(
            call: "v3.place_order.limit",
            attempt: attempt(Sample.terms(price: "9.12")),
            differing: ["slice"]
        ),
        // The captured call has no tag.
        Case(
            call: "v3.place_order.market.algo",
            attempt: attempt(Sample.terms(product: .intraday)),
            differing: ["tag", "slice"]
        ),
    ]

    private static func attempt(_ terms: OrderTerms) -> Attempt {
        Sample.attempt(
            "string",
            terms: terms,
            quantity: 1,
            session: Sample.session(instrument: idea)
        )
    }

    @Test("A placement is written as the official SDK writes it", arguments: placements)
    func placement(_ placement: Case) async throws {
        let captured = try UpstoxSDKRequest.captured(placement.call)
        let answer = Canned.data(#"{"order_ids":["1"]}"#)
        try await CannedUpstox.visit(["POST /hft/v3/order/place": answer]) { broker, canned in
            #expect(await broker.place(placement.attempt) == .accepted(brokerOrderID: "1"))
            let sent = try #require(canned.requests.first)
            #expect(canned.requests.count == 1)
            #expect("\(sent.method) \(sent.path)" == "\(captured.method) \(captured.path)")
            #expect(sent.header("authorization") == captured.header("Authorization"))
            #expect(sent.header("content-type") == captured.header("Content-Type"))
            let ours = try #require(JSONValue(parsing: sent.body).object)
            let theirs = try #require(captured.body.object)
            let names = Set(ours.keys).union(theirs.keys).subtracting(placement.differing)
            for name in names.sorted() {
                let (own, other) = (try #require(ours[name]), try #require(theirs[name]))
                #expect(isSame(own, other), "\(name): \(own) is not \(other)")
            }
            #expect(ours["slice"] == false && ours["tag"]?.string == "string")
        }
    }

    @Test("A stop order has its trigger, and at the market a protection")
    func stops() async throws {
        let answer = Canned.data(#"{"order_ids":["1"]}"#)
        try await CannedUpstox.visit(["POST /hft/v3/order/place": answer]) { broker, canned in
            for price in [nil, "9.10"] {
                let terms = Sample.terms(
                    .sell,
                    price: price,
                    trigger: "9.15",
                    product: .marginFunding,
                    validity: .immediate
                )
                _ = await broker.place(Self.attempt(terms))
            }
            let bodies = try canned.requests.map { try JSONValue(parsing: $0.body) }
            #expect(bodies.map { $0["order_type"]?.string } == ["SL-M", "SL"])
            #expect(bodies.map { $0["trigger_price"]?.number?.scaled(2) } == [915, 915])
            #expect(bodies.map { $0["price"]?.number?.scaled(2) } == [0, 910])
            #expect(bodies.map { $0["market_protection"]?.int64 } == [-1, nil])
            #expect(bodies.allSatisfy { $0["product"] == "MTF" && $0["validity"] == "IOC" })
            #expect(bodies.allSatisfy { $0["transaction_type"] == "SELL" })
        }
    }

    @Test("Every other call has the target of the official SDK's")
    func targets() async throws {
        let id = "1644490272000"
        let order = #"{"order_id":"\#(id)","status":"complete","filled_quantity":1,"tag":"t"}"#
        let trades = #"[{"order_id":"\#(id)","trade_id":"1","quantity":1,"average_price":9.1}]"#
        let reads: [String: Canned] = [
            "DELETE /hft/v3/order/cancel": .data(#"{"order_id":"1"}"#),
            "GET /api/v2/order/retrieve-all": .data("[]"),
            "GET /api/v2/order/history": .data("[\(order)]"),
            "GET /api/v2/order/details": .data(order),
            "GET /api/v2/order/trades": .data(trades),
            "GET /api/v2/order/trades/get-trades-for-day": .data("[]"),
            "GET /api/v2/portfolio/long-term-holdings": .data("[]"),
            "GET /api/v2/portfolio/short-term-positions": .data("[]"),
            "GET /api/v3/portfolio/mtf-positions": .data("[]"),
            "GET /api/v3/user/get-funds-and-margin": .data(
                #"{"available_to_trade":{"total":3,"cash_available_to_trade":{"total":1}}}"#
            ),
            "GET /api/v2/user/profile": .data(#"{"user_id":"1000000001"}"#),
            "GET /api/v3/market-quote/ltp": .data("{}"),
        ]
        try await CannedUpstox.visit(reads) { broker, canned in
            let session = Sample.session()
            let attempt = Sample.attempt("t", terms: Sample.terms(price: "2950.00"))
            let live = Sample.live(attempt, id)
            try await broker.cancel(live)
            _ = try await broker.orders(session)
            #expect(try await broker.find(Sample.doubt(attempt))?.brokerOrderID == id)
            #expect(try await broker.look(live).1.count == 1)
            _ = try await broker.trades(session)
            _ = try await broker.holdings(session)
            _ = try await broker.positions(session)
            _ = try await broker.funds(session)
            _ = try await broker.check(session)
            _ = try await broker.quotes([Self.idea], session)
            let calls = [
                "v3.cancel_order", "get_order_book", "get_order_details(history,tag)",
                "get_order_status(details)", "get_order_status(details)", "get_trades_by_order",
                "get_trade_history", "get_holdings", "get_positions", "get_mtf_positions",
                "get_user_fund_margin_v3",
                "get_profile", "ltp.v3",
            ]
            #expect(canned.requests.count == calls.count)
            for (sent, call) in zip(canned.requests, calls) {
                let captured = try UpstoxSDKRequest.captured(call)
                let path = captured.path.hasPrefix("/hft") ? captured.path : "/api" + captured.path
                #expect("\(sent.method) \(sent.path)" == "\(captured.method) \(path)")
                #expect(sent.query.map(\.name) == captured.query.map(\.name))
                #expect(sent.query.map(\.value) == captured.query.map(\.value), "\(call)")
                #expect(sent.header("authorization") == captured.header("Authorization"))
                #expect(String(decoding: sent.body, as: UTF8.self) == captured.text)
            }
        }
    }

    @Test("Prices are found by the key inside, whatever the quotes are named by")
    func quotes() async throws {
        let answer = Canned.data(
            #"{"NSE_EQ:IDEA":{"last_price":9.1,"instrument_token":"NSE_EQ|INE669E01016"},"#
                + #""NSE_EQ:X":{"last_price":7.0,"instrument_token":"NSE_EQ|INE000000000"},"#
                + #""NSE_EQ:Y":{"last_price":1.0}}"#
        )
        try await CannedUpstox.visit(["GET /api/v3/market-quote/ltp": answer]) { broker, canned in
            let others = (10..<509).map {
                BrokerInstrument(instrument: InstrumentID($0), segment: "NSE_EQ", code: "X\($0)")
            }
            let prices = try await broker.quotes([Self.idea] + others, Sample.session())
            #expect(prices == [Self.idea.instrument: Price(raw: 91_000)])
            let asked = canned.requests.compactMap { $0.query("instrument_key") }
            #expect(asked.map { $0.split(separator: ",").count } == [250, 250])
        }
    }

    /// Same type and value; numbers by what they are worth, since 9.1 and 9.10 are one price.
    private func isSame(_ left: JSONValue, _ right: JSONValue) -> Bool {
        switch (left, right) {
        case (.number(let left), .number(let right)): left.scaled(4) == right.scaled(4)
        default: left == right
        }
    }
}

/// One captured request of the official SDK.
struct UpstoxSDKRequest: Sendable {
    let method: String
    let path: String
    let query: [(name: String, value: String)]
    let headers: [(name: String, value: String)]
    let text: String
    let body: JSONValue

    struct Missing: Error {
        let call: String
    }

    func header(_ name: String) -> String? { headers.first { $0.name == name }?.value }

    static func captured(_ call: String, file: String = #filePath) throws -> UpstoxSDKRequest {
        let folder = file.split(separator: "/").dropLast(2).joined(separator: "/")
        let path = "/\(folder)/Payloads/upstox/sdk-requests.jsonl"
        let contents = try Data(contentsOf: URL(fileURLWithPath: path))
        for line in contents.split(separator: UInt8(ascii: "\n")) {
            let value = try JSONValue(parsing: Array(line))
            guard value["call"]?.string == call else { continue }
            return UpstoxSDKRequest(
                method: value["method"]?.string ?? "",
                path: value["path"]?.string ?? "",
                query: pairs(value["query"]),
                headers: pairs(value["headers"]),
                text: value["body"]?.string ?? "",
                body: value["body_json"] ?? .null
            )
        }
        throw Missing(call: call)
    }

    private static func pairs(_ value: JSONValue?) -> [(name: String, value: String)] {
        (value?.array ?? []).map {
            (name: $0[0]?.string ?? "", value: $0[1]?.string ?? "")
        }
    }
}
