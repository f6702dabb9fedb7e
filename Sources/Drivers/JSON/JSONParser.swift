/// Reads one JSON text in one pass over its bytes.
///
/// The buffer is only borrowed: a parser must not outlive the call that lent it.
struct JSONParser {
    private let bytes: UnsafeBufferPointer<UInt8>
    private let maximumDepth: Int
    private var position = 0
    private var depth = 0

    init(_ bytes: UnsafeBufferPointer<UInt8>, maximumDepth: Int) {
        self.bytes = bytes
        self.maximumDepth = maximumDepth
    }

    mutating func wholeText() throws(JSONSyntaxError) -> JSONValue {
        skipSpace()
        let value = try value()
        skipSpace()
        guard position == bytes.count else { throw fault("text after the value") }
        return value
    }

    private mutating func value() throws(JSONSyntaxError) -> JSONValue {
        guard position < bytes.count else { throw fault("the text ends where a value should be") }
        switch bytes[position] {
        case UInt8(ascii: "{"): return .object(try object())
        case UInt8(ascii: "["): return .array(try array())
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"):
            try expect("true")
            return .bool(true)
        case UInt8(ascii: "f"):
            try expect("false")
            return .bool(false)
        case UInt8(ascii: "n"):
            try expect("null")
            return .null
        default: return .number(try number())
        }
    }

    private mutating func object() throws(JSONSyntaxError) -> JSONObject {
        try open()
        var object = JSONObject()
        if takeEnd(UInt8(ascii: "}")) { return object }
        while true {
            guard position < bytes.count, bytes[position] == UInt8(ascii: "\"") else {
                throw fault("expected a member's name")
            }
            let start = position
            let key = try string()
            skipSpace()
            guard take(UInt8(ascii: ":")) else { throw fault("expected a colon") }
            skipSpace()
            guard object.append(key, try value()) else {
                throw JSONSyntaxError(offset: start, reason: "a member's name for the second time")
            }
            if try closes(with: UInt8(ascii: "}")) { return object }
        }
    }

    private mutating func array() throws(JSONSyntaxError) -> [JSONValue] {
        try open()
        var array: [JSONValue] = []
        if takeEnd(UInt8(ascii: "]")) { return array }
        while true {
            array.append(try value())
            if try closes(with: UInt8(ascii: "]")) { return array }
        }
    }

    /// Steps over the opening bracket.
    private mutating func open() throws(JSONSyntaxError) {
        guard depth < maximumDepth else { throw fault("nested too deeply") }
        depth += 1
        position += 1
        skipSpace()
    }

    /// Steps over a comma, or over the closing bracket and says so.
    private mutating func closes(with bracket: UInt8) throws(JSONSyntaxError) -> Bool {
        skipSpace()
        if takeEnd(bracket) { return true }
        guard take(UInt8(ascii: ",")) else { throw fault("expected a comma or the end") }
        skipSpace()
        return false
    }

    private mutating func takeEnd(_ bracket: UInt8) -> Bool {
        guard take(bracket) else { return false }
        depth -= 1
        return true
    }

    private mutating func number() throws(JSONSyntaxError) -> JSONNumber {
        guard let end = JSONNumberGrammar.end(in: bytes, from: position) else {
            throw fault("not a value")
        }
        defer { position = end }
        return JSONNumber(checked: text(position..<end))
    }

    /// A string; where it has no escapes its bytes are copied once.
    private mutating func string() throws(JSONSyntaxError) -> String {
        position += 1
        let start = position
        var allBits: UInt8 = 0
        while position < bytes.count {
            let byte = bytes[position]
            if byte == UInt8(ascii: "\"") {
                defer { position += 1 }
                if allBits < 0x80 { return text(start..<position) }
                return try checkedText(start..<position)
            }
            if byte == UInt8(ascii: "\\") { return try stringWithEscapes(from: start) }
            guard byte >= 0x20 else { throw fault("a control character in a string") }
            allBits |= byte
            position += 1
        }
        throw fault("the text ends in a string")
    }

