import Desk
import HTTPClient
import Testing
import Trading

@testable import Upstox

/// What Upstox's answers prove.
@Suite("Upstox: errors and words")
struct UpstoxErrorTests {
    /// Every number that upstox.md §9 lists at an order call, and one that nobody knows.
    private static let codes =
        [
            10000, 10005, 100010, 100011, 100015, 100016, 100036, 100038, 100039, 100040, 100041,
            100042, 100043, 100049, 100050, 100057, 100060, 100067, 100072, 100073, 100074, 100500,
            1003, 1004, 1007, 1008, 1009, 1010, 1011, 1023, 1026, 1029, 1030, 1031, 1032, 1036,
            1039, 1043, 1052, 1055, 1056, 1087, 1119, 1154, 1156, 1158, 1159, 1160, 1161, 1181,
            1184, 1185, 1186, 9999,
        ]
        .map { "UDAPI\($0)" }

    private static func reply(_ status: Int, _ codes: String..., data: String = "")
        -> HTTPResponse
    {
        let errors = codes.map { #"{"errorCode":"\#($0)","message":"why","error_code":"\#($0)"}"# }
        let list = errors.joined(separator: ",")
        let body = "{\"status\":\"error\",\"errors\":[\(list)]\(data)}"
        return HTTPResponse(status: status, body: Array(body.utf8))
    }

    /// 400 where the documents tell no status.
    private static let statuses: [String: Int] = ["UDAPI100050": 401, "UDAPI1154": 403]

    private static let proofs: Set<String> = Set(
        [
            1004, 1056, 1007, 1055, 1008, 1029, 1030, 1043, 1009, 1011, 1026, 1087, 1031, 1032,
            1036, 1039, 1052, 1119, 1154, 1156, 1158, 1159, 1160, 100011, 100049, 100050, 100067,
            100073, 100074,
        ]
        .map { "UDAPI\($0)" }
    )

    @Test("Refused means a code that comes before an order exists, under its own status alone")
    func refusals() {
        for status in 100...599 {
            for code in Self.codes {
                let answer = UpstoxErrors.answer(toPlacement: Self.reply(status, code))
                if Self.proofs.contains(code), status == Self.statuses[code] ?? 400 {
                    let reason: Reason = code == "UDAPI100050" ? .sessionExpired : .brokerRefused
                    #expect(answer == .refused(reason, words: "\(code): why"))
                } else {
                    #expect(answer.isUnanswered, "\(status) \(code): \(answer)")
                }
            }
        }
    }

    @Test("Of several complaints each must prove it")
    func several() {
        let both = UpstoxErrors.answer(toPlacement: Self.reply(400, "UDAPI1052", "UDAPI1043"))
        #expect(both == .refused(.brokerRefused, words: "UDAPI1052: why"))
        for codes in [("UDAPI1052", "UDAPI100500"), ("UDAPI100500", "UDAPI1052")] {
            let answer = UpstoxErrors.answer(toPlacement: Self.reply(400, codes.0, codes.1))
            #expect(answer.isUnanswered, "\(codes): \(answer)")
        }
        let bare = #"{"status":"error","errors":[{"errorCode":"UDAPI1052"},{"message":"why"}]}"#
        let answer = UpstoxErrors.answer(
            toPlacement: HTTPResponse(status: 400, body: Array(bare.utf8))
        )
        #expect(answer.isUnanswered, "\(answer)")
    }

    @Test("An order id beside an error proves that nothing was refused")
    func idBesideError() {
        for code in Self.codes {
            let reply = Self.reply(400, code, data: #","data":{"order_ids":["7"]}"#)
            let answer = UpstoxErrors.answer(toPlacement: reply)
            #expect(answer.isUnanswered, "\(code): \(answer)")
        }
    }

    @Test(
        "A refusal is read in either of the two spellings",
        arguments: ["errorCode", "error_code"]
    )
    func spellings(key: String) {
        let body = #"{"status":"error","errors":[{"\#(key)":"UDAPI1052","message":"why"}]}"#
        let reply = HTTPResponse(status: 400, body: Array(body.utf8))
        #expect(
            UpstoxErrors.answer(toPlacement: reply)
                == .refused(.brokerRefused, words: "UDAPI1052: why")
        )
    }

    @Test("Accepted means one order id under a good status, and nothing else")
    func acceptances() {
        let good = #"{"status":"success","data":{"order_ids":["1644490272000"]}}"#
        for status in 100...599 {
            let answer = UpstoxErrors.answer(
                toPlacement: HTTPResponse(status: status, body: Array(good.utf8))
            )
            if (200...299).contains(status) {
                #expect(answer == .accepted(brokerOrderID: "1644490272000"))
            } else {
                #expect(answer.isUnanswered, "\(status): \(answer)")
            }
        }
        for body in [
            "", "{}", "[]", "null", "<html>", #"{"status":"success","data":{}}"#,
            #"{"data":{"order_ids":[]}}"#, #"{"data":{"order_ids":[""]}}"#,
            #"{"data":{"order_ids":[null]}}"#, #"{"data":{"order_ids":["7"]"#,
            #"{"data":{"order_id":"7"}}"#, #"{"data":{"order_ids":["7","8"]}}"#,
            #"{"order_ids":["7"]}"#, #"{"data":{"order_ids":"7"}}"#,
        ] {
            let answer = UpstoxErrors.answer(
                toPlacement: HTTPResponse(status: 200, body: Array(body.utf8))
            )
            #expect(answer == .unanswered(cause: "HTTP 200", words: nil), "\(body)")
        }
    }

    @Test(
        "A limit is told apart from silence, however it is said",
        arguments: [
            reply(429, "UDAPI10005"), reply(200, "UDAPI10005"), reply(400, "UDAPI10005"),
            reply(429, "UDAPI1052"), HTTPResponse(status: 429, body: Array("<html>".utf8)),
        ]
    )
    func limits(reply: HTTPResponse) {
        let answer = UpstoxErrors.answer(toPlacement: reply)
        guard case .unanswered(BrokerLimit.cause, _) = answer else {
            Issue.record("\(answer) is not told as a limit")
            return
        }
        do throws(BrokerFailure) {
            _ = try UpstoxErrors.data(of: reply)
            Issue.record("taken for an answer")
        } catch {
            #expect(error.isLimited, "\(error)")
        }
    }

    @Test("Words are kept where Upstox said no, and not where it said that it does not know")
    func words() {
        for (code, saidNo) in [
            ("UDAPI100036", true), ("UDAPI100038", true), ("UDAPI100057", true),
            ("UDAPI1052", true), ("UDAPI100500", false), ("UDAPI9999", false),
        ] {
            let answer = UpstoxErrors.answer(toPlacement: Self.reply(500, code))
            #expect(
                answer == .unanswered(cause: "HTTP 500", words: saidNo ? "\(code): why" : nil)
            )
        }
    }

