/// The records of a CSV text (RFC 4180): quotes, doubled quotes, line breaks within quotes.
package struct CSVRecords {
    private let bytes: [UInt8]
    private var position = 0
    private var line = 1

    /// The records of these bytes, which should be UTF-8.
    package init(_ bytes: [UInt8]) {
        // Spreadsheets put a byte order mark in front.
        self.bytes = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? Array(bytes.dropFirst(3)) : bytes
    }

    /// The next record that is not an empty line, with the line on which it begins.
    package mutating func next() -> (line: Int, fields: [String])? {
        while position < bytes.count {
            let start = line
            let fields = record()
            if fields != [""] { return (start, fields) }
        }
        return nil
    }

    private mutating func record() -> [String] {
        var fields: [String] = []
        while true {
            fields.append(field())
            guard position < bytes.count else { return fields }
            let separator = bytes[position]
            position += 1
            if separator == UInt8(ascii: ",") {
                if position == bytes.count {
                    fields.append("")
                    return fields
                }
                continue
            }
            if separator == UInt8(ascii: "\r"), position < bytes.count,
                bytes[position] == UInt8(ascii: "\n")
            {
                position += 1
            }
            line += 1
            return fields
        }
    }

    private mutating func field() -> String {
        guard position < bytes.count, bytes[position] == UInt8(ascii: "\"") else {
            let start = position
            while position < bytes.count, !Self.endsField(bytes[position]) { position += 1 }
            return trimmed(bytes[start..<position])
        }
        position += 1
        var text: [UInt8] = []
        while position < bytes.count {
            let byte = bytes[position]
            position += 1
            if byte == UInt8(ascii: "\"") {
                guard position < bytes.count, bytes[position] == UInt8(ascii: "\"") else { break }
                position += 1
            }
            if byte == UInt8(ascii: "\n") { line += 1 }
            text.append(byte)
        }
        // What stands between a closing quote and the separator belongs to nothing.
        while position < bytes.count, !Self.endsField(bytes[position]) { position += 1 }
        return String(decoding: text, as: UTF8.self)
    }

    private static func endsField(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: ",") || byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r")
    }

    private func trimmed(_ bytes: ArraySlice<UInt8>) -> String {
        let isBlank: (UInt8) -> Bool = { $0 == 32 || $0 == 9 }
        let start = bytes.firstIndex { !isBlank($0) } ?? bytes.endIndex
        let end = bytes.lastIndex { !isBlank($0) }.map { $0 + 1 } ?? start
        return String(decoding: bytes[start..<end], as: UTF8.self)
    }
}
