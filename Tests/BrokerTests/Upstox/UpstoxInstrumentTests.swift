import Desk
import Testing
import Trading

@testable import Upstox

/// Upstox's instrument list.
@Suite("Upstox: instruments", .timeLimit(.minutes(20)))
struct UpstoxInstrumentTests {
    private static let row = """
        {"segment":"NSE_EQ","name":"RELIANCE INDUSTRIES LTD","exchange":"NSE",
        "isin":"INE002A01018","instrument_type":"EQ","instrument_key":"NSE_EQ|INE002A01018",
        "lot_size":1,"freeze_quantity":100000.0,"exchange_token":"2885","tick_size":10.0,
        "trading_symbol":"RELIANCE","short_name":"Reliance","security_type":"NORMAL"}
        """
    /// A contract on the share, with the share's key in it.
    private static let contract = """
        {"weekly":false,"segment":"NSE_FO","name":"RELIANCE","exchange":"NSE","expiry":1798655399000,
        "instrument_type":"FUT","asset_symbol":"RELIANCE","underlying_symbol":"RELIANCE",
        "instrument_key":"NSE_FO|43919","lot_size":500,"freeze_quantity":20000.0,
        "exchange_token":"43919","minimum_lot":500,"underlying_key":"NSE_EQ|INE002A01018",
        "tick_size":10.0,"underlying_type":"EQUITY","trading_symbol":"RELIANCE FUT 29 DEC 26",
        "strike_price":0.0}
        """

    private static let reliance = InstrumentListing(
        exchange: .nse,
        symbol: "RELIANCE",
        name: "RELIANCE INDUSTRIES LTD",
        isin: "INE002A01018",
        series: "EQ",
        lot: Quantity(1),
        tick: Price(raw: 1_000),
        freezeQuantity: nil,
        lowerCircuit: nil,
        upperCircuit: nil,
        price: nil,
        segment: "NSE_EQ",
        code: "INE002A01018"
    )

    private static func parse(_ text: String) throws(BrokerFailure) -> [InstrumentListing] {
        try UpstoxInstruments.parse(Array(text.utf8))
    }

    @Test(
        "A share is read among contracts, its tick from paise to rupees",
        arguments: [
            "[\(row)]", "[\(contract),\(row)]", " [ \(row) , \(contract) ] \n",
            "[{},\(row),{\"a\":[{\"b\":\"}]\"}]},\(contract)]",
        ]
    )
    func share(file: String) throws {
        #expect(try Self.parse(file) == [Self.reliance])
    }

    @Test(
        "A row that is no share, or without what an order needs, is left out",
        arguments: [
            (#""segment":"NSE_EQ""#, #""segment":"NCD_EQ""#), ("|INE002A01018", ""),
            (#""NSE_EQ|"#, #""BSE_EQ|"#), (#""lot_size":1"#, #""lot_size":0"#),
            (#""lot_size":1"#, #""lot_size":0.5"#), (#""tick_size":10.0"#, #""tick_size":0.0"#),
            (#""tick_size":10.0"#, #""tick_size":null"#), (#""RELIANCE","#, #""","#),
            (#""instrument_type":"EQ""#, #""instrument_type":null"#),
        ]
    )
    func leftOut(part: String, instead: String) throws {
        let odd = Self.row.replacing(part, with: instead)
        try #require(odd != Self.row)
        #expect(try Self.parse("[\(odd),\(Self.row)]") == [Self.reliance])
    }

    @Test(
        "Read in pieces of whatever size it is the same list, and it ends as often as it is asked"
    )
    func pieces() throws {
        let rows = (0..<5).map { Self.row.replacing("RELIANCE", with: "SYM\($0)") }
        let file = Array("[\((rows + [Self.contract]).joined(separator: ", "))]\n".utf8)
        let whole = try UpstoxInstruments.list(file).all()
        #expect(whole.count == 5)
        for size in 1...7 {
            var reader = try UpstoxInstruments.list(file).reader()
            var read: [InstrumentListing] = []
            while case let piece = try reader.next(size), !piece.isEmpty { read += piece }
            #expect(read == whole)
            let end = try reader.next(size)
            #expect(end.isEmpty)
        }
    }

    @Test("A text that comes in parts of whatever size gives the same rows")
    func parts() throws {
        let text = Array(" [ \(Self.row) ,\(Self.contract),\n\(Self.row)] ".utf8)
        for size in [1, 2, 3, 7, 64, 1_000] {
            var rest = text[...]
            var rows = UpstoxInstrumentRows {
                defer { rest = rest.dropFirst(size) }
                return rest.isEmpty ? nil : Array(rest.prefix(size))
            }
            var count = 0
            while let row = try rows.next() {
                #expect(String(decoding: row, as: UTF8.self) == Self.row)
                count += 1
            }
            #expect(count == 2)
        }
    }

    @Test("What a listing can do without may be absent")
    func optionalMembers() throws {
        let bare = Self.row.replacing(#""isin":"INE002A01018","#, with: "")
            .replacing(#""name""#, with: #""other""#)
        let listed = try Self.parse("[\(bare)]")
        #expect(listed.map(\.isin) == [nil] && listed.map(\.name) == ["RELIANCE"])
    }

    @Test("BSE's shares are in BSE's segment")
    func bse() throws {
        let row = Self.row.replacing("NSE_EQ", with: "BSE_EQ").replacing(#""EQ""#, with: #""A""#)
        let listed = try Self.parse("[\(row)]")
        #expect(listed.map(\.segment) == ["BSE_EQ"] && listed.map(\.exchange) == [.bse])
        #expect(listed.map(\.series) == ["A"])
    }

    @Test(
        "Ticks come in paise",
        arguments: [("1.0", 100), ("5.0", 500), ("10", 1_000), ("100.0", 10_000)]
    )
    func ticks(text: String, raw: Int64) throws {
        let row = Self.row.replacing("\"tick_size\":10.0", with: "\"tick_size\":\(text)")
        #expect(try Self.parse("[\(row)]").map(\.tick) == [Price(raw: raw)])
    }

    @Test(
        "A file that is broken, cut off, or without any share is no list",
        arguments: [
            "", "{}", "<html>busy</html>", "[]", "[\(contract)]", "[\(row)", "[\(row),",
            "[\(row) \(row)]", "[7]", "[\(row.dropLast())]",
            "[\(row.replacing("\"NSE\"", with: "NSE"))]",
        ]
    )
    func noList(file: String) async {
        let read = await failure { () throws(BrokerFailure) in try Self.parse(file) }
        #expect(read?.isUnreachable == true)
    }
}
