/// The bytes of one line while it is put together.
struct LogLine {
    /// No text of a line is longer than this many bytes: a peer's answer must not fill the disk.
    static let longestText = 8192
    private static let reserved: Set<String> = ["at", "level", "program", "message"]

    private var bytes: [UInt8] = []

    init() { bytes.reserveCapacity(256) }

    mutating func begin(at milliseconds: Int64, level: LogLevel, program: String, message: String) {
        bytes.append(contentsOf: #"{"at":""#.utf8)
        IndianTime.append(unixMilliseconds: milliseconds, to: &bytes)
        bytes.append(contentsOf: #"","level":""#.utf8)
        bytes.append(contentsOf: level.name.utf8)
        bytes.append(contentsOf: #"","program":"#.utf8)
        appendText(program)
        bytes.append(contentsOf: #","message":"#.utf8)
        appendText(Redaction.masked(Self.shortened(message)))
    }

    mutating func add(_ field: LogField) {
        bytes.append(UInt8(ascii: ","))
        appendText(Self.reserved.contains(field.key) ? field.key + "_" : field.key)
        bytes.append(UInt8(ascii: ":"))
        if Redaction.isSecret(key: field.key) {
            appendText(Redaction.mask)
            return
        }
        switch field.value {
        case .literal(let text): bytes.append(contentsOf: text.utf8)
        case .text(let text): appendText(Redaction.masked(Self.shortened(text)))
        }
    }

    consuming func finished() -> [UInt8] {
        bytes.append(UInt8(ascii: "}"))
        bytes.append(UInt8(ascii: "\n"))
        return bytes
    }

    private static func shortened(_ text: String) -> String {
        guard text.utf8.count > longestText else { return text }
        // Decoding repairs a character cut in two.
        return String(decoding: text.utf8.prefix(longestText), as: UTF8.self) + "…"
    }

    private mutating func appendText(_ text: String) {
        bytes.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                bytes.append(UInt8(ascii: "\\"))
                bytes.append(byte)
            case UInt8(ascii: "\n"): bytes.append(contentsOf: #"\n"#.utf8)
            case UInt8(ascii: "\r"): bytes.append(contentsOf: #"\r"#.utf8)
            case UInt8(ascii: "\t"): bytes.append(contentsOf: #"\t"#.utf8)
            // DEL and what is below a space could drive the terminal of whoever reads the log.
            case 0..<0x20, 0x7F:
                bytes.append(contentsOf: #"\u00"#.utf8)
                bytes.append(Self.hexadecimal(byte >> 4))
                bytes.append(Self.hexadecimal(byte & 15))
            default: bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }

    private static func hexadecimal(_ digit: UInt8) -> UInt8 {
        digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10
    }
}
