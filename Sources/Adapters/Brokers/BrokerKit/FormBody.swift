/// Writes names and values as HTML forms and query strings have them.
package struct FormBody {
    /// What was written so far: `a=1&b=x%20y`.
    package private(set) var text = ""

    package init() {}

    /// These fields, in this order.
    package init(_ fields: [(name: String, value: String)]) {
        for (name, value) in fields { field(name, value) }
    }

    /// Writes one more field.
    package mutating func field(_ name: String, _ value: String) {
        if !text.isEmpty { text += "&" }
        text += name + "=" + Self.encoded(value)
    }

    /// The same as a body.
    package var bytes: [UInt8] { Array(text.utf8) }

    /// Everything but letters, digits and `-._~` as `%HH` of its UTF-8.
    package static func encoded(_ value: String) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        var bytes: [UInt8] = []
        for byte in value.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
                UInt8(ascii: "_"), UInt8(ascii: "~"):
                bytes.append(byte)
            default:
                bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
