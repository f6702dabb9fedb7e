import Desk
import Dhan
import Testing

/// Which orders a postback or a message of the socket speaks of.
@Suite("Dhan: hints")
struct DhanHintTests {
    @Test(
        "References are found wherever Dhan writes them",
        arguments: [
            (#"{"orderId":"1","correlationId":"VTST0001","filled_qty":2}"#, ["VTST0001"]),
            (
                #"{"Data":{"OrderNo":"1","CorrelationId":"VTST0001"},"Type":"order_alert"}"#,
                ["VTST0001"]
            ),
            // As in the documents' sample: a member given twice.
            (
                #"{"Data":{"Remarks":"NR","CorrelationId":"VTST0001","Remarks":"Super Order"}}"#,
                ["VTST0001"]
            ),
            (#"{ "CorrelationId" : "VTST0001" , "correlationId" : "VTST0001" }"#, ["VTST0001"]),
            (
                #"{"correlationId":"VTST0001","CorrelationId":"VTST0002"}"#,
                ["VTST0001", "VTST0002"]
            ),
            (#"{"Remarks":"a \"CorrelationId\":\"VTST0009\" b","CorrelationId":"V1"}"#, ["V1"]),
            ("[{\"correlationId\":\n\t\"V1\"},{\"correlationId\":\"V2\"}]", ["V1", "V2"]),
        ]
    )
    func found(message: String, references: [String]) {
        #expect(DhanHints().references(in: Array(message.utf8)) == references)
    }

    @Test(
        "Anything else speaks of nothing",
        arguments: [
            "", "hello", "{}", #"{"CorrelationId":""}"#, #"{"CorrelationId":null}"#,
            #"{"CorrelationId":7}"#, #"{"CorrelationId":"two words"}"#,
            #"{"CorrelationId":"'; DROP TABLE"}"#, #"{"CorrelationId":"V\u0031"}"#,
            #"{"CorrelationId":"1234567890123456789012345678901"}"#, #"{"CorrelationId":"V1"#,
            #"{"CorrelationId""#, #"{"CorrelationId":"#, #"["CorrelationId","V1"]"#, "\"", "\\",
            "\"\\",
            #"{"Status":"CorrelationId","Remarks":"V1"}"#,
        ]
    )
    func nothing(message: String) {
        #expect(DhanHints().references(in: Array(message.utf8)).isEmpty)
    }

    @Test(
        "An order without a reference is told by client and instrument, and a trigger by its id",
        arguments: [
            (
                #"{"dhanClientId":"1000","orderId":"1","correlationId":null,"orderStatus":"PENDING","#
                    + #""securityId":"2885"}"#,
                [.foreignOrder(client: "1000", code: "2885")]
            ),
            (
                #"{"Data":{"ClientId":"1000","SecurityId":"2885","CorrelationId":""},"Type":"x"}"#,
                [.foreignOrder(client: "1000", code: "2885")]
            ),
            (
                #"{"dhanClientId":"1000","correlationId":"VTST0001","securityId":"2885"}"#,
                [.order("VTST0001")]
            ),
            (
                #"{"dhanClientId":"1000","alertId":"77","alertStatus":"TRIGGERED"}"#,
                [.conditional("77")]
            ),
            (#"{"dhanClientId":"1000"}"#, []), (#"{"securityId":"2885"}"#, []),
            (#"{"dhanClientId":"'; DROP","securityId":"2885"}"#, []),
        ] as [(String, [BrokerHint])]
    )
    func conditionals(message: String, hints: [BrokerHint]) {
        #expect(DhanHints().hints(in: Array(message.utf8)) == hints)
    }

    @Test("No bytes at all break the reader")
    func noise() {
        var random = SystemRandomNumberGenerator()
        let alphabet = Array(#"{}[]":\, CorrelationIdcV1"#.utf8) + [0, 0xFF]
        for _ in 0..<2_000 {
            let length = Int.random(in: 0...60, using: &random)
            let bytes = (0..<length).map { _ in
                alphabet[Int.random(in: 0..<alphabet.count, using: &random)]
            }
            let message = bytes + Array(#""CorrelationId":"VTST0001""#.utf8) + bytes
            for reference in DhanHints().references(in: message) {
                #expect(!reference.isEmpty && reference.utf8.count <= 30)
            }
        }
    }
}
