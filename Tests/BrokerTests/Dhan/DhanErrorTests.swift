import Desk
import HTTPClient
import Testing
import Trading

@testable import Dhan

/// What Dhan's answers prove.
@Suite("Dhan: errors and words")
struct DhanErrorTests {
    private static let codes = [
        "DH-901", "DH-902", "DH-903", "DH-904", "DH-905", "DH-906", "DH-907", "DH-908", "DH-909",
        "DH-910", "DH-911", "DH-1111", "800", "804", "805", "806", "807", "808", "809", "810",
        "811", "812", "813", "814", "XX-1",
    ]

    private static func reply(_ status: Int, _ code: String, more: String = "") -> HTTPResponse {
        let body =
            "{\"errorType\":\"Type\",\"errorCode\":\"\(code)\",\"errorMessage\":\"why\"\(more)}"
        return HTTPResponse(status: status, body: Array(body.utf8))
    }

    @Test("Refused means a code that comes before an order exists, under a status that blames us")
    func refusals() {
        let proofs: [String: Reason] = [
            "DH-901": .sessionExpired, "DH-902": .brokerRefused, "DH-903": .brokerRefused,
            "DH-905": .brokerRefused,
        ]
        for status in 100...599 {
            for code in Self.codes {
                let answer = DhanErrors.answer(toPlacement: Self.reply(status, code))
                let blames = [400, 401, 403].contains(status)
                if blames, let reason = proofs[code] {
                    #expect(answer == .refused(reason, words: "\(code): why"))
                } else {
                    #expect(answer.isUnanswered, "\(status) \(code): \(answer)")
                }
            }
        }
    }

    @Test("An order id beside an error code proves that nothing was refused")
    func idBesideError() {
        for code in Self.codes {
            let answer = DhanErrors.answer(
                toPlacement: Self.reply(400, code, more: ",\"orderId\":\"7\"")
            )
            #expect(answer.isUnanswered, "\(code): \(answer)")
        }
    }

