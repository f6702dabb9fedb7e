import Desk
import Testing
import Zerodha

/// Which orders a postback or a frame of the ticker speaks of.
@Suite("Zerodha: hints")
struct ZerodhaHintTests {
    /// The documents' sample with a tag, signed for the secret `secret`.
    private static func postback(
        status: String = "COMPLETE",
        checksum: String = "f3336920db057beff5f3decf340d67ac78e0feda17f6e7bdb849473c43f9196d",
        tag: String = "\"VTST0001\"",
        filled: Int = 1
    ) -> [UInt8] {
        let body = """
            {"user_id":"AB1234","unfilled_quantity":0,"app_id":1234,"checksum":"\(checksum)",
            "placed_by":"AB1234","order_id":"220303000308932","status":"\(status)",
            "order_timestamp":"2022-03-03 09:24:25","variety":"regular","exchange":"NSE",
            "tradingsymbol":"SBIN","quantity":1,"filled_quantity":\(filled),"meta":{},
            "tag":\(tag),"guid":"XXXXXX"}
            """
        return Array(body.utf8)
    }

    private static let signed = ZerodhaHints(apiSecret: Secret("secret"))

    @Test("An order without a tag is told by client and instrument: a GTT gives none")
    func foreign() {
        let told: [BrokerHint] = [.foreignOrder(client: "AB1234", code: "SBIN")]
        for message in [
            Self.postback(tag: "null"), Self.postback(status: "OPEN", tag: "null", filled: 0),
        ] {
            #expect(Self.signed.hints(in: message) == told)
        }
        let forged = Self.postback(checksum: "00", tag: "null")
        #expect(Self.signed.hints(in: forged).isEmpty)
    }

    @Test("A rightly signed postback gives its tag")
    func right() {
        #expect(Self.signed.references(in: Self.postback()) == ["VTST0001"])
    }

    @Test("A postback that is signed wrongly, or not at all, gives nothing")
    func wrong() {
        let flipped = "03336920db057beff5f3decf340d67ac78e0feda17f6e7bdb849473c43f9196d"
        for checksum in ["", "d71c", flipped] {
            let message = Self.postback(checksum: checksum)
            #expect(Self.signed.references(in: message).isEmpty, "\(checksum)")
            #expect(ZerodhaHints().references(in: message) == ["VTST0001"])
        }
        let other = ZerodhaHints(apiSecret: Secret("other"))
        #expect(other.references(in: Self.postback()).isEmpty)
        let frame = Array(#"{"type":"order","data":{"status":"COMPLETE","tag":"V1"}}"#.utf8)
        #expect(Self.signed.references(in: frame).isEmpty)
    }

    @Test(
        "What ended, traded or changed is news; what waits is none",
        arguments: [
            ("COMPLETE", 1, true), ("REJECTED", 0, true), ("CANCELLED", 0, true),
            ("UPDATE", 0, true), ("UPDATE", 1, true), ("OPEN", 1, true), ("OPEN", 0, false),
            ("TRIGGER PENDING", 0, false), ("PUT ORDER REQ RECEIVED", 0, false),
            ("MODIFY PENDING", 0, false), ("NEVER HEARD OF", 0, false),
        ]
    )
    func news(status: String, filled: Int, isNews: Bool) {
        let told = ZerodhaHints().references(in: Self.postback(status: status, filled: filled))
        #expect(told == (isNews ? ["VTST0001"] : []))
    }

    @Test("The ticker's order frames give the same, by tag or by tags")
    func frames() {
        for member in [#""tag":"V1""#, #""tag":null,"tags":["V1"]"#] {
            let frame = #"{"type":"order","data":{"status":"COMPLETE",\#(member)}}"#
            #expect(ZerodhaHints().references(in: Array(frame.utf8)) == ["V1"])
        }
    }

    @Test(
        "Anything else speaks of nothing",
        arguments: [
            "", "hello", "{}", "[]", "null", #"{"type":"error","data":"Too many requests"}"#,
            #"{"type":"message","data":{"status":"COMPLETE","tag":"V1"}}"#,
            #"{"type":"order"}"#, #"{"status":"COMPLETE","tag":null}"#,
            #"{"status":"COMPLETE","tag":""}"#, #"{"status":"COMPLETE","tag":{}}"#,
            #"{"status":"COMPLETE","tag":"two words"}"#,
            #"{"status":"COMPLETE","tag":"'; DROP TABLE"}"#,
            #"{"status":"COMPLETE","tag":"123456789012345678901"}"#,
            #"{"status":"COMPLETE","tag":"V1""#,
        ]
    )
    func nothing(message: String) {
        #expect(ZerodhaHints().references(in: Array(message.utf8)).isEmpty)
    }

    @Test("A reader that is printed does not tell the secret")
    func redacted() {
        #expect(
            "\(ZerodhaHints(apiSecret: Secret("very-secret")))".contains("very-secret") == false
        )
    }
}
