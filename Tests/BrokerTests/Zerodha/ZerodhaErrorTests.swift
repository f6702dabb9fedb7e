import BrokerKit
import Desk
import HTTPClient
import Testing
import Trading

@testable import Zerodha

/// What Kite's answers prove.
@Suite("Zerodha: errors and words")
struct ZerodhaErrorTests {
    private static let types = [
        "TokenException", "UserException", "OrderException", "InputException", "MarginException",
        "HoldingException", "PermissionException", "NetworkException", "DataException",
        "GeneralException", "OtherException",
    ]

    private static func reply(
        _ status: Int,
        _ type: String,
        message: String = "why",
        data: String = "null"
    ) -> HTTPResponse {
        let body =
            #"{"status":"error","message":"\#(message)","error_type":"\#(type)","data":\#(data)}"#
        return HTTPResponse(status: status, body: Array(body.utf8))
    }

    private static func reply(_ status: Int, body: String) -> HTTPResponse {
        HTTPResponse(status: status, body: Array(body.utf8))
    }

    @Test("Refused means a type that comes before an order exists, under its own status alone")
    func refusals() {
        let proofs: [String: (status: Int, reason: Reason)] = [
            "TokenException": (403, .sessionExpired), "PermissionException": (403, .brokerRefused),
            "InputException": (400, .brokerRefused), "MarginException": (400, .brokerRefused),
            "HoldingException": (400, .brokerRefused),
        ]
        for status in 100...599 {
            for type in Self.types {
                let answer = ZerodhaErrors.answer(toPlacement: Self.reply(status, type))
                if type == "HoldingException", status == 428 {
                    // The owner of the shares has not said yet that they may be delivered.
                    #expect(answer == .refused(.saleNotAuthorised, words: "\(type): why"))
                } else if let proof = proofs[type], proof.status == status {
                    #expect(answer == .refused(proof.reason, words: "\(type): why"))
                } else {
                    #expect(answer.isUnanswered, "\(status) \(type): \(answer)")
                }
            }
        }
    }

    @Test(
        "Words that send the caller to the order book prove nothing, of whatever type",
        arguments: [
            "Order request timed out. Please check the order book and confirm before placing again.",
            "Request TIMED OUT", "check your orderbook",
        ]
    )
    func unsure(message: String) {
        for type in Self.types {
            for status in [400, 403] {
                let reply = Self.reply(status, type, message: message)
                #expect(ZerodhaErrors.answer(toPlacement: reply).isUnanswered, "\(type)")
            }
        }
    }

