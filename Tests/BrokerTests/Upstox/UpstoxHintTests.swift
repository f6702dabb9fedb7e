import Desk
import Testing
import Upstox

/// Which orders a webhook's or the stream's message speaks of.
@Suite("Upstox: hints")
struct UpstoxHintTests {
    private static func message(
        type: String = #""order""#,
        status: String = #""complete""#,
        tag: String = #""VTST0001""#,
        filled: String = "5"
    ) -> [UInt8] {
        let message = """
            {"update_type":\(type),"user_id":"AB1234","userId":"AB1234","order_id":"1",
            "instrument_token":"NSE_EQ|INE002A01018","instrument_key":"NSE_EQ|INE002A01018",
            "quantity":5,"filled_quantity":\(filled),"status":\(status),"tag":\(tag)}
            """
        return Array(message.utf8)
    }

    @Test(
        "An order that ended or traded is told, and one that waits is not",
        arguments: [
            ("complete", "5", true), ("rejected", "0", true), ("cancelled", "0", true),
            ("cancelled", "2", true), ("open", "2", true), ("cancel pending", "2", true),
            ("a word nobody knows", "0", true), ("open", "0", false),
            ("put order req received", "0", false), ("validation pending", "0", false),
            ("open pending", "0", false), ("trigger pending", "0", false),
            ("modified", "0", false),
        ]
    )
    func statuses(status: String, filled: String, isNews: Bool) {
        let message = Self.message(status: "\"\(status)\"", filled: filled)
        #expect(UpstoxHints().references(in: message) == (isNews ? ["VTST0001"] : []))
    }

    @Test("A status that is missing hides nothing", arguments: ["null", "7", #""""#])
    func noStatus(status: String) {
        #expect(UpstoxHints().references(in: Self.message(status: status)) == ["VTST0001"])
    }

    @Test(
        "A tag that cannot be ours is none",
        arguments: [
            "null", "{}", #""""#, #""two words""#, #""'; DROP TABLE""#, #""<script>""#,
            #""12345678901234567890123456789012345678901""#,
        ]
    )
    func notOurs(tag: String) {
        #expect(UpstoxHints().references(in: Self.message(tag: tag)).isEmpty)
    }

    @Test("A GTT order is told by its id, and an order without a tag by client and instrument")
    func conditionals() {
        let gtt = #"{"update_type":"gtt_order","gtt_order_id":"GTT-1","rules":[]}"#
        #expect(UpstoxHints().hints(in: Array(gtt.utf8)) == [.conditional("GTT-1")])
        for id in [#""'; DROP""#, "null", "7.5"] {
            let strange = #"{"update_type":"gtt_order","gtt_order_id":\#(id)}"#
            #expect(UpstoxHints().hints(in: Array(strange.utf8)).isEmpty)
        }
        for tag in ["null", "\"\""] {
            #expect(
                UpstoxHints().hints(in: Self.message(status: #""open""#, tag: tag, filled: "0"))
                    == [.foreignOrder(client: "AB1234", code: "INE002A01018")]
            )
        }
    }

    @Test("Only orders are spoken of", arguments: ["position", "holding", "gtt_order", "", "x"])
    func otherTypes(type: String) {
        #expect(UpstoxHints().references(in: Self.message(type: "\"\(type)\"")).isEmpty)
    }

    @Test(
        "Anything else speaks of nothing",
        arguments: ["", "hello", "{}", "[]", "null", #"{"update_type":"order"}"#, #"{"tag":"V1"}"#]
    )
    func nothing(message: String) {
        #expect(UpstoxHints().references(in: Array(message.utf8)).isEmpty)
        // Half of a message is no message.
        let half = Self.message().dropLast(2)
        #expect(UpstoxHints().references(in: Array(half)).isEmpty)
    }
}
