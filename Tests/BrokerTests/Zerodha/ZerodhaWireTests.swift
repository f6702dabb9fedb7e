import Desk
import FoundationEssentials
import HTTPServer
import JSON
import Testing
import Trading
import Zerodha

/// What the adapter sends, held against what the official SDK was seen to send.
@Suite("Zerodha: wire form", .timeLimit(.minutes(20)))
struct ZerodhaWireTests {
    /// A captured placement and the attempt that asks for the same.
    struct Case: Sendable, CustomTestStringConvertible {
        let call: String
        let attempt: Attempt
        /// What the captured call sends otherwise, and the adapter in its place.
        var instead: [String: String] = [:]
        var testDescription: String { call }
    }

    private static let infosys = BrokerInstrument(
        instrument: InstrumentID(2),
        segment: "NSE",
        code: "INFY"
    )

    static let placements = [
        Case(call: "place_order.limit", attempt: attempt(Sample.terms(price: "1500.50"))),
        Case(call: "place_order.market", attempt: attempt(Sample.terms(product: .intraday))),
        Case(
            call: "place_order.slm",
            attempt: attempt(Sample.terms(.sell, trigger: "1490.00", product: .intraday)),
            // The captured call had a percentage; ours leaves it to Kite.
            instead: ["market_protection": "-1"]
        ),
    ]

    private static func attempt(_ terms: OrderTerms) -> Attempt {
        Sample.attempt(
            "ref0001",
            terms: terms,
            quantity: 10,
            session: Sample.session(token: "apikey:accesstoken", instrument: infosys)
        )
    }

    @Test("A placement is written as the official SDK writes it", arguments: placements)
    func placement(_ placement: Case) async throws {
        let captured = try KiteRequest.captured(placement.call)
        let answer = Canned.data(#"{"order_id":"151220000000000"}"#)
        try await CannedZerodha.visit(["POST /orders/regular": answer]) { broker, canned in
            #expect(
                await broker.place(placement.attempt)
                    == .accepted(brokerOrderID: "151220000000000")
            )
            let sent = try #require(canned.requests.first)
            #expect(canned.requests.count == 1)
            #expect("\(sent.method) \(sent.path)" == "\(captured.method) \(captured.target)")
            for (name, value) in captured.headers
            where !["user-agent", "accept"].contains(name.lowercased()) {
                #expect(sent.header(name.lowercased()) == value, "\(name)")
            }
            var ours = Self.fields(of: sent.body)
            var theirs = captured.form
            // The SDK repeats the path's variety, and leaves the validity to Kite's own default.
            #expect(theirs.removeValue(forKey: "variety") == "regular")
            #expect(theirs.removeValue(forKey: "validity") ?? "DAY" == "DAY")
            #expect(ours.removeValue(forKey: "validity") == "DAY")
            theirs.merge(placement.instead) { $1 }
            theirs["tag"] = "ref0001"
            #expect(ours.keys.sorted() == theirs.keys.sorted())
            for (name, value) in theirs {
                #expect(Self.isSame(ours[name], value), "\(name): \(ours[name] ?? "-") \(value)")
            }
        }
    }

    @Test("Every other call has the target of the official SDK's")
    func targets() async throws {
        let order = #"[{"order_id":"151220000000000","status":"OPEN","quantity":5}]"#
        let answers: [String: Canned] = [
            "DELETE /orders/regular/151220000000000": .data(#"{"order_id":"151220000000000"}"#),
            "GET /orders": .data("[]"), "GET /orders/151220000000000": .data(order),
            "GET /orders/151220000000000/trades": .data("[]"), "GET /trades": .data("[]"),
            "GET /portfolio/holdings": .data("[]"),
            "GET /portfolio/positions": .data(#"{"net":[],"day":[]}"#),
            "GET /user/margins/equity": .data(#"{"net":1}"#),
            "GET /user/profile": .data(#"{"user_id":"1000000001"}"#),
            "GET /quote/ltp": .data("{}"),
        ]
        try await CannedZerodha.visit(answers) { broker, canned in
            let session = Sample.session(token: "apikey:accesstoken")
            let attempt = Sample.attempt(
                "ref0001",
                terms: Sample.terms(price: "1500.50"),
                session: session
            )
            let live = Sample.live(attempt, "151220000000000")
            try await broker.cancel(live)
            _ = try await broker.orders(session)
            _ = try await broker.look(live)
            _ = try await broker.holdings(session)
            _ = try await broker.positions(session)
            _ = try await broker.funds(session)
            _ = try await broker.check(session)
            _ = try await broker.quotes([Self.infosys], session)
            let calls = [
                "cancel_order", "orders", "trades", "order_history", "order_trades", "holdings",
                "positions", "margins.equity", "profile", "ltp",
            ]
            #expect(canned.requests.count == calls.count)
            for (sent, call) in zip(canned.requests, calls) {
                let captured = try KiteRequest.captured(call)
                let path = captured.target.prefix { $0 != "?" }
                #expect("\(sent.method) \(sent.path)" == "\(captured.method) \(path)")
                #expect(sent.header("authorization") == "token apikey:accesstoken")
                #expect(sent.header("x-kite-version") == "3")
                #expect(sent.body.isEmpty)
            }
            let quotes = try #require(canned.requests.last)
            #expect(quotes.query.map(\.name) == ["i"] && quotes.query("i") == "NSE:INFY")
        }
    }

    /// The fields of a form without characters that need an escape.
    private static func fields(of body: [UInt8]) -> [String: String] {
        let text = String(decoding: body, as: UTF8.self)
        return Dictionary(
            text.split(separator: "&").map { pair in
                let parts = pair.split(separator: "=", omittingEmptySubsequences: false)
                return (String(parts[0]), String(parts.last ?? ""))
            }
        ) { $1 }
    }

    /// The same text, or the same number: 1500.5 and 1500.50 are one price.
    private static func isSame(_ ours: String?, _ theirs: String) -> Bool {
        guard let ours else { return false }
        let numbers = [ours, theirs].map { JSONNumber($0)?.scaled(4) }
        return ours == theirs || (numbers[0] != nil && numbers[0] == numbers[1])
    }
}

/// One captured request of the official SDK.
struct KiteRequest: Sendable {
    let method: String
    let target: String
    let headers: [(name: String, value: String)]
    let form: [String: String]

    struct Missing: Error {
        let call: String
    }

    static func captured(_ call: String, file: String = #filePath) throws -> KiteRequest {
        let folder = file.split(separator: "/").dropLast(2).joined(separator: "/")
        let path = "/\(folder)/Payloads/zerodha/sdk-requests.jsonl"
        let contents = try Data(contentsOf: URL(fileURLWithPath: path))
        for line in contents.split(separator: UInt8(ascii: "\n")) {
            let value = try JSONValue(parsing: Array(line))
            guard value["call"]?.string == call else { continue }
            let fields = (value["body_form"]?.array ?? []).map {
                ($0[0]?.string ?? "", $0[1]?.string ?? "")
            }
            return KiteRequest(
                method: value["method"]?.string ?? "",
                target: value["target"]?.string ?? "",
                headers: (value["headers"]?.array ?? []).map {
                    (name: $0[0]?.string ?? "", value: $0[1]?.string ?? "")
                },
                form: Dictionary(fields) { $1 }
            )
        }
        throw Missing(call: call)
    }
}