    private mutating func stringWithEscapes(from start: Int) throws(JSONSyntaxError) -> String {
        var content = Array(bytes[start..<position])
        while position < bytes.count {
            let byte = bytes[position]
            switch byte {
            case UInt8(ascii: "\""):
                position += 1
                guard let text = String(validating: content, as: UTF8.self) else {
                    throw JSONSyntaxError(offset: start, reason: "a string that is not UTF-8")
                }
                return text
            case UInt8(ascii: "\\"):
                position += 1
                try escape(into: &content)
            case 0..<0x20: throw fault("a control character in a string")
            default:
                content.append(byte)
                position += 1
            }
        }
        throw fault("the text ends in a string")
    }

    private mutating func escape(into content: inout [UInt8]) throws(JSONSyntaxError) {
        guard position < bytes.count else { throw fault("the text ends in a string") }
        switch bytes[position] {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"):
            content.append(bytes[position])
        case UInt8(ascii: "b"): content.append(0x08)
        case UInt8(ascii: "f"): content.append(0x0C)
        case UInt8(ascii: "n"): content.append(0x0A)
        case UInt8(ascii: "r"): content.append(0x0D)
        case UInt8(ascii: "t"): content.append(0x09)
        case UInt8(ascii: "u"):
            position += 1
            content.append(contentsOf: Character(try scalar()).utf8)
            return
        default: throw fault("not an escape")
        }
        position += 1
    }

    /// What follows `\u`: four digits, or twice that where the first are half a pair.
    private mutating func scalar() throws(JSONSyntaxError) -> Unicode.Scalar {
        let start = position
        let first = try fourDigits()
        if let scalar = Unicode.Scalar(first) { return scalar }
        guard first < 0xDC00, take(UInt8(ascii: "\\")), take(UInt8(ascii: "u")) else {
            throw JSONSyntaxError(offset: start, reason: "half a surrogate pair")
        }
        let second = try fourDigits()
        guard (0xDC00..<0xE000).contains(second),
            let scalar = Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00))
        else { throw JSONSyntaxError(offset: start, reason: "half a surrogate pair") }
        return scalar
    }

    private mutating func fourDigits() throws(JSONSyntaxError) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<4 {
            guard position < bytes.count else { throw fault("the text ends in an escape") }
            let byte = bytes[position]
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): value = value << 4 | UInt32(byte - 0x30)
            case UInt8(ascii: "a")...UInt8(ascii: "f"), UInt8(ascii: "A")...UInt8(ascii: "F"):
                value = value << 4 | UInt32((byte | 0x20) - UInt8(ascii: "a") + 10)
            default: throw fault("expected four hexadecimal digits")
            }
            position += 1
        }
        return value
    }

    private mutating func expect(_ word: StaticString) throws(JSONSyntaxError) {
        let matches = word.withUTF8Buffer {
            position + $0.count <= bytes.count
                && bytes[position..<(position + $0.count)].elementsEqual($0)
        }
        guard matches else { throw fault("not a value") }
        position += word.utf8CodeUnitCount
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard position < bytes.count, bytes[position] == byte else { return false }
        position += 1
        return true
    }

    private mutating func skipSpace() {
        while position < bytes.count {
            switch bytes[position] {
            case 0x20, 0x0A, 0x0D, 0x09: position += 1
            default: return
            }
        }
    }

    private func text(_ range: Range<Int>) -> String {
        String(decoding: UnsafeBufferPointer(rebasing: bytes[range]), as: UTF8.self)
    }

    private func checkedText(_ range: Range<Int>) throws(JSONSyntaxError) -> String {
        let part = UnsafeBufferPointer(rebasing: bytes[range])
        guard let text = String(validating: part, as: UTF8.self) else {
            throw JSONSyntaxError(offset: range.lowerBound, reason: "a string that is not UTF-8")
        }
        return text
    }

    private func fault(_ reason: String) -> JSONSyntaxError {
        JSONSyntaxError(offset: position, reason: reason)
    }
}
