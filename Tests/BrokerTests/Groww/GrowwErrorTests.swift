import Desk
import HTTPClient
import Testing
import Trading

@testable import Groww

/// What Groww's answers prove.
@Suite("Groww: errors and words")
struct GrowwErrorTests {
    private static let codes = [
        "GA000", "GA001", "GA002", "GA003", "GA004", "GA005", "GA006", "GA007", "XX-1",
    ]
    private static let reference = "VTST000000000101"

    private static func reply(_ status: Int, _ code: String, more: String = "") -> HTTPResponse {
        let error = "{\"code\":\"\(code)\",\"message\":\"why\",\"metadata\":null}"
        let body = "{\"status\":\"FAILURE\",\"error\":\(error)\(more)}"
        return HTTPResponse(status: status, body: Array(body.utf8))
    }

    private static func placed(_ reply: HTTPResponse) -> PlacementAnswer {
        GrowwErrors.answer(toPlacement: reply, of: reference)
    }

    @Test("Refused means a code that comes before an order exists, under its own status")
    func refusals() {
        for status in 100...599 {
            for code in Self.codes {
                let answer = Self.placed(Self.reply(status, code))
                switch (status, code) {
                case (400, "GA001"), (403, "GA005"):
                    #expect(answer == .refused(.brokerRefused, words: "\(code): why"))
                case (401, "GA005"):
                    #expect(answer == .refused(.sessionExpired, words: "\(code): why"))
                default: #expect(answer.isUnanswered, "\(status) \(code): \(answer)")
                }
            }
        }
    }

    @Test(
        "A reference that Groww has seen is a claim that the order is there",
        arguments: [200, 400, 409, 422, 500]
    )
    func duplicate(status: Int) {
        let answer = Self.placed(Self.reply(status, "GA007"))
        #expect(answer == .claimed(words: "GA007: why"))
    }

    @Test("An order id beside a failure proves that nothing was refused")
    func idBesideFailure() {
        for code in Self.codes {
            for status in [400, 401, 403] {
                let more = ",\"payload\":{\"groww_order_id\":\"GMK1\"}"
                let answer = Self.placed(Self.reply(status, code, more: more))
                #expect(answer.isUnanswered, "\(status) \(code): \(answer)")
            }
        }
    }

    @Test("Accepted means an order id under a good status and no failure, and nothing else")
    func acceptances() {
        let good =
            #"{"status":"SUCCESS","payload":{"groww_order_id":"GMK1","order_status":"OPEN"}}"#
        for status in 100...599 {
            let answer = Self.placed(HTTPResponse(status: status, body: Array(good.utf8)))
            if (200...299).contains(status) {
                #expect(answer == .accepted(brokerOrderID: "GMK1"))
            } else {
                #expect(answer.isUnanswered, "\(status): \(answer)")
            }
        }
        for body in [
            "", "{}", "[]", "null", "7", "<html>", #"{"status":"SUCCESS"}"#,
            #"{"status":"SUCCESS","payload":null}"#, #"{"status":"SUCCESS","payload":[]}"#,
            #"{"status":"SUCCESS","payload":{"groww_order_id":""}}"#,
            #"{"status":"SUCCESS","payload":{"groww_order_id":null}}"#,
            #"{"groww_order_id":"GMK1"}"#, #"{"status":"SUCCESS","payload":{"groww_order_id":"GMK"#,
            #"{"status":"FAILURE","payload":{"groww_order_id":"GMK1"}}"#,
        ] {
            let answer = Self.placed(HTTPResponse(status: 200, body: Array(body.utf8)))
            #expect(answer == .unanswered(cause: "HTTP 200", words: nil), "\(body)")
        }
    }

    @Test("An id with another order's reference is not this order's id")
    func strangersID() {
        for (reference, isOurs) in [(Self.reference, true), ("VTST000000000102", false)] {
            let payload = #"{"groww_order_id":"GMK1","order_reference_id":"\#(reference)"}"#
            let body = #"{"status":"SUCCESS","payload":\#(payload)}"#
            let answer = Self.placed(HTTPResponse(status: 200, body: Array(body.utf8)))
            #expect(isOurs ? answer.brokerOrderID == "GMK1" : answer.isUnanswered)
        }
    }

    @Test(
        "A limit is told apart from silence, by its status",
        arguments: [
            reply(429, "GA003"), reply(429, "GA001"),
            HTTPResponse(status: 429, body: Array("<html>".utf8)),
        ]
    )
    func limits(reply: HTTPResponse) {
        guard case .unanswered(BrokerLimit.cause, _) = Self.placed(reply) else {
            Issue.record("not told as a limit")
            return
        }
    }

    @Test("Words are kept where the broker said no, and not where it said that it does not know")
    func words() {
        for code in Self.codes where code != "GA007" {
            guard case .unanswered(_, let words) = Self.placed(Self.reply(500, code)) else {
                Issue.record("\(code)")
                return
            }
            let saidNo = ["GA001", "GA004", "GA005", "GA006"].contains(code)
            #expect((words != nil) == saidNo, "\(code)")
        }
    }

