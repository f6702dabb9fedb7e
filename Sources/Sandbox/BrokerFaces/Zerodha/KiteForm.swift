/// The fields of a form-encoded body; values are kept as they were sent until asked for.
struct KiteForm: Sendable {
    private var values: [String: String] = [:]

    /// Nil where an escape is broken; of a name that comes twice the first counts.
    init?(_ body: [UInt8]) {
        for pair in body.split(separator: UInt8(ascii: "&")) {
            let end = pair.firstIndex(of: UInt8(ascii: "=")) ?? pair.endIndex
            guard let name = Self.decoded(pair[..<end]),
                let value = Self.decoded(pair[end...].dropFirst())
            else { return nil }
            if values[name] == nil { values[name] = value }
        }
    }

    /// All pairs of a form in their order, names that come twice and all.
    static func pairs(_ body: [UInt8]) throws(KiteError) -> [(name: String, value: String)] {
        var pairs: [(name: String, value: String)] = []
        for pair in body.split(separator: UInt8(ascii: "&")) {
            let end = pair.firstIndex(of: UInt8(ascii: "=")) ?? pair.endIndex
            guard let name = decoded(pair[..<end]), let value = decoded(pair[end...].dropFirst())
            else { throw .input("The form is broken.") }
            pairs.append((name, value))
        }
        return pairs
    }

    /// The value; nil where it is absent or empty.
    func text(_ name: String) -> String? {
        guard let value = values[name], !value.isEmpty else { return nil }
        return value
    }

    private static func decoded(_ bytes: ArraySlice<UInt8>) -> String? {
        var text: [UInt8] = []
        var rest = bytes
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "+"):
                text.append(UInt8(ascii: " "))
            case UInt8(ascii: "%"):
                let digits = String(decoding: rest.prefix(2), as: UTF8.self)
                guard digits.utf8.count == 2, let value = UInt8(digits, radix: 16) else {
                    return nil
                }
                rest = rest.dropFirst(2)
                text.append(value)
            default:
                text.append(byte)
            }
        }
        return String(validating: text, as: UTF8.self)
    }
}
