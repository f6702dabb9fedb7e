import Desk
import Dhan
import Groww
import HTTPServer
import JSON
import Testing
import Trading
import Upstox
import Zerodha

/// What each adapter sends for a change, held against what the official SDK was seen to send.
@Suite("Changes of orders: wire form", .timeLimit(.minutes(20)))
struct ModificationWireTests {
    private static func shape(_ quantity: Int64, _ price: String?) -> OrderShape {
        OrderShape(
            quantity: Quantity(quantity),
            type: price == nil ? .market : .limit,
            price: price.flatMap { Price(rupees: $0) },
            trigger: nil
        )
    }

    private static func live(_ id: String, _ session: BrokerSession = Sample.session()) -> LiveOrder
    {
        Sample.live(
            Sample.attempt(terms: Sample.terms(price: "1.00"), session: session),
            id
        )
    }

    /// Every member of theirs is in ours and is the same; and nothing else is.
    private static func expectSame(_ ours: [UInt8], _ theirs: JSONValue) throws {
        let ours = try #require(JSONValue(parsing: ours).object)
        let theirs = try #require(theirs.object)
        #expect(ours.keys.sorted() == theirs.keys.sorted())
        for member in theirs {
            let own = try #require(ours[member.key], "\(member.key) is missing")
            let isSame =
                if case .number(let left) = own, case .number(let right) = member.value {
                    left.scaled(4) == right.scaled(4)
                } else {
                    own == member.value
                }
            #expect(isSame, "\(member.key): \(own) is not \(member.value)")
        }
    }

    @Test("Dhan's is the official SDK's")
    func dhan() async throws {
        let captured = try SDKRequest.captured("modify_order")
        let answer = Canned(#"{"orderId":"112111182198","orderStatus":"TRANSIT"}"#)
        try await CannedDhan.visit(["PUT /orders/112111182198": answer]) { broker, canned in
            let answered = await broker.modify(
                Self.live("112111182198"),
                to: Self.shape(12, "1429"),
                sendBefore: .now + .seconds(60)
            )
            #expect(answered == .taken)
            let sent = try #require(canned.requests.first)
            #expect(canned.requests.count == 1)
            #expect("\(sent.method) \(sent.path)" == "\(captured.method) \(captured.target)")
            #expect(sent.header("access-token") == Sample.token)
            try Self.expectSame(sent.body, captured.body)
        }
    }

    @Test("Zerodha's is the official SDK's, but for what that repeats of the path")
    func zerodha() async throws {
        let captured = try KiteRequest.captured("modify_order")
        let answer = Canned.data(#"{"order_id":"151220000000000"}"#)
        try await CannedZerodha.visit(["PUT /orders/regular/151220000000000": answer]) {
            broker,
            canned in
            let session = Sample.session(token: "apikey:accesstoken")
            let answered = await broker.modify(
                Self.live("151220000000000", session),
                to: Self.shape(12, "1501"),
                sendBefore: .now + .seconds(60)
            )
            #expect(answered == .taken)
            let sent = try #require(canned.requests.first)
            #expect(canned.requests.count == 1)
            #expect("\(sent.method) \(sent.path)" == "\(captured.method) \(captured.target)")
            var theirs = captured.form
            #expect(theirs.removeValue(forKey: "variety") == "regular")
            #expect(theirs.removeValue(forKey: "order_id") == "151220000000000")
            #expect(theirs.updateValue("1501.00", forKey: "price") == "1501.0")
            let text = String(decoding: sent.body, as: UTF8.self)
            let ours = text.split(separator: "&").map { String($0) }.sorted()
            #expect(ours == theirs.map { "\($0.key)=\($0.value)" }.sorted())
        }
    }

    @Test("Upstox's is the official SDK's")
    func upstox() async throws {
        let captured = try UpstoxSDKRequest.captured("v3.modify_order")
        let answer = Canned.data(#"{"order_id":"1644490272000"}"#)
        try await CannedUpstox.visit(["PUT /hft/v3/order/modify": answer]) { broker, canned in
            let answered = await broker.modify(
                Self.live("1644490272000"),
                to: Self.shape(2, "16.80"),
                sendBefore: .now + .seconds(60)
            )
            #expect(answered == .taken)
            let sent = try #require(canned.requests.first)
            #expect(canned.requests.count == 1)
            #expect("\(sent.method) \(sent.path)" == "\(captured.method) \(captured.path)")
            #expect(sent.header("authorization") == captured.header("Authorization"))
            try Self.expectSame(sent.body, captured.body)
        }
    }

    @Test(
        "Groww's is the official SDK's",
        arguments: [("modify_order", nil), ("modify_order.limit", "251")] as [(String, String?)]
    )
    func groww(call: String, price: String?) async throws {
        let captured = try GrowwSDKRequest.captured(call)
        let answer = Canned.payload(
            #"{"groww_order_id":"GMK1","order_status":"OPEN"}"#
        )
        try await CannedGroww.visit(["POST /order/modify": [answer]]) { broker, canned in
            let answered = await broker.modify(
                Self.live("GMK1", GrowwSample.session()),
                to: Self.shape(10, price),
                sendBefore: .now + .seconds(60)
            )
            #expect(answered == .taken)
            let sent = try #require(canned.requests.first)
            #expect(canned.requests.count == 1)
            #expect(captured.names(sent))
            try Self.expectSame(sent.body, captured.body)
        }
    }
}