    @Test(
        "A read's failure says what the caller must do, whatever the status",
        arguments: [200, 500]
    )
    func reads(status: Int) async {
        for code in Self.codes {
            let read = await failure { () throws(BrokerFailure) in
                try GrowwErrors.payload(of: Self.reply(status, code))
            }
            switch code {
            case "GA000", "GA003": #expect(read?.isUnreachable == true, "\(code)")
            case "GA005": #expect(read?.isSessionEnded == true)
            default: #expect(read == .refused(code: code, words: "\(code): why"))
            }
        }
    }

    @Test("Statuses that the official SDK knows by themselves are known here too")
    func statuses() async {
        let answers: [(HTTPResponse, (BrokerFailure) -> Bool)] = [
            (Self.reply(401, "XX-1"), \.isSessionEnded),
            (HTTPResponse(status: 401, body: Array("{}".utf8)), \.isSessionEnded),
            (Self.reply(403, "GA005"), { $0.code == "GA005" }),
            (HTTPResponse(status: 404, body: Array("{}".utf8)), { $0.code == "404" }),
            (Self.reply(429, "GA005"), \.isLimited),
            (HTTPResponse(status: 429, body: []), \.isLimited),
            (HTTPResponse(status: 401, body: Array("<html>".utf8)), \.isUnreachable),
            (HTTPResponse(status: 502, body: Array("<html>".utf8)), \.isUnreachable),
            (HTTPResponse(status: 504, body: Array("{}".utf8)), \.isUnreachable),
            (HTTPResponse(status: 200, body: []), \.isUnreachable),
            (HTTPResponse(status: 200, body: Array("[]".utf8)), \.isUnreachable),
            (HTTPResponse(status: 200, body: Array("{}".utf8)), \.isUnreachable),
        ]
        for (index, (reply, isRight)) in answers.enumerated() {
            let read = await failure { () throws(BrokerFailure) in
                try GrowwErrors.payload(of: reply)
            }
            #expect(read.map(isRight) == true, "\(index): \(String(describing: read))")
        }
    }

    @Test(
        "Every documented status has our word, by how much is filled",
        arguments: [
            ("NEW", .inTransit, .partlyFilled, .partlyFilled),
            ("ACKED", .open, .partlyFilled, .partlyFilled),
            ("APPROVED", .open, .partlyFilled, .partlyFilled),
            ("OPEN", .open, .partlyFilled, .partlyFilled),
            ("TRIGGER_PENDING", .open, .partlyFilled, .partlyFilled),
            ("MODIFICATION_REQUESTED", .open, .partlyFilled, .partlyFilled),
            ("CANCELLATION_REQUESTED", .open, .partlyFilled, .partlyFilled),
            ("EXECUTED", .open, .partlyFilled, .filled),
            ("DELIVERY_AWAITED", .open, .partlyFilled, .filled),
            ("COMPLETED", .open, .partlyFilled, .filled),
            ("CANCELLED", .cancelled, .cancelled, .cancelled),
            ("REJECTED", .rejected, .rejected, .rejected),
            ("FAILED", .rejected, .rejected, .rejected),
            ("NEVER_HEARD_OF", .inTransit, .partlyFilled, .partlyFilled),
        ]
            as [(String, OrderReport.Status, OrderReport.Status, OrderReport.Status)]
    )
    func words(
        _ word: String,
        _ none: OrderReport.Status,
        _ some: OrderReport.Status,
        _ all: OrderReport.Status
    ) {
        let five = Quantity(5)
        #expect(GrowwWords.status(word, filled: .zero, of: five) == none)
        #expect(GrowwWords.status(word, filled: Quantity(3), of: five) == some)
        #expect(GrowwWords.status(word, filled: five, of: five) == all)
    }

    @Test("Products and order types have Groww's words")
    func vocabulary() {
        #expect(Product.allCases.map(GrowwWords.product) == ["CNC", "MIS", "MTF", "NRML"])
        #expect(OrderType.allCases.map(GrowwWords.orderType) == ["MARKET", "LIMIT", "SL", "SL_M"])
        #expect(Validity.allCases.map(\.rawValue) == ["DAY", "IOC"])
        #expect(Side.allCases.map(\.rawValue) == ["BUY", "SELL"])
    }

    @Test(
        "Times are Indian, but for those that say that they are not",
        arguments: [
            ("2026-11-20T10:00:00", 1_795_149_000), ("2026-11-20T04:30:00Z", 1_795_149_000),
            ("2026-11-20 10:00:00", 1_795_149_000), ("", nil), ("yesterday", nil),
        ] as [(String, Int64?)]
    )
    func times(text: String, seconds: Int64?) {
        #expect(GrowwTime.parse(text)?.microseconds == seconds.map { $0 * 1_000_000 })
    }
}
