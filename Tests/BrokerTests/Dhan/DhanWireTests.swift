import BrokerKit
import Desk
import Dhan
import FoundationEssentials
import HTTPServer
import JSON
import Testing
import Trading

/// What the adapter sends, held against what the official SDK was seen to send.
@Suite("Dhan: wire form", .timeLimit(.minutes(20)))
struct DhanWireTests {
    /// A captured placement and the attempt that asks for the same.
    struct Case: Sendable, CustomTestStringConvertible {
        let call: String
        let attempt: Attempt
        var testDescription: String { call }
    }

    private static let bank = BrokerInstrument(
        instrument: InstrumentID(2),
        segment: "NSE_EQ",
        code: "1333"
    )

    static let placements = [
        Case(call: "place_order.limit", attempt: attempt(Sample.terms(price: "1428"))),
        Case(call: "place_order.market", attempt: attempt(Sample.terms(product: .intraday))),
        Case(
            call: "place_order.sl",
            attempt: attempt(
                Sample.terms(.sell, price: "1400", trigger: "1401", product: .intraday)
            )
        ),
    ]

    private static func attempt(_ terms: OrderTerms) -> Attempt {
        Sample.attempt(
            "corr-0001",
            terms: terms,
            quantity: 10,
            session: Sample.session(instrument: bank)
        )
    }

    @Test("A placement is written as the official SDK writes it", arguments: placements)
    func placement(_ placement: Case) async throws {
        let captured = try SDKRequest.captured(placement.call)
        let answer = Canned(#"{"orderId":"1","orderStatus":"TRANSIT"}"#)
        try await CannedDhan.visit(["POST /orders": answer]) { broker, canned in
            #expect(
                await broker.place(placement.attempt) == .accepted(brokerOrderID: "1")
            )
            let sent = try #require(canned.requests.first)
            #expect(canned.requests.count == 1)
            #expect("\(sent.method) \(sent.path)" == "\(captured.method) \(captured.target)")
            for (name, value) in captured.headers where name.lowercased() != "user-agent" {
                #expect(sent.header(name.lowercased()) == value, "\(name)")
            }
            let ours = try #require(JSONValue(parsing: sent.body).object)
            let theirs = try #require(captured.body.object)
            for member in theirs where !member.value.isNull {
                let own = try #require(ours[member.key], "\(member.key) is missing")
                #expect(isSame(own, member.value), "\(member.key): \(own) is not \(member.value)")
            }
            let extra = ours.keys.filter { theirs[$0] == nil }
            // The captured calls but one were made without a tag of the caller's.
            #expect(extra.isEmpty || extra == ["correlationId"])
            #expect(ours["correlationId"]?.string == "corr-0001")
        }
    }

    @Test("Every read has the target of the official SDK's")
    func targets() async throws {
        let order = #"{"orderId":"112111182198","orderStatus":"TRADED","filledQty":1}"#
        let answers: [String: Canned] = [
            "DELETE /orders/112111182198": .init(#"{"orderId":"112111182198"}"#, status: 202),
            "GET /orders": .init("[]"), "GET /orders/112111182198": .init(order),
            "GET /orders/external/corr-0001": .init(order),
            "GET /trades/112111182198": .init("[]"), "GET /holdings": .init("[]"),
            "GET /positions": .init("[]"),
            "GET /fundlimit": .init(#"{"availabelBalance":1}"#),
            "GET /profile": .init(#"{"dhanClientId":"1000000001"}"#),
            "POST /marketfeed/ltp": .init(#"{"data":{},"status":"success"}"#),
            "POST /marketfeed/quote": .init(
                #"{"data":{"NSE_EQ":{"1333":{"depth":{"buy":[],"sell":[]}}}}}"#
            ),
        ]
        try await CannedDhan.visit(answers) { broker, canned in
            let session = Sample.session()
            let attempt = Sample.attempt("corr-0001", terms: Sample.terms(price: "2950.00"))
            let live = Sample.live(attempt, "112111182198")
            try await broker.cancel(live)
            _ = try await broker.orders(session)
            _ = try await broker.find(Sample.doubt(attempt))
            _ = try await broker.look(live)
            _ = try await broker.holdings(session)
            _ = try await broker.positions(session)
            _ = try await broker.funds(session)
            _ = try await broker.check(session)
            _ = try await broker.quotes([Self.bank], session)
            _ = try await broker.depth(Self.bank, session)
            let calls = [
                "cancel_order", "get_order_list", "get_order_by_correlationID", "get_order_by_id",
                "get_trade_book.order", "get_holdings", "get_positions", "get_fund_limits",
                "user_profile", "ticker_data", "quote_data",
            ]
            #expect(canned.requests.count == calls.count)
            for (sent, call) in zip(canned.requests, calls) {
                let captured = try SDKRequest.captured(call)
                #expect("\(sent.method) \(sent.path)" == "\(captured.method) \(captured.target)")
                #expect(sent.header("access-token") == Sample.token)
                #expect(sent.header("client-id") == Sample.client)
            }
            for (sent, call) in zip(canned.requests.suffix(2), calls.suffix(2)) {
                let quotes = try JSONValue(parsing: sent.body)
                #expect(quotes["NSE_EQ"] == [1333])
                #expect(try SDKRequest.captured(call).body["NSE_EQ"] == [1333])
            }
        }
    }

    /// Same type and value; numbers by what they are worth, since 1428.0 and 1428.00 are one price.
    private func isSame(_ left: JSONValue, _ right: JSONValue) -> Bool {
        switch (left, right) {
        case (.number(let left), .number(let right)): left.scaled(4) == right.scaled(4)
        case (.string(let left), .string(let right)):
            // The captured tag is the one of the first call.
            left == right
        default: left == right
        }
    }
}

/// One captured request of the official SDK.
struct SDKRequest: Sendable {
    let method: String
    let target: String
    let headers: [(name: String, value: String)]
    let body: JSONValue

    struct Missing: Error {
        let call: String
    }

    static func captured(_ call: String, file: String = #filePath) throws -> SDKRequest {
        let folder = file.split(separator: "/").dropLast(2).joined(separator: "/")
        let path = "/\(folder)/Payloads/dhan/sdk-requests.jsonl"
        let contents = try Data(contentsOf: URL(fileURLWithPath: path))
        for line in contents.split(separator: UInt8(ascii: "\n")) {
            let value = try JSONValue(parsing: Array(line))
            guard value["call"]?.string == call else { continue }
            return SDKRequest(
                method: value["method"]?.string ?? "",
                target: value["target"]?.string ?? "",
                headers: (value["headers"]?.array ?? []).map {
                    (name: $0[0]?.string ?? "", value: $0[1]?.string ?? "")
                },
                body: value["body_json"] ?? .null
            )
        }
        throw Missing(call: call)
    }
}