    @Test("An order id beside an error proves that nothing was refused")
    func idBesideError() {
        for type in Self.types {
            for status in [400, 403] {
                let reply = Self.reply(status, type, data: #"{"order_id":"7"}"#)
                #expect(ZerodhaErrors.answer(toPlacement: reply).isUnanswered, "\(type)")
            }
        }
    }

    @Test("Accepted means an order id under a good status, and nothing else")
    func acceptances() {
        let good = #"{"status":"success","data":{"order_id":"1914227164488687616"}}"#
        for status in 100...599 {
            let answer = ZerodhaErrors.answer(toPlacement: Self.reply(status, body: good))
            if (200...299).contains(status) {
                #expect(answer == .accepted(brokerOrderID: "1914227164488687616"))
            } else {
                #expect(answer.isUnanswered, "\(status): \(answer)")
            }
        }
        for body in [
            "", "{}", "[]", "null", "7", "<html>", #"{"status":"success"}"#,
            #"{"status":"success","data":{}}"#, #"{"status":"success","data":{"order_id":""}}"#,
            #"{"status":"success","data":{"order_id":null}}"#,
            #"{"status":"success","data":[{"order_id":"7"}]}"#,
            #"{"status":"success","data":{"order_id":"7"}"#, #"{"order_id":"7"}"#,
            #"{"status":"error","data":{"order_id":"7"}}"#,
        ] {
            let answer = ZerodhaErrors.answer(toPlacement: Self.reply(200, body: body))
            #expect(answer == .unanswered(cause: "HTTP 200", words: nil), "\(body)")
        }
    }

    @Test("An id that came as a number keeps its last digit")
    func numericID() {
        let body = #"{"status":"success","data":{"order_id":1914227164488687617}}"#
        let answer = ZerodhaErrors.answer(toPlacement: Self.reply(200, body: body))
        #expect(answer == .accepted(brokerOrderID: "1914227164488687617"))
    }

    @Test("A limit is told apart from silence, with words where Kite has some")
    func limits() {
        #expect(
            ZerodhaErrors.answer(toPlacement: Self.reply(429, "NetworkException"))
                == .unanswered(cause: BrokerLimit.cause, words: "NetworkException: why")
        )
        #expect(
            ZerodhaErrors.answer(toPlacement: Self.reply(429, "InputException"))
                == .unanswered(cause: BrokerLimit.cause, words: "InputException: why")
        )
        #expect(
            ZerodhaErrors.answer(toPlacement: Self.reply(429, body: "<html>"))
                == .unanswered(cause: BrokerLimit.cause, words: nil)
        )
    }

    @Test("Words are kept where Kite said no, and not where it said that it does not know")
    func words() {
        for type in Self.types {
            let answer = ZerodhaErrors.answer(toPlacement: Self.reply(500, type))
            let saidNo = Self.types.prefix(7).contains(type)
            guard case .unanswered(_, let words) = answer else {
                Issue.record("\(answer)")
                return
            }
            #expect((words != nil) == saidNo, "\(type)")
        }
    }

    @Test(
        "A read's error says what the caller must do, whatever the status",
        arguments: [200, 400, 403, 500]
    )
    func reads(status: Int) {
        for type in Self.types {
            do throws(BrokerFailure) {
                _ = try ZerodhaErrors.data(of: Self.reply(status, type))
                Issue.record("\(type) was taken for an answer")
            } catch {
                switch type {
                case "TokenException": #expect(error.isSessionEnded)
                case "NetworkException", "DataException": #expect(error.isUnreachable)
                case "GeneralException" where status == 200 || status == 500:
                    #expect(error.isUnreachable)
                default: #expect(error == .refused(code: type, words: "\(type): why"))
                }
            }
        }
    }

    @Test("Too many reads are told as a limit, with JSON or without")
    func limitedReads() async {
        for reply in [Self.reply(429, "NetworkException"), Self.reply(429, body: "<html>")] {
            let error = await failure { () throws(BrokerFailure) in
                try ZerodhaErrors.data(of: reply)
            }
            #expect(error?.isLimited == true)
        }
    }

    @Test(
        "What is neither success nor an error is not understood",
        arguments: [
            (200, ""), (200, "{}"), (200, #"{"data":[]}"#), (200, #"{"status":"success"}"#),
            (200, #"{"status":"error","message":"no type","data":[]}"#), (502, "<html>"),
            (500, #"{"status":"success","data":[]}"#), (301, #"{"status":"success","data":[]}"#),
        ]
    )
    func neither(status: Int, body: String) async {
        let error = await failure { () throws(BrokerFailure) in
            try ZerodhaErrors.data(of: Self.reply(status, body: body))
        }
        #expect(error?.isUnreachable == true)
    }

    @Test(
        "Every documented status has our word",
        arguments: [
            ("COMPLETE", .filled), ("CANCELLED", .cancelled), ("REJECTED", .rejected),
            ("OPEN", .open), ("TRIGGER PENDING", .open), ("MODIFIED", .open),
            ("MODIFY PENDING", .open), ("MODIFY VALIDATION PENDING", .open),
            ("CANCEL PENDING", .open), ("MODIFY AMO REQ RECEIVED", .open),
            ("PUT ORDER REQ RECEIVED", .inTransit), ("VALIDATION PENDING", .inTransit),
            ("OPEN PENDING", .inTransit), ("AMO REQ RECEIVED", .inTransit),
            ("NEVER HEARD OF", .inTransit), (nil, .inTransit),
        ] as [(String?, OrderReport.Status)]
    )
    func statuses(word: String?, status: OrderReport.Status) {
        #expect(ZerodhaWords.status(word, filled: .zero) == status)
        // What has traded and is no end is partly filled; an end stays one.
        let isEnd = [.filled, .cancelled, .rejected].contains(status)
        #expect(
            ZerodhaWords.status(word, filled: Quantity(1)) == (isEnd ? status : .partlyFilled)
        )
    }

    @Test("Products, order types, sides and validities have Kite's words")
    func vocabulary() {
        #expect(Product.allCases.map(ZerodhaWords.product) == ["CNC", "MIS", "MTF", "NRML"])
        #expect(
            OrderType.allCases.map(ZerodhaWords.orderType) == ["MARKET", "LIMIT", "SL", "SL-M"]
        )
        #expect(Validity.allCases.map(\.rawValue) == ["DAY", "IOC"])
        #expect(Side.allCases.map(\.rawValue) == ["BUY", "SELL"])
    }

    @Test(
        "A session ends at six in the morning in India, and is never over when it is checked",
        arguments: [
            // 2026-11-20 05:59:59, 06:00:00 and 10:00:00.
            (1_795_134_599, 1_795_134_600), (1_795_134_600, 1_795_221_000),
            (1_795_149_000, 1_795_221_000),
        ] as [(Int64, Int64)]
    )
    func sessionEnds(now: Int64, end: Int64) {
        #expect(
            ZerodhaBroker.sessionEnd(after: Timestamp(microseconds: now * 1_000_000 + 7))
                == Timestamp(microseconds: end * 1_000_000)
        )
    }

    @Test("Forms and queries are written so that any server reads them")
    func form() {
        var form = FormBody()
        form.field("tradingsymbol", "M&M")
        form.field("i", "NSE:BAJAJ-AUTO")
        form.field("words", "a b+c=ü")
        #expect(
            form.text == "tradingsymbol=M%26M&i=NSE%3ABAJAJ-AUTO&words=a%20b%2Bc%3D%C3%BC"
        )
    }
}
