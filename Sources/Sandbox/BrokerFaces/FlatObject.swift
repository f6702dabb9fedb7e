import Exchange
import JSON

/// The members of one JSON object, found without building a tree: for the placement path.
///
/// Nested values are stepped over and can be had as bytes. Duplicate keys: the last one counts,
/// as with the parser that the real broker seems to use.
struct FlatObject: Sendable {
    private enum Kind: Sendable {
        case string, number, literal, nested
    }

    private struct Member: Sendable {
        let name: Range<Int>
        let value: Range<Int>
        let kind: Kind
    }

    private let bytes: [UInt8]
    private var members: [Member] = []

    /// Nil where the bytes are not one JSON object; text inside strings is not looked at.
    init?(_ bytes: [UInt8]) {
        self.bytes = bytes
        members.reserveCapacity(20)
        var cursor = Cursor(bytes: bytes)
        guard cursor.take(UInt8(ascii: "{")) else { return nil }
        if !cursor.take(UInt8(ascii: "}")) {
            repeat {
                guard let name = cursor.string(), cursor.take(UInt8(ascii: ":")),
                    let (kind, value) = cursor.value()
                else { return nil }
                members.append(Member(name: name, value: value, kind: kind))
            } while cursor.take(UInt8(ascii: ","))
            guard cursor.take(UInt8(ascii: "}")) else { return nil }
        }
        guard cursor.isAtEnd else { return nil }
    }

    /// The text of a string, or of a number as it was written; nil for null, absent or empty.
    func text(_ name: StaticString) -> String? {
        guard let member = member(name), member.kind == .string || member.kind == .number,
            !member.value.isEmpty
        else { return nil }
        let raw = bytes[member.value]
        guard member.kind == .string, raw.contains(UInt8(ascii: "\\")) else {
            return raw.withUnsafeBufferPointer { String(validating: $0, as: UTF8.self) }
        }
        return (try? JSONValue(parsing: "\"" + String(decoding: raw, as: UTF8.self) + "\""))?.string
    }

    /// Whether the member is there with a value that is neither null nor an empty string.
    func has(_ name: StaticString) -> Bool {
        guard let member = member(name), !member.value.isEmpty else { return false }
        return member.kind != .literal || bytes[member.value.lowerBound] != UInt8(ascii: "n")
    }

    /// A decimal, given as a number or as a string of one.
    ///
    /// - Returns: nil in the first place where the member is there and is no amount.
    func amount(_ name: StaticString) -> Rupees?? {
        guard has(name) else { return .some(nil) }
        guard let member = member(name), member.kind == .number || member.kind == .string,
            let amount = Rupees(decimal: bytes[member.value])
        else { return nil }
        return amount
    }

    /// A whole number, given as a number or as a string of one; `5.0` is whole.
    func whole(_ name: StaticString) -> Int64?? {
        guard let amount = amount(name) else { return nil }
        guard let amount else { return .some(nil) }
        guard amount.tenThousandths % 10_000 == 0 else { return nil }
        return amount.tenThousandths / 10_000
    }

    /// `true` or `false`; anything else is nil.
    func flag(_ name: StaticString) -> Bool? {
        guard let member = member(name) else { return nil }
        let raw = bytes[member.value]
        if raw.elementsEqual("true".utf8) { return true }
        return raw.elementsEqual("false".utf8) ? false : nil
    }

    private func member(_ name: StaticString) -> Member? {
        members.last { member in
            member.name.count == name.utf8CodeUnitCount && isAt(member.name.lowerBound, name)
        }
    }

    private func isAt(_ start: Int, _ name: StaticString) -> Bool {
        for offset in 0..<name.utf8CodeUnitCount
        where bytes[start + offset] != name.utf8Start[offset] {
            return false
        }
        return true
    }

    /// Where the reading stands.
    private struct Cursor {
        let bytes: [UInt8]
        var index = 0

        init(bytes: [UInt8]) {
            self.bytes = bytes
        }

        var isAtEnd: Bool {
            mutating get {
                skipSpace()
                return index == bytes.count
            }
        }

        mutating func take(_ byte: UInt8) -> Bool {
            skipSpace()
            guard index < bytes.count, bytes[index] == byte else { return false }
            index += 1
            return true
        }

        mutating func string() -> Range<Int>? {
            guard take(UInt8(ascii: "\"")) else { return nil }
            let start = index
            while index < bytes.count, bytes[index] != UInt8(ascii: "\"") {
                index += bytes[index] == UInt8(ascii: "\\") ? 2 : 1
            }
            guard index < bytes.count else { return nil }
            index += 1
            return start..<index - 1
        }

        mutating func value() -> (Kind, Range<Int>)? {
            skipSpace()
            guard index < bytes.count else { return nil }
            let start = index
            switch bytes[index] {
            case UInt8(ascii: "\""):
                return string().map { (.string, $0) }
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                return stepOver() ? (.nested, start..<index) : nil
            case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
                while index < bytes.count, isNumberByte(bytes[index]) { index += 1 }
                return (.number, start..<index)
            default:
                for word in ["true", "false", "null"]
                where bytes[index...].starts(with: word.utf8) {
                    index += word.utf8.count
                    return (.literal, start..<index)
                }
                return nil
            }
        }

        private func isNumberByte(_ byte: UInt8) -> Bool {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"),
                UInt8(ascii: "+"), UInt8(ascii: "e"), UInt8(ascii: "E"):
                true
            default: false
            }
        }

        private mutating func stepOver() -> Bool {
            var depth = 0
            while index < bytes.count {
                switch bytes[index] {
                case UInt8(ascii: "\""):
                    guard string() != nil else { return false }
                    continue
                case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
                case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
                default: break
                }
                index += 1
                if depth == 0 { return true }
            }
            return false
        }

        private mutating func skipSpace() {
            while index < bytes.count {
                switch bytes[index] {
                case 0x20, 0x09, 0x0A, 0x0D: index += 1
                default: return
                }
            }
        }
    }
}