    @Test("Accepted means an order id under a good status, and nothing else")
    func acceptances() {
        let good = #"{"orderId":"112111182198","orderStatus":"PENDING"}"#
        for status in 100...599 {
            let answer = DhanErrors.answer(
                toPlacement: HTTPResponse(status: status, body: Array(good.utf8))
            )
            if (200...299).contains(status) {
                #expect(answer == .accepted(brokerOrderID: "112111182198"))
            } else {
                #expect(answer.isUnanswered, "\(status): \(answer)")
            }
        }
        for body in [
            "", "{}", "[]", "null", "7", "<html>", #"{"orderId":""}"#, #"{"orderId":null}"#,
            #"{"orderId":"7","#, #"[{"orderId":"7"}]"#, #"{"orderId":{}}"#, "\u{0}",
        ] {
            let answer = DhanErrors.answer(
                toPlacement: HTTPResponse(status: 200, body: Array(body.utf8))
            )
            #expect(answer == .unanswered(cause: "HTTP 200", words: nil), "\(body)")
        }
        let rejected = #"{"orderId":"7","orderStatus":"REJECTED","errorCode":null}"#
        #expect(
            DhanErrors.answer(toPlacement: HTTPResponse(status: 200, body: Array(rejected.utf8)))
                == .accepted(brokerOrderID: "7")
        )
    }

    @Test(
        "A limit is told apart from silence, however it is said",
        arguments: [
            reply(429, "DH-904"), reply(200, "DH-904"), reply(400, "DH-904"), reply(429, "DH-905"),
            reply(429, "XX-1"), HTTPResponse(status: 429, body: Array("<html>".utf8)),
        ]
    )
    func limits(reply: HTTPResponse) {
        guard case .unanswered(BrokerLimit.cause, _) = DhanErrors.answer(toPlacement: reply) else {
            Issue.record("\(reply.status) is not told as a limit")
            return
        }
    }

    @Test("Words are kept where the broker said no, and not where it said that it does not know")
    func words() {
        for code in Self.codes {
            let answer = DhanErrors.answer(toPlacement: Self.reply(500, code))
            let saidNo = ["DH-901", "DH-902", "DH-903", "DH-904", "DH-905", "DH-906"]
            guard case .unanswered(_, let words) = answer else {
                Issue.record("\(answer)")
                return
            }
            #expect((words != nil) == saidNo.contains(code), "\(code)")
        }
    }

    @Test(
        "A read's error says what the caller must do, whatever the status",
        arguments: [200, 400, 401, 500]
    )
    func reads(status: Int) {
        for code in Self.codes {
            do throws(BrokerFailure) {
                _ = try DhanErrors.value(of: Self.reply(status, code))
                Issue.record("\(code) was taken for an answer")
            } catch {
                switch code {
                case "DH-901", "807", "808", "809": #expect(error.isSessionEnded, "\(code)")
                case "DH-904", "805": #expect(error.isLimited, "\(code)")
                case "DH-908", "DH-909", "DH-910", "800":
                    #expect(error.isUnreachable, "\(code)")
                default: #expect(error == .refused(code: code, words: "\(code): why"))
                }
            }
        }
    }

    @Test("A wrong path is refused; any other answer without JSON or code is not understood")
    func spring() {
        let spring = #"{"timestamp":"2026","status":404,"error":"Not Found","path":"/v2/x"}"#
        for (status, body, isRefused) in [
            (404, spring, true), (500, spring, false), (401, "{}", false), (502, "<html>", false),
            (200, "", false), (301, "{}", false),
        ] {
            do throws(BrokerFailure) {
                _ = try DhanErrors.value(of: HTTPResponse(status: status, body: Array(body.utf8)))
                Issue.record("\(status) was taken for an answer")
            } catch {
                #expect(isRefused ? error.code == "404" : error.isUnreachable, "\(status)")
            }
        }
    }

    @Test(
        "Every documented status has our word, in any case",
        arguments: [
            ("TRANSIT", .inTransit), ("PENDING", .open), ("PART_TRADED", .partlyFilled),
            ("TRADED", .filled), ("REJECTED", .rejected), ("CANCELLED", .cancelled),
            ("EXPIRED", .expired), ("TRIGGERED", .open), ("CLOSED", .filled), ("CONFIRM", .open),
            ("MODIFIED", .open), ("Traded", .filled), ("Part_Traded", .partlyFilled),
            ("cancelled", .cancelled),
        ] as [(String, OrderReport.Status)]
    )
    func statuses(word: String, status: OrderReport.Status) {
        #expect(DhanWords.status(word) == status)
    }

    @Test("A status that nobody documents has no word of ours", arguments: ["INACTIVE", "", "?"])
    func unknownStatuses(word: String) {
        #expect(DhanWords.status(word) == nil)
    }

    @Test("Products and order types have Dhan's words")
    func vocabulary() {
        #expect(Product.allCases.map(DhanWords.product) == ["CNC", "INTRADAY", "MTF", "MARGIN"])
        #expect(
            OrderType.allCases.map(DhanWords.orderType)
                == ["MARKET", "LIMIT", "STOP_LOSS", "STOP_LOSS_MARKET"]
        )
        #expect(Validity.allCases.map(\.rawValue) == ["DAY", "IOC"])
        #expect(Side.allCases.map(\.rawValue) == ["BUY", "SELL"])
    }

    @Test(
        "The end of a token is read to the minute",
        arguments: [
            ("30/03/2025 15:37", 1_743_329_220_000_000),
            ("01/01/2026 00:00", 1_767_205_800_000_000),
            ("31/02/2026 00:00", nil), ("never", nil), ("", nil), ("2026-01-01", nil),
        ] as [(String, Int64?)]
    )
    func tokenEnds(text: String, microseconds: Int64?) {
        #expect(
            DhanBroker.tokenEnd(text) == microseconds.map { Timestamp(microseconds: $0) }
        )
    }
}
