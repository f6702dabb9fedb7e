import JSON
import Testing

@Suite("JSON: reading")
struct JSONParsingTests {
    @Test(
        "What the standard allows is read",
        arguments: [
            ("null", .null),
            (" \t\r\n true \n", true),
            ("false", false),
            ("0", 0),
            ("-7", -7),
            ("\"\"", ""),
            ("\"a b\"", "a b"),
            ("\"\u{7F}é€😀\"", "\u{7F}é€😀"),
            (#""\"\\\/\b\f\n\r\t""#, "\"\\/\u{8}\u{C}\n\r\t"),
            (#""\u0041\u00e9\u20AC\ud83d\uDE00\u0000""#, "Aé€😀\0"),
            ("[]", []),
            ("[ ]", []),
            ("[1,[2],[[]]]", [1, [2], [[]]]),
            ("{}", [:]),
            (#"{ "a" : { "b" : [ true , null ] } }"#, ["a": ["b": [true, .null]]]),
            (#"{"":1}"#, ["": 1]),
        ] as [(String, JSONValue)]
    )
    func accepts(text: String, value: JSONValue) throws {
        #expect(try JSONValue(parsing: text) == value)
    }

    @Test(
        "What the standard forbids is refused",
        arguments: [
            "", " ", "nul", "nulll", "True", "NaN", "Infinity", "-Infinity", "undefined",
            "1 2", "[1]]", "{}{}", "[1,]", "[,1]", "[1,,2]", "[1 2]", "[", "]", "[1", "[1,",
            "{", "}", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{,}", "{a:1}", "{'a':1}", "{1:1}",
            "{\"a\" 1}", "{\"a\":1 \"b\":2}", "{\"a\":1", "{]", "[}", "{\"a\":1]", "[1}",
            "01", "-", "-01", "+1", "1.", ".5", "1.e3", "1e", "1e+", "0x10", "1_000", "--1",
            "1.2.3",
            "\"", "\"a", "'a'", "\"\\", "\"\\\"", "\"\\x41\"", "\"\\u12\"", "\"\\u12G4\"",
            "\"\\U0041\"",
            "\"\\ud83d\"", "\"\\ud83dx\"", "\"\\ud83d\\n\"", "\"\\ud83d\\u0041\"", "\"\\ude00\"",
            "\"\\ud83d\\ud83d\"", "\"\\ude00\\ud83d\"", "\"\\ud83d\\", "\"\\ud83d\\u\"",
            "\"a\nb\"", "\"a\tb\"", "\"\0\"", "\"\\n\u{1F}\"", "// c\n1", "/* */1", "1#",
            "\u{FEFF}1", "\u{A0}1", "1\u{B}",
            #"{"a":1,"a":2}"#, #"{"a":1,"b":2,"\u0061":3}"#, #"{"x":{"a":1,"a":1}}"#,
        ]
    )
    func refuses(text: String) {
        #expect(throws: JSONSyntaxError.self) { try JSONValue(parsing: text) }
    }

    @Test(
        "Bytes that are not UTF-8 are refused",
        arguments: [
            [0x80], [0xC3], [0xC0, 0x80], [0xE2, 0x82], [0xED, 0xA0, 0x80],
            [0xF5, 0x80, 0x80, 0x80], [0xF8, 0x88, 0x80, 0x80, 0x80], [0xFF],
        ] as [[UInt8]]
    )
    func refusesBadUTF8(content: [UInt8]) {
        let quote = UInt8(ascii: "\"")
        let plain = [quote] + content + [quote]
        let escaped = [quote] + Array(#"\n"#.utf8) + content + [quote]
        for text in [content, plain, escaped] {
            #expect(throws: JSONSyntaxError.self) { try JSONValue(parsing: text) }
        }
    }

    @Test("Nesting is followed to the limit and not beyond")
    func depth() throws {
        func nested(_ depth: Int) -> String {
            String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        }
        #expect(throws: Never.self) { try JSONValue(parsing: nested(64)) }
        #expect(throws: JSONSyntaxError.self) { try JSONValue(parsing: nested(65)) }
        #expect(throws: JSONSyntaxError.self) {
            try JSONValue(parsing: [UInt8](repeating: UInt8(ascii: "["), count: 1_000_000))
        }
        let wide = "[" + [String](repeating: #"[{"a":[]},{}]"#, count: 100).joined(separator: ",")
        #expect(throws: Never.self) { try JSONValue(parsing: wide + "]", maximumDepth: 4) }
        #expect(throws: JSONSyntaxError.self) { try JSONValue(parsing: "[[[]]]", maximumDepth: 2) }
        #expect(throws: JSONSyntaxError.self) { try JSONValue(parsing: "[]", maximumDepth: 0) }
    }

    @Test("An error names the byte at fault and nothing of the text")
    func errorOffset() {
        #expect(throws: JSONSyntaxError(offset: 4, reason: "not a value")) {
            try JSONValue(parsing: "[1, secret]")
        }
        #expect(throws: JSONSyntaxError(offset: 7, reason: "a member's name for the second time")) {
            try JSONValue(parsing: #"{"a":1,"a":2}"#)
        }
    }

    @Test("Objects keep their order, and many members are found as surely as few")
    func objectOrder() throws {
        for count in [0, 1, 15, 16, 17, 18, 500] {
            let names = (0..<count).map { "k\(($0 * 7919) % 1009)" }
            let text = "{" + names.map { #""\#($0)":"\#($0)""# }.joined(separator: ",") + "}"
            var object = try #require(try JSONValue(parsing: text).object)
            #expect(object.keys == names)
            for name in names { #expect(object[name]?.string == name) }
            #expect(object["absent"] == nil)
            guard let first = names.first else { continue }
            let isNew = object.append(first, 1)
            #expect(!isNew)
            object[first] = nil
            #expect(object.keys == Array(names.dropFirst()))
            for name in names.dropFirst() { #expect(object[name]?.string == name) }
            object[first] = true
            #expect(object.keys.last == first && object[first] == true)
        }
        let doubled = (0...40).map { #""k\#($0 % 40)":0"# }.joined(separator: ",")
        #expect(throws: JSONSyntaxError.self) { try JSONValue(parsing: "{\(doubled)}") }
    }

    @Test("A look-up tells a missing member from one that is null")
    func lookUp() throws {
        let value = try JSONValue(parsing: #"{"a":null,"b":[10,20],"c":{"d":"x"},"e":true}"#)
        #expect(value["a"]?.isNull == true)
        #expect(value["z"] == nil)
        #expect(value["b"]?[1]?.int64 == 20)
        #expect(value["b"]?[2] == nil && value["b"]?[-1] == nil)
        #expect(value["c"]?["d"]?.string == "x")
        #expect(value["e"]?.bool == true)
        #expect(value["e"]?["x"] == nil && value["e"]?.string == nil && value["e"]?.array == nil)
    }

    @Test("Random bytes and broken texts are read or refused, and what is read can be written")
    func fuzz() throws {
        var random = SeededRandom(seed: 20_261_121)
        let seed = Array(
            #"{"a":[1,-2.5e+3,"\ud83d\ude00é\n",true,false,null,{"b":{}}],"c":""}"#.utf8
        )
        let alphabet = Array("{}[]\",:\\u0123eE+-.tfn \u{E9}".utf8)
        var accepted = 0
        for round in 0..<30_000 {
            var bytes: [UInt8] = []
            switch round % 3 {
            case 0:
                let count = Int.random(in: 0...40, using: &random)
                bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
            case 1:
                for _ in 0..<Int.random(in: 0...12, using: &random) {
                    bytes.append(alphabet.randomElement(using: &random) ?? 0)
                }
            default:
                bytes = seed
                for _ in 0..<Int.random(in: 0...3, using: &random) {
                    let place = Int.random(in: 0..<bytes.count, using: &random)
                    bytes[place] = alphabet.randomElement(using: &random) ?? 0
                }
                bytes.removeLast(Int.random(in: 0...1, using: &random))
            }
            guard let value = try? JSONValue(parsing: bytes) else { continue }
            accepted += 1
            #expect(try JSONValue(parsing: value.serialized()) == value)
        }
        #expect(accepted > 1000)
    }
}