    @Test("A read's error says what the caller must do", arguments: [200, 400, 401, 403, 423])
    func reads(status: Int) {
        for code in Self.codes {
            do throws(BrokerFailure) {
                _ = try UpstoxErrors.data(of: Self.reply(status, code))
                Issue.record("\(code) was taken for an answer")
            } catch {
                switch code {
                case "UDAPI100050", "UDAPI100016", "UDAPI100067":
                    #expect(error.isSessionEnded, "\(code)")
                case "UDAPI10005": #expect(error.isLimited, "\(code)")
                case "UDAPI100072", "UDAPI100074", "UDAPI100500":
                    #expect(error.isUnreachable, "\(code)")
                default: #expect(error == .refused(code: code, words: "\(code): why"))
                }
            }
        }
    }

    @Test(
        "An answer without success, data or JSON is not understood",
        arguments: [
            (200, "{}"), (200, #"{"status":"success"}"#), (200, #"{"data":[]}"#), (200, ""),
            (404, #"{"status":"success","data":[]}"#), (401, "{}"), (502, "<html>"), (301, "{}"),
            (200, #"{"status":"partial_success","data":[]}"#),
        ]
    )
    func notUnderstood(status: Int, body: String) {
        do throws(BrokerFailure) {
            _ = try UpstoxErrors.data(of: HTTPResponse(status: status, body: Array(body.utf8)))
            Issue.record("taken for an answer")
        } catch {
            #expect(error.isUnreachable, "\(error)")
        }
    }

    @Test(
        "Every documented status has our word",
        arguments: [
            ("put order req received", .inTransit), ("validation pending", .inTransit),
            ("open pending", .inTransit), ("open", .open), ("trigger pending", .open),
            ("modify validation pending", .open), ("modify pending", .open), ("modified", .open),
            ("not modified", .open), ("cancel pending", .open), ("not cancelled", .open),
            ("after market order req received", .inTransit),
            ("modify after market order req received", .inTransit), ("complete", .filled),
            ("rejected", .rejected), ("cancelled", .cancelled), ("Complete", .filled),
            ("cancelled after market order", .cancelled), ("expired", nil), ("", nil),
        ] as [(String, OrderReport.Status?)]
    )
    func statuses(word: String, status: OrderReport.Status?) {
        #expect(UpstoxWords.status(word, filled: .zero) == status)
        let withFill = UpstoxWords.status(word, filled: Quantity(1))
        #expect(withFill == (status == .open ? .partlyFilled : status))
    }

    @Test("Products and order types have Upstox's words")
    func vocabulary() {
        #expect(Product.allCases.map(UpstoxWords.product) == ["D", "I", "MTF", "D"])
        #expect(OrderType.allCases.map(UpstoxWords.orderType) == ["MARKET", "LIMIT", "SL", "SL-M"])
    }

    @Test(
        "Times are read in both of the forms that the documents show",
        arguments: [
            ("2026-11-20 10:00:00", 1_795_149_000_000_000),
            ("20-Nov-2026 10:00:00", 1_795_149_000_000_000),
            ("03-Aug-2017 15:03:42", 1_501_752_822_000_000),
            ("31-Feb-2026 10:00:00", nil), ("20-Abc-2026 10:00:00", nil), ("", nil), ("now", nil),
        ] as [(String, Int64?)]
    )
    func times(text: String, microseconds: Int64?) {
        #expect(UpstoxWords.time(text) == microseconds.map { Timestamp(microseconds: $0) })
    }

    @Test(
        "A session ends at the next half past three in the morning",
        arguments: [
            // 2026-11-20 in India: 10:00, 03:29:59, 03:30:00, 23:59:59.
            (1_795_149_000_000_000, 1_795_212_000_000_000),
            (1_795_125_599_000_000, 1_795_125_600_000_000),
            (1_795_125_600_000_000, 1_795_212_000_000_000),
            (1_795_199_399_000_000, 1_795_212_000_000_000),
        ] as [(Int64, Int64)]
    )
    func sessionEnds(now: Int64, end: Int64) {
        let life = UpstoxBroker.declared.sessionLife
        let ends = life.end(of: Timestamp(microseconds: now))
        #expect(ends == Timestamp(microseconds: end))
    }
}
