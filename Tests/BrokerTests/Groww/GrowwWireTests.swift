import Desk
import FoundationEssentials
import Groww
import HTTPServer
import JSON
import Testing
import Trading

/// What the adapter sends, held against what the official SDK was seen to send.
@Suite("Groww: wire form", .timeLimit(.minutes(20)))
struct GrowwWireTests {
    /// A captured placement and the attempt that asks for the same.
    struct Case: Sendable, CustomTestStringConvertible {
        let call: String
        let attempt: Attempt
        var testDescription: String { call }
    }

    static let placements = [
        Case(
            call: "place_order.limit",
            attempt: Sample.attempt(
                "Ab-654321234",
                terms: Sample.terms(price: "250"),
                quantity: 5,
                session: GrowwSample.session("WIPRO")
            )
        ),
        Case(
            call: "place_order.market.defaults",
            attempt: Sample.attempt(
                "78635212",
                terms: Sample.terms(product: .intraday),
                quantity: 5,
                session: GrowwSample.session("WIPRO")
            )
        ),
        Case(
            call: "place_order.sl",
            attempt: Sample.attempt(
                "Ab-654321235",
                terms: Sample.terms(
                    .sell,
                    price: "25000",
                    trigger: "25010",
                    product: .carryForward
                ),
                quantity: 75,
                session: GrowwSample.session("NIFTY26NOVFUT", segment: "NSE_FNO")
            )
        ),
    ]

