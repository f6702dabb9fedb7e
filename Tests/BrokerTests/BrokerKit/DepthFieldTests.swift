import BrokerKit
import Desk
import JSON
import Testing
import Trading

@Suite("The order book in a quote")
struct DepthFieldTests {
    private static func quote(_ buy: String, _ sell: String = "[]") throws -> JSONValue {
        try JSONValue(
            parsing: """
                {"last_price":15.7,"volume":2500000000,"lower_circuit_limit":14.15,
                "upper_circuit_limit":"17.25","depth":{"buy":\(buy),"sell":\(sell)}}
                """
        )
    }

    @Test("A whole quote is read from its text, and levels that only make five are left out")
    func whole() throws {
        let padding = #"{"price":0,"quantity":0,"orders":0}"#
        let quote = try Self.quote(
            #"[{"price":15.65,"quantity":40,"orders":2},\#(padding),\#(padding)]"#,
            #"[{"price":"15.70","quantity":7},{"price":15.75,"quantity":1,"orders":null}]"#
        )
        let depth = try quote.depth(lastTradeAt: nil)
        #expect(
            depth.bids == [
                MarketDepth.Level(price: Price(raw: 156_500), quantity: Quantity(40), orders: 2)
            ]
        )
        #expect(depth.asks.map(\.price.raw) == [157_000, 157_500])
        #expect(depth.asks.allSatisfy { $0.orders == nil })
        #expect(depth.lastPrice == Price(raw: 157_000) && depth.volume == 2_500_000_000)
        #expect(depth.lowerCircuit == Price(raw: 141_500))
        #expect(depth.upperCircuit == Price(raw: 172_500))
    }

    @Test(
        "Half a book is none",
        arguments: [
            #"[{"price":15.65}]"#, #"[{"price":15.65,"quantity":-1}]"#,
            #"[{"price":15.65,"quantity":1.5}]"#, #"[{"price":15.65,"quantity":"many"}]"#,
            #"[{"price":0,"quantity":5}]"#, #"[{"quantity":5}]"#,
            #"[{"price":15.65,"quantity":5},{"price":"x","quantity":5}]"#, "{}", "null", "[7]",
        ]
    )
    func half(_ levels: String) throws {
        let quote = try Self.quote(levels)
        #expect(throws: BrokerFailure.self) { try quote.depth(lastTradeAt: nil) }
        let mirrored = try Self.quote("[]", levels)
        #expect(throws: BrokerFailure.self) { try mirrored.depth(lastTradeAt: nil) }
    }

    @Test("A quote without a book is refused", arguments: ["{}", #"{"depth":null}"#, "[]", "7"])
    func none(_ text: String) throws {
        let quote = try JSONValue(parsing: text)
        #expect(throws: BrokerFailure.self) { try quote.depth(lastTradeAt: nil) }
    }

    @Test("Moments are told in milliseconds, as numbers or text; what is none of a trade's is none")
    func milliseconds() throws {
        let value = try JSONValue(
            parsing: #"{"a":1795149000123,"b":"1795149000123","c":0,"d":-5,"e":9e30,"f":"soon"}"#
        )
        let moment = Timestamp(microseconds: 1_795_149_000_123_000)
        #expect(value.milliseconds("a") == moment && value.milliseconds("b") == moment)
        for key in ["c", "d", "e", "f", "g"] { #expect(value.milliseconds(key) == nil) }
    }
}
