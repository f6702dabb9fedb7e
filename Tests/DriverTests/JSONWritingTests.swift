import JSON
import Testing

@Suite("JSON: numbers and writing")
struct JSONWritingTests {
    @Test(
        "A number keeps its text and is scaled exactly or not at all",
        arguments: [
            ("12.345", 4, 123_450), ("12.345", 3, 12_345), ("12.345", 2, nil), ("12.340", 2, 1_234),
            ("0", 2, 0), ("-0", 2, 0), ("0.00", 0, 0), ("0e99999999999999999999", 2, 0),
            ("-0.05", 2, -5), ("0.005", 2, nil), ("1e2", 0, 100), ("1E+2", 2, 10_000),
            ("15e-1", 1, 15), ("15e-1", 0, nil), ("2500e-2", 0, 25),
            ("1e18", 0, 1_000_000_000_000_000_000),
            ("1e19", 0, nil), ("1e99999999999999999999", 0, nil),
            ("1e-99999999999999999999", 0, nil),
            ("1e9223372036854775807", 1, nil), ("92233720368547758.07", 2, Int64.max),
            ("92233720368547758.08", 2, nil), ("-92233720368547758.08", 2, Int64.min),
            ("-92233720368547758.09", 2, nil), ("9223372036854775807000e-3", 0, Int64.max),
            ("1.000000000000000000000000000000", 2, 100), ("1200", -2, 12), ("1250", -2, nil),
        ] as [(String, Int, Int64?)]
    )
    func scaling(text: String, decimals: Int, expected: Int64?) throws {
        let number = try #require(try JSONValue(parsing: text).number)
        #expect(number.text == text)
        #expect(number.scaled(decimals) == expected)
    }

    @Test(
        "Only a number written as a whole one is an integer",
        arguments: [
            ("0", 0), ("-0", 0), ("42", 42), ("9223372036854775807", Int64.max),
            ("-9223372036854775808", Int64.min), ("9223372036854775808", nil),
            ("1.0", nil), ("1e2", nil), ("1.5", nil),
        ] as [(String, Int64?)]
    )
    func integers(text: String, expected: Int64?) throws {
        #expect(try JSONValue(parsing: text).int64 == expected)
    }

    @Test("Text that is no number makes no number")
    func numberGrammar() {
        for text in ["", "-", "+1", "01", "1.", ".1", "1e", "1 ", " 1", "0x1", "1,2", "nan", "١"] {
            #expect(JSONNumber(text) == nil, "\(text)")
        }
        #expect(JSONNumber(-17).text == "-17")
        #expect(JSONNumber("1.50e-7")?.text == "1.50e-7")
    }

    @Test("Commas, quotes and escapes are put where they belong")
    func writing() {
        var writer = JSONWriter()
        writer.beginObject()
        writer.field("text", "a\"b\\c/\n\u{1}\u{1F}\u{8}\u{C}\r\té😀")
        writer.field("int", -5)
        writer.field("flag", true)
        writer.fieldOrNull("none", nil as String?)
        writer.fieldOrNull("some", 7 as Int64?)
        writer.fieldOrNull("off", false as Bool?)
        writer.key("price")
        writer.rawNumber("2950.05")
        writer.key("list")
        writer.beginArray()
        for index in 0..<3 {
            writer.beginObject()
            writer.field("i", index)
            writer.endObject()
        }
        writer.beginArray()
        writer.endArray()
        writer.null()
        writer.string("[")
        writer.integer(1)
        writer.endArray()
        writer.field("tree", ["a": [1, "x", .null]] as JSONValue)
        writer.endObject()
        let expected =
            #"{"text":"a\"b\\c/\n\u0001\u001f\b\f\r\té😀","int":-5,"flag":true,"none":null,"#
            + #""some":7,"off":false,"price":2950.05,"#
            + #""list":[{"i":0},{"i":1},{"i":2},[],null,"[",1],"tree":{"a":[1,"x",null]}}"#
        #expect(String(decoding: writer.bytes, as: UTF8.self) == expected)
        writer.removeAll()
        writer.bool(false)
        #expect(writer.bytes == Array("false".utf8))
    }

    @Test("Deeper nesting than the writer checks is still written right")
    func deepWriting() throws {
        var value: JSONValue = 1
        for level in 0..<200 {
            value = level.isMultiple(of: 2) ? ["k": value, "z": 2] : [value, 3]
        }
        #expect(try JSONValue(parsing: value.serialized(), maximumDepth: 200) == value)
    }

    @Test("Any tree comes back from its text as it was")
    func roundTrip() throws {
        var random = SeededRandom(seed: 7)
        for _ in 0..<500 {
            let value = randomTree(depth: 5, &random)
            let bytes = value.serialized()
            let back = try JSONValue(parsing: bytes)
            #expect(back == value)
            #expect(back.serialized() == bytes)
        }
    }

    @Test("A writer stops a program that would write no JSON")
    func misuse() async {
        await #expect(processExitsWith: .failure) {
            var writer = JSONWriter()
            writer.beginObject()
            writer.integer(1)
        }
        await #expect(processExitsWith: .failure) {
            var writer = JSONWriter()
            writer.beginArray()
            writer.endObject()
        }
        await #expect(processExitsWith: .failure) {
            var writer = JSONWriter()
            writer.null()
            writer.null()
        }
        await #expect(processExitsWith: .failure) {
            var writer = JSONWriter()
            writer.rawNumber("1,2")
        }
    }

    private func randomTree(depth: Int, _ random: inout SeededRandom) -> JSONValue {
        switch Int.random(in: 0...(depth == 0 ? 3 : 5), using: &random) {
        case 0: return .null
        case 1: return .bool(Bool.random(using: &random))
        case 2: return .integer(Int64.random(in: .min ... .max, using: &random))
        case 3: return .string(randomText(&random))
        case 4:
            let count = Int.random(in: 0...4, using: &random)
            return .array((0..<count).map { _ in randomTree(depth: depth - 1, &random) })
        default:
            var object = JSONObject()
            for _ in 0..<Int.random(in: 0...20, using: &random) {
                object.append(randomText(&random), randomTree(depth: depth - 1, &random))
            }
            return .object(object)
        }
    }

    private func randomText(_ random: inout SeededRandom) -> String {
        var text = String.UnicodeScalarView()
        for _ in 0..<Int.random(in: 0...6, using: &random) {
            let limit: UInt32 = Bool.random(using: &random) ? 0x80 : 0x10FFFF
            let code = UInt32.random(in: 0...limit, using: &random)
            if let scalar = Unicode.Scalar(code) { text.append(scalar) }
        }
        return String(text)
    }
}
