/// Writes JSON text straight into bytes; puts the commas by itself.
///
/// Calls that could not give valid JSON, such as a second value or an end without a beginning, are
/// defects and trap. Containers nested deeper than 64 are not checked.
package struct JSONWriter: Sendable {
    private static let checkedDepth = UInt64.bitWidth

    /// What has been written so far.
    package private(set) var bytes: [UInt8] = []
    private var depth = 0
    /// For each open container, the innermost lowest: whether it is an object.
    private var isObject: UInt64 = 0

    /// A writer with room for so many bytes before it must grow.
    package init(capacity: Int = 256) { bytes.reserveCapacity(capacity) }

    /// Begins again, with the memory kept.
    package mutating func removeAll() {
        bytes.removeAll(keepingCapacity: true)
        depth = 0
        isObject = 0
    }

    /// Opens an object.
    package mutating func beginObject() { begin(UInt8(ascii: "{"), object: true) }
    /// Closes the object.
    package mutating func endObject() { end(UInt8(ascii: "}"), object: true) }
    /// Opens an array.
    package mutating func beginArray() { begin(UInt8(ascii: "["), object: false) }
    /// Closes the array.
    package mutating func endArray() { end(UInt8(ascii: "]"), object: false) }

    /// Writes a member's name; its value must come next.
    package mutating func key(_ name: String) {
        precondition(depth > 0 && mayBe(object: true), "a key outside an object")
        precondition(bytes.last != UInt8(ascii: ":"), "two keys in a row")
        putComma()
        quoted(name)
        bytes.append(UInt8(ascii: ":"))
    }

    /// Writes a string.
    package mutating func string(_ text: String) {
        prepareValue()
        quoted(text)
    }

    /// Writes a whole number.
    package mutating func integer(_ number: some BinaryInteger) {
        prepareValue()
        bytes.append(contentsOf: String(number).utf8)
    }

    /// Writes `true` or `false`.
    package mutating func bool(_ bool: Bool) {
        prepareValue()
        bytes.append(contentsOf: (bool ? "true" : "false").utf8)
    }

    /// Writes `null`.
    package mutating func null() {
        prepareValue()
        bytes.append(contentsOf: "null".utf8)
    }

    /// Writes a number from its text, which must be JSON's.
    package mutating func rawNumber(_ text: String) {
        precondition(JSONNumber.isNumber(text), "not a JSON number: \(text)")
        prepareValue()
        bytes.append(contentsOf: text.utf8)
    }

    /// Writes a whole tree.
    package mutating func value(_ value: JSONValue) {
        switch value {
        case .null: null()
        case .bool(let value): bool(value)
        case .number(let number):
            prepareValue()
            bytes.append(contentsOf: number.text.utf8)
        case .string(let text): string(text)
        case .array(let elements):
            beginArray()
            for element in elements { self.value(element) }
            endArray()
        case .object(let members):
            beginObject()
            for (name, member) in members {
                key(name)
                self.value(member)
            }
            endObject()
        }
    }

    private mutating func begin(_ bracket: UInt8, object: Bool) {
        prepareValue()
        bytes.append(bracket)
        if depth < Self.checkedDepth { isObject = isObject << 1 | (object ? 1 : 0) }
        depth += 1
    }

    private mutating func end(_ bracket: UInt8, object: Bool) {
        precondition(
            depth > 0 && mayBe(object: object) && bytes.last != UInt8(ascii: ":"),
            "an end that does not fit"
        )
        bytes.append(bracket)
        if depth <= Self.checkedDepth { isObject >>= 1 }
        depth -= 1
    }

    private mutating func prepareValue() {
        precondition(depth > 0 || bytes.isEmpty, "a second value")
        precondition(
            depth == 0 || mayBe(object: false) || bytes.last == UInt8(ascii: ":"),
            "a member without a key"
        )
        putComma()
    }

    private func mayBe(object: Bool) -> Bool {
        depth > Self.checkedDepth || (isObject & 1 == 1) == object
    }

    /// The last byte tells whether something stands before, in the same container.
    private mutating func putComma() {
        switch bytes.last {
        case nil, UInt8(ascii: "{"), UInt8(ascii: "["), UInt8(ascii: ":"): break
        default: bytes.append(UInt8(ascii: ","))
        }
    }

    private mutating func quoted(_ text: String) {
        var text = text
        text.withUTF8 { content in
            bytes.append(UInt8(ascii: "\""))
            var copied = 0
            for position in content.indices where Self.mustEscape(content[position]) {
                append(content, copied..<position)
                escape(content[position])
                copied = position + 1
            }
            append(content, copied..<content.count)
            bytes.append(UInt8(ascii: "\""))
        }
    }

    /// Rebased, because an array takes a whole buffer in one copy, and a slice byte by byte.
    private mutating func append(_ content: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) {
        bytes.append(contentsOf: UnsafeBufferPointer(rebasing: content[range]))
    }

    private static func mustEscape(_ byte: UInt8) -> Bool {
        byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
    }

    private mutating func escape(_ byte: UInt8) {
        bytes.append(UInt8(ascii: "\\"))
        switch byte {
        case 0x08: bytes.append(UInt8(ascii: "b"))
        case 0x0C: bytes.append(UInt8(ascii: "f"))
        case 0x0A: bytes.append(UInt8(ascii: "n"))
        case 0x0D: bytes.append(UInt8(ascii: "r"))
        case 0x09: bytes.append(UInt8(ascii: "t"))
        case 0..<0x20:
            bytes.append(contentsOf: "u00".utf8)
            bytes.append(byte < 0x10 ? UInt8(ascii: "0") : UInt8(ascii: "1"))
            let low = byte & 15
            bytes.append(low < 10 ? UInt8(ascii: "0") + low : UInt8(ascii: "a") + low - 10)
        default: bytes.append(byte)
        }
    }
}