    @Test("A placement is written as the official SDK writes it", arguments: placements)
    func placement(_ placement: Case) async throws {
        let captured = try GrowwSDKRequest.captured(placement.call)
        let answer = Canned.payload(#"{"groww_order_id":"GMK1"}"#)
        try await CannedGroww.visit(["POST /order/create": [answer]]) { broker, canned in
            #expect(await broker.place(placement.attempt) == .accepted(brokerOrderID: "GMK1"))
            #expect(canned.requests.count == 1)
            let sent = try #require(canned.requests.first)
            #expect(captured.names(sent))
            let ours = try #require(JSONValue(parsing: sent.body).object)
            let theirs = try #require(captured.body.object)
            #expect(ours.keys == theirs.keys)
            for member in theirs {
                let own = try #require(ours[member.key], "\(member.key) is missing")
                #expect(isSame(own, member.value), "\(member.key): \(own) is not \(member.value)")
            }
        }
    }

    @Test("A cancel is written as the official SDK writes it")
    func cancel() async throws {
        let captured = try GrowwSDKRequest.captured("cancel_order")
        let answers = ["POST /order/cancel": [Canned.payload("{}")]]
        try await CannedGroww.visit(answers) { broker, canned in
            let attempt = Sample.attempt(session: GrowwSample.session())
            try await broker.cancel(Sample.live(attempt, "GMK1"))
            let sent = try #require(canned.requests.first)
            #expect(captured.names(sent))
            #expect(try JSONValue(parsing: sent.body) == captured.body)
        }
    }

    @Test("Every call has the headers that Groww needs, and the official SDK's values for them")
    func headers() async throws {
        let captured = try GrowwSDKRequest.captured("place_order.limit")
        let answers = [
            "POST /order/create": [Canned.payload("{}")],
            "GET /user/detail": [Canned.payload(#"{"ucc":"1000000001"}"#)],
        ]
        try await CannedGroww.visit(answers) { broker, canned in
            _ = await broker.place(Sample.attempt(session: GrowwSample.session()))
            _ = try await broker.check(GrowwSample.session())
            #expect(canned.requests.count == 2)
            for sent in canned.requests {
                for name in ["authorization", "x-api-version", "content-type"] {
                    let theirs = captured.headers.first { $0.name.lowercased() == name }
                    #expect(sent.header(name) == theirs?.value, "\(name)")
                }
                #expect(sent.header("accept") == "application/json")
            }
        }
    }

    @Test("Every read has a target of the official SDK's")
    func targets() async throws {
        let order = #"{"groww_order_id":"GMK1","order_reference_id":"Ab-654321234"}"#
        let answers: [String: [Canned]] = [
            "GET /order/list": [.payload(#"{"order_list":[]}"#)],
            "GET /order/detail/GMK1": [.payload(order)],
            "GET /order/status/reference/Ab-654321234": [.payload(order)],
            "GET /holdings/user": [.payload(#"{"holdings":[]}"#)],
            "GET /positions/user": [.payload(#"{"positions":[]}"#)],
            "GET /margins/detail/user": [.payload(#"{"clear_cash":1}"#)],
            "GET /user/detail": [.payload(#"{"ucc":"1000000001"}"#)],
            "GET /live-data/ltp": [.payload(#"{"NSE_WIPRO":244.0,"NSE_TCS":3950.0}"#)],
        ]
        try await CannedGroww.visit(answers) { broker, canned in
            let session = GrowwSample.session()
            let attempt = Sample.attempt("Ab-654321234", session: session)
            _ = try await broker.orders(session)
            _ = try await broker.look(Sample.live(attempt, "GMK1"))
            _ = try await broker.find(Sample.doubt(attempt))
            _ = try await broker.holdings(session)
            _ = try await broker.positions(session)
            _ = try await broker.funds(session)
            _ = try await broker.check(session)
            let prices = try await broker.quotes(
                [GrowwSample.listing("WIPRO"), GrowwSample.listing("TCS", id: 2)],
                session
            )
            #expect(prices[InstrumentID(1)] == Price(rupees: "244"))
            #expect(prices[InstrumentID(2)] == Price(rupees: "3950"))
            let calls = [
                "get_order_list.segment", "get_order_detail", "get_order_status_by_reference",
                "get_holdings_for_user", "get_positions_for_user", "get_available_margin_details",
                "get_user_profile", "get_ltp.str",
            ]
            #expect(canned.requests.count == calls.count)
            for (sent, call) in zip(canned.requests, calls) {
                #expect(try GrowwSDKRequest.captured(call).names(sent), "\(call)")
            }
        }
    }

    @Test("Quotes go out fifty at a time, with symbols that a query could not hold written safely")
    func manyQuotes() async throws {
        let listings =
            [GrowwSample.listing("M&M", id: 1)]
            + (2...51).map { GrowwSample.listing("S\($0)", id: $0) }
        let first = (2...50).map { "\"NSE_S\($0)\":\($0).5" }.joined(separator: ",")
        let answers = [
            "GET /live-data/ltp": [
                Canned.payload("{\"NSE_M&M\":3710.05,\(first)}"), .payload("{}"),
            ]
        ]
        try await CannedGroww.visit(answers) { broker, canned in
            let prices = try await broker.quotes(listings, GrowwSample.session())
            #expect(prices.count == 50 && prices[InstrumentID(51)] == nil)
            #expect(prices[InstrumentID(1)] == Price(rupees: "3710.05"))
            let asked = canned.requests.map { $0.query("exchange_symbols") ?? "" }
            #expect(asked.map { $0.split(separator: ",").count } == [50, 1])
            #expect(asked.first?.hasPrefix("NSE_M&M,NSE_S2,") == true)
        }
    }

    @Test("What Groww does not list, and products that no document names, are not sent at all")
    func notSent() async throws {
        try await CannedGroww.visit(["POST /order/create": [.payload("{}")]]) { broker, canned in
            for segment in ["", "CASH", "NSE_", "_CASH"] {
                let attempt = Sample.attempt(session: GrowwSample.session(segment: segment))
                #expect(await broker.place(attempt) == .refused(.noInstrumentAtBroker, words: ""))
            }
            let lent = Sample.attempt(
                terms: Sample.terms(product: .marginFunding),
                session: GrowwSample.session()
            )
            #expect(await broker.place(lent) == .refused(.brokerNotSupported, words: "MTF"))
            #expect(canned.requests.isEmpty)
        }
    }

    /// Same type and value; numbers by what they are worth, since 250.0 and 250.00 are one price.
    private func isSame(_ left: JSONValue, _ right: JSONValue) -> Bool {
        switch (left, right) {
        case (.number(let left), .number(let right)): left.scaled(4) == right.scaled(4)
        default: left == right
        }
    }
}

/// One captured request of the official SDK.
struct GrowwSDKRequest: Sendable {
    let method: String
    let path: String
    let query: [(name: String, value: String)]
    let headers: [(name: String, value: String)]
    let body: JSONValue

    struct Missing: Error {
        let call: String
    }

    /// Whether a request went to the same place: what it names beside must be the paging alone,
    /// which the SDK leaves out of its own.
    func names(_ sent: HTTPServerRequest) -> Bool {
        let paging = ["page", "page_size"]
        let ours = sent.query.filter { !paging.contains($0.name) }.map { [$0.name, $0.value] }
        let theirs = query.filter { !paging.contains($0.name) }.map { [$0.name, $0.value] }
        return sent.method == method && sent.path == path && ours == theirs
    }

    static func captured(_ call: String, file: String = #filePath) throws -> GrowwSDKRequest {
        let folder = file.split(separator: "/").dropLast(2).joined(separator: "/")
        let path = "/\(folder)/Payloads/groww/sdk-requests.jsonl"
        let contents = try Data(contentsOf: URL(fileURLWithPath: path))
        for line in contents.split(separator: UInt8(ascii: "\n")) {
            let value = try JSONValue(parsing: Array(line))
            guard value["call"]?.string == call else { continue }
            return GrowwSDKRequest(
                method: value["method"]?.string ?? "",
                path: value["path"]?.string ?? "",
                query: pairs(value["query"]),
                headers: pairs(value["headers"]),
                body: value["body_json"] ?? .null
            )
        }
        throw Missing(call: call)
    }

    private static func pairs(_ value: JSONValue?) -> [(name: String, value: String)] {
        (value?.array ?? []).map { (name: $0[0]?.string ?? "", value: $0[1]?.string ?? "") }
    }
}
